"""Bootstrap intervals against the normal approximation, and where rates are undefined."""

import numpy as np
import pytest

from casualties.scoring.bootstrap import Interval, interval, resample_rates


def test_interval_of_a_share_is_near_the_normal_approximation() -> None:
    right = np.arange(400)[:, np.newaxis] % 2
    bounds = interval(resample_rates(right, np.ones_like(right), resamples=2000, seed=1)[:, 0])
    assert bounds is not None
    assert (bounds.low, bounds.high) == pytest.approx((0.451, 0.549), abs=0.006)


def test_resampling_draws_whole_texts_and_is_reproducible() -> None:
    right = np.array([[1, 3], [0, 0], [2, 6]])
    total = np.array([[2, 6], [1, 3], [2, 6]])
    rates = resample_rates(right, total, resamples=50, seed=7)
    assert rates.shape == (50, 2)
    np.testing.assert_allclose(rates[:, 0], rates[:, 1])
    np.testing.assert_array_equal(rates, resample_rates(right, total, resamples=50, seed=7))
    assert not np.array_equal(rates, resample_rates(right, total, resamples=50, seed=8))


def test_draws_that_say_nothing_are_left_out() -> None:
    right = total = np.array([[1, 0], [0, 0], [0, 0]])
    rates = resample_rates(right, total, resamples=200, seed=0)
    assert np.isnan(rates[:, 0]).any()
    assert interval(rates[:, 0]) == Interval(1.0, 1.0)
    assert interval(rates[:, 1]) is None
