"""Divide the labelled articles into train, dev and test by id, once; what a collection gains later is for training.

Once dev was enlarged by hand: by 90 articles of ours that no model had learnt from. They stay there.

Near-duplicates, two reports of one event, stay on one side. Two articles count as such if the cosine of their TF-IDF
vectors (words, sublinear term frequency, English stop words left out) is at least 0.4, or at least 0.25 where both
are dated at most five days apart. The connected components of that relation are assigned whole. What is assigned
never moves; a new article that is a near-duplicate of a held-out one joins it.

Run as ``python -m train.split DATA``, where DATA is the folder of the third-party texts.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import re
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated

import numpy as np
import typer
from numpy.typing import NDArray
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components
from sklearn.feature_extraction.text import TfidfVectorizer

from casualties.corpus.records import Article
from casualties.corpus.tables import read_dates
from train.command_line import command_line
from train.data import PARTS, SPLIT_FILE, Part, Split, load_articles, read_split, select

SHARES: dict[Part, float] = {"test": 0.2, "dev": 0.1}
"""Of each collection; the rest is for training."""
SAME_EVENT = 0.4
SAME_EVENT_WITHIN_DAYS = 0.25
DAYS = 5
LARGEST_HELD_OUT = 12
"""A component of more articles is a series of look-alike releases; it goes to train."""

Flags = NDArray[np.bool_]
"""True or false for each pair of articles."""

_DATELINE = re.compile(r"\b(\d{1,2}) (JAN|FEB|MAR|APR|MAY|JUN|JUL|AUG|SEP|OCT|NOV|DEC)[A-Z]* (\d\d)\b")
_DATED_ID = re.compile(r"(\d{4}-\d\d-\d\d)-")


def main(data: Annotated[Path, typer.Argument(help="Folder of the third-party texts.")]) -> None:
    """Write the split file, keeping what it already assigns."""
    with command_line():
        articles = load_articles(data)
        before = read_split() if SPLIT_FILE.exists() else Split()
        split = extend_split(articles, near_duplicates(articles, read_dates(data)), before)
        SPLIT_FILE.write_text(json.dumps(split, indent=0) + "\n", encoding="utf-8")
        for part, ids in split.items():
            typer.echo(f"{part}: {len(ids)} articles")


def near_duplicates(articles: Sequence[Article], dates: Mapping[str, dt.date]) -> list[int]:
    """The number of the component of near-duplicates that each article is in.

    Args:
        articles: the articles.
        dates: days of articles, by id, that neither id nor dateline tells.
    """
    same = same_event(articles, articles, dates)
    return [int(component) for component in connected_components(csr_array(same), directed=False)[1]]


def same_event(left: Sequence[Article], right: Sequence[Article], dates: Mapping[str, dt.date]) -> Flags:
    """Which pairs of articles count as near-duplicates, (left, right), directly, not by way of a third.

    Args:
        left: articles; words of theirs that no right one has do not count.
        right: articles; a word weighs the more, the fewer of these have it.
        dates: as in ``near_duplicates``.
    """
    vectorizer = TfidfVectorizer(sublinear_tf=True, stop_words="english")
    right_vectors = vectorizer.fit_transform(article.text for article in right)
    cosine = (vectorizer.transform(article.text for article in left) @ right_vectors.T).toarray()
    left_days, right_days = (np.array([_day(article, dates) for article in articles]) for articles in (left, right))
    near = np.abs(left_days[:, None] - right_days[None, :]) <= DAYS
    same: Flags = (cosine >= SAME_EVENT) | (near & (cosine >= SAME_EVENT_WITHIN_DAYS))
    return same


def like_training(articles: Sequence[Article], part: Part, dates: Mapping[str, dt.date]) -> set[str]:
    """The ids of the articles of a part that are near-duplicates of one in train.

    ``main`` lets none in, but how close two articles are depends on all others, so pairs drift over the bound later.

    Args:
        articles: all labelled articles.
        part: which articles to look at.
        dates: as in ``near_duplicates``.
    """
    held_out, train = select(articles, part), {article.id for article in select(articles, "train")}
    same = same_event(held_out, articles, dates)[:, [article.id in train for article in articles]]
    return {held_out[number].id for number in np.flatnonzero(same.any(axis=1))}


def extend_split(articles: Sequence[Article], components: Sequence[int], split: Split) -> Split:
    """Assign the components that are not assigned yet, collection by collection.

    A collection that is divided already stays as it is held out, so that figures can be compared; what it has gained
    goes to train. Components come in the order of a hash of their first id, so that the order of articles does not
    matter; each fills test, then dev, then train. New members of a component that is assigned already follow it, to
    test if any is there.
    """
    part_of = {id: part for part, ids in split.items() for id in ids}
    divided = {article.source for article in articles if article.id in part_of}
    size = Counter(article.source for article in articles)
    filled = Counter((article.source, part_of[article.id]) for article in articles if article.id in part_of)
    members: dict[int, list[Article]] = defaultdict(list)
    for article, component in zip(articles, components, strict=True):
        members[component].append(article)
    groups = [sorted(group, key=lambda article: article.id) for group in members.values()]
    for group in sorted(groups, key=lambda group: _hash(group[0].id)):
        source = group[0].source
        assigned = {part_of[article.id] for article in group if article.id in part_of}
        part: Part | None = next((part for part in reversed(PARTS) if part in assigned), None)
        for candidate, share in SHARES.items() if source not in divided else ():
            if part is None and len(group) <= LARGEST_HELD_OUT and filled[source, candidate] < share * size[source]:
                part = candidate
        for article in group:
            filled[article.source, part or "train"] += article.id not in part_of
            part_of.setdefault(article.id, part or "train")
    return {part: sorted(id for id, its_part in part_of.items() if its_part == part) for part in PARTS}


def _day(article: Article, dates: Mapping[str, dt.date]) -> float:
    """The day an article is from, as an ordinal; not a number, which is near nothing, where none is told."""
    if article.id in dates:
        return dates[article.id].toordinal()
    if match := _DATED_ID.match(article.id):
        return dt.date.fromisoformat(match[1]).toordinal()
    if article.source == "muc_articles" and (match := _DATELINE.search(article.text[:200])):
        return dt.datetime.strptime(" ".join(match.groups()), "%d %b %y").toordinal()
    return float("nan")


def _hash(id: str) -> str:
    return hashlib.sha256(id.encode("utf-8")).hexdigest()


if __name__ == "__main__":
    typer.run(main)
