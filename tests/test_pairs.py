"""Features of pairs, and links by a model."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from casualties.corpus.inline import parse_inline
from casualties.labels import GROUPS
from casualties.link import BLOCK, SCORES, average_linkage, link, overlapping_groups
from casualties.pairs import FEATURES, Floats, pair_features
from casualties.report import Casualty, Count, Mention
from casualties.rules import Sentences, link_by_rules
from casualties.scoring.links import unlinked

MARKED = """⟦Ten people⟧{KILLED unknown 10}, including ⟦a child⟧{KILLED civilian 1}, died in ⟦Tolva⟧{PLACE} on ⟦Sunday⟧{DATE}, ⟦police⟧{SOURCE} said.

In another attack, in ⟦Veleny⟧{PLACE}, ⟦Red Dawn⟧{CLAIMED} hurt ⟦four⟧{WOUNDED unknown 4}. ⟦Three⟧{KILLED unknown 3} of ⟦the ten miners⟧{KILLED civilian 10} died."""
ARTICLE = parse_inline(MARKED, id="article", source="tests")


def features_of(text: str, mentions: list[Mention]) -> Floats:
    return pair_features(text, link_by_rules(text, mentions), Sentences(text))


def test_features_are_finite_numbers_of_every_pair() -> None:
    features = features_of(ARTICLE.text, unlinked(ARTICLE))
    assert features.shape == (10, 10, FEATURES)
    assert features.dtype == np.float32
    assert np.isfinite(features).all()
    assert features_of("", []).shape == (0, 0, FEATURES)


def test_what_is_symmetric_does_not_depend_on_the_direction() -> None:
    features = features_of(ARTICLE.text, unlinked(ARTICLE))
    distances = features[..., :14]
    assert np.array_equal(distances, distances.transpose(1, 0, 2))


@given(st.text(max_size=200))
def test_features_of_any_text(text: str) -> None:
    mentions = [
        Mention(id=f"m{start}", start=start, end=start + 1, text=text[start], label="PLACE")
        for start in range(0, len(text), 7)
    ]
    features = features_of(text, mentions)
    assert features.shape == (len(mentions), len(mentions), FEATURES)
    assert np.isfinite(features).all()


def test_a_model_decides_the_links() -> None:
    """Scores made by hand: two incidents, the first mention given by the fifth, the second part of the first."""

    def model(features: Floats, _: Floats) -> tuple[Floats, Floats, Floats]:
        count = len(features)
        scores = np.full((count, count, len(SCORES)), -1, np.float32)
        side = np.arange(count) < 5
        scores[..., 0] = np.where(side[:, None] == side[None], 1, -1)
        scores[0, 4, 1] = scores[1, 0, 2] = 1
        scores[1, 3, 1] = 5  # a date gives no figure, whatever a model says
        return scores, -np.ones(count, np.float32), no_groups(count)

    report = link(ARTICLE.text, unlinked(ARTICLE), links=model)
    assert [mention.incidents for mention in report.mentions] == [("i1",)] * 5 + [("i2",)] * 5
    first, second = report.mentions[:2]
    assert isinstance(first, Casualty) and isinstance(second, Casualty)
    assert (first.source, first.part_of) == (report.mentions[4].id, None)
    assert (second.source, second.part_of) == (None, first.id)


def test_a_total_over_two_incidents_belongs_to_both_and_to_neither_ones_total() -> None:
    marked = (
        "⟦Seven⟧{KILLED unknown 7} died. ⟦Four⟧{KILLED unknown 4} in ⟦Tolva⟧{PLACE}. "
        "⟦Three⟧{KILLED unknown 3} in ⟦Veleny⟧{PLACE}."
    )
    article = parse_inline(marked, id="article", source="tests")
    side = np.array([0, 1, 1, 2, 2])
    scores = np.where((side[:, None] == side) | (side[:, None] * side == 0), 1.0, -1.0).astype(np.float32)

    def model(features: Floats, _: Floats) -> tuple[Floats, Floats, Floats]:
        several = np.where(side == 0, 1, -1).astype(np.float32)
        return np.stack([scores, *[np.full_like(scores, -1)] * 2], axis=-1), several, no_groups(len(side))

    report = link(article.text, unlinked(article), links=model)
    assert [mention.incidents for mention in report.mentions] == [("i1", "i2"), *[("i1",)] * 2, *[("i2",)] * 2]
    assert [incident.totals["KILLED"].count.best for incident in report.incidents] == [4, 3]


@pytest.mark.parametrize(
    ("second", "score", "together"),
    [
        ("The attack on the market killed ⟦30 people⟧{KILLED unknown 30}.", -0.5, True),
        ("The attack on the market killed ⟦30 people⟧{KILLED unknown 30}.", -1.5, False),
        ("⟦Blue Sky⟧{CLAIMED} killed ⟦30 people⟧{KILLED unknown 30}.", -0.5, False),
        ("Much else happened. A bomb killed ⟦30 people⟧{KILLED unknown 30}.", -0.5, False),
    ],
)
def test_a_claim_without_figures_is_joined_with_figures_beside_it_that_nobody_claims(
    second: str, score: float, together: bool
) -> None:
    marked = f"⟦Red Dawn⟧{{CLAIMED}} claimed a blast in ⟦Tolva⟧{{PLACE}}. {second}"
    article = parse_inline(marked, id="article", source="tests")

    def model(features: Floats, _: Floats) -> tuple[Floats, Floats, Floats]:
        side = np.arange(len(features)) < 2
        same = np.where(side[:, None] == side, 1, score)
        scores = np.stack([same, *[np.full(same.shape, -1)] * 2], axis=-1).astype(np.float32)
        return scores, -np.ones(len(side), np.float32), no_groups(len(side))

    claim, place, *_, figure = link(article.text, unlinked(article), links=model).mentions
    assert claim.incidents == place.incidents
    assert (claim.incidents == figure.incidents) is together


@given(st.integers(0, 10), st.integers(0, 10_000))
def test_groups_overlap_only_in_mentions_of_several(count: int, seed: int) -> None:
    generator = np.random.default_rng(seed)
    drawn = generator.normal(size=(count, count))
    scores, several = (drawn + drawn.T) / 2, generator.random(count) < 0.4
    groups = overlapping_groups(scores, several)
    assert all(len(each) == 1 for each, more in zip(groups, several, strict=True) if not more or several.all())
    assert all(each == sorted(set(each)) and each for each in groups)
    if not several.all():
        single = np.flatnonzero(~several)
        apart = average_linkage(scores[np.ix_(single, single)])
        assert [groups[number] for number in single] == [[group] for group in apart]
        for number in np.flatnonzero(several):
            members = {name: [scores[number, each] for each, group in zip(single, apart, strict=True) if group == name]
                       for name in set(apart)}  # fmt: skip
            fits = {name for name, values in members.items() if np.mean(values) > 0}
            assert set(groups[number]) == fits or (not fits and len(groups[number]) == 1)


def all_together(features: Floats, vectors: Floats) -> tuple[Floats, Floats, Floats]:
    count = len(features)
    return np.ones((count, count, len(SCORES)), np.float32), -np.ones(count, np.float32), no_groups(count)


def no_groups(count: int) -> Floats:
    return np.zeros((count, len(GROUPS)), np.float32)


@pytest.mark.parametrize("classify", [True, False])
def test_a_model_tells_the_groups_of_what_it_found_and_leaves_those_that_people_gave(classify: bool) -> None:
    """Each figure of more than a block gets the group that the model gives it, which differs from one to the next."""
    count = BLOCK + 3
    text = "x " * count
    one = Count(1, 1, 1)
    found: list[Mention] = [
        Mention(id=f"m{n}", start=2 * n, end=2 * n + 1, text="x", label="PLACE")
        if n % 9 == 1
        else Casualty(id=f"m{n}", start=2 * n, end=2 * n + 1, text="x", label="KILLED", group="official", count=one)
        for n in range(count)
    ]
    wanted = [GROUPS[n * 7 % 5] for n in range(count)]
    seen: list[Floats] = []

    def model(features: Floats, vectors: Floats) -> tuple[Floats, Floats, Floats]:
        seen.append(features)
        return *all_together(features, vectors)[:2], vectors

    logits = np.array([[float(name == group) for name in GROUPS] for group in wanted], np.float32)
    report = link(text, found, links=model, vectors=logits, classify_groups=classify)
    for mention, group in zip(report.mentions, wanted, strict=True):
        assert getattr(mention, "group", None) == (
            None if mention.label == "PLACE" else group if classify else "official"
        )
    by_rule = link_by_rules(text, found)
    assert np.array_equal(seen[0], features_of(text, by_rule[:BLOCK])), "the features are of the groups it had"


def test_long_texts_are_linked_in_blocks() -> None:
    text = "x " * (2 * BLOCK + 3)
    mentions = [Mention(id=f"m{n}", start=2 * n, end=2 * n + 1, text="x", label="PLACE") for n in range(2 * BLOCK + 3)]
    report = link(text, mentions, links=all_together)
    assert len(report.mentions) == len(mentions)
    assert {mention.incidents for mention in report.mentions} == {("i1",), ("i2",), ("i3",)}


@given(st.integers(0, 12), st.integers(0, 10_000))
def test_average_linkage_against_a_slow_one(count: int, seed: int) -> None:
    drawn = np.random.default_rng(seed).normal(size=(count, count))
    scores = (drawn + drawn.T) / 2
    groups = [[number] for number in range(count)]
    while True:
        pairs = [
            (scores[np.ix_(a, b)].mean(), i, j) for i, a in enumerate(groups) for j, b in enumerate(groups) if i < j
        ]
        if not pairs or max(pairs)[0] <= 0:
            break
        _, i, j = max(pairs)
        groups[i] += groups.pop(j)
    found = average_linkage(scores)
    assert {frozenset(group) for group in groups} == {
        frozenset(number for number in range(count) if found[number] == name) for name in set(found)
    }


@pytest.mark.parametrize(("features", "message"), [(3, "it reads 3 features"), (FEATURES, r"it gives \['scores'\]")])
def test_a_graph_of_another_version_is_refused(features: int, message: str, tmp_path: Path) -> None:
    import onnx
    from onnx import TensorProto, helper

    from casualties.link import onnx_link_model

    shapes = [
        helper.make_tensor_value_info(name, TensorProto.FLOAT, ["pairs", features]) for name in ("features", "scores")
    ]
    graph = helper.make_graph([helper.make_node("Identity", ["features"], ["scores"])], "links", shapes[:1], shapes[1:])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    path = tmp_path / "links.onnx"
    onnx.save(model, path)
    with pytest.raises(ValueError, match=rf"{message}.*run train\.links again"):
        onnx_link_model(path)
