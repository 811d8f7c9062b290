"""What a mention's confidence means: the chance that it is right, learnt from what probabilities were worth before.

A model that has seen few articles is too sure of itself. On articles that it was not trained on, one learns how often
a probability came true, and scales the next one by it (Platt 1999); a slope and an intercept for each family of
labels. A label's threshold is the confidence below which its mentions were more often wrong than worth having.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from statistics import fmean
from typing import NamedTuple

import numpy as np

from casualties.labels import FAMILIES, LABELS
from casualties.report import Casualty, Mention
from casualties.scoring.mentions import Pair, match

_SUREST = 1e-6
"""Probabilities are kept this far from 0 and 1."""
_FEWEST = 30
"""Outcomes of each kind in a family below which no scaling is learnt for it."""
_FEWEST_OF_LABEL = 100
"""Gold mentions of a label below which no threshold is: among fewer, the best one is mostly luck."""
_WORTH = 0.02
"""How much F1 a threshold must add."""
_RIDGE = 1e-3
"""Keeps the scaling finite where right and wrong can be told apart without error."""


@dataclass(frozen=True, slots=True)
class Scaling:
    """The chance of being right as a logistic function of the log-odds of a probability."""

    slope: float
    intercept: float

    def __call__(self, probability: float) -> float:
        """The chance that belongs to a probability."""
        log_odds = self.slope * _log_odds(probability) + self.intercept
        return 1 / (1 + math.exp(min(max(-log_odds, -700.0), 700.0)))


@dataclass(frozen=True, slots=True)
class Tuning:
    """What was learnt about a model on articles that it was not trained on."""

    scalings: Mapping[str, Scaling] = field(default_factory=dict)
    """By family of labels; a family without one keeps the decoder's confidence."""
    thresholds: Mapping[str, float] = field(default_factory=dict)
    """By label: mentions of less confidence are left out."""

    def apply(self, mentions: Iterable[Mention], least: float = 0.0) -> tuple[Mention, ...]:
        """The mentions that are sure enough, with the chance of being right for their confidence.

        Args:
            mentions: as ``casualties.decode`` gives them.
            least: the confidence that any mention must have, whatever its label.
        """
        scaled = (self._scale(mention) for mention in mentions)
        return tuple(each for each in scaled if each.confidence >= max(least, self.thresholds.get(each.label, 0.0)))

    def _scale(self, mention: Mention) -> Mention:
        scaling = self.scalings.get(_FAMILY[mention.label])
        return replace(mention, confidence=scaling(mention.confidence)) if scaling else mention

    def to_dict(self) -> dict[str, dict[str, float] | dict[str, list[float]]]:
        """As the manifest of a model folder holds it."""
        scalings = {family: [scaling.slope, scaling.intercept] for family, scaling in self.scalings.items()}
        return {"scalings": scalings, "thresholds": dict(self.thresholds)}

    @classmethod
    def from_dict(cls, data: Mapping[str, Mapping[str, object]]) -> Tuning:
        """Read what ``to_dict`` wrote.

        Raises:
            TypeError, ValueError: if it is not that.
        """
        scalings = {family: Scaling(*map(_number, _list(two))) for family, two in data.get("scalings", {}).items()}
        return cls(scalings, {label: _number(value) for label, value in data.get("thresholds", {}).items()})


def tune(pairs: Sequence[Pair], before: Tuning | None = None) -> Tuning:
    """Learn what a model's probabilities are worth.

    Args:
        pairs: gold mentions and those that the model decoded, one pair a text that it was not trained on.
        before: what was known already; it stays for families and labels that the texts hold too few mentions of.
    """
    before = before or Tuning()
    outcomes = [outcome for pair in pairs for outcome in judge(*pair)]
    learnt = {
        family: _fit([outcome for outcome in outcomes if outcome[0].label in labels])
        for family, labels in FAMILIES.items()
    }
    scalings = {**before.scalings, **{family: scaling for family, scaling in learnt.items() if scaling}}
    scaled = Tuning(scalings)
    sure = [(gold, scaled.apply(found)) for gold, found in pairs]
    best = {label: _threshold(sure, label) for label in LABELS}
    thresholds = {label: before.thresholds.get(label) if value is None else value for label, value in best.items()}
    return Tuning(scalings, {label: value for label, value in thresholds.items() if value})


def judge(gold: Sequence[Mention], found: Sequence[Mention]) -> list[tuple[Mention, bool]]:
    """Each mention found, and whether it is right: it overlaps with one of its label and, on a casualty, count."""
    partner = {second: gold[first] for first, second in match(gold, found, exact=False, same_label=True)}
    return [(mention, _right(mention, partner.get(number))) for number, mention in enumerate(found)]


def _right(mention: Mention, partner: Mention | None) -> bool:
    if isinstance(mention, Casualty) and isinstance(partner, Casualty):
        return mention.count == partner.count
    return partner is not None


def _fit(outcomes: Sequence[tuple[Mention, bool]]) -> Scaling | None:
    """Logistic regression of right on the log-odds, by Newton's method; ``None`` if there is too little of either."""
    right = np.array([is_right for _, is_right in outcomes], dtype=float)
    if min(right.sum(), len(right) - right.sum()) < _FEWEST:
        return None
    inputs = np.array([[_log_odds(mention.confidence), 1.0] for mention, _ in outcomes])
    weights = np.zeros(2)
    for _ in range(50):
        chances = 1 / (1 + np.exp(-inputs @ weights))
        gradient = inputs.T @ (right - chances) - _RIDGE * weights
        curvature = (inputs * (chances * (1 - chances))[:, None]).T @ inputs + _RIDGE * np.eye(2)
        step = np.linalg.solve(curvature, gradient)
        weights = weights + step
        if np.abs(step).max() < 1e-8:
            break
    return Scaling(float(weights[0]), float(weights[1]))


def _threshold(pairs: Sequence[Pair], label: str) -> float | None:
    """The confidence from which mentions of a label give the best F1 by overlap; 0 where none adds enough.

    ``None`` if there are too few to tell.
    """
    gold_count, found = 0, []
    for gold, mentions in pairs:
        ours = [mention for mention in mentions if mention.label == label]
        theirs = [mention for mention in gold if mention.label == label]
        gold_count += len(theirs)
        hits = {second for _, second in match(theirs, ours, exact=False, same_label=True)}
        found += [(mention.confidence, number in hits) for number, mention in enumerate(ours)]
    if gold_count < _FEWEST_OF_LABEL or not found:
        return None
    found.sort(reverse=True)
    confidences = np.array([confidence for confidence, _ in found])
    f1 = 2 * np.cumsum([hit for _, hit in found]) / (np.arange(1, len(found) + 1) + gold_count)
    ends = np.append(np.flatnonzero(np.diff(confidences)), len(found) - 1)  # equally sure mentions stay together
    best = int(ends[f1[ends].argmax()])
    if best == len(found) - 1 or f1[best] - f1[-1] < _WORTH:
        return 0.0
    return float(confidences[best] + confidences[best + 1]) / 2


def calibration_error(outcomes: Sequence[tuple[float, bool]], bins: int = 10) -> float:
    """The expected calibration error (Guo et al. 2017, equation 3), on bins of equal width.

    Args:
        outcomes: confidence, and whether it came true, of each mention.
        bins: how many.

    Returns:
        The distance of mean confidence from the share that came true, a fraction from 0 to 1, mean over the bins by
        their mentions.
    """
    return sum(abs(row.confidence - row.right) * row.mentions for row in reliability(outcomes, bins)) / max(
        1, len(outcomes)
    )


class ReliabilityRow(NamedTuple):
    """Mentions of like confidence."""

    mentions: int
    confidence: float
    """Their mean."""
    right: float
    """The share that is right."""


def reliability(outcomes: Sequence[tuple[float, bool]], bins: int = 10) -> list[ReliabilityRow]:
    """Confidence against what came true, a row for each bin of equal width that holds any mention."""
    binned: dict[int, list[tuple[float, bool]]] = {}
    for confidence, right in outcomes:
        binned.setdefault(min(int(confidence * bins), bins - 1), []).append((confidence, right))
    return [
        ReliabilityRow(len(members), fmean(each for each, _ in members), fmean(right for _, right in members))
        for _, members in sorted(binned.items())
    ]


def _log_odds(probability: float) -> float:
    kept = min(max(probability, _SUREST), 1 - _SUREST)
    return math.log(kept / (1 - kept))


def _number(value: object) -> float:
    if isinstance(value, int | float) and math.isfinite(value):
        return float(value)
    raise ValueError(f"not a number: {value!r}")


def _list(value: object) -> list[object]:
    if isinstance(value, list):
        return value
    raise ValueError(f"not a list: {value!r}")


_FAMILY = {label: family for family, labels in FAMILIES.items() for label in labels}
