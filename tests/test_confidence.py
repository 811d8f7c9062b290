"""Confidence as the chance of being right, and thresholds."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from casualties.confidence import Scaling, Tuning, calibration_error, judge, tune
from casualties.report import Casualty, Count, Mention
from casualties.scoring.mentions import Pair


def mention(number: int, label: str = "PLACE", confidence: float = 1.0) -> Mention:
    return Mention(id=f"m{number}", start=2 * number, end=2 * number + 1, text="x", label=label, confidence=confidence)


def too_sure(count: int, seed: int = 0) -> list[Pair]:
    """Mentions whose model says 0.9 or 0.99, and which are right six and eight times in ten."""
    generator = random.Random(seed)
    pairs: list[Pair] = []
    for _ in range(count):
        sure = generator.random() < 0.5
        right = generator.random() < (0.8 if sure else 0.6)
        pairs.append(([mention(0)] if right else [], [mention(0, confidence=0.99 if sure else 0.9)]))
    return pairs


def test_confidence_becomes_the_share_that_is_right() -> None:
    tuning = tune(too_sure(4000))
    (low,), (high,) = tuning.apply([mention(0, confidence=0.9)]), tuning.apply([mention(0, confidence=0.99)])
    assert low.confidence == pytest.approx(0.6, abs=0.03)
    assert high.confidence == pytest.approx(0.8, abs=0.03)


def test_tuning_lowers_the_calibration_error_on_other_texts() -> None:
    tuning, others = tune(too_sure(2000)), too_sure(2000, seed=1)
    errors = [
        calibration_error(
            [(each.confidence, right) for gold, found in others for each, right in judge(gold, apply(found))]
        )
        for apply in (lambda found: found, tuning.apply)
    ]
    assert errors[0] > 0.2 > 0.03 > errors[1]


def test_too_little_to_learn_from_changes_nothing() -> None:
    assert tune(too_sure(20)) == Tuning()
    assert tune([]) == Tuning()
    assert Tuning().apply([mention(0, confidence=0.3)]) == (mention(0, confidence=0.3),)


def test_a_threshold_leaves_out_what_is_mostly_wrong() -> None:
    good: Pair = ([mention(0)], [mention(0, confidence=0.9)])
    bad: Pair = ([], [mention(0, confidence=0.4)])
    tuning = tune([good] * 100 + [bad] * 100)
    threshold = tuning.thresholds["PLACE"]
    assert len(tuning.apply([mention(0, confidence=0.9), mention(1, confidence=0.4)])) == 1
    assert 0 < threshold < 1
    assert tune([good] * 100 + [bad] * 1).thresholds == {}


def test_the_least_confidence_is_asked_of_every_label() -> None:
    mentions = [mention(0, "PLACE", 0.3), mention(1, "DATE", 0.7)]
    assert [each.label for each in Tuning(thresholds={"PLACE": 0.1}).apply(mentions, least=0.5)] == ["DATE"]


def test_a_casualty_is_right_if_its_count_is() -> None:
    nine, ten = (
        Casualty(id="m", start=0, end=1, text="x", label="KILLED", group="unknown", count=Count.exactly(number))
        for number in (9, 10)
    )
    assert [right for _, right in judge([nine], [nine])] == [True]
    assert [right for _, right in judge([nine], [ten])] == [False]
    assert [right for _, right in judge([], [ten])] == [False]


@given(st.lists(st.tuples(st.floats(0, 1), st.booleans())))
def test_the_calibration_error_is_a_fraction(outcomes: list[tuple[float, bool]]) -> None:
    assert 0 <= calibration_error(outcomes) <= 1


def test_the_calibration_error_of_known_cases() -> None:
    assert calibration_error([(1.0, True)] * 50) == 0
    assert calibration_error([(0.9, False)] * 50) == pytest.approx(0.9)
    assert calibration_error([(0.5, True), (0.5, False)] * 50) == pytest.approx(0, abs=0.01)


def test_tuning_survives_its_file() -> None:
    tuning = Tuning({"casualty": Scaling(0.5, -0.25)}, {"STATED": 0.4})
    assert Tuning.from_dict(tuning.to_dict()) == tuning


@pytest.mark.parametrize(
    "damaged", [{"scalings": {"casualty": [1]}}, {"scalings": {"casualty": "x"}}, {"thresholds": {"STATED": "high"}}]
)
def test_a_damaged_tuning_is_refused(damaged: dict[str, dict[str, object]]) -> None:
    with pytest.raises((TypeError, ValueError)):
        Tuning.from_dict(damaged)
