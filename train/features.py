"""Labelled articles, and texts that teachers have read, to the windows, tags and groups that a model learns from."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from datasets import Dataset
from tokenizers import Tokenizer

from casualties.corpus.records import Article
from casualties.engine import Floats, Scores
from casualties.labels import CASUALTY_LABELS, GROUPS, TAGS
from casualties.report import Casualty
from casualties.windows import Integers, WindowedText, Windowing

IGNORED = -100
"""The label of a token that the loss passes over (PyTorch's convention)."""
_CASUALTY_TAGS = [number for number, tag in enumerate(TAGS) if tag.partition("-")[2] in CASUALTY_LABELS]

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


def make_taught_dataset(
    articles: Sequence[Article], opinions: Sequence[Scores], trust: float, windowing: Windowing, tokenizer: Tokenizer
) -> Dataset:
    """One row a window, as ``make_dataset``, with probabilities for labels: what teachers say mixed with the labels.

    Args:
        articles: the articles.
        opinions: what teachers say of the words of each.
        trust: the teachers' share in what is to be learnt; the labels have the rest. 1 where there are no labels.
        windowing: how to cut the texts.
        tokenizer: the student's.

    Returns:
        ``input_ids`` and ``token_type_ids`` (tokens,), ``tags`` (tokens, tags) and ``groups`` (tokens, groups), zero
        where there is nothing to learn; the teachers' groups weigh as much as they think the word part of a casualty.
        How many texts the two tokenizers cut into other words is logged as a warning; they are left out.
    """
    rows: list[dict[str, Any]] = []
    ragged = 0
    for article, told in zip(articles, opinions, strict=True):
        words = windowing.split(article.text, tokenizer)
        if len(words.starts) != len(told.tags):
            ragged += 1
            continue
        tags, groups, _ = label_words(article, words)
        casualty = told.tags[:, _CASUALTY_TAGS].sum(axis=1, keepdims=True)
        mixed_tags = trust * told.tags + (1 - trust) * _one_hot(tags, len(TAGS))
        mixed_groups = trust * told.groups * casualty + (1 - trust) * _one_hot(groups, len(GROUPS))
        rows += _rows(words, mixed_tags.astype(np.float32), mixed_groups.astype(np.float32), 0)
    if ragged:
        logger.warning("%d of %d texts left out: the teachers cut them into other words", ragged, len(articles))
    return Dataset.from_list(rows).with_format("numpy")  # nested lists of floats would be slow


def _one_hot(labels: Integers, classes: int) -> Floats:
    """Labels as probabilities, (words, classes); zero where they are ``IGNORED``."""
    certain: Floats = (labels[:, None] == np.arange(classes)).astype(np.float32)
    return certain


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
