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
from casualties.scoring.mentions import Pair
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
    scores: dict[str, dict[str, dict[str, float]]] = {}
    for model in models:
        evaluations = evaluate_groups(Extractor(model), articles)
        print_evaluation(evaluations["all"], console, f"{model}: {part}, {len(articles)} articles")
        scores[model] = {group: evaluation.to_dict() for group, evaluation in evaluations.items()}
    console.print(mean_table(scores))
    if output:
        output.write_text(json.dumps({"part": part, "models": scores}, indent=1) + "\n", encoding="utf-8")


def evaluate_groups(extractor: Extractor, articles: Sequence[Article]) -> dict[str, Evaluation]:
    """The scores of one model on all articles, on the short and the whole ones, and on each collection."""
    reports = extractor.extract_many(article.text for article in articles)
    pairs: list[Pair] = [(article.mentions, report.mentions) for article, report in zip(articles, reports, strict=True)]
    groups: dict[str, list[Pair]] = {"all": pairs}
    for article, pair in zip(articles, pairs, strict=True):
        kind = "whole articles" if article.source in WHOLE_ARTICLES else "shorter texts"
        for group in (kind, article.source):
            groups.setdefault(group, []).append(pair)
    return {group: evaluate(members) for group, members in groups.items()}


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
