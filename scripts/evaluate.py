"""Score models on the held-out articles: ``python scripts/evaluate.py default --data DATA``.

Several models, such as the three seeds of one recipe, are scored one by one and their figures averaged. Short items
and whole articles are reported apart, and each collection by itself.
"""

from __future__ import annotations

import json
import statistics
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from casualties.corpus.records import Article
from casualties.extractor import Extractor
from casualties.scoring import Evaluation, evaluate
from casualties.scoring.links import BASELINES, Linker, evaluate_links, right_accounts
from casualties.scoring.mentions import Pair
from casualties.scoring.rate import Rate
from casualties.view import print_evaluation
from train.data import Part, load_articles, select

WHOLE_ARTICLES = ("articles", "muc_articles")
MAIN_FIGURES = {
    "casualty.exact.f1": "casualty exact",
    "casualty.overlap.f1": "casualty overlap",
    "attribution.overlap.f1": "attribution overlap",
    "counts": "counts",
    "groups": "groups",
    "statuses": "statuses",
    "texts": "whole texts",
    "accounts": "accounts",
}


def main(
    models: Annotated[list[str], typer.Argument(help="Model folders that train.export wrote, or default.")],
    data: Annotated[Path | None, typer.Option(help="Folder of the third-party texts; without it, ours alone.")] = None,
    part: Annotated[Part, typer.Option(help="The part of the split to score on.")] = "test",
    output: Annotated[Path | None, typer.Option(help="Where to write all scores as JSON.")] = None,
) -> None:
    """Score models on held-out articles."""
    articles = select(load_articles(data), part)
    console = Console()
    links: dict[str, dict[str, dict[str, float]]] = {}
    scores: dict[str, dict[str, dict[str, float]]] = {}
    for model in models:
        extractor = Extractor(model)
        evaluations = evaluate_groups(extractor, articles)
        links = links or {group: link_scores(extractor, members) for group, members in grouped(articles).items()}
        print_evaluation(evaluations["all"][0], console, f"{model}: {part}, {len(articles)} articles")
        scores[model] = {
            group: {**evaluation.to_dict(), "accounts": accounts.value, "accounts.total": accounts.total}
            for group, (evaluation, accounts) in evaluations.items()
        }
    console.print(mean_table(scores))
    console.print(link_table(links))
    if output:
        found = {"part": part, "models": scores, "links": links}
        output.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")


def grouped(articles: Sequence[Article]) -> dict[str, list[Article]]:
    """All articles, the short and the whole ones, and each collection."""
    groups: dict[str, list[Article]] = {"all": list(articles)}
    for article in articles:
        kind = "whole articles" if article.source in WHOLE_ARTICLES else "shorter texts"
        for group in (kind, article.source):
            groups.setdefault(group, []).append(article)
    return groups


def evaluate_groups(extractor: Extractor, articles: Sequence[Article]) -> dict[str, tuple[Evaluation, Rate]]:
    """The scores of one model on each group of articles, and its share of right accounts."""
    reports = list(extractor.extract_many(article.text for article in articles))
    report_on = {article.id: report for article, report in zip(articles, reports, strict=True)}
    found: dict[str, tuple[Evaluation, Rate]] = {}
    for group, members in grouped(articles).items():
        pairs: list[Pair] = [(article.mentions, report_on[article.id].mentions) for article in members]
        accounts = [right_accounts(article, report_on[article.id]) for article in members]
        found[group] = evaluate(pairs), Rate(sum(right for right, _ in accounts), sum(total for _, total in accounts))
    return found


def link_scores(extractor: Extractor, articles: Sequence[Article]) -> dict[str, dict[str, float]]:
    """The scores of a model's links and of simpler ones, with intervals, on the mentions that people marked."""
    found: dict[str, dict[str, float]] = {}
    by_model: Linker = lambda text, mentions: extractor.link(text, mentions).mentions  # noqa: E731
    for name, linker in {"model": by_model, **BASELINES}.items():
        evaluation = evaluate_links(articles, linker)
        bounds = {
            f"{key}.{end}": value
            for key, interval in evaluation.intervals.items()
            for end, value in (("low", interval.low), ("high", interval.high))
        }
        found[name] = {**evaluation.scores, **bounds}
    return found


def link_table(links: Mapping[str, Mapping[str, Mapping[str, float]]]) -> Table:
    """The scores of links on whole articles in percent, with their intervals."""
    by_linker = links.get("whole articles", links["all"])
    columns = [key for key in next(iter(by_linker.values())) if "." not in key]
    table = Table(
        "links", *columns, title="links between marked mentions, whole articles, percent", title_justify="left"
    )
    for name, scores in by_linker.items():
        values = [
            f"{100 * scores[key]:.1f} ({100 * scores[f'{key}.low']:.1f}–{100 * scores[f'{key}.high']:.1f})"
            for key in columns
        ]
        table.add_row(name, *values)
    return table


def mean_table(scores: Mapping[str, Mapping[str, Mapping[str, float]]]) -> Table:
    """The main figures of each group in percent: the mean over the models, and the range where there are several."""
    table = Table("group", *MAIN_FIGURES.values(), title=f"mean of {len(scores)} models, percent", title_justify="left")
    for group in next(iter(scores.values())):
        row = []
        for key in MAIN_FIGURES:
            values = [100 * model[group][key] for model in scores.values()]
            spread = f" ({min(values):.1f}–{max(values):.1f})" if len(values) > 1 else ""
            row.append(f"{statistics.mean(values):.1f}{spread}")
        table.add_row(group, *row)
    return table


if __name__ == "__main__":
    typer.run(main)
