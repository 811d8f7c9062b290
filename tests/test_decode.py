"""The decoder, against exhaustive search."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from casualties.decode import best_tags, spans
from casualties.labels import TAGS

B_KILLED, I_KILLED, B_PLACE, I_PLACE = (TAGS.index(tag) for tag in ("B-KILLED", "I-KILLED", "B-PLACE", "I-PLACE"))
USED = (0, B_KILLED, I_KILLED, B_PLACE, I_PLACE)


def valid(path: tuple[int, ...]) -> bool:
    return all(
        tag % 2 == 1 or tag == 0 or before in (tag - 1, tag) for before, tag in zip((0, *path), path, strict=False)
    )


@given(st.lists(st.lists(st.floats(0.01, 1.0), min_size=5, max_size=5), min_size=1, max_size=5))
def test_the_decoder_finds_the_most_probable_valid_sequence(rows: list[list[float]]) -> None:
    probabilities = np.full((len(rows), len(TAGS)), 1e-9, np.float32)
    probabilities[:, USED] = rows
    found = tuple(best_tags(probabilities, np.zeros(len(rows), bool)).tolist())
    assert valid(found)

    def log_probability(path: tuple[int, ...]) -> float:
        return float(np.log(probabilities[range(len(path)), path]).sum())

    best = max(log_probability(path) for path in product(USED, repeat=len(rows)) if valid(path))
    assert log_probability(found) == pytest.approx(best, abs=1e-4)


def test_no_words_have_no_tags() -> None:
    assert best_tags(np.zeros((0, len(TAGS)), np.float32), np.zeros(0, bool)).tolist() == []


def test_no_mention_goes_on_where_it_must_not() -> None:
    probabilities = np.full((3, len(TAGS)), 1e-9, np.float32)
    probabilities[[0, 1, 2], [B_KILLED, I_KILLED, I_KILLED]] = 1
    assert best_tags(probabilities, np.array([False, False, False])).tolist() == [B_KILLED, I_KILLED, I_KILLED]
    assert best_tags(probabilities, np.array([False, True, False]))[1] not in (I_KILLED, I_PLACE)


def test_spans_begin_at_b_and_end_where_no_i_follows() -> None:
    tags = np.array([B_KILLED, I_KILLED, B_KILLED, 0, B_PLACE, B_KILLED, I_KILLED])
    assert list(spans(tags)) == [(0, 2, "KILLED"), (2, 3, "KILLED"), (4, 5, "PLACE"), (5, 7, "KILLED")]
