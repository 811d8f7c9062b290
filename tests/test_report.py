"""The data model: counts that mean something, and records that read back as themselves."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from casualties.labels import (
    ATTRIBUTION_LABELS,
    CASUALTY_LABELS,
    GROUPS,
    LABELS,
    STATUS_PRECEDENCE,
    TAGS,
    UNCLAIMED_PRECEDENCE,
)
from casualties.report import Actor, Attribution, Casualty, Count, Mention, mention_from_dict

TEXT = "Three people were killed, police said."


@pytest.mark.parametrize("bounds", [(None, None, None), (-1, 2, 3), (3, 2, None), (5, None, 4), (None, 5, 4)])
def test_a_count_that_no_text_means_is_refused(bounds: tuple[int | None, int | None, int | None]) -> None:
    with pytest.raises(ValueError, match="not a count"):
        Count(*bounds)


@pytest.mark.parametrize(
    ("count", "magnitude"),
    [(Count(13, 13, None), 13), (Count(12, None, 15), 12), (Count(None, 7, None), 7), (Count(None, 9, 9), 9)],
)
def test_magnitude_is_best_or_else_low(count: Count, magnitude: int) -> None:
    assert count.magnitude == magnitude


def test_labels_fit_together() -> None:
    assert len(TAGS) == 1 + 2 * len(LABELS)
    assert all(TAGS[1 + 2 * number] == f"B-{label}" for number, label in enumerate(LABELS))
    assert all(TAGS[2 + 2 * number] == f"I-{label}" for number, label in enumerate(LABELS))
    assert set(STATUS_PRECEDENCE) == set(UNCLAIMED_PRECEDENCE) == set(ATTRIBUTION_LABELS) - {"UNCLAIMED"}


MENTIONS = st.one_of(
    st.builds(
        Casualty,
        id=st.text(min_size=1),
        start=st.just(0),
        end=st.just(12),
        text=st.just(TEXT[:12]),
        label=st.sampled_from(CASUALTY_LABELS),
        confidence=st.sampled_from([0.25, 1.0]),
        incidents=st.sampled_from([("i1",), ("i1", "i2")]),
        group=st.sampled_from(GROUPS),
        count=st.integers(0, 10**9).map(Count.exactly),
        part_of=st.none() | st.text(min_size=1),
        source=st.none() | st.text(min_size=1),
    ),
    st.builds(
        Attribution,
        id=st.text(min_size=1),
        start=st.just(26),
        end=st.just(32),
        text=st.just(TEXT[26:32]),
        label=st.sampled_from(ATTRIBUTION_LABELS),
        source=st.none() | st.text(min_size=1),
    ),
    st.builds(
        Mention,
        id=st.text(min_size=1),
        start=st.just(26),
        end=st.just(32),
        text=st.just(TEXT[26:32]),
        label=st.sampled_from(["SOURCE", "PLACE", "DATE"]),
    ),
)


@given(MENTIONS)
def test_a_mention_reads_back_as_itself(mention: Mention) -> None:
    assert mention_from_dict(mention.to_dict(), TEXT) == mention


@pytest.mark.parametrize(("start", "end"), [(-1, 3), (3, 3), (4, 2), (0, len(TEXT) + 1)])
def test_offsets_outside_the_text_are_refused(start: int, end: int) -> None:
    data = {"id": "m1", "start": start, "end": end, "label": "PLACE", "incidents": ["i1"]}
    with pytest.raises(ValueError, match="outside a text of 38 characters"):
        mention_from_dict(data, TEXT)


def test_an_actors_status_is_the_first_of_its_statuses() -> None:
    assert Actor("Red Dawn", ("CLAIMED", "DENIED"), ("m1", "m2")).status == "CLAIMED"
