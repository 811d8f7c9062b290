"""Links by rule: incidents, sources, parts, totals and actors, on mentions marked by hand."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from casualties.corpus.inline import parse_inline
from casualties.link import link
from casualties.report import Attribution, Casualty, Count, Mention, Report

TWO_ATTACKS = """A bomb in ⟦Tolva⟧{PLACE} killed ⟦13 police officers⟧{KILLED security 13} and wounded ⟦many⟧{WOUNDED unknown 2-} on ⟦Sunday⟧{DATE}, \
the ⟦mayor⟧{SOURCE} said.

⟦Three policemen⟧{KILLED security 3} died when the shooting began. ⟦Red Dawn⟧{SUSPECTED} is suspected. ⟦No group⟧{UNCLAIMED} has claimed it.

In another attack, near ⟦Veleny⟧{PLACE i2}, ⟦two soldiers⟧{KILLED security 2 i2} died. ⟦Red Dawn⟧{CLAIMED i2} claimed it and the \
⟦army⟧{SOURCE i2} blamed ⟦red dawn⟧{ACCUSED i2}.

In ⟦Tolva⟧{PLACE}, ⟦ten people⟧{ABDUCTED unknown 10}, including ⟦a nurse⟧{ABDUCTED civilian 1}, are held. ⟦Three⟧{KILLED unknown 3} of ⟦the twelve miners⟧{KILLED civilian 12} died.
"""


def linked(marked: str) -> tuple[Report, dict[str, Mention]]:
    """The report on a marked text whose links were taken off, and its mentions by what they say."""
    article = parse_inline(marked, id="article", source="tests")
    report = link(article.text, [replace(mention, incidents=()) for mention in article.mentions])
    return report, {mention.text: mention for mention in report.mentions}


def casualty(mention: Mention) -> Casualty:
    assert isinstance(mention, Casualty)
    return mention


def test_another_attack_at_another_place_is_another_incident() -> None:
    report, by_text = linked(TWO_ATTACKS)
    assert [incident.id for incident in report.incidents] == ["i1", "i2"]
    assert by_text["13 police officers"].incidents == by_text["Three policemen"].incidents == ("i1",)
    assert by_text["two soldiers"].incidents == by_text["Veleny"].incidents == ("i2",)


def test_a_known_place_leads_back_to_its_incident() -> None:
    _, by_text = linked(TWO_ATTACKS)
    assert by_text["ten people"].incidents == ("i1",)


def test_a_source_governs_its_sentence() -> None:
    _, by_text = linked(TWO_ATTACKS)
    assert casualty(by_text["13 police officers"]).source == casualty(by_text["many"]).source == by_text["mayor"].id
    assert casualty(by_text["Three policemen"]).source is None
    blamed = by_text["red dawn"]
    assert isinstance(blamed, Attribution) and blamed.source == by_text["army"].id


def test_parts_find_their_whole() -> None:
    _, by_text = linked(TWO_ATTACKS)
    assert casualty(by_text["Three policemen"]).part_of == by_text["13 police officers"].id
    assert casualty(by_text["a nurse"]).part_of == by_text["ten people"].id
    assert casualty(by_text["Three"]).part_of == by_text["the twelve miners"].id
    assert casualty(by_text["13 police officers"]).part_of is None


def test_a_share_takes_its_count_from_the_whole_unless_a_person_gave_one() -> None:
    marked = "The blast killed ⟦26 people⟧{KILLED unknown 26}, ⟦most of them women⟧{KILLED civilian %s}."
    assert casualty(linked(marked % "2-")[1]["most of them women"]).count == Count(14, None, 25)
    assert casualty(linked(marked % "20-")[1]["most of them women"]).count == Count(20, 20, None)


def test_totals_rest_on_reported_figures() -> None:
    report, by_text = linked(TWO_ATTACKS)
    first, second = report.incidents
    total = first.totals["KILLED"]
    assert (total.count, total.rule) == (Count(25, 25, None), "sum")  # officers and miners, a lower bound
    assert total.mentions == (by_text["13 police officers"].id, by_text["the twelve miners"].id)
    assert second.totals["KILLED"].count == Count.exactly(2)


def test_an_actor_has_one_entry_with_its_firmest_status() -> None:
    report, _ = linked(TWO_ATTACKS)
    first, second = report.incidents
    assert [(actor.name, actor.status) for actor in first.actors] == [("Red Dawn", "SUSPECTED")]
    assert [mention.text for mention in first.unclaimed] == ["No group"]
    assert [(actor.name, actor.statuses) for actor in second.actors] == [("Red Dawn", ("CLAIMED", "ACCUSED"))]


def test_a_place_alone_is_no_incident() -> None:
    report, _ = linked("The minister visited ⟦Tolva⟧{PLACE} on ⟦Sunday⟧{DATE}.")
    assert report.incidents == ()
    assert len(report.mentions) == 2


def test_the_report_as_data() -> None:
    report, _ = linked(TWO_ATTACKS)
    data = report.to_dict()
    first = data["incidents"][0]
    assert first["totals"]["KILLED"] == {
        "low": 25,
        "best": 25,
        "high": None,
        "mentions": ["m2", "m18"],
        "rule": "sum",
    }
    assert first["actors"][0] == {
        "name": "Red Dawn",
        "status": "SUSPECTED",
        "statuses": ["SUSPECTED"],
        "mentions": ["m7"],
    }
    assert (first["places"], first["dates"], first["unclaimed"]) == (["Tolva", "Tolva"], ["Sunday"], ["No group"])
    assert all(report.text[mention["start"] : mention["end"]] == mention["text"] for mention in data["mentions"])
    assert report.to_record("a", "b").keys() == {"id", "source", "text", "mentions", "incidents"}


PIECES = re.findall(r"⟦[^⟧]*⟧\{[^}]*\}|[^⟦]+", TWO_ATTACKS)


@given(st.lists(st.sampled_from(PIECES), max_size=40).map("".join))
def test_links_lead_to_mentions_that_are_there(marked: str) -> None:
    report, _ = linked(marked)
    ids = {mention.id for mention in report.mentions}
    for mention in report.mentions:
        assert len(mention.incidents) == 1
        assert {getattr(mention, "source", None), getattr(mention, "part_of", None)} <= ids | {None}


def test_links_that_mentions_had_are_replaced() -> None:
    article = parse_inline(
        "⟦Ten⟧{KILLED unknown 10 #t} died. ⟦Nine⟧{KILLED unknown 9 <t} died.", id="a", source="tests"
    )
    first, second = link(article.text, article.mentions).mentions
    assert casualty(first).part_of is casualty(second).part_of is None


@pytest.mark.parametrize(
    "sentence", ["⟦Nine people⟧{KILLED unknown 9} died. ", "⟦A⟧{STATED} fought. ", "In ⟦Tolva⟧{PLACE} "]
)
def test_long_texts_take_time_in_proportion(sentence: str) -> None:
    """Thirty thousand mentions; a quadratic step would take minutes."""
    once = parse_inline(sentence, id="a", source="tests")
    (mention,) = once.mentions
    length = len(once.text)
    many = [
        replace(mention, id=f"m{n}", start=mention.start + n * length, end=mention.end + n * length)
        for n in range(30_000)
    ]
    report = link(once.text * 30_000, many)
    assert len(report.mentions) == 30_000
