"""F1 against the share of the training labels: ``python scripts/learning_curve.py RUN… --picture FILE``.

Runs that began alike but for their seed and share are made by ``train.finetune --known train/split.json``, the share
being ``again`` in their settings (``train/README.md``). Each counts with its best epoch on dev.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path
from statistics import mean
from typing import Annotated

import matplotlib as mpl
import typer
from matplotlib.figure import Figure

from casualties.labels import ATTRIBUTION_LABELS, CASUALTY_LABELS, LABELS
from casualties.scoring.evaluation import MAIN_METRIC
from train.command_line import command_line
from train.config import CONFIG, read_config

FAMILIES = {
    "casualty, exact": "casualty.exact.f1",
    "casualty, overlap": "casualty.overlap.f1",
    "attribution, overlap": "attribution.overlap.f1",
    "places, dates, sources, exact": "context.exact.f1",
}
"""What is drawn, and the names of their metrics."""

Metrics = Mapping[str, float]
Curve = Mapping[float, Sequence[Metrics]]
"""The metrics of each seed, by share, least first."""


def main(
    runs: Annotated[list[Path], typer.Argument(help="Folders of finished runs.")],
    picture: Annotated[Path | None, typer.Option(help="Where to draw the curve, as SVG.")] = None,
) -> None:
    """Print a Markdown table of F1 by share and label, and draw the curve."""
    with command_line():
        curve = read_runs(runs)
        typer.echo("\n".join(table(curve)))
        if picture:
            draw(curve, picture)


def read_runs(runs: Sequence[Path]) -> Curve:
    """The best epoch of each run, by the share of the labels that it learnt from.

    Raises:
        FileNotFoundError: if a folder holds no finished run.
        ValueError: if all learnt from one share.
    """
    found: dict[float, list[Metrics]] = defaultdict(list)
    for run in runs:
        lines = (run / "metrics.jsonl").read_text(encoding="utf-8").splitlines()
        best = max((json.loads(line) for line in lines), key=lambda epoch: float(epoch[MAIN_METRIC]))
        found[read_config(run / CONFIG).training.again].append(best)
    if len(found) < 2:
        raise ValueError("all runs learnt from one share of the labels; a curve needs runs of two or more")
    return dict(sorted(found.items()))


def table(curve: Curve) -> list[str]:
    """Markdown: the mean and the range of F1 over seeds for each share, and what the last step up in share brought."""
    shares = [f"{share:.3g}".removeprefix("0") if share < 1 else "all" for share in curve]
    rows = [
        f"| | on dev | {' | '.join(shares)} | last step |",
        "|---|--:|" + "--:|" * (len(shares) + 1),
    ]
    labels = {label: f"{label}.exact.f1" for label in LABELS}
    for name, metric in {"main": MAIN_METRIC, **FAMILIES, **labels}.items():
        values = [[100 * each[metric] for each in seeds] for seeds in curve.values()]
        gold = round(next(iter(curve.values()))[0][f"{name}.gold"]) if name in labels else ""
        cells = [f"{mean(each):.1f} ({min(each):.1f}–{max(each):.1f})" for each in values]
        rows.append(f"| {name} | {gold} | {' | '.join(cells)} | {mean(values[-1]) - mean(values[-2]):+.1f} |")
    return rows


def draw(curve: Curve, path: Path) -> None:
    """Draw F1 against the share, of the families of labels and of each label, with the range over seeds."""
    mpl.rcParams["svg.hashsalt"] = "casualties"  # the same curve, the same file
    figure = Figure(figsize=(11, 4.5), layout="constrained")
    left, right = figure.subplots(1, 2, sharey=True)
    right.set_prop_cycle(color=mpl.color_sequences["tab20"])
    harm = [label for label in LABELS if label in (*CASUALTY_LABELS, *ATTRIBUTION_LABELS)]
    for axes, metrics in ((left, FAMILIES), (right, {label: f"{label}.exact.f1" for label in harm})):
        for name, metric in metrics.items():
            values = [[100 * each[metric] for each in seeds] for seeds in curve.values()]
            means = [mean(each) for each in values]
            spread = [[m - min(v) for m, v in zip(means, values, strict=True)]]
            spread.append([max(v) - m for m, v in zip(means, values, strict=True)])
            axes.errorbar(list(curve), means, yerr=spread, marker="o", markersize=3, capsize=3, label=name)
        axes.set_xscale("log", base=2)
        axes.set_xticks(list(curve), [f"{share:.1%}".replace(".0%", "%") for share in curve])
        axes.set_xlabel("share of the training articles")
        axes.grid(alpha=0.3)
        axes.legend(fontsize=7, loc="center left", bbox_to_anchor=(1, 0.5))
    left.set_ylabel("F1 on dev, percent; bars: range over seeds")
    figure.savefig(path, metadata={"Date": None})


if __name__ == "__main__":
    typer.run(main)
