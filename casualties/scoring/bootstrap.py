"""Percentile bootstrap intervals (Efron 1979) of rates whose parts add up over texts."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

COVERAGE = 95.0
"""The share of the resampled values, in percent, that an interval spans."""


@dataclass(frozen=True, slots=True)
class Interval:
    """The bounds that leave out the lowest and the highest 2.5 % of the resampled values."""

    low: float
    high: float


def resample_rates(
    right: NDArray[np.int64], total: NDArray[np.int64], *, resamples: int, seed: int
) -> NDArray[np.float64]:
    """Compute rates on texts drawn with replacement, as many as there are.

    Args:
        right: numerators, texts by figures.
        total: denominators, of the same shape.
        resamples: how often to draw.
        seed: of the generator.

    Returns:
        The rates, resamples by figures; NaN where the texts drawn give a figure nothing to be right about.
    """
    texts = len(right)
    generator = np.random.default_rng(seed)
    # Floats, because numpy multiplies integer matrices without BLAS; sums below 2 ** 53 stay exact.
    tallies = np.hstack([right, total]).astype(np.float64)
    sums = np.empty((resamples, tallies.shape[1]))
    for row in sums:
        row[:] = np.bincount(generator.integers(texts, size=texts), minlength=texts) @ tallies
    rights, totals = np.hsplit(sums, 2)
    return np.divide(rights, totals, out=np.full_like(rights, np.nan), where=totals > 0)


def interval(values: NDArray[np.float64]) -> Interval | None:
    """The interval that resampled values span, or ``None`` where all are undefined.

    Undefined values (NaN) are left out: texts drawn without a single mention of a rare label say nothing about it.
    """
    defined = values[~np.isnan(values)]
    if not len(defined):
        return None
    outside = (100.0 - COVERAGE) / 2
    low, high = np.percentile(defined, [outside, 100.0 - outside])
    return Interval(float(low), float(high))
