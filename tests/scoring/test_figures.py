"""Shares of right counts, groups, statuses and texts, on cases small enough to count by hand."""

import pytest

from casualties.report import Attribution, Casualty, Count, Mention
from casualties.scoring.figures import score_figures
from casualties.scoring.rate import Rate


def killed(start: int, end: int, number: int, group: str = "unknown", label: str = "KILLED") -> Casualty:
    count = Count.exactly(number)
    return Casualty(id="", start=start, end=end, text="", label=label, group=group, count=count)


def actor(start: int, end: int, status: str) -> Attribution:
    return Attribution(id="", start=start, end=end, text="", label=status)


def test_counts_and_groups_are_of_the_casualties_that_match() -> None:
    gold = [killed(0, 10, 3, "civilian"), killed(20, 30, 5), killed(40, 50, 7), killed(60, 70, 9)]
    predicted = [
        killed(2, 10, 3, "security"),
        killed(20, 30, 6),
        killed(40, 50, 7, label="WOUNDED"),
        killed(80, 90, 9),
    ]
    scores = score_figures([(gold, predicted)])
    assert scores.counts == Rate(1, 2)
    assert scores.groups == Rate(1, 2)


@pytest.mark.parametrize("count", [Count(13, 13, 13), Count(13, 13, 14), Count(None, 13, None)])
def test_a_count_is_right_when_all_three_bounds_are(count: Count) -> None:
    gold = Casualty(id="", start=0, end=5, text="", label="KILLED", group="unknown", count=Count(13, 13, None))
    predicted = Casualty(id="", start=0, end=5, text="", label="KILLED", group="unknown", count=count)
    assert score_figures([([gold], [predicted])]).counts == Rate(0, 1)
    assert score_figures([([gold], [gold])]).counts == Rate(1, 1)


def test_statuses_are_of_the_attributions_that_overlap_whatever_they_say() -> None:
    gold = [actor(0, 5, "CLAIMED"), actor(10, 15, "ACCUSED"), actor(20, 25, "STATED")]
    predicted = [actor(0, 4, "CLAIMED"), actor(10, 15, "SUSPECTED"), killed(20, 25, 1)]
    assert score_figures([(gold, predicted)]).statuses == Rate(1, 2)


three = killed(0, 10, 3)


@pytest.mark.parametrize(
    ("gold", "predicted", "right"),
    [
        ([], [], 1),
        ([actor(0, 5, "CLAIMED")], [], 1),
        ([three], [killed(3, 8, 3, "civilian")], 1),
        ([three], [killed(0, 10, 4)], 0),
        ([three], [killed(0, 10, 3, label="WOUNDED")], 0),
        ([three], [], 0),
        ([], [three], 0),
        ([three], [three, killed(20, 30, 3)], 0),
        ([three, killed(20, 30, 3)], [three], 0),
    ],
)
def test_a_text_is_right_as_a_whole(gold: list[Mention], predicted: list[Mention], right: int) -> None:
    assert score_figures([(gold, predicted)]).texts == Rate(right, 1)


def test_figures_add_up_over_texts() -> None:
    wrong = ([three], [killed(0, 10, 4)])
    scores = score_figures([([three], [three]), wrong, ([], [])])
    assert scores.counts == Rate(1, 2)
    assert scores.texts == Rate(2, 3)
    assert scores.texts.value == pytest.approx(2 / 3)
    assert scores.statuses.value == 0.0
