"""Gold and predicted mentions: which of them agree, and precision, recall and F1 of that agreement."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TypeAlias

from casualties.labels import FAMILIES, LABELS
from casualties.report import Mention
from casualties.scoring.rate import Rate

Pair: TypeAlias = tuple[Sequence[Mention], Sequence[Mention]]
"""The gold and the predicted mentions of one text, each side disjoint and in any order."""

SCORED: dict[str, tuple[str, ...]] = {
    name: labels
    for family, members in FAMILIES.items()
    for name, labels in [*((label, (label,)) for label in members), (family, members)]
} | {"all": LABELS}
"""The labels behind each name that gets a score: each label, each family after its labels, and ``all``."""


@dataclass(frozen=True, slots=True)
class PRF:
    """Precision, recall and F1 as fractions from 0 to 1, 0.0 where undefined (nothing predicted, nothing in gold)."""

    true_positives: int
    predicted: int
    gold: int

    @property
    def precision(self) -> float:
        """The share of the predicted mentions that are right."""
        return self.rates()["precision"].value

    @property
    def recall(self) -> float:
        """The share of the gold mentions that were found."""
        return self.rates()["recall"].value

    @property
    def f1(self) -> float:
        """The harmonic mean of precision and recall."""
        return self.rates()["f1"].value

    def rates(self) -> dict[str, Rate]:
        """The three by name, F1 as twice the true positives of the mentions on both sides."""
        return {
            "precision": Rate(self.true_positives, self.predicted),
            "recall": Rate(self.true_positives, self.gold),
            "f1": Rate(2 * self.true_positives, self.predicted + self.gold),
        }


@dataclass(frozen=True, slots=True)
class AgreementScores:
    """The scores under one notion of agreement, and where it failed."""

    scores: Mapping[str, PRF]
    """One for each name in ``SCORED``; those of families and ``all`` are micro averages."""
    missed: tuple[tuple[int, int], ...]
    """The gold mentions without a match: index of the text, index among its gold mentions."""
    spurious: tuple[tuple[int, int], ...]
    """The predicted mentions without a match: index of the text, index among its predicted mentions."""

    def __getitem__(self, name: str) -> PRF:
        """The score of a label, a family or ``all``."""
        return self.scores[name]


@dataclass(frozen=True, slots=True)
class MentionScores:
    """How predicted mentions agree with gold ones; a mention of another label never agrees."""

    exact: AgreementScores
    """Agreement of label and of both ends."""
    overlap: AgreementScores
    """Agreement of label and of at least one character."""


def score_mentions(pairs: Sequence[Pair]) -> MentionScores:
    """Score the predicted mentions of some texts against the gold ones.

    Args:
        pairs: gold and predicted mentions, one pair a text.

    Raises:
        ValueError: if mentions of one side overlap, or a label is not in ``labels.LABELS``.
    """
    return MentionScores(exact=_score(pairs, exact=True), overlap=_score(pairs, exact=False))


def _score(pairs: Sequence[Pair], *, exact: bool) -> AgreementScores:
    right: Counter[str] = Counter()
    predicted_labels: Counter[str] = Counter()
    gold_labels: Counter[str] = Counter()
    missed: list[tuple[int, int]] = []
    spurious: list[tuple[int, int]] = []
    for text, (gold, predicted) in enumerate(pairs):
        matched = match(gold, predicted, exact=exact, same_label=True)
        right.update(gold[index].label for index, _ in matched)
        gold_labels.update(mention.label for mention in gold)
        predicted_labels.update(mention.label for mention in predicted)
        missed += [(text, index) for index in sorted(set(range(len(gold))) - {index for index, _ in matched})]
        spurious += [(text, index) for index in sorted(set(range(len(predicted))) - {index for _, index in matched})]
    if unknown := (gold_labels.keys() | predicted_labels.keys()) - set(LABELS):
        raise ValueError(f"no such label: {', '.join(sorted(unknown))}; the labels are {', '.join(LABELS)}")
    scores = {
        name: PRF(*(sum(tally[label] for label in labels) for tally in (right, predicted_labels, gold_labels)))
        for name, labels in SCORED.items()
    }
    return AgreementScores(scores, tuple(missed), tuple(spurious))


def match(
    gold: Sequence[Mention], predicted: Sequence[Mention], *, exact: bool, same_label: bool
) -> list[tuple[int, int]]:
    """Pair gold with predicted mentions one to one: as many as can be, and of those pairings the one that shares most.

    Two sides of disjoint spans overlap in pairs that never cross. Taken from left to right, the pairs that rule out
    a given one (they share a mention with it) therefore stand right before it, and the best choice among the first
    so many is a recurrence, as in weighted interval scheduling (Kleinberg and Tardos 2005, section 6.1).

    Args:
        gold: disjoint mentions, in any order.
        predicted: disjoint mentions, in any order.
        exact: whether both ends must agree; otherwise one shared character is enough.
        same_label: whether the labels must agree.

    Returns:
        The pairs as indices into ``gold`` and ``predicted``, from left to right in the text.

    Raises:
        ValueError: if mentions of one side overlap.
    """
    candidates = [
        (g, p)
        for g, p in _overlapping(gold, predicted)
        if (not same_label or gold[g].label == predicted[p].label)
        and (not exact or (gold[g].start, gold[g].end) == (predicted[p].start, predicted[p].end))
    ]
    best = [(0, 0)]  # best[k]: the most pairs among the first k candidates, and the characters that they share
    previous: list[int] = []  # previous[k]: how many of the candidates before the k-th stand clear of it
    for k, (g, p) in enumerate(candidates):
        clear = k
        while clear and (candidates[clear - 1][0] == g or candidates[clear - 1][1] == p):
            clear -= 1
        pairs, characters = best[clear]
        best.append(max(best[k], (pairs + 1, characters + _shared(gold[g], predicted[p]))))
        previous.append(clear)
    return _trace(candidates, best, previous)


def _trace(
    candidates: list[tuple[int, int]], best: list[tuple[int, int]], previous: list[int]
) -> list[tuple[int, int]]:
    """The candidates that the best choice consists of."""
    chosen = []
    k = len(candidates)
    while k:
        if best[k] == best[k - 1]:
            k -= 1
        else:
            chosen.append(candidates[k - 1])
            k = previous[k - 1]
    return chosen[::-1]


def _overlapping(gold: Sequence[Mention], predicted: Sequence[Mention]) -> Iterator[tuple[int, int]]:
    """The index pairs that share a character, from left to right."""
    gold_order, predicted_order = _in_order(gold), _in_order(predicted)
    i = j = 0
    while i < len(gold_order) and j < len(predicted_order):
        g, p = gold_order[i], predicted_order[j]
        if _shared(gold[g], predicted[p]) > 0:
            yield g, p
        if gold[g].end <= predicted[p].end:
            i += 1
        else:
            j += 1


def _in_order(mentions: Sequence[Mention]) -> list[int]:
    """The indices of the mentions from left to right."""
    order = sorted(range(len(mentions)), key=lambda index: mentions[index].start)
    for left, right in pairwise(mentions[index] for index in order):
        if left.end > right.start:
            raise ValueError(
                f"mentions overlap: {left.label} {left.start}-{left.end} and {right.label} {right.start}-{right.end}"
            )
    return order


def _shared(one: Mention, other: Mention) -> int:
    """The characters that two mentions have in common; not above 0 where they do not touch."""
    return min(one.end, other.end) - max(one.start, other.start)
