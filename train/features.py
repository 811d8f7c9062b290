"""Labelled articles, and texts that a teacher has read, to the windows, tags and groups that the model learns from."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from datasets import Dataset
from tokenizers import Tokenizer

from casualties.corpus.records import Article
from casualties.engine import Floats
from casualties.labels import GROUPS, TAGS
from casualties.report import Casualty
from casualties.windows import Integers, WindowedText, Windowing

IGNORED = -100
"""The label of a token that the loss passes over (PyTorch's convention)."""

logger = logging.getLogger(__name__)


def make_dataset(articles: Sequence[Article], windowing: Windowing, tokenizer: Tokenizer) -> Dataset:
    """One row a window: ``input_ids``, ``token_type_ids``, ``tags`` and ``groups``, each (tokens,).

    Only a word's first token carries a tag, and only words of casualties a group; all else is ``IGNORED``.
    How many gold spans do not begin and end with words, and so can be learnt only roughly, is logged as a warning.
    """
    rows: list[dict[str, Any]] = []
    ragged = 0
    for article in articles:
        words = windowing.split(article.text, tokenizer)
        tags, groups, misfits = label_words(article, words)
        ragged += misfits
        rows += _rows(words, tags, groups, IGNORED)
    if ragged:
        total = sum(len(article.mentions) for article in articles)
        logger.warning("%d of %d labelled spans do not begin and end with words", ragged, total)
    return Dataset.from_list(rows)


def make_silver_dataset(silver: Dataset, windowing: Windowing, tokenizer: Tokenizer) -> Dataset:
    """One row a window of texts that a teacher has read, as ``make_dataset`` but with probabilities for labels.

    Args:
        silver: what ``train.silver`` wrote: ``text``, ``tags`` (words, tags) and ``groups`` (words, groups) of each.
        windowing: how to cut the texts.
        tokenizer: the student's.

    Returns:
        ``input_ids`` and ``token_type_ids`` (tokens,), ``tags`` (tokens, tags) and ``groups`` (tokens, groups), zero
        where there is nothing to learn. How many texts the two tokenizers cut into other words is logged as a
        warning; they are left out.
    """
    rows: list[dict[str, Any]] = []
    ragged = 0
    for text in silver:
        words = windowing.split(text["text"], tokenizer)
        if len(words.starts) == len(text["tags"]):
            rows += _rows(words, np.array(text["tags"], np.float32), np.array(text["groups"], np.float32), 0)
        else:
            ragged += 1
    if ragged:
        logger.warning("%d of %d texts left out: the teacher cut them into other words", ragged, len(silver))
    return Dataset.from_list(rows).with_format("numpy")  # nested lists of floats would be slow


def label_words(article: Article, words: WindowedText) -> tuple[Integers, Integers, int]:
    """The tag and the group of each word, (words,) each, and the number of mentions that do not fit the words."""
    tags = np.zeros(len(words.starts), np.int64)
    groups = np.full(len(words.starts), IGNORED, np.int64)
    misfits = 0
    for mention in article.mentions:
        covered = words.between(mention.start, mention.end)
        if not covered:
            misfits += 1
            continue
        first, last = covered.start, covered.stop
        misfits += words.starts[first] != mention.start or words.ends[last - 1] != mention.end
        tags[first:last] = TAGS.index(f"I-{mention.label}")
        tags[first] = TAGS.index(f"B-{mention.label}")
        if isinstance(mention, Casualty):
            groups[first:last] = GROUPS.index(mention.group)
    return tags, groups, misfits


def _rows(
    words: WindowedText, tags: Integers | Floats, groups: Integers | Floats, nothing: int
) -> Iterator[dict[str, Any]]:
    for window in words.windows:
        covered = slice(window.first_word, window.first_word + len(window.positions))
        row: dict[str, Any] = {"input_ids": window.token_ids, "token_type_ids": window.token_types}
        for name, labels in (("tags", tags), ("groups", groups)):
            row[name] = np.full((len(window.token_ids), *labels.shape[1:]), nothing, labels.dtype)
            row[name][window.positions] = labels[covered]
        yield row
