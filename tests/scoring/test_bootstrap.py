"""Bootstrap intervals against the normal approximation, and where rates are undefined."""

import numpy as np
import pytest

from casualties.scoring.bootstrap import Interval, flat_bounds, interval, intervals, resample_rates, resample_sums
from casualties.scoring.rate import Rate


def test_interval_of_a_share_is_near_the_normal_approximation() -> None:
    texts = [{"share": Rate(number % 2, 1)} for number in range(400)]
    bounds = interval(resample_rates(texts, resamples=2000, seed=1)["share"])
    assert bounds is not None
    assert (bounds.low, bounds.high) == pytest.approx((0.451, 0.549), abs=0.006)


def test_resampling_draws_whole_texts_and_is_reproducible() -> None:
    texts = [
        {"one": Rate(right, total), "thrice": Rate(3 * right, 3 * total)} for right, total in ((1, 2), (0, 1), (2, 2))
    ]
    rates = resample_rates(texts, resamples=50, seed=7)
    assert {name: values.shape for name, values in rates.items()} == {"one": (50,), "thrice": (50,)}
    np.testing.assert_allclose(rates["one"], rates["thrice"])
    np.testing.assert_array_equal(rates["one"], resample_rates(texts, resamples=50, seed=7)["one"])
    assert not np.array_equal(rates["one"], resample_rates(texts, resamples=50, seed=8)["one"])


def test_sums_are_of_as_many_texts_as_there_are() -> None:
    sums = resample_sums(np.array([[1.0, 1.0], [1.0, 10.0], [1.0, 100.0]]), resamples=50, seed=0)
    assert (sums[:, 0] == 3).all()
    assert {sum(int(digit) for digit in str(int(value))) for value in sums[:, 1]} == {3}
    assert len(set(sums[:, 1])) > 5


def test_draws_that_say_nothing_are_left_out() -> None:
    texts = [{"rare": Rate(right, total), "none": Rate(0, 0)} for right, total in ((1, 1), (0, 1), (0, 0))]
    rates = resample_rates(texts, resamples=200, seed=0)
    assert np.isnan(rates["rare"]).any()
    assert intervals(rates) == {"rare": Interval(0.0, 1.0)}
    assert flat_bounds(intervals(rates)) == {"rare.low": 0.0, "rare.high": 1.0}


@pytest.mark.parametrize("right", [0, 1])
def test_a_figure_that_is_the_same_in_all_draws_has_no_interval(right: int) -> None:
    texts = [{"share": Rate(right, 1)}] * 19
    assert interval(resample_rates(texts, resamples=200, seed=0)["share"]) is None
    nearly = [*texts, {"share": Rate(1 - right, 1)}]
    assert interval(resample_rates(nearly, resamples=200, seed=0)["share"]) is not None
