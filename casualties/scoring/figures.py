"""What mentions say beyond span and label: counts, groups, statuses, and whether a text came out right as a whole."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields

from casualties.labels import ATTRIBUTION_LABELS
from casualties.report import Casualty, Mention
from casualties.scoring.mentions import Pair, match
from casualties.scoring.rate import Rate


@dataclass(frozen=True, slots=True)
class FigureScores:
    """Shares of mentions, and of texts, whose attributes are right."""

    counts: Rate
    """Of the casualties that overlap with their match and have its label: those with the same low, best and high."""
    groups: Rate
    """Of the same casualties: those with the same victim group."""
    statuses: Rate
    """Of the attributions that overlap with one of whatever status: those with the same status."""
    texts: Rate
    """Of all texts: those where every casualty has its match with the same count, and none was made up."""

    def rates(self) -> dict[str, Rate]:
        """The four by name."""
        return {field.name: getattr(self, field.name) for field in fields(self)}


def score_figures(pairs: Sequence[Pair]) -> FigureScores:
    """Score the attributes of predicted mentions against those of the gold mentions that they match.

    A text without casualties is right when none was predicted.

    Args:
        pairs: gold and predicted mentions, one pair a text.

    Raises:
        ValueError: if mentions of one side overlap.
    """
    same_count: list[bool] = []
    same_group: list[bool] = []
    same_status: list[bool] = []
    same_text: list[bool] = []
    for gold, predicted in pairs:
        casualties = _matched_casualties(gold, predicted)
        same_counts = [one.count == other.count for one, other in casualties]
        same_count += same_counts
        same_group += [one.group == other.group for one, other in casualties]
        same_status += [one.label == other.label for one, other in _matched_attributions(gold, predicted)]
        same_text.append(len(casualties) == len(_casualties(gold)) == len(_casualties(predicted)) and all(same_counts))
    return FigureScores(_rate(same_count), _rate(same_group), _rate(same_status), _rate(same_text))


def _matched_casualties(gold: Sequence[Mention], predicted: Sequence[Mention]) -> list[tuple[Casualty, Casualty]]:
    left, right = _casualties(gold), _casualties(predicted)
    return [(left[g], right[p]) for g, p in match(left, right, exact=False, same_label=True)]


def _matched_attributions(gold: Sequence[Mention], predicted: Sequence[Mention]) -> list[tuple[Mention, Mention]]:
    left, right = _attributions(gold), _attributions(predicted)
    return [(left[g], right[p]) for g, p in match(left, right, exact=False, same_label=False)]


def _casualties(mentions: Sequence[Mention]) -> list[Casualty]:
    return [mention for mention in mentions if isinstance(mention, Casualty)]


def _attributions(mentions: Sequence[Mention]) -> list[Mention]:
    return [mention for mention in mentions if mention.label in ATTRIBUTION_LABELS]


def _rate(right: Sequence[bool]) -> Rate:
    return Rate(sum(right), len(right))
