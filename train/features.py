"""Labelled articles to the windows, tags and groups that the model learns from."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from datasets import Dataset
from tokenizers import Tokenizer

from casualties.corpus.records import Article
from casualties.labels import GROUPS, TAGS
from casualties.report import Casualty
from casualties.windows import Integers, WindowedText, Windowing

IGNORED = -100
"""The label of a token that the loss passes over (PyTorch's convention)."""

logger = logging.getLogger(__name__)


def make_dataset(articles: Sequence[Article], windowing: Windowing, tokenizer: Tokenizer) -> Dataset:
    """One row a window: ``input_ids``, ``tags`` and ``groups``, each (tokens,).

    Only a word's first token carries a tag, and only words of casualties a group; all else is ``IGNORED``.
    How many gold spans do not begin and end with words, and so can be learnt only roughly, is logged as a warning.
    """
    rows: list[dict[str, Any]] = []
    ragged = 0
    for article in articles:
        words = windowing.split(article.text, tokenizer)
        tags, groups, misfits = label_words(article, words)
        ragged += misfits
        rows += _rows(words, tags, groups)
    if ragged:
        total = sum(len(article.mentions) for article in articles)
        logger.warning("%d of %d labelled spans do not begin and end with words", ragged, total)
    return Dataset.from_list(rows)


def label_words(article: Article, words: WindowedText) -> tuple[Integers, Integers, int]:
    """The tag and the group of each word, (words,) each, and the number of mentions that do not fit the words."""
    tags = np.zeros(len(words.starts), np.int64)
    groups = np.full(len(words.starts), IGNORED, np.int64)
    misfits = 0
    for mention in article.mentions:
        first = int(np.searchsorted(words.ends, mention.start, side="right"))
        last = int(np.searchsorted(words.starts, mention.end, side="left"))
        if first >= last:
            misfits += 1
            continue
        misfits += words.starts[first] != mention.start or words.ends[last - 1] != mention.end
        tags[first:last] = TAGS.index(f"I-{mention.label}")
        tags[first] = TAGS.index(f"B-{mention.label}")
        if isinstance(mention, Casualty):
            groups[first:last] = GROUPS.index(mention.group)
    return tags, groups, misfits


def _rows(words: WindowedText, tags: Integers, groups: Integers) -> Iterator[dict[str, Any]]:
    for window in words.windows:
        covered = slice(window.first_word, window.first_word + len(window.positions))
        row = {"input_ids": window.token_ids}
        for name, labels in (("tags", tags), ("groups", groups)):
            row[name] = np.full(len(window.token_ids), IGNORED, np.int64)
            row[name][window.positions] = labels[covered]
        yield row
