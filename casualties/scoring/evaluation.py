"""All scores of some texts together, with their intervals, and the one figure that models are chosen by."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from casualties.scoring.bootstrap import RESAMPLES, Interval, flat_bounds, intervals, resample_rates
from casualties.scoring.figures import FigureScores, score_figures
from casualties.scoring.mentions import SCORED, MentionScores, Pair, score_mentions
from casualties.scoring.rate import Rate

MAIN_METRIC = "main"
"""The key that checkpoint choice, early stopping and model cards share: the mean of the ``MAIN_PARTS``."""

MAIN_PARTS = ("casualty.exact.f1", "attribution.overlap.f1")


class Row(NamedTuple):
    """One line of a table of scores; all but ``label`` and ``gold`` are fractions from 0 to 1."""

    label: str
    """A label, a family or ``all``."""
    gold: int
    """The number of gold mentions."""
    exact_precision: float
    exact_recall: float
    exact_f1: float
    overlap_precision: float
    overlap_recall: float
    overlap_f1: float


@dataclass(frozen=True, slots=True)
class Evaluation:
    """The scores of some texts."""

    mentions: MentionScores
    figures: FigureScores
    intervals: Mapping[str, Interval]
    """95 % bootstrap intervals by the key that the figure has in ``to_dict``; empty without resampling."""

    @property
    def main(self) -> float:
        """The figure that models are chosen by, a fraction from 0 to 1."""
        return mention_values(self.mentions)[MAIN_METRIC]

    def to_dict(self) -> dict[str, float]:
        """Every score under one flat key, ready for JSON; scores are fractions from 0 to 1.

        Keys are ``main``; ``NAME.exact.f1``, ``NAME.overlap.precision`` and so on, and ``NAME.gold`` (the number of
        gold mentions), for each name in ``SCORED``; ``counts``, ``groups``, ``statuses`` and ``texts`` with
        ``counts.total`` and so on (the number they are a share of). The bounds of a figure's interval, where it has
        one, stand under its key with ``.low`` and ``.high``.
        """
        flat = mention_values(self.mentions)
        for name, rate in self.figures.rates().items():
            flat |= {name: rate.value, f"{name}.total": rate.total}
        return flat | flat_bounds(self.intervals)

    def rows(self) -> list[Row]:
        """A table with a line for each label, each family after its labels, and ``all``."""
        rows = []
        for name in SCORED:
            exact, overlap = self.mentions.exact[name], self.mentions.overlap[name]
            rows.append(Row(name, exact.gold, *_values(exact.rates()), *_values(overlap.rates())))
        return rows


def evaluate(pairs: Sequence[Pair], *, resamples: int = RESAMPLES, seed: int = 0) -> Evaluation:
    """Score predicted mentions, and what they say, against gold ones.

    Args:
        pairs: gold and predicted mentions, one pair a text.
        resamples: how often to resample the texts for the intervals; 0 for no intervals.
        seed: of the resampling.

    Raises:
        ValueError: if mentions of one side overlap, or a label is not in ``labels.LABELS``.
    """
    bounds = _intervals(pairs, resamples=resamples, seed=seed) if resamples and pairs else {}
    return Evaluation(score_mentions(pairs), score_figures(pairs), bounds)


def mention_values(scores: MentionScores) -> dict[str, float]:
    """The main metric, and the scores of mentions under the keys of ``Evaluation.to_dict``."""
    values = {key: rate.value for key, rate in _mention_rates(scores).items()}
    support = {f"{name}.gold": scores.exact[name].gold for name in SCORED}
    return {MAIN_METRIC: sum(values[part] for part in MAIN_PARTS) / len(MAIN_PARTS)} | values | support


def _mention_rates(scores: MentionScores) -> dict[str, Rate]:
    return {
        f"{name}.{agreement}.{measure}": rate
        for name in SCORED
        for agreement, result in (("exact", scores.exact), ("overlap", scores.overlap))
        for measure, rate in result[name].rates().items()
    }


def _values(rates: Mapping[str, Rate]) -> list[float]:
    return [rate.value for rate in rates.values()]


def _intervals(pairs: Sequence[Pair], *, resamples: int, seed: int) -> dict[str, Interval]:
    """The intervals of all figures that have one, from the tallies of each text on its own."""
    texts = [_mention_rates(score_mentions([pair])) | score_figures([pair]).rates() for pair in pairs]
    resampled = resample_rates(texts, resamples=resamples, seed=seed)
    resampled[MAIN_METRIC] = np.mean([resampled[part] for part in MAIN_PARTS], axis=0)
    return intervals(resampled)
