"""Scores to mentions: the one decoder, in training, evaluation and use alike."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields
from typing import Any

import numpy as np

from casualties.counts import read_count
from casualties.engine import Floats, Scores
from casualties.labels import ATTRIBUTION_LABELS, CASUALTY_LABELS, GROUPS, LABELS, TAGS
from casualties.report import Attribution, Casualty, Mention
from casualties.windows import Booleans, Integers, WindowedText

_INSIDE = np.arange(2, len(TAGS), 2)
"""The ``I-`` tags; each stands behind its ``B-`` tag."""


def decode(text: str, words: WindowedText, scores: Scores) -> tuple[Mention, ...]:
    """Find the mentions of a text.

    Args:
        text: the text that was scored.
        words: its words.
        scores: what the model says of them.

    Returns:
        The mentions, sorted and disjoint, named ``m1``, ``m2``, … in the order of the text.
    """
    tags = best_tags(scores.tags, words.begins)
    mentions: list[Mention] = []
    for first, last, label in spans(tags):
        start, end = int(words.starts[first]), int(words.ends[last - 1])
        found = Mention(
            id=f"m{len(mentions) + 1}",
            start=start,
            end=end,
            text=text[start:end],
            label=label,
            confidence=float(scores.tags[np.arange(first, last), tags[first:last]].min()),
        )
        mentions.append(_specify(found, scores.groups[first:last]))
    return tuple(mentions)


def _specify(mention: Mention, groups: Floats) -> Mention:
    """The mention as what its label makes it; ``groups`` are the probabilities at its words, (words, groups)."""
    common: dict[str, Any] = {field.name: getattr(mention, field.name) for field in fields(mention)}
    if mention.label in CASUALTY_LABELS:
        group = GROUPS[int(groups.mean(axis=0).argmax())]
        return Casualty(**common, group=group, count=read_count(mention.text))
    return Attribution(**common) if mention.label in ATTRIBUTION_LABELS else mention


def best_tags(probabilities: Floats, begins: Booleans) -> Integers:
    """The most probable sequence of tags in which each ``I-`` follows a tag of its own label (Viterbi 1967).

    Args:
        probabilities: of each tag at each word, shape (words, tags).
        begins: at which words no mention may go on, shape (words,).

    Returns:
        The number of each word's tag, shape (words,).
    """
    scores = np.log(np.maximum(probabilities, 1e-12))
    scores[np.ix_(begins, _INSIDE)] = -np.inf
    words, tags = scores.shape
    come_from = np.zeros((words, tags), np.int8)
    total = scores[0].copy() if words else np.zeros(tags, np.float32)
    total[_INSIDE] = -np.inf
    for word in range(1, words):
        come_from[word] = total.argmax()
        begun = total[_INSIDE - 1] >= total[_INSIDE]
        come_from[word, _INSIDE] = np.where(begun, _INSIDE - 1, _INSIDE)
        total = total[come_from[word]] + scores[word]
    path = np.zeros(words, np.int64)
    if words:
        path[-1] = total.argmax()
    for word in range(words - 1, 0, -1):
        path[word - 1] = come_from[word, path[word]]
    return path


def spans(tags: Integers) -> Iterator[tuple[int, int, str]]:
    """The first word, the word behind the last, and the label of each span in a valid sequence of BIO tags."""
    begin = -1
    for word, tag in enumerate([*tags.tolist(), 0]):
        continues = tag > 0 and tag % 2 == 0
        if begin >= 0 and not continues:
            yield begin, word, LABELS[(tags[begin] - 1) // 2]
            begin = -1
        if tag % 2 == 1:
            begin = word
