"""Percentile bootstrap intervals (Efron 1979) of figures whose parts add up over texts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass

import numpy as np
from numpy.typing import NDArray

from casualties.scoring.rate import Rate

Floats = NDArray[np.float64]

COVERAGE = 95.0
"""The share of the resampled values, in percent, that an interval spans."""
RESAMPLES = 1000
"""How often texts are drawn, unless a caller says otherwise."""


@dataclass(frozen=True, slots=True)
class Interval:
    """The bounds that leave out the lowest and the highest 2.5 % of the resampled values."""

    low: float
    high: float


def resample_rates(texts: Sequence[Mapping[str, Rate]], *, resamples: int, seed: int) -> dict[str, Floats]:
    """Compute rates on texts drawn with replacement.

    Args:
        texts: what each text adds to each rate, by the same names; at least one text.
        resamples: as in ``resample_sums``.
        seed: as in ``resample_sums``.

    Returns:
        Each rate, (resamples,); NaN where the texts drawn give it nothing to be right about.
    """
    parts = [[[rate.right, rate.total] for rate in rates.values()] for rates in texts]
    # Floats, because numpy multiplies integer matrices without BLAS; sums below 2 ** 53 stay exact.
    tallies = np.array(parts, np.float64).reshape(len(texts), -1)
    sums = resample_sums(tallies, resamples=resamples, seed=seed).reshape(resamples, -1, 2)
    rights, totals = sums[..., 0], sums[..., 1]
    rates = np.divide(rights, totals, out=np.full_like(rights, np.nan), where=totals > 0)
    return dict(zip(texts[0], rates.T, strict=True))


def resample_sums(tallies: Floats, *, resamples: int, seed: int) -> Floats:
    """Add up texts drawn with replacement, as many as there are.

    Args:
        tallies: what each text adds, texts by figures; at least one text.
        resamples: how often to draw.
        seed: of the generator.

    Returns:
        The sums, resamples by figures.
    """
    texts = len(tallies)
    generator = np.random.default_rng(seed)
    sums = np.empty((resamples, tallies.shape[1]))
    for row in sums:
        row[:] = np.bincount(generator.integers(texts, size=texts), minlength=texts) @ tallies
    return sums


def interval(values: Floats) -> Interval | None:
    """The interval that resampled values span, or ``None`` where all are undefined or all alike.

    Undefined values (NaN) are left out: texts drawn without a single mention of a rare label say nothing about it.
    Where all values are alike, as of 19 right of 19, resampling cannot tell how far the figure may be off, which is
    not to say that it is certain.
    """
    defined = values[~np.isnan(values)]
    if not len(defined) or np.allclose(defined, defined[0]):
        return None
    outside = (100.0 - COVERAGE) / 2
    low, high = np.percentile(defined, [outside, 100.0 - outside])
    return Interval(float(low), float(high))


def intervals(resampled: Mapping[str, Floats]) -> dict[str, Interval]:
    """The interval of each figure that has one, from its resampled values."""
    bounds = {name: interval(values) for name, values in resampled.items()}
    return {name: found for name, found in bounds.items() if found}


def flat_bounds(bounds: Mapping[str, Interval]) -> dict[str, float]:
    """Intervals as flat scores: the bounds stand under the key of their figure with ``.low`` and ``.high``."""
    return {f"{key}.{side}": value for key, found in bounds.items() for side, value in asdict(found).items()}
