"""How far two people agree who labelled the same texts: ``python scripts/agreement.py --data DATA``.

The second labels are those of ``train/annotations/second.jsonl``, made without sight of the first. Links are compared
on the mentions that both have.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import numpy as np
import typer
from rich.console import Console

from casualties.corpus.records import Article, join_texts, read_records
from casualties.report import Mention, Report
from casualties.resolve import gather_incidents
from casualties.scoring import evaluate
from casualties.scoring.links import Accounts, Tally, compare_accounts, measure, tally
from casualties.scoring.mentions import match
from casualties.view import print_evaluation
from train.command_line import command_line
from train.data import ANNOTATIONS, load_articles

SECOND = ANNOTATIONS / "second.jsonl"


def main(
    data: Annotated[Path | None, typer.Option(help="Folder of the third-party texts; without it, ours alone.")] = None,
) -> None:
    """Compare first and second labels, the first taken for gold."""
    with command_line():
        first = {article.id: article for article in load_articles(data)}
        second = join_texts(read_records(SECOND), {id: article.text for id, article in first.items()})
        console = Console()
        groups: dict[str, list[Article]] = {"all": list(second.articles)}
        for article in second.articles:
            groups.setdefault(article.source, []).append(article)
        for source, articles in groups.items():
            pairs = [(first[article.id].mentions, article.mentions) for article in articles]
            print_evaluation(evaluate(pairs), console, f"{source}: {len(articles)} texts labelled twice")
            sums = np.sum([tally(*in_common(*pair)) for pair in pairs], axis=0)
            for name, value in measure(Tally(*sums)).items():
                console.print(f"{name.replace('_', ' ')}: {100 * value:.1f} %", highlight=False)
            sums = np.sum([compare_accounts(first[article.id], report_of(article)) for article in articles], axis=0)
            console.print(f"accounts: {100 * Accounts(*sums).rates()['accounts'].value:.1f} %", highlight=False)
        if left_out := len(second.missing) + len(second.changed):
            console.print(f"{left_out} texts left out: not in --data, or not those that were labelled")


def report_of(article: Article) -> Report:
    """The incidents of an article as a model would report them."""
    incidents = tuple(gather_incidents(article.text, article.mentions))
    return Report(text=article.text, mentions=tuple(article.mentions), incidents=incidents, model="")


def in_common(one: Sequence[Mention], other: Sequence[Mention]) -> tuple[list[Mention], list[Mention]]:
    """The mentions that both have, by overlap and label, under the ids of the first, with the links among them."""
    matched = match(one, other, exact=False, same_label=True)
    names = {other[second].id: one[first].id for first, second in matched}
    kept = set(names.values())
    left = [only_links_to(one[first], {id: id for id in kept}) for first, _ in matched]
    right = [only_links_to(replace(other[second], id=one[first].id), names) for first, second in matched]
    return left, right


def only_links_to(mention: Mention, names: dict[str, str]) -> Mention:
    """The mention with its links to some mentions, under other names, and without the rest."""
    source, whole = (names.get(getattr(mention, link, None) or "") for link in ("source", "part_of"))
    return mention.with_links(mention.incidents, source, whole)


if __name__ == "__main__":
    typer.run(main)
