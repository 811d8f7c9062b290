"""Divide the labelled articles into train, dev and test by id, once; later articles are added and none ever moves.

Near-duplicates, two reports of one event, stay on one side. Two articles count as such if the cosine of their TF-IDF
vectors (words, sublinear term frequency, English stop words left out) is at least 0.4, or at least 0.25 where both
ids carry dates at most five days apart. The connected components of that relation are assigned whole.

Run as ``python -m train.split DATA``, where DATA is the folder of the third-party texts.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import re
from collections import Counter, defaultdict
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import typer
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components
from sklearn.feature_extraction.text import TfidfVectorizer

from casualties.corpus.records import Article
from train.data import SPLIT_FILE, Part, Split, load_articles, read_split

SHARES: dict[Part, float] = {"test": 0.2, "dev": 0.1}
"""Of each collection; the rest is for training."""
SAME_EVENT = 0.4
SAME_EVENT_WITHIN_DAYS = 0.25
DAYS = 5
LARGEST_HELD_OUT = 12
"""A component of more articles is a series of look-alike releases; it goes to train."""

_DATED_ID = re.compile(r"(\d{4}-\d\d-\d\d)-")


def main(data: Path) -> None:
    """Write the split file, keeping what it already assigns."""
    articles = load_articles(data)
    split = read_split() if SPLIT_FILE.exists() else Split()
    split = extend_split(articles, near_duplicates(articles), split)
    SPLIT_FILE.write_text(json.dumps(split, indent=0) + "\n", encoding="utf-8")
    for part, ids in split.items():
        typer.echo(f"{part}: {len(ids)} articles")


def near_duplicates(articles: Sequence[Article]) -> list[int]:
    """The number of the component of near-duplicates that each article is in."""
    texts = [article.text for article in articles]
    vectors = TfidfVectorizer(sublinear_tf=True, stop_words="english").fit_transform(texts)
    cosine = (vectors @ vectors.T).toarray()
    days = np.array([_day(article.id) for article in articles])
    near = np.abs(days[:, None] - days[None, :]) <= DAYS
    same = (cosine >= SAME_EVENT) | (near & (cosine >= SAME_EVENT_WITHIN_DAYS))
    return [int(component) for component in connected_components(csr_array(same), directed=False)[1]]


def extend_split(articles: Sequence[Article], components: Sequence[int], split: Split) -> Split:
    """Assign the components that are not assigned yet, collection by collection.

    Components come in the order of a hash of their first id, so that the order of articles does not matter; each
    fills test, then dev, then train. A component with a member already assigned follows that member.
    """
    part_of = {id: part for part, ids in split.items() for id in ids}
    size = Counter(article.source for article in articles)
    filled = Counter((article.source, part_of[article.id]) for article in articles if article.id in part_of)
    members: dict[int, list[Article]] = defaultdict(list)
    for article, component in zip(articles, components, strict=True):
        members[component].append(article)
    for group in sorted(members.values(), key=lambda group: _hash(min(article.id for article in group))):
        source = group[0].source
        part = next((part_of[article.id] for article in group if article.id in part_of), None)
        for candidate, share in SHARES.items():
            if part is None and len(group) <= LARGEST_HELD_OUT and filled[source, candidate] < share * size[source]:
                part = candidate
        for article in group:
            if article.id not in part_of:
                part_of[article.id] = part or "train"
                filled[article.source, part_of[article.id]] += 1
    parts: tuple[Part, ...] = ("train", "dev", "test")
    return {part: sorted(id for id, its_part in part_of.items() if its_part == part) for part in parts}


def _day(id: str) -> float:
    """The day of a dated id as an ordinal; not a number, which is near nothing, for other ids."""
    match = _DATED_ID.match(id)
    return dt.date.fromisoformat(match[1]).toordinal() if match else float("nan")


def _hash(id: str) -> str:
    return hashlib.sha256(id.encode("utf-8")).hexdigest()


if __name__ == "__main__":
    typer.run(main)
