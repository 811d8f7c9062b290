"""Score systems at MUC-4, those of 1992 and ours: ``python scripts/leaderboard.py DATA``.

All are scored by ``casualties.scoring.muc4`` in one run; the official F of 1992 stands beside it where there is one.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Annotated, NoReturn

import typer
from rich.console import Console
from rich.progress import track
from rich.table import Table

from casualties.corpus.muc4 import Template, read_articles, read_templates
from casualties.extractor import Extractor
from casualties.report import Report
from casualties.resolve import gather_incidents
from casualties.scoring.links import BASELINES, Linker
from casualties.scoring.muc4 import SCORED, SlotScore, read_official_scores, score_templates
from casualties.templates import to_templates

OURS = "casualties"
DATA_ERROR = 1

Scores = Mapping[str, SlotScore]


def main(
    data: Annotated[Path, typer.Argument(help="Folder of the MUC-3/4 release: tst3, results-tst3 and so on.")],
    test: Annotated[str, typer.Option(help="The set to score on; its key is in the folder of this name.")] = "tst3",
    model: Annotated[
        list[str] | None, typer.Option(help="Models of ours; several, such as seeds, are averaged.")
    ] = None,
    responses: Annotated[Path | None, typer.Option(help="Folder of responses, if not results-TEST/responses.")] = None,
    ablate: Annotated[bool, typer.Option(help="Score ours without its parts, too.")] = False,
    output: Annotated[Path | None, typer.Option(help="Where to write all scores as JSON.")] = None,
    picture: Annotated[Path | None, typer.Option(help="Where to draw the table, as SVG.")] = None,
) -> None:
    """Print the leaderboard of MUC-4, best system first."""
    key = _read_key(data / test)
    answers = responses or data / f"results-{test}" / "responses"
    systems = {path.stem: score_templates(key, read_templates(path)[0]) for path in sorted(answers.glob("*"))}
    official = {name: _official(data / f"results-{test}" / "scores" / f"{name}.{test}") for name in systems}
    models = model or ["muc4"]
    ours = [score_templates(key, list(answer(data / test, each))) for each in models]
    parts = (
        {name: score_templates(key, list(answer(data / test, *way))) for name, way in ablations(models[0])}
        if ablate
        else {}
    )
    table = draw(systems, official, ours, f"MUC-4, {test}: F by our scorer (official F of 1992)")
    console = Console(record=True, width=180)
    console.print(table)
    if parts:
        console.print(draw(parts, {}, ours[:1], f"{models[0]}, without its parts"))
    if picture:
        console.save_svg(str(picture), title=f"MUC-4, {test}")
    if output:
        found = {
            "test": test,
            "systems": {name: values(scores) for name, scores in systems.items()},
            "official": {name: values(scores) for name, scores in official.items() if scores},
            "ours": {name: values(scores) for name, scores in zip(models, ours, strict=True)},
            "without": {name: values(scores) for name, scores in parts.items()},
        }
        output.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")


def answer(folder: Path, model: str, linker: Linker | None = None) -> Iterator[Template]:
    """What a model of ours answers on the articles of a folder, linked by its own links or by others."""
    articles = [article for path in _articles(folder) for article in read_articles(path)]
    reports = Extractor(model).extract_many(text for _, text in articles)
    for (id, _), report in track(zip(articles, reports, strict=True), model, len(articles), console=_errors):
        yield from to_templates(relink(report, linker) if linker else report, id)


def relink(report: Report, linker: Linker) -> Report:
    """The report with other links between its mentions."""
    mentions = tuple(linker(report.text, [mention.with_links((), None, None) for mention in report.mentions]))
    return replace(report, mentions=mentions, incidents=tuple(gather_incidents(report.text, mentions)))


def ablations(model: str) -> Iterator[tuple[str, tuple[str, Linker | None]]]:
    """Ours without one of its parts: the training on MUC-4, or the links that are learnt."""
    yield "the default model", ("default", None)
    for name, linker in BASELINES.items():
        yield f"links: {name}", (model, linker)


def values(scores: Scores) -> dict[str, float]:
    """F of each slot, in percent."""
    return {slot: 100 * scores[slot].f1 for slot in SCORED}


def mean(runs: Sequence[Scores]) -> dict[str, float]:
    """The mean of F over several runs, in percent."""
    return {slot: sum(values(scores)[slot] for scores in runs) / len(runs) for slot in SCORED}


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


def _read_key(folder: Path) -> list[Template]:
    keys = sorted(folder.glob("key-*"))
    if not keys:
        _fail(f"{folder} holds no answer key (key-*); give the folder of the MUC-3/4 release")
    templates = [template for path in keys for template in read_templates(path)[0]]
    ids = {id for path in _articles(folder) for id, _ in read_articles(path)}
    if lost := sorted({template.message for template in templates} - ids):
        _fail(f"{folder} lacks the article {lost[0]} that its key speaks of")
    return templates


def _articles(folder: Path) -> list[Path]:
    return sorted(folder.glob("*-muc[34]*"))


def _official(path: Path) -> Scores | None:
    return read_official_scores(path) if path.exists() else None


def _fail(message: str) -> NoReturn:
    _errors.print(f"leaderboard: {message}", markup=False, highlight=False, soft_wrap=True)
    raise typer.Exit(DATA_ERROR)


_errors = Console(stderr=True)

if __name__ == "__main__":
    typer.run(main)
