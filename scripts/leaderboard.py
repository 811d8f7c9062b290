"""Score systems at MUC-4, those of 1992 and ours: ``python scripts/leaderboard.py DATA``.

All are scored by ``casualties.scoring.muc4`` in one run; the official F of 1992 stands beside it where there is one.
``--output`` also has how far ours is above the best of the systems in each slot, with a 95 % interval (``margins``).
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Annotated

import numpy as np
import typer
from numpy.typing import NDArray
from rich.console import Console
from rich.progress import track
from rich.table import Table

from casualties.corpus.muc4 import Problem, Template, article_files, read_articles, read_key, read_templates
from casualties.extractor import Extractor
from casualties.relevance import relevant_to
from casualties.report import Report
from casualties.resolve import gather_incidents
from casualties.scoring.bootstrap import interval, resample_rates
from casualties.scoring.links import BASELINES, Linker
from casualties.scoring.muc4 import (
    SCORED,
    Scores,
    SlotScore,
    add_up,
    read_official_scores,
    score_articles,
    score_templates,
)
from casualties.scoring.rate import Rate
from casualties.templates import to_templates
from train.command_line import command_line

OURS = "casualties"
WIDTH = 180
"""Columns of the table."""

RESAMPLES, SEED = 5000, 0
"""How often to draw the articles anew for the intervals of margins, and the seed of the draws."""

Articles = Mapping[str, Scores]
"""A system's scores on each article, by its id."""


def main(
    data: Annotated[Path, typer.Argument(help="Folder of the MUC-3/4 release: tst3, results-tst3 and so on.")],
    test: Annotated[str, typer.Option(help="The set to score on; its key is in the folder of this name.")] = "tst3",
    model: Annotated[
        list[str] | None, typer.Option(help="Models of ours that judge; several, such as seeds, are averaged.")
    ] = None,
    finder: Annotated[str, typer.Option(help="The model of ours that finds the claims.")] = "default",
    responses: Annotated[Path | None, typer.Option(help="Folder of responses, if not results-TEST/responses.")] = None,
    ablate: Annotated[bool, typer.Option(help="Score ours without its parts, too.")] = False,
    output: Annotated[Path | None, typer.Option(help="Where to write all scores as JSON.")] = None,
    picture: Annotated[Path | None, typer.Option(help="Where to draw the table, as SVG.")] = None,
) -> None:
    """Print the leaderboard of MUC-4, best system first."""
    with command_line():
        key, problems = read_key(data / test)
        answered = score_responses(key, responses or data / f"results-{test}" / "responses", problems)
        systems = {name: add_up(articles.values()) for name, articles in answered.items()}
        official = {name: _official(data / f"results-{test}" / "scores" / f"{name}.{test}") for name in systems}
        models = model or ["muc4"]
        reports = {each: list(read(data / test, finder, each)) for each in models}
        runs = {each: score_articles(key, write(found)) for each, found in reports.items()}
        ours = {each: add_up(articles.values()) for each, articles in runs.items()}
        without = {}
        if ablate:
            without = {"training on MUC-4": score_templates(key, write(read(data / test, finder)))}
            linker = Extractor(finder)
            alone = [(id, linker.link(report.text, report.mentions)) for id, report in read(data / test, models[0])]
            without["the finder: the judge finds as well"] = score_templates(key, write(alone))
            for name, baseline in BASELINES.items():
                linked = [(id, relink(report, baseline)) for id, report in reports[models[0]]]
                without[f"learned links, but {name}"] = score_templates(key, write(linked))
        console = Console(record=True, width=WIDTH)
        console.print(
            draw(systems, official, list(ours.values()), f"MUC-4, {test}: F by our scorer (official F of 1992)")
        )
        if without:
            console.print(draw(without, {}, [ours[models[0]]], f"{Path(models[0]).name}, without …"))
        _errors.print(
            f"{len(problems)} fillers of the key and the responses are malformed, and read as far as they can be"
        )
        if picture:
            console.save_svg(str(picture), title=f"MUC-4, {test}")
        if output:
            found = {
                "systems": {name: values(scores) for name, scores in systems.items()},
                "official": {name: values(scores) for name, scores in official.items() if scores},
                "ours": {name: values(scores) for name, scores in ours.items()},
                "without": {name: values(scores) for name, scores in without.items()},
                "margins": margins(list(runs.values()), list(answered.values())),
            }
            output.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")


def score_responses(key: Sequence[Template], folder: Path, problems: list[Problem]) -> dict[str, Articles]:
    """Score what the systems of a folder answered, a file each; what is malformed is added to ``problems``.

    Raises:
        FileNotFoundError: if there is none.
        ValueError: if two files are of the same system.
    """
    systems: dict[str, Articles] = {}
    for path in sorted(path for path in folder.glob("*") if path.is_file()):
        if path.stem in systems:
            raise ValueError(f"{folder} holds two responses of {path.stem}; rename one")
        templates, found = read_templates(path)
        problems += found
        systems[path.stem] = score_articles(key, templates)
    if not systems:
        raise FileNotFoundError(f"{folder} holds no responses, a file each")
    return systems


def read(folder: Path, finder: str, judge: str | None = None) -> Iterator[tuple[str, Report]]:
    """What a model of ours finds in the articles of a folder and another lets pass, if there is one, by their ids."""
    articles = [article for path in article_files(folder) for article in read_articles(path)]
    keep = relevant_to(Extractor(judge)) if judge else None
    reports = Extractor(finder).extract_many((text for _, text in articles), keep=keep)
    for (id, _), report in track(zip(articles, reports, strict=True), judge or finder, len(articles), console=_errors):
        yield id, report


def write(reports: Iterable[tuple[str, Report]]) -> list[Template]:
    """Reports as the templates that answer MUC-4."""
    return [template for id, report in reports for template in to_templates(report, id)]


def relink(report: Report, linker: Linker) -> Report:
    """The report with other links between its mentions."""
    mentions = tuple(linker(report.text, [mention.with_links((), None, None) for mention in report.mentions]))
    return replace(report, mentions=mentions, incidents=tuple(gather_incidents(report.text, mentions)))


def values(scores: Scores) -> dict[str, float]:
    """F of each slot, in percent."""
    return {slot: 100 * scores[slot].f1 for slot in SCORED}


def mean(runs: Sequence[Scores]) -> dict[str, float]:
    """The mean of F over several runs, in percent."""
    return {slot: sum(values(scores)[slot] for scores in runs) / len(runs) for slot in SCORED}


def margins(ours: Sequence[Articles], systems: Sequence[Articles]) -> dict[str, dict[str, float]]:
    """How many points the mean F of our runs is above that of the best system, by slot, with a 95 % interval.

    The interval is a paired bootstrap's, the same articles drawn for all. Which system is best is seen in the articles
    too, so each draw has a best of its own; where several are close, one of them gains by chance, and the interval
    leans downwards. The runs are not drawn: how seeds differ is not in it.
    """
    f = resample_f([*ours, *systems])
    points = f[:, : len(ours)].mean(axis=1) - f[:, len(ours) :].max(axis=1)
    found = {}
    for slot, seen, drawn in zip(SCORED, points[0], points[1:].T, strict=True):
        bounds = interval(drawn)
        found[slot] = {"points": float(seen), **(asdict(bounds) if bounds else {})}
    return found


def resample_f(contenders: Sequence[Articles]) -> NDArray[np.float64]:
    """F in percent, by contender and slot: first as it is, then ``RESAMPLES`` times on articles drawn anew."""
    ids = sorted({id for articles in contenders for id in articles})
    nothing = dict.fromkeys(SCORED, SlotScore())
    texts = [
        {
            f"{number} {slot}": articles.get(id, nothing)[slot].rate
            for number, articles in enumerate(contenders)
            for slot in SCORED
        }
        for id in ids
    ]
    totals = {name: [text[name] for text in texts] for name in texts[0]}
    seen = [
        100 * Rate(sum(rate.right for rate in rates), sum(rate.total for rate in rates)).value
        for rates in totals.values()
    ]
    drawn = resample_rates(texts, resamples=RESAMPLES, seed=SEED)
    f = np.vstack([seen, 100 * np.nan_to_num(np.array(list(drawn.values())).T)])
    return f.reshape(-1, len(contenders), len(SCORED))


def draw(
    systems: Mapping[str, Scores], official: Mapping[str, Scores | None], ours: Sequence[Scores], title: str
) -> Table:
    """All systems by their mean F, the best of each slot in bold."""
    rows = {name: values(scores) for name, scores in systems.items()} | {OURS: mean(ours)}
    best = {slot: max(row[slot] for row in rows.values()) for slot in SCORED}
    table = Table("system", *SCORED, title=title)
    for name in sorted(rows, key=lambda name: -sum(rows[name].values())):
        cells: list[str] = []
        for slot in SCORED:
            cell = f"{rows[name][slot]:.1f}"
            cell = f"[bold]{cell}[/bold]" if rows[name][slot] == best[slot] else cell
            given = official.get(name)
            cells.append(f"{cell} [dim]({100 * given[slot].f1:.1f})[/dim]" if given else cell)
        table.add_row(name, *cells, style="green" if name == OURS else "")
    return table


def _official(path: Path) -> Scores | None:
    return read_official_scores(path) if path.exists() else None


_errors = Console(stderr=True)

if __name__ == "__main__":
    typer.run(main)
