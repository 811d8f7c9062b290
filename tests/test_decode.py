"""The decoder, against exhaustive search."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import combinations, pairwise, product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from casualties.decode import LEAST, Chain, Span, best_bet, decode, likely_spans
from casualties.engine import Floats, Scores
from casualties.labels import GROUPS, LABELS, TAGS
from casualties.windows import WindowedText

B_KILLED, I_KILLED, B_PLACE, I_PLACE = (TAGS.index(tag) for tag in ("B-KILLED", "I-KILLED", "B-PLACE", "I-PLACE"))
USED = (0, B_KILLED, I_KILLED, B_PLACE, I_PLACE)
IMPOSSIBLE = 1e-12
FAINT = 0.02

Rows = list[list[float]]
Tags = tuple[int, ...]


def rows(most: int) -> st.SearchStrategy[Rows]:
    """What a model might say of the tags in use, of at most some words."""
    return st.lists(st.lists(st.floats(0.01, 1.0), min_size=5, max_size=5), min_size=1, max_size=most)


def probabilities(given: Sequence[Sequence[float]]) -> Floats:
    table = np.full((len(given), len(TAGS)), IMPOSSIBLE)
    table[:, USED] = np.array(given) / np.sum(given, axis=1, keepdims=True)
    return table.astype(np.float32)


def valid(path: Tags, begins: Sequence[bool]) -> bool:
    return all(
        tag == 0 or tag % 2 == 1 or (before in (tag - 1, tag) and not begin)
        for before, tag, begin in zip((0, *path), path, begins, strict=False)
    )


def spans_of(path: Tags) -> Iterator[tuple[int, int, int]]:
    """The spans of a valid sequence: the first word, the word behind the last, the number of the label."""
    starts = [word for word, tag in enumerate(path) if tag % 2 == 1]
    for start in starts:
        end = next((word for word in range(start + 1, len(path)) if path[word] != path[start] + 1), len(path))
        yield start, end, (path[start] - 1) // 2


@given(rows(4), st.data())
def test_a_span_is_as_likely_as_all_sequences_in_which_it_is_one(table: Rows, data: st.DataObject) -> None:
    begins = data.draw(st.lists(st.booleans(), min_size=len(table), max_size=len(table)))
    chain = Chain(sharpness=0.8, second=0.4, further=0.1, end_of_one=0.2, next_to_more=-0.5)
    said, weights = probabilities(table), chain.weights()
    masses: dict[tuple[int, int, int], float] = {}
    total = 0.0
    for path in product(USED, repeat=len(table)):
        if valid(path, begins):
            steps = [weights[one, other] for one, other in pairwise((0, *path, 0))]
            mass = float(np.prod(said[range(len(path)), path].astype(float) ** chain.sharpness) * np.prod(steps))
            total += mass
            for span in spans_of(path):
                masses[span] = masses.get(span, 0.0) + mass
    found = {span[:3]: span.probability for span in likely_spans(said, np.array(begins), chain, FAINT)}
    assert found == pytest.approx(
        {span: mass / total for span, mass in masses.items() if span in found}, rel=1e-4, abs=1e-6
    )
    assert all(mass / total < FAINT * 1.001 for span, mass in masses.items() if span not in found)


def test_a_word_surely_outside_does_not_change_what_its_neighbours_are() -> None:
    one, outside = [0.3, 0.5, 0.1, 0.05, 0.05], [1.0, 0, 0, 0, 0]
    alone = list(likely_spans(probabilities([one]), np.zeros(1, bool)))
    both = list(likely_spans(probabilities([one, outside, one]), np.zeros(3, bool)))
    assert [(span.label, span.probability) for span in both] == [(span.label, span.probability) for span in alone] * 2
    assert alone
    assert {span.first for span in both} == {0, 2}


def test_what_a_model_is_sure_of_is_what_it_says() -> None:
    path = (B_KILLED, I_KILLED, B_KILLED, 0, B_PLACE, B_KILLED, I_KILLED, I_KILLED)
    said = np.eye(len(TAGS), dtype=np.float32)[list(path)]
    chosen = best_bet(likely_spans(said, np.zeros(len(path), bool)))
    assert [span[:3] for span in chosen] == list(spans_of(path))
    assert all(span.probability > 0.999 for span in chosen)


def test_no_words_have_no_spans() -> None:
    assert list(likely_spans(np.zeros((0, len(TAGS)), np.float32), np.zeros(0, bool))) == []


def test_no_mention_goes_on_where_it_must_not() -> None:
    said = np.eye(len(TAGS), dtype=np.float32)[[B_KILLED, I_KILLED, I_KILLED]]
    assert [span[:2] for span in likely_spans(said, np.array([False, False, False]))] == [(0, 3)]
    assert (0, 1) in [span[:2] for span in likely_spans(said, np.array([False, True, False]))]
    assert all(span.end <= 1 or span.first >= 1 for span in likely_spans(said, np.array([False, True, False])))


def scores_of(*said: dict[str, float]) -> Scores:
    """What a model might say of words: the probabilities of some tags, the rest for none."""
    tags = np.zeros((len(said), len(TAGS)), np.float32)
    for word, each in enumerate(said):
        for tag, probability in each.items():
            tags[word, TAGS.index(tag)] = probability
    tags[:, 0] = 1 - tags.sum(axis=1)
    return Scores(tags, np.full((len(said), len(GROUPS)), 1 / len(GROUPS), np.float32))


def words_of(text: str) -> WindowedText:
    """The words of a text between blanks."""
    ends = np.cumsum([len(word) + 1 for word in text.split(" ")]) - 1
    starts = np.array([0, *(ends[:-1] + 1)])
    return WindowedText(starts, ends, np.zeros(len(ends), bool), ())


def test_a_mention_is_as_sure_as_its_surest_word_is_of_its_label() -> None:
    text = "Nine men died in Tolva"
    said = scores_of({"B-KILLED": 0.6, "I-KILLED": 0.1}, {"B-KILLED": 0.2, "I-KILLED": 0.7}, {}, {}, {"B-PLACE": 0.8})
    killed, place = decode(text, words_of(text), said)
    assert [(each.id, each.start, each.end, each.text, each.label) for each in (killed, place)] == [
        ("m1", 0, 8, "Nine men", "KILLED"),
        ("m2", 17, 22, "Tolva", "PLACE"),
    ]
    assert [killed.confidence, place.confidence] == pytest.approx([0.9, 0.8])


def test_what_is_less_likely_than_worth_reporting_is_not_reported() -> None:
    (span,) = likely_spans(scores_of({"B-PLACE": 0.5}).tags, np.zeros(1, bool), least=FAINT)
    likelier, unlikelier = span.probability - 1e-6, span.probability + 1e-6
    assert best_bet([span], likelier) == [span]
    assert best_bet([span], unlikelier) == []
    assert list(likely_spans(scores_of({"B-PLACE": 0.5}).tags, np.zeros(1, bool), least=unlikelier)) == []


def spans(most: int) -> st.SearchStrategy[list[Span]]:
    """Spans among ten words."""
    span = st.builds(
        lambda first, length, label, probability: Span(first, first + length, label, probability),
        *(st.integers(0, 7), st.integers(1, 3), st.integers(0, len(LABELS) - 1), st.floats(0.02, 1.0)),
    )
    return st.lists(span, max_size=most)


def disjoint(some: Sequence[Span]) -> bool:
    return all(one.end <= other.first for one, other in pairwise(sorted(some, key=lambda span: span.first)))


@given(spans(7))
def test_no_other_disjoint_spans_are_a_better_bet(some: list[Span]) -> None:
    def worth(chosen: Sequence[Span]) -> float:
        return sum(span.probability - LEAST for span in chosen)

    chosen = best_bet(some)
    every = (each for number in range(len(some) + 1) for each in combinations(some, number) if disjoint(each))
    assert disjoint(chosen)
    assert chosen == sorted(chosen)
    assert worth(chosen) == pytest.approx(max(map(worth, every)))
