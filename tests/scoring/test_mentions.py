"""Matching against the general assignment solver, exact scores against seqeval."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import linear_sum_assignment
from seqeval.metrics.v1 import precision_recall_fscore_support
from seqeval.scheme import IOB2

from casualties.labels import LABELS
from casualties.report import Mention
from casualties.scoring.mentions import PRF, SCORED, match, score_mentions

SOME_LABELS = ("KILLED", "WOUNDED", "CLAIMED", "PLACE")
Sides = tuple[list[Mention], list[Mention]]
TOKENS = 40  # per text; token k stands at 2k, a blank follows it


def span(start: int, end: int, label: str = "KILLED") -> Mention:
    return Mention(id="", start=start, end=end, text="", label=label)


@st.composite
def sides(draw: st.DrawFn) -> list[Mention]:
    """Disjoint mentions in any order, some of which touch."""
    bounds = draw(st.lists(st.integers(0, TOKENS), unique=True, max_size=20).map(sorted))
    pieces = [span(start, end) for start, end in pairwise(bounds)]
    kept = [piece for piece in pieces if draw(st.booleans())]
    labelled = [span(piece.start, piece.end, draw(st.sampled_from(SOME_LABELS))) for piece in kept]
    return draw(st.permutations(labelled))


pairs_of_sides = st.lists(st.tuples(sides(), sides()), max_size=4)


def shared(one: Mention, other: Mention) -> int:
    return len(set(range(one.start, one.end)) & set(range(other.start, other.end)))


def assign(gold: list[Mention], predicted: list[Mention], *, same_label: bool) -> tuple[int, int]:
    """The most pairs, and of those pairings the most shared characters, by the Hungarian method."""
    value = np.zeros((len(gold), len(predicted)), dtype=int)
    for i, one in enumerate(gold):
        for j, other in enumerate(predicted):
            if (common := shared(one, other)) and (one.label == other.label or not same_label):
                value[i, j] = 1_000_000 + common
    return divmod(int(value[linear_sum_assignment(value, maximize=True)].sum()), 1_000_000)


@given(gold=sides(), predicted=sides(), same_label=st.booleans())
def test_match_is_the_best_assignment(gold: list[Mention], predicted: list[Mention], same_label: bool) -> None:
    pairs = match(gold, predicted, exact=False, same_label=same_label)
    assert len({g for g, _ in pairs}) == len({p for _, p in pairs}) == len(pairs)
    assert all(shared(gold[g], predicted[p]) for g, p in pairs)
    assert not same_label or all(gold[g].label == predicted[p].label for g, p in pairs)
    characters = sum(shared(gold[g], predicted[p]) for g, p in pairs)
    assert (len(pairs), characters) == assign(gold, predicted, same_label=same_label)


@given(gold=sides(), predicted=sides(), same_label=st.booleans())
def test_exact_match_pairs_the_spans_on_both_sides(
    gold: list[Mention], predicted: list[Mention], same_label: bool
) -> None:
    expected = [
        (g, p)
        for g, one in enumerate(gold)
        for p, other in enumerate(predicted)
        if (one.start, one.end) == (other.start, other.end) and (one.label == other.label or not same_label)
    ]
    assert sorted(match(gold, predicted, exact=True, same_label=same_label)) == expected


def test_more_pairs_win_over_more_shared_characters() -> None:
    gold = [span(0, 10), span(10, 30)]
    predicted = [span(0, 2), span(9, 29)]
    assert match(gold, predicted, exact=False, same_label=True) == [(0, 0), (1, 1)]
    gold = [span(0, 1), span(2, 30)]
    predicted = [span(0, 28), span(29, 30)]
    assert match(gold, predicted, exact=False, same_label=True) == [(0, 0), (1, 1)]


def test_of_equally_many_pairs_the_longest_overlap_wins() -> None:
    assert match([span(0, 20)], [span(0, 5), span(6, 18), span(18, 20)], exact=False, same_label=True) == [(0, 1)]


def test_touching_spans_do_not_overlap() -> None:
    assert match([span(0, 5)], [span(5, 9)], exact=False, same_label=True) == []


def test_overlapping_mentions_of_one_side_are_refused() -> None:
    with pytest.raises(ValueError, match="mentions overlap: KILLED 0-5 and KILLED 4-9"):
        match([span(4, 9), span(0, 5)], [], exact=False, same_label=True)


def test_unknown_labels_are_refused() -> None:
    with pytest.raises(ValueError, match="no such label: DEAD"):
        score_mentions([([], [span(0, 5, "DEAD")])])


@given(st.lists(st.tuples(sides(), sides()), min_size=1, max_size=4))
def test_exact_scores_agree_with_seqeval(pairs: list[Sides]) -> None:
    pairs = [(on_tokens(gold), on_tokens(predicted)) for gold, predicted in pairs]
    labels = sorted({mention.label for sides in pairs for side in sides for mention in side})
    if not labels:
        return
    gold_tags, predicted_tags = ([tags(side) for side in column] for column in zip(*pairs, strict=True))
    exact = score_mentions(pairs).exact
    strict = {"scheme": IOB2, "zero_division": 0}  # what classification_report(mode="strict") calls
    per_label = precision_recall_fscore_support(gold_tags, predicted_tags, average=None, **strict)
    for index, label in enumerate(labels):
        assert measures(exact[label]) == pytest.approx([column[index] for column in per_label])
    micro = precision_recall_fscore_support(gold_tags, predicted_tags, average="micro", **strict)
    assert measures(exact["all"]) == pytest.approx(micro)


def on_tokens(side: list[Mention]) -> list[Mention]:
    return [span(2 * mention.start, 2 * mention.end - 1, mention.label) for mention in side]


def tags(side: list[Mention]) -> list[str]:
    found = ["O"] * TOKENS
    for mention in side:
        tokens = range(mention.start // 2, mention.end // 2 + 1)
        for token in tokens:
            found[token] = f"I-{mention.label}"
        found[tokens[0]] = f"B-{mention.label}"
    return found


def measures(score: PRF) -> list[float]:
    return [score.precision, score.recall, score.f1, score.gold]


@given(pairs_of_sides)
def test_order_of_mentions_does_not_matter(pairs: list[Sides]) -> None:
    one = score_mentions(pairs)
    other = score_mentions([(left_to_right(gold), left_to_right(predicted)) for gold, predicted in pairs])
    assert (one.exact.scores, one.overlap.scores) == (other.exact.scores, other.overlap.scores)


def left_to_right(side: list[Mention]) -> list[Mention]:
    return sorted(side, key=lambda mention: mention.start)


@given(pairs_of_sides)
def test_swapping_the_sides_swaps_precision_and_recall(pairs: list[Sides]) -> None:
    there = score_mentions(pairs)
    back = score_mentions([(predicted, gold) for gold, predicted in pairs])
    for one, other in ((there.exact, back.exact), (there.overlap, back.overlap)):
        assert (len(one.missed), len(one.spurious)) == (len(other.spurious), len(other.missed))
        for name in SCORED:
            assert (one[name].precision, one[name].recall) == (other[name].recall, other[name].precision)


@given(pairs_of_sides)
def test_gold_as_its_own_prediction_is_perfect(pairs: list[Sides]) -> None:
    scores = score_mentions([(gold, list(reversed(gold))) for gold, _ in pairs])
    for agreement in (scores.exact, scores.overlap):
        assert not agreement.missed
        assert not agreement.spurious
        for name in SCORED:
            assert agreement[name].f1 == float(agreement[name].gold > 0)


@given(pairs_of_sides)
def test_errors_and_true_positives_make_up_each_side(pairs: list[Sides]) -> None:
    scores = score_mentions(pairs)
    for agreement in (scores.exact, scores.overlap):
        everything = agreement["all"]
        assert len(agreement.missed) == everything.gold - everything.true_positives
        assert len(agreement.spurious) == everything.predicted - everything.true_positives
    assert scores.exact["all"].true_positives <= scores.overlap["all"].true_positives


def test_families_add_up_and_errors_point_at_the_mentions() -> None:
    first = ([span(0, 5), span(10, 15, "WOUNDED"), span(20, 25, "PLACE")], [span(0, 5), span(10, 14, "WOUNDED")])
    second: Sides = ([], [span(0, 5, "CLAIMED")])
    scores = score_mentions([first, second])
    assert scores.exact["casualty"] == PRF(true_positives=1, predicted=2, gold=2)
    assert scores.overlap["casualty"] == PRF(true_positives=2, predicted=2, gold=2)
    assert scores.overlap["attribution"] == PRF(true_positives=0, predicted=1, gold=0)
    assert scores.exact["all"] == PRF(true_positives=1, predicted=3, gold=3)
    assert scores.exact.missed == ((0, 1), (0, 2))
    assert scores.exact.spurious == ((0, 1), (1, 0))
    assert scores.overlap.missed == ((0, 2),)
    assert scores.overlap.spurious == ((1, 0),)


def test_undefined_scores_are_zero() -> None:
    score = PRF(true_positives=0, predicted=0, gold=0)
    assert (score.precision, score.recall, score.f1) == (0.0, 0.0, 0.0)


def test_every_label_has_a_score_and_one_family() -> None:
    families = ("casualty", "attribution", "context")
    assert set(SCORED) == {*LABELS, *families, "all"}
    assert sorted(label for family in families for label in SCORED[family]) == sorted(LABELS)
