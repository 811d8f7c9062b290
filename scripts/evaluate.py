"""Score models on the held-out articles: ``python scripts/evaluate.py default --data DATA``.

Several models, such as the three seeds of one recipe, are scored one by one and their figures averaged. Short items
and whole articles are reported apart, each collection by itself, and all articles without those like a training text.
Links are those of the first model, on the mentions that people marked, beside simpler ways to link.
"""

from __future__ import annotations

import json
import statistics
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import track
from rich.table import Table

from casualties.confidence import ReliabilityRow, calibration_error, judge, reliability
from casualties.corpus.records import Article
from casualties.corpus.tables import read_dates
from casualties.extractor import Extractor
from casualties.labels import FAMILIES
from casualties.report import Report
from casualties.scoring import evaluate
from casualties.scoring.bootstrap import RESAMPLES, flat_bounds, intervals, resample_rates
from casualties.scoring.links import BASELINES, Accounts, Linker, compare_accounts, evaluate_links
from casualties.view import print_evaluation
from train.command_line import command_line
from train.data import WHOLE_ARTICLES, Part, load_articles, select
from train.split import like_training

MAIN_FIGURES = {
    "casualty.exact.f1": "casualty exact",
    "casualty.overlap.f1": "casualty overlap",
    "attribution.overlap.f1": "attribution overlap",
    "counts": "counts",
    "groups": "groups",
    "statuses": "statuses",
    "texts": "whole texts",
    "accounts": "accounts",
    "accounts.strict": "accounts, invented ones too",
}
LINK_FIGURES = {
    "same_incident": "same incident",
    "b_cubed": "B³",
    "ceaf_e": "CEAF-e",
    "sources": "sources",
    "parts": "parts",
}
UNLIKE_TRAINING = "unlike any training text"
CALIBRATED = ("casualty", "attribution")

Read = Sequence[tuple[Article, Report]]
"""Articles and what a model says of them."""


def main(
    models: Annotated[list[str], typer.Argument(help="Model folders that train.export wrote, or default.")],
    data: Annotated[Path | None, typer.Option(help="Folder of the third-party texts; without it, ours alone.")] = None,
    part: Annotated[Part, typer.Option(help="The part of the split to score on.")] = "test",
    output: Annotated[Path | None, typer.Option(help="Where to write all scores as JSON.")] = None,
) -> None:
    """Score models on held-out articles."""
    with command_line():
        extractors = {model: Extractor(model) for model in models}
        labelled = load_articles(data)
        articles, alike = select(labelled, part), like_training(labelled, part, read_dates(data) if data else {})
        console = Console()
        scores: dict[str, dict[str, dict[str, float]]] = {}
        for model, extractor in extractors.items():
            texts = track([article.text for article in articles], model, console=Console(stderr=True))
            read: Read = list(zip(articles, extractor.extract_many(texts), strict=True))
            scores[model] = {group: score(members) for group, members in grouped(read, alike).items()}
            evaluation = evaluate([(article.mentions, report.mentions) for article, report in read])
            print_evaluation(evaluation, console, f"{model}: {part}, {len(articles)} articles")
            if model == models[0]:
                sureness = {family: reliability(outcomes(read, family)) for family in CALIBRATED}
        links = {
            group: link_scores(extractors[models[0]], [article for article, _ in members])
            for group, members in grouped(read, alike).items()
        }
        for table in (mean_table(scores), link_table(links), reliability_table(sureness)):
            console.print(table)
        if output:
            found = {"part": part, "models": scores, "links": links, "reliability": sureness}
            output.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")


def grouped(read: Read, alike: Collection[str]) -> dict[str, Read]:
    """All articles, those that are not ``alike`` by their ids, the short and the whole ones, and each collection."""
    groups: dict[str, list[tuple[Article, Report]]] = {"all": list(read)}
    if alike:
        groups[UNLIKE_TRAINING] = [each for each in read if each[0].id not in alike]
    for article, report in read:
        kind = "whole articles" if article.source in WHOLE_ARTICLES else "shorter texts"
        for group in (kind, article.source):
            groups.setdefault(group, []).append((article, report))
    return dict(groups)


def score(read: Read) -> dict[str, float]:
    """Scores under one flat key each.

    They are those of ``Evaluation.to_dict``; ``accounts``, the share of incidents that came out right, and
    ``accounts.strict``, which counts invented incidents too, with ``accounts.total`` and so on, and the bounds of their
    intervals as there; and ``ece.casualty`` and ``ece.attribution``, expected calibration errors.
    """
    return {
        **evaluate([(article.mentions, report.mentions) for article, report in read]).to_dict(),
        **account_scores([compare_accounts(article, report) for article, report in read]),
        **{f"ece.{family}": calibration_error(outcomes(read, family)) for family in CALIBRATED},
    }


def account_scores(compared: Sequence[Accounts]) -> dict[str, float]:
    """The scores of the accounts of some texts, with the bounds of their intervals."""
    rates = Accounts(*map(sum, zip(*compared, strict=True))).rates()
    resampled = resample_rates([accounts.rates() for accounts in compared], resamples=RESAMPLES, seed=0)
    return {
        **{key: rate.value for key, rate in rates.items()},
        **{f"{key}.total": rate.total for key, rate in rates.items()},
        **flat_bounds(intervals(resampled)),
    }


def outcomes(read: Read, family: str) -> list[tuple[float, bool]]:
    """Confidence of each mention of a family that was found, and whether it is right."""
    judged = [each for article, report in read for each in judge(article.mentions, report.mentions)]
    return [(mention.confidence, right) for mention, right in judged if mention.label in FAMILIES[family]]


def link_scores(extractor: Extractor, articles: Sequence[Article]) -> dict[str, dict[str, float]]:
    """The scores of a model's links and of simpler ones, with intervals, on the mentions that people marked."""
    found: dict[str, dict[str, float]] = {}
    by_model: Linker = lambda text, mentions: extractor.link(text, mentions).mentions  # noqa: E731
    for name, linker in {"model": by_model, **BASELINES}.items():
        evaluation = evaluate_links(articles, linker)
        found[name] = {**evaluation.scores, **flat_bounds(evaluation.intervals)}
    return found


def mean_table(scores: Mapping[str, Mapping[str, Mapping[str, float]]]) -> Table:
    """The main figures of each group in percent: those of one model with intervals, the mean and range of several."""
    title = f"mean of {len(scores)} models, percent" if len(scores) > 1 else "percent, with 95 % intervals"
    table = Table("group", *MAIN_FIGURES.values(), title=title, title_justify="left")
    first = next(iter(scores.values()))
    for group in first:
        row = []
        for key in MAIN_FIGURES:
            values = [100 * model[group][key] for model in scores.values()]
            spread = f"{statistics.mean(values):.1f} ({min(values):.1f}–{max(values):.1f})"
            row.append(spread if len(values) > 1 else percent_with_interval(first[group], key))
        table.add_row(group, *row)
    return table


def link_table(links: Mapping[str, Mapping[str, Mapping[str, float]]]) -> Table:
    """The scores of links on whole articles in percent, with their intervals."""
    title = "links between marked mentions, whole articles, percent"
    table = Table("links", *LINK_FIGURES.values(), title=title, title_justify="left")
    for name, scores in links.get("whole articles", links["all"]).items():
        table.add_row(name, *(percent_with_interval(scores, key) for key in LINK_FIGURES))
    return table


def reliability_table(rows: Mapping[str, Sequence[ReliabilityRow]]) -> Table:
    """Confidence against what came true."""
    table = Table("mentions of", "confidence", "right", "how many", title="reliability, percent", title_justify="left")
    for family, bins in rows.items():
        for row in bins:
            table.add_row(family, f"{100 * row.confidence:.0f}", f"{100 * row.right:.0f}", str(row.mentions))
    return table


def percent_with_interval(scores: Mapping[str, float], key: str) -> str:
    """A score in percent with its interval, where it has one."""
    if f"{key}.low" not in scores:
        return f"{100 * scores[key]:.1f}"
    return f"{100 * scores[key]:.1f} [{100 * scores[f'{key}.low']:.1f}–{100 * scores[f'{key}.high']:.1f}]"


if __name__ == "__main__":
    typer.run(main)
