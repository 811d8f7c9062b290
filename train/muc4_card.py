"""Write the tables of MUC-4's card: ``python -m train.muc4_card BOARD``, which ``scripts/leaderboard.py`` wrote."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from statistics import mean
from typing import Annotated

import typer

from casualties.scoring.muc4 import SCORED
from train.card import CARDS, fill_in, markdown
from train.command_line import command_line

Row = Mapping[str, float]
"""F of each slot, in percent."""


def main(
    board: Annotated[Path, typer.Argument(help="What scripts/leaderboard.py --ablate --output wrote.")],
    card: Annotated[Path, typer.Option(help="The card whose marked sections to write anew.")] = CARDS / "muc4.md",
) -> None:
    """Write the leaderboard, the margins and the ablation into the card."""
    with command_line():
        found: dict[str, dict[str, Row]] = json.loads(board.read_text(encoding="utf-8"))
        if lacking := [name for name in ("systems", "ours", "without", "margins") if not found.get(name)]:
            raise ValueError(f"{board} has no {lacking[0]}; write it with scripts/leaderboard.py --ablate --output")
        sections = {
            "leaderboard": leaderboard(found["systems"], found["official"], found["ours"]),
            "margins": margins(found["systems"], found["ours"], found["margins"]),
            "ablation": ablation(found["ours"], found["without"]),
        }
        card.write_text(fill_in(card.read_text(encoding="utf-8"), sections), encoding="utf-8")


def leaderboard(systems: Mapping[str, Row], official: Mapping[str, Row], ours: Mapping[str, Row]) -> str:
    """All systems by their mean F over the slots, with the official F of 1992 in brackets."""
    means = {slot: mean(row[slot] for row in ours.values()) for slot in SCORED}
    rows = {**systems, "**casualties**": means}
    ordered = sorted(rows, key=lambda name: -sum(rows[name].values()))
    return markdown(
        ["system", *SCORED],
        [
            [
                name,
                *(
                    f"{rows[name][slot]:.1f}" + (f" ({official[name][slot]:.1f})" if name in official else "")
                    for slot in SCORED
                ),
            ]
            for name in ordered
        ],
    )


def margins(systems: Mapping[str, Row], ours: Mapping[str, Row], lead: Mapping[str, Mapping[str, float]]) -> str:
    """Of each slot the mean and range of our runs, the best of 1992, and the points between them with an interval."""
    rows = []
    for slot in SCORED:
        values = [row[slot] for row in ours.values()]
        best = max(systems, key=lambda name: systems[name][slot])
        spread = f"{mean(values):.1f} ({min(values):.1f}–{max(values):.1f})"
        bounds = "" if "low" not in lead[slot] else " [{low:+.1f} to {high:+.1f}]".format_map(lead[slot])
        points = f"{lead[slot]['points']:+.1f}{bounds}"
        rows.append([slot, spread, f"{systems[best][slot]:.1f} {best}", points])
    return markdown(["slot", "ours", "best of 1992", "points"], rows)


def ablation(ours: Mapping[str, Row], without: Mapping[str, Row]) -> str:
    """The first of our runs, and the same without a part."""
    first = next(iter(ours.values()))
    rows = {"all parts": first, **without}
    return markdown(["ours", *SCORED], [[name, *(f"{row[slot]:.1f}" for slot in SCORED)] for name, row in rows.items()])


if __name__ == "__main__":
    typer.run(main)
