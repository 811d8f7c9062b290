"""More from the same labels: articles in which mentions trade places with others of their label.

A model that meets "ISIS" mostly as ``CLAIMED`` learns the name; where the name changes from epoch to epoch it has to
learn the words around it (mention replacement, Dai and Adel 2020, section 3).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

import numpy as np

from casualties.corpus.records import Article
from casualties.report import Casualty, Mention

Fillers = Mapping[str, Sequence[Mention]]
"""Mentions by label."""


def fillers_of(articles: Sequence[Article]) -> Fillers:
    """All mentions of some articles by label."""
    fillers: dict[str, list[Mention]] = defaultdict(list)
    for article in articles:
        for mention in article.mentions:
            fillers[mention.label].append(mention)
    return fillers


def swap_mentions(article: Article, fillers: Fillers, rate: float, random: np.random.Generator) -> Article:
    """The article with some of its mentions replaced by others of the same label.

    Args:
        article: the article; its mentions are sorted and disjoint.
        fillers: what to replace them by.
        rate: the share of mentions to replace.
        random: decides which and by what.
    """

    def other(mention: Mention) -> Mention:
        if random.random() >= rate:
            return mention
        candidates = fillers[mention.label]
        return candidates[int(random.integers(len(candidates)))]

    return reword(article, other)


def reword(article: Article, other: Callable[[Mention], Mention]) -> Article:
    """The article with other words in the places of its mentions; labels, ids and links stay.

    Args:
        article: the article; its mentions are sorted and disjoint.
        other: gives for each mention the one whose text, and for a casualty whose group and count, to take.
    """
    text, end = "", 0
    mentions: list[Mention] = []
    for mention in article.mentions:
        text += article.text[end : mention.start]
        end = mention.end
        filler = other(mention)
        new = replace(mention, start=len(text), end=len(text) + len(filler.text), text=filler.text)
        if isinstance(new, Casualty) and isinstance(filler, Casualty):
            new = replace(new, group=filler.group, count=filler.count)
        mentions.append(new)
        text += filler.text
    return replace(article, text=text + article.text[end:], mentions=tuple(mentions))


def lower(article: Article) -> Article:
    """The article in lower case; itself where that is of another length, as in Turkish."""
    text = article.text.lower()
    if len(text) != len(article.text):
        return article
    mentions = tuple(replace(mention, text=text[mention.start : mention.end]) for mention in article.mentions)
    return replace(article, text=text, mentions=mentions)
