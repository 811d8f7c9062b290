"""Scores of links and accounts, against hand-made cases and slow references."""

from __future__ import annotations

from dataclasses import replace
from itertools import permutations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from casualties.corpus.inline import parse_inline
from casualties.corpus.records import Article
from casualties.link import link
from casualties.report import Mention
from casualties.scoring.links import (
    BASELINES,
    Accounts,
    Tally,
    all_one_incident,
    an_incident_a_paragraph,
    compare_accounts,
    evaluate_links,
    measure,
    tally,
    unlinked,
)

ARTICLE = parse_inline(
    """⟦Police⟧{SOURCE #p} said ⟦ten people⟧{KILLED unknown 10 #t @p}, ⟦a child⟧{KILLED civilian 1 <t @p} among them, died in ⟦Tolva⟧{PLACE}.

⟦Red Dawn⟧{CLAIMED i2} claimed an attack in ⟦Veleny⟧{PLACE i2} that hurt ⟦four⟧{WOUNDED unknown 4 i2}.""",
    id="article",
    source="tests",
)


OTHER = parse_inline("⟦Two⟧{KILLED unknown 2} died in ⟦Tolva⟧{PLACE}.", id="other", source="tests")


def labelled(incidents: list[set[int]]) -> list[Mention]:
    """Mentions with these incidents and nothing else."""
    return [
        Mention(
            id=f"m{n}", start=n, end=n + 1, text="x", label="PLACE", incidents=tuple(f"i{k}" for k in sorted(found))
        )
        for n, found in enumerate(incidents)
    ]


def test_gold_links_score_one() -> None:
    scores = measure(tally(ARTICLE.mentions, ARTICLE.mentions))
    assert scores == dict.fromkeys(("same_incident", "b_cubed", "ceaf_e", "sources", "parts"), 1.0)


def test_no_links_score_zero_where_there_are_some() -> None:
    scores = measure(tally(ARTICLE.mentions, unlinked(ARTICLE)))
    assert (scores["same_incident"], scores["sources"], scores["parts"], scores["ceaf_e"]) == (0, 0, 0, 0)
    assert scores["b_cubed"] == pytest.approx(2 * (2 / 7) / (1 + 2 / 7))  # singletons: precise, and recall 2 of 7


def test_the_example_of_bagga_and_baldwin() -> None:
    """Twelve mentions, {1-5}, {6, 7}, {8-C}; the response joins the two large groups (their figure 8, second response)."""
    gold = labelled([{1}] * 5 + [{2}] * 2 + [{3}] * 5)
    response = labelled([{1}] * 5 + [{2}] * 2 + [{1}] * 5)
    found = tally(gold, response)
    assert found.b_cubed_precision / found.mentions == pytest.approx(7 / 12)
    assert found.b_cubed_recall / found.mentions == pytest.approx(1.0)


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3)), min_size=1, max_size=8))
def test_ceaf_is_the_best_of_all_alignments(groups: list[tuple[int, int]]) -> None:
    gold, response = labelled([{one} for one, _ in groups]), labelled([{other} for _, other in groups])
    sets = [
        [{n for n, each in enumerate(groups) if each[side] == k} for k in {each[side] for each in groups}]
        for side in (0, 1)
    ]
    longer = max(map(len, sets))
    padded = [side + [set()] * (longer - len(side)) for side in sets]
    best = max(
        sum(2 * len(one & other) / max(1, len(one) + len(other)) for one, other in zip(padded[0], order, strict=True))
        for order in permutations(padded[1])
    )
    assert tally(gold, response).similarity == pytest.approx(best)


@given(st.lists(st.tuples(st.integers(0, 2), st.integers(0, 2)), min_size=2, max_size=8))
def test_pairs_agree_with_counting(groups: list[tuple[int, int]]) -> None:
    gold, response = labelled([{one} for one, _ in groups]), labelled([{other} for _, other in groups])
    pairs = [(a, b) for n, a in enumerate(groups) for b in groups[:n]]
    found = tally(gold, response)
    assert found.pairs_gold == sum(a[0] == b[0] for a, b in pairs)
    assert found.pairs_found == sum(a[1] == b[1] for a, b in pairs)
    assert found.pairs_right == sum(a == b for a, b in pairs)


def test_baselines() -> None:
    assert {mention.incidents for mention in all_one_incident(ARTICLE.text, ARTICLE.mentions)} == {("i1",)}
    by_paragraph = an_incident_a_paragraph(ARTICLE.text, ARTICLE.mentions)
    assert [mention.incidents for mention in by_paragraph] == [("i1",)] * 4 + [("i2",)] * 3


def test_links_are_scored_with_intervals() -> None:
    evaluation = evaluate_links([ARTICLE, OTHER, OTHER], all_one_incident, resamples=200)
    assert evaluation.intervals.keys() == {"same_incident", "b_cubed", "ceaf_e", "sources"}
    for name, bounds in evaluation.intervals.items():
        assert bounds.low - 1e-9 <= evaluation.scores[name] <= bounds.high + 1e-9
    assert "parts" in evaluation.scores  # 0 whatever texts are drawn, so without an interval
    assert evaluate_links([], BASELINES["rules"]).scores["sources"] == 0.0


def test_other_mentions_are_refused() -> None:
    with pytest.raises(ValueError, match="same mentions"):
        tally(ARTICLE.mentions, ARTICLE.mentions[1:])


def test_accounts() -> None:
    report = link(ARTICLE.text, ARTICLE.mentions)
    assert compare_accounts(ARTICLE, report) == (2, 2, 0)
    assert compare_accounts(ARTICLE, link(ARTICLE.text, [])) == (0, 2, 0)
    other = Article(
        id="b", source="tests", text=ARTICLE.text, mentions=claimed_by_nobody(ARTICLE), incidents=("i1", "i2")
    )
    assert compare_accounts(other, report) == (1, 2, 0)
    invented = link(ARTICLE.text, [*ARTICLE.mentions[:4]])
    nothing = Article(id="c", source="tests", text=ARTICLE.text, mentions=(), incidents=())
    accounts = compare_accounts(nothing, invented)
    assert accounts == (0, 0, 1)
    assert [rate.value for rate in accounts.rates().values()] == [0, 0]
    assert {key: rate.value for key, rate in Accounts(3, 4, 2).rates().items()} == {
        "accounts": 0.75,
        "accounts.strict": 0.5,
    }


def claimed_by_nobody(article: Article) -> tuple[Mention, ...]:
    return tuple(
        replace(mention, label="DENIED") if mention.label == "CLAIMED" else mention for mention in article.mentions
    )


def test_tallies_add_up() -> None:
    one = np.array(tally(ARTICLE.mentions, ARTICLE.mentions))
    assert measure(Tally(*(one + one))) == measure(Tally(*one))
