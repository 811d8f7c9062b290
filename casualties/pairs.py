"""What two mentions of a text have to do with each other, in numbers: what the link model reads.

Where they stand, what stands between them, what they and their sentences name, and what ``casualties.rules`` makes of
them. A model learns what each is worth, beside the encoder's vectors of the two; nothing here depends on the encoder.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from casualties.labels import GROUPS, LABELS
from casualties.names import split_name
from casualties.report import Attribution, Casualty, Mention
from casualties.rules import ADDS, ANOTHER, OF, PART, THE_SAME, Sentences, name_of

Floats = npt.NDArray[np.float32]
Matrix = npt.NDArray[Any]
"""Numbers or truth values of pairs, (mentions, mentions)."""

_INCLUDING = re.compile(r"\b(?:including|includes?|among them|among whom)\b", re.I)
_OF_THEM = re.compile(r"\s*(?:,\s*)?of (?:them|whom|these|those|the (?:dead|injured|wounded|victims|hostages))\b", re.I)
_SET_OFF = re.compile(r"\s*[,;:(–—-]\s*")
_AND = re.compile(r"\s*,?\s*(?:and|as well as|along with|plus)\s+", re.I)
_BEFORE = 24
"""Characters before a mention in which a word such as "including" is looked for."""


def pair_features(text: str, mentions: Sequence[Mention], sentences: Sentences) -> Floats:
    """Describe each ordered pair of mentions.

    Args:
        text: the text.
        mentions: its mentions, sorted, with the links that the rules give them.
        sentences: of the text.

    Returns:
        Shape (mentions, mentions, features): row *i*, column *j* tells of mention *i* as seen from mention *j*; a
        source or a larger figure is the column. ``FEATURES`` is their number.
    """
    described = {
        **_distance(mentions, sentences),
        **_discourse(mentions, sentences),
        **_names(mentions, sentences),
        **_figures(text, mentions, sentences),
        **_by_rule(mentions),
        **_labels(mentions),
    }
    features = np.empty((len(mentions), len(mentions), len(described)), np.float32)
    for number, matrix in enumerate(described.values()):
        features[..., number] = matrix
    return features


def _distance(mentions: Sequence[Mention], sentences: Sentences) -> dict[str, Matrix]:
    starts, ends = _column([mention.start for mention in mentions]), _column([mention.end for mention in mentions])
    sentence = _column([sentences.number(mention.start) for mention in mentions])
    paragraph = _column([sentences.paragraph(mention.start) for mention in mentions])
    rank = np.arange(len(mentions))[:, None]
    apart, paragraphs = np.abs(sentence - sentence.T), np.abs(paragraph - paragraph.T)
    between = np.abs(rank - rank.T)
    gap = np.maximum(np.maximum(starts - ends.T, starts.T - ends), 0)
    earlier = rank > rank.T
    last = int(sentence.max(initial=0))
    return {
        "in one sentence": apart == 0,
        "in adjacent sentences": apart == 1,
        "two sentences apart": apart == 2,
        "over five sentences apart": apart > 5,
        "sentences apart": np.log1p(apart),
        "in one paragraph": paragraphs == 0,
        "in adjacent paragraphs": paragraphs == 1,
        "two paragraphs apart": paragraphs == 2,
        "paragraphs apart": np.log1p(paragraphs),
        "mentions between": np.log1p(between),
        "adjacent": between == 1,
        "characters between": np.log1p(gap) / 3,
        "under 15 characters between": gap < 15,
        "under 40 characters between": gap < 40,
        "column comes first": earlier,
        "column comes first in the sentence": earlier & (apart == 0),
        "one is in the first sentence": np.minimum(sentence, sentence.T) == 0,
        "how deep in the text": np.log1p(np.minimum(sentence, sentence.T)) / 3,
        "sentences of the text": np.array([[np.log1p(last + 1) / 3]]),
        "mentions of the text": np.array([[min(len(mentions), 60) / 60]]),
    }


def _discourse(mentions: Sequence[Mention], sentences: Sentences) -> dict[str, Matrix]:
    """Words between two mentions that speak of another attack or of the same one, and places and dates named there."""
    numbers = [sentences.number(mention.start) for mention in mentions]
    covered = range(min(numbers, default=0), max(numbers, default=-1) + 1)
    sentence = _column(numbers) - covered.start
    first, second = np.minimum(sentence, sentence.T), np.maximum(sentence, sentence.T)
    says_another = sentences.with_words(ANOTHER)[covered.start : covered.stop]
    says_same = sentences.with_words(THE_SAME)[covered.start : covered.stop]
    naming = {
        label: {number for number, mention in zip(numbers, mentions, strict=True) if mention.label == label}
        for label in ("PLACE", "DATE")
    }

    def between(flags: Sequence[bool]) -> Matrix:
        """How many sentences after the first mention's, up to the second's, have a flag."""
        so_far = np.concatenate([[0], np.cumsum(flags, dtype=np.int64)])
        return np.asarray(so_far[second + 1] - so_far[first + 1])

    another, same = between(says_another), between(says_same)
    places = between([number in naming["PLACE"] for number in covered])
    dates = between([number in naming["DATE"] for number in covered])
    flags = np.array([*says_another, False]), np.array([*says_same, False])
    return {
        "another between": another > 0,
        "how often another": np.log1p(another),
        "another in the later sentence": flags[0][second],
        "the same between": same > 0,
        "the same in the later sentence": flags[1][second],
        "a place between": places > 0,
        "places between": np.log1p(places),
        "a date between": dates > 0,
        "dates between": np.log1p(dates),
    }


def _names(mentions: Sequence[Mention], sentences: Sentences) -> dict[str, Matrix]:
    """Names that two mentions, or their sentences, have in common or have different."""
    numbers = [sentences.number(mention.start) for mention in mentions]
    numbers = [number - min(numbers) for number in numbers]
    known: dict[str, int] = {}
    codes = _column([known.setdefault(name_of(mention).casefold(), len(known)) for mention in mentions])
    same_name = codes == codes.T
    by_kind = {
        "place": [mention.label == "PLACE" for mention in mentions],
        "date": [mention.label == "DATE" for mention in mentions],
        "actor": [isinstance(mention, Attribution) for mention in mentions],
    }
    found: dict[str, Matrix] = {
        "same name": same_name,
        "same name elsewhere": same_name & (_column(numbers) != _column(numbers).T),
    }
    for kind, members in by_kind.items():
        shared, differ = _in_common(_named(numbers, codes[:, 0].tolist(), members), numbers)
        found |= {f"sentences share a {kind}": shared, f"sentences name different {kind}s": differ}
    governing = _carried_on(_named(numbers, codes[:, 0].tolist(), by_kind["place"]))
    shared, differ = _in_common(governing, numbers)
    return found | {"last places named are the same": shared, "last places named differ": differ}


def _named(numbers: Sequence[int], codes: Sequence[int], members: Sequence[bool]) -> Floats:
    """Which names stand in which sentence, (sentences, names), of the mentions that are ``members``."""
    table = np.zeros((max(numbers, default=-1) + 1, max(codes, default=-1) + 1), np.float32)
    for number, code, member in zip(numbers, codes, members, strict=True):
        table[number, code] = max(table[number, code], float(member))
    return table


def _carried_on(table: Floats) -> Floats:
    """The names of the latest sentence, up to each, that has any."""
    latest = np.maximum.accumulate(np.where(table.any(axis=1), np.arange(len(table)), 0))
    return table[latest]


def _in_common(table: Floats, numbers: Sequence[int]) -> tuple[Matrix, Matrix]:
    """Whether the sentences of two mentions share a name, and whether both have names but none in common."""
    rows = table[list(numbers)] if numbers else table
    shared: Matrix = (rows @ rows.T) > 0
    any_name: Matrix = rows.any(axis=1).reshape(-1, 1)
    return shared, any_name & any_name.T & ~shared


def _figures(text: str, mentions: Sequence[Mention], sentences: Sentences) -> dict[str, Matrix]:
    """What figures have to do with each other: which could be part of which."""
    ends, starts = _column([mention.end for mention in mentions]), _column([mention.start for mention in mentions])
    sentence = _column([sentences.number(mention.start) for mention in mentions])
    size = _column([mention.count.magnitude if isinstance(mention, Casualty) else -1 for mention in mentions])
    outcome = _column([LABELS.index(mention.label) if isinstance(mention, Casualty) else -1 for mention in mentions])
    group = _column([GROUPS.index(mention.group) if isinstance(mention, Casualty) else -1 for mention in mentions])
    figure = size >= 0
    markers = np.array([*sentences.places_of(PART), len(text) + 1])
    marker = markers[np.searchsorted(markers, np.minimum(ends, ends.T))]
    marked = marker < np.maximum(starts, starts.T)
    same_outcome = (outcome == outcome.T) & figure
    nearest = np.zeros((len(mentions), len(mentions)), bool)
    after_of, set_off, joined_by_and = np.zeros_like(nearest), np.zeros_like(nearest), np.zeros_like(nearest)
    for number, mention in enumerate(mentions):
        before = [other for other in range(number) if same_outcome[number, other]]
        if before:
            nearest[number, before[-1]] = True
        if number + 1 < len(mentions):
            gap = mention.end, mentions[number + 1].start
            after_of[number, number + 1] = bool(OF.fullmatch(text, *gap))
            set_off[number + 1, number] = bool(_SET_OFF.fullmatch(text, *gap))
            joined_by_and[number + 1, number] = bool(_AND.fullmatch(text, *gap))
    beside = (sentence == sentence.T) & same_outcome
    unknown = GROUPS.index("unknown")
    largest = np.where(same_outcome, size.T, -1).max(axis=1, initial=-1).reshape(-1, 1)
    named = _column([isinstance(mention, Casualty) and bool(split_name(mention)[0]) for mention in mentions])
    return {
        "part words between, one sentence": marked & (sentence == sentence.T),
        "part words between, adjacent sentences": marked & (np.abs(sentence - sentence.T) == 1),
        "joined by of": after_of,
        "row set off from column by a sign": set_off,
        "row joined to column by and": joined_by_and,
        "row is a name": named,
        "column is a name": named.T,
        "column is the outcome's largest figure": (largest == size.T) & same_outcome,
        "column leaves the group open": (group != unknown) & (unknown == group.T) & figure & figure.T,
        "column is larger": (size < size.T) & figure,
        "equal figures": (size == size.T) & (size > 1),
        "share of the column's figure": np.where(figure & (size.T > 0), size / np.maximum(size.T, 1), 0).clip(0, 2),
        "same group": (group == group.T) & figure,
        "same outcome": same_outcome,
        "nearest figure of the outcome before": nearest,
        "adds up to the column's figure": figure & figure.T & (_sums(size, beside) == size.T) & (size < size.T),
        "says including": _column([bool(_INCLUDING.search(text, max(0, m.start - _BEFORE), m.end)) for m in mentions]),
        "says of them": _column([bool(_OF_THEM.match(text, mention.end)) for mention in mentions]),
        "says others": _column([bool(ADDS.search(mention.text)) for mention in mentions]),
    }


def _sums(size: Matrix, beside: Matrix) -> Matrix:
    """For each mention and each column the sum of the figures beside the mention, the column's own left out."""
    number = np.maximum(np.asarray(size, dtype=np.float64), 0)  # floats, since numpy multiplies integers without BLAS
    together = np.asarray(beside, dtype=np.float64)
    return np.asarray(together @ number - together * number.T)


def _by_rule(mentions: Sequence[Mention]) -> dict[str, Matrix]:
    numbers = {mention.id: number for number, mention in enumerate(mentions)}
    incidents = _column([int(mention.incidents[0][1:]) for mention in mentions])
    same = incidents == incidents.T
    found: dict[str, Matrix] = {
        "one incident by rule": same,
        "incidents by rule": np.array([[min(len(set(incidents[:, 0].tolist())), 8) / 8]]),
        "all one incident by rule": np.array([[float(bool(same.all()))]]),
    }
    for attribute in ("source", "part_of"):
        linked = np.zeros((len(mentions), len(mentions)), bool)
        for number, mention in enumerate(mentions):
            if target := getattr(mention, attribute, None):
                linked[number, numbers[target]] = True
        found[f"{attribute} by rule"] = linked
    return found


def _labels(mentions: Sequence[Mention]) -> dict[str, Matrix]:
    codes = _column([LABELS.index(mention.label) for mention in mentions])
    return {
        **{f"row is {label}": codes == code for code, label in enumerate(LABELS)},
        **{f"column is {label}": code == codes.T for code, label in enumerate(LABELS)},
    }


def _column(values: Sequence[int] | Sequence[bool]) -> npt.NDArray[np.int64]:
    """Values as a column, (mentions, 1), so that a column beside its transpose describes pairs."""
    return np.array(values, dtype=np.int64).reshape(-1, 1)


FEATURES = pair_features("", (), Sentences("")).shape[-1]
"""The number of features of a pair."""
