"""Totals and actors of one incident, each by its rule."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from casualties.actors import resolve_actors, same_actor
from casualties.corpus.inline import parse_inline
from casualties.report import RULES, Attribution, Casualty, Count, Incident, Mention, Total
from casualties.resolve import gather_incidents, resolve_totals


def incident(marked: str) -> tuple[Incident, dict[str, Mention]]:
    """The first incident of a marked text, and its mentions by id."""
    article = parse_inline(marked, id="article", source="tests")
    return next(gather_incidents(article.text, article.mentions)), {mention.id: mention for mention in article.mentions}


@pytest.mark.parametrize(
    ("marked", "count", "rule"),
    [
        ("⟦Nine people⟧{KILLED unknown 9} died.", Count.exactly(9), "only"),
        ("⟦Dozens⟧{KILLED unknown 24-} died. The dead number ⟦31⟧{KILLED unknown 31}.", Count.exactly(31), "agreement"),
        ("⟦At least 13⟧{KILLED unknown 13-} died, then ⟦over 20⟧{KILLED unknown 21-}.", Count(21, 21, None), "agreement"),
        ("⟦About 13⟧{KILLED unknown ~13} died, ⟦ten or more⟧{KILLED unknown 10-}.", Count(10, 13, None), "agreement"),
        ("⟦12 to 15⟧{KILLED unknown 12-15} died.", Count(12, None, 15), "only"),
        ("⟦Three people⟧{KILLED unknown 3 #a} died, ⟦two women⟧{KILLED civilian 2 <a} and ⟦a man⟧{KILLED unknown 1 <a}.", Count.exactly(3), "whole"),
        ("⟦12 people⟧{KILLED unknown 12} died. The toll later rose to ⟦17⟧{KILLED unknown 17}.", Count.exactly(17), "correction"),
        ("⟦17 people⟧{KILLED unknown 17} died. The ministry revised the toll down to ⟦12⟧{KILLED unknown 12}.", Count.exactly(12), "correction"),
        ("⟦Nine⟧{KILLED unknown 9} died; initially, officials had spoken of ⟦14⟧{KILLED unknown 14}.", Count.exactly(9), "correction"),
        ("The toll rose from ⟦12⟧{KILLED unknown 12} to ⟦17⟧{KILLED unknown 17}.", Count.exactly(17), "correction"),
        ("⟦13 officers⟧{KILLED security 13} died. ⟦Three policemen⟧{KILLED security 3} fell early.", Count.exactly(13), "largest"),
        ("⟦Two boys⟧{KILLED civilian 2} and ⟦their mother⟧{KILLED civilian 1} died.", Count(3, 3, None), "sum"),
        ("⟦Two boys⟧{KILLED civilian 2} and ⟦their mother⟧{KILLED civilian 1} died. In all ⟦four⟧{KILLED unknown 4} died.", Count.exactly(4), "largest"),
        ("⟦Three people⟧{KILLED unknown 3}, ⟦two women⟧{KILLED civilian 2} and ⟦a man⟧{KILLED unknown 1}, died.", Count.exactly(3), "largest"),
        ("⟦No one⟧{UNHARMED unknown 0} was hurt.", Count.exactly(0), "only"),
        ("Earlier on Sunday a bomber killed ⟦12 people⟧{KILLED unknown 12}. ⟦One policeman⟧{KILLED security 1} died later.", Count.exactly(12), "largest"),
        ("At first light they shot ⟦nine herders⟧{KILLED civilian 9}. ⟦A boy⟧{KILLED civilian 1} died.", Count.exactly(9), "largest"),
        ("⟦14 people⟧{KILLED unknown 14} died. He blew himself up next to ⟦two policemen⟧{KILLED security 2}.", Count.exactly(14), "largest"),
        ("⟦12 people⟧{KILLED unknown 12} died. It brought the number of journalists killed this year to ⟦three⟧{KILLED civilian 3}.", Count.exactly(12), "largest"),
        ("⟦Nine civilians⟧{KILLED civilian 9} died. The number of its dead had risen to ⟦five⟧{KILLED security 5}.", Count(14, 14, None), "sum"),
        ("The toll was ⟦12⟧{KILLED unknown 12}, not ⟦17⟧{KILLED unknown 17} as was said.", Count.exactly(12), "correction"),
        ("⟦17⟧{KILLED unknown 17} died, it was said. Police now say ⟦12⟧{KILLED unknown 12}.", Count.exactly(12), "correction"),
        ("A bomb killed ⟦nine soldiers⟧{KILLED security 9}. ⟦Five civilians⟧{KILLED civilian 5} also died.", Count(14, 14, None), "sum"),
        ("⟦Four civilians⟧{KILLED civilian 4}, ⟦two women⟧{KILLED civilian 2} and ⟦two children⟧{KILLED civilian 2}, died.", Count.exactly(4), "largest"),
        ("⟦The bomber⟧{KILLED security 1}, ⟦a man⟧{KILLED unknown 1}, died.", Count.exactly(1), "agreement"),
        ("⟦A clerk⟧{KILLED civilian 1}, ⟦a nurse⟧{KILLED civilian 1} and ⟦two boys⟧{KILLED civilian 2} died.", Count(4, 4, None), "sum"),
        ("⟦Dozens⟧{KILLED unknown 24-} died. ⟦20⟧{KILLED unknown 20} died.", Count.exactly(20), "largest"),
        ("⟦Dozens⟧{KILLED unknown 24-} died, ⟦troops⟧{KILLED security 2-} too. ⟦20⟧{KILLED unknown 20} died.", Count.exactly(20), "largest"),
        ("⟦At least two⟧{KILLED unknown 2-} died. ⟦One⟧{KILLED unknown 1} died.", Count(2, 2, None), "largest"),
        ("⟦More than one person⟧{KILLED unknown 2-} died. ⟦One⟧{KILLED unknown 1} died.", Count(2, 2, None), "largest"),
        ("⟦John Smith⟧{KILLED unknown 1}, 34, and ⟦his wife⟧{KILLED unknown 1} died.", Count(2, 2, None), "sum"),
        ("⟦Jo Smith⟧{KILLED unknown 1}, 45, ⟦Al Reyes⟧{KILLED unknown 1} (42) and ⟦Tom⟧{KILLED unknown 1}, 9, died.", Count(3, 3, None), "sum"),
        ("⟦Jo Smith⟧{KILLED civilian 1} died at once, ⟦Abdul al-Amiri⟧{KILLED unknown 1} on Monday. ⟦Smith⟧{KILLED civilian 1} was 40.", Count(2, 2, None), "sum"),
        ("⟦Jo Smith⟧{KILLED civilian 1}, also known as ⟦Al Reyes⟧{KILLED civilian 1}, died.", Count.exactly(1), "agreement"),
        ("⟦JO SMITH⟧{KILLED civilian 1} DIED. ⟦COMMANDER AL REYES⟧{KILLED civilian 1} WAS MOURNED.", Count.exactly(1), "agreement"),
        ("⟦A soldier⟧{KILLED security 1} was killed in Tolva. ⟦Another soldier⟧{KILLED security 1} died later.", Count(2, 2, None), "sum"),
        ("⟦Two soldiers⟧{KILLED security 2} died. ⟦Three more⟧{KILLED security 3} and ⟦another⟧{KILLED security 1} died later.", Count(6, 6, None), "sum"),
        ("⟦Two⟧{KILLED unknown 2} died. ⟦More than three⟧{KILLED unknown 4-} had died by noon.", Count(4, 4, None), "largest"),
        ("⟦Four⟧{KILLED unknown 4} die in blast. It killed ⟦four others⟧{KILLED unknown 4} and hurt one.", Count.exactly(4), "agreement"),
        ("⟦At least 12⟧{KILLED unknown 12-} killed in blast. It killed ⟦13 others⟧{KILLED unknown 13}.", Count.exactly(13), "agreement"),
        ("⟦Two men⟧{KILLED unknown 2} and ⟦a woman⟧{KILLED unknown 1} and ⟦a child⟧{KILLED unknown 1} died.", Count(4, 4, None), "sum"),
        ("The toll reached ⟦11⟧{KILLED unknown 11} after ⟦another two people⟧{KILLED unknown 2} died.", Count.exactly(11), "largest"),
        ("⟦Seven⟧{KILLED unknown 7} died. ⟦Two more⟧{KILLED unknown 2} were found, for a total of ⟦seven⟧{KILLED unknown 7}.", Count.exactly(7), "largest"),
        ("⟦A guard⟧{KILLED civilian 1} called ⟦Ali Khan⟧{KILLED civilian 1} died. ⟦Omar Said⟧{KILLED civilian 1} did too.", Count(2, 2, None), "sum"),
        ("The dead were identified as ⟦Ali Khan⟧{KILLED civilian 1}; a list had ⟦Omar Said⟧{KILLED civilian 1}.", Count(2, 2, None), "sum"),
        ("⟦Two soldiers⟧{KILLED security 2} died. It is quiet now, but ⟦three more⟧{KILLED security 3} died.", Count(5, 5, None), "sum"),
        ("⟦British Hostage⟧{KILLED unknown 1} Killed. ⟦David Haines⟧{KILLED civilian 1} was beheaded.", Count.exactly(1), "agreement"),
        ("⟦Sergei Ivanov⟧{KILLED civilian 1} died. ⟦Sergey Ivanoff⟧{KILLED civilian 1} was 34.", Count.exactly(1), "agreement"),
        ("⟦Khalid Rashid⟧{KILLED unknown 1} (⟦Abu Hamza⟧{KILLED unknown 1}) died.", Count.exactly(1), "agreement"),
        ("The toll rose to ⟦15⟧{KILLED unknown 15}. ⟦Three more⟧{KILLED unknown 3} died overnight.", Count.exactly(15), "largest"),
        ("⟦Six policemen⟧{KILLED security 6} and ⟦a guard⟧{KILLED security 1} died. ⟦Three civilians⟧{KILLED civilian 3} died.", Count(10, 10, None), "sum"),
        ("⟦20⟧{KILLED unknown 20 #a} died. They now say ⟦12⟧{KILLED unknown 12 <a} died.", Count.exactly(12), "correction"),
        ("⟦69⟧{KILLED unknown 69 #a} died. The number of children killed rose to ⟦17⟧{KILLED civilian 17 <a}.", Count.exactly(69), "whole"),
        ("⟦Six⟧{KILLED unknown 6} died. The toll now stands at ⟦nine⟧{KILLED unknown 9 #a}, ⟦a boy⟧{KILLED unknown 1 <a} among them.", Count.exactly(9), "correction"),
        ("⟦Nine⟧{KILLED unknown 9} died. Police corrected the figure to ⟦seven⟧{KILLED unknown 7}.", Count.exactly(7), "correction"),
        ("⟦Nine⟧{KILLED unknown 9} died, raising the number of dead to ⟦12⟧{KILLED unknown 12}.", Count.exactly(12), "correction"),
        ("It raised the first figure, ⟦19⟧{KILLED unknown 19}, to ⟦33⟧{KILLED unknown 33}. He had revised his own figure to ⟦40⟧{KILLED unknown 40}.", Count.exactly(40), "correction"),
        ("It raised the first figure to ⟦33⟧{KILLED unknown 33}. ⟦Two⟧{KILLED unknown 2} died in surgery.", Count.exactly(33), "largest"),
        ("⟦Four⟧{KILLED unknown 4} died due to ⟦a shot⟧{KILLED unknown 1}.", Count.exactly(4), "largest"),
        ("⟦The minister⟧{KILLED official 1} died, and ⟦several others⟧{KILLED unknown 2-}.", Count(3, 3, None), "sum"),
        ("⟦A general⟧{KILLED security 1} died. The blast hit ⟦passengers⟧{KILLED civilian 2-}.", Count(2, 2, None), "largest"),
    ],
)  # fmt: skip
def test_a_total_and_its_rule(marked: str, count: Count, rule: str) -> None:
    found, _ = incident(marked)
    total = found.totals.get("KILLED") or found.totals["UNHARMED"]
    assert (total.count, total.rule) == (count, rule)


def test_named_sources_that_contradict_each_other_span_the_total() -> None:
    found, mentions = incident(
        "⟦Police⟧{SOURCE #p} said ⟦nine people⟧{KILLED unknown 9 @p} had died. A ⟦hospital doctor⟧{SOURCE #d} counted "
        "⟦14 bodies⟧{KILLED unknown 14 @d}; ⟦Red Dawn⟧{CLAIMED #r} boasted of ⟦at least 40 dead⟧{KILLED unknown 40- @r}."
    )
    total = found.totals["KILLED"]
    assert (total.count, total.rule) == (Count(9, 14, None), "contradiction")
    assert [mentions[id].text for id in total.mentions] == ["nine people", "14 bodies", "at least 40 dead"]


@pytest.mark.parametrize(
    ("marked", "count"),
    [
        ("⟦Police⟧{SOURCE #p} said ⟦14 people⟧{KILLED unknown 14 @p} died. ⟦Two children⟧{KILLED civilian 2 @d}, a ⟦doctor⟧{SOURCE #d} said.", Count.exactly(14)),
        ("⟦Police⟧{SOURCE #p} said ⟦nine⟧{KILLED unknown 9 @p}, a ⟦police spokesman⟧{SOURCE #s} ⟦14⟧{KILLED unknown 14 @s}.", Count.exactly(14)),
        ("⟦Red Dawn⟧{CLAIMED #i} said it killed ⟦40⟧{KILLED unknown 40 @i}. ⟦Residents⟧{SOURCE #r} saw ⟦nine⟧{KILLED unknown 9 @r}.", Count(9, 9, 40)),
        ("⟦Fourteen⟧{KILLED unknown 14} died. ⟦Police⟧{SOURCE #p} said ⟦nine⟧{KILLED unknown 9 @p}, a ⟦doctor⟧{SOURCE #d} ⟦11⟧{KILLED unknown 11 @d}.", Count(9, 11, 14)),
        ("⟦Police⟧{SOURCE #p} said ⟦14⟧{KILLED unknown 14 @p}, the ⟦army⟧{SOURCE #a} ⟦up to nine⟧{KILLED unknown -9 @a}.", Count(None, 14, 14)),
    ],
)  # fmt: skip
def test_who_contradicts_whom(marked: str, count: Count) -> None:
    assert incident(marked)[0].totals["KILLED"].count == count


def test_what_attackers_say_corrects_nobody_else_s_toll() -> None:
    found, _ = incident(
        "⟦Four soldiers⟧{KILLED security 4 @a} died, the ⟦army⟧{SOURCE #a} said. ⟦Red Dawn⟧{CLAIMED #r} raised the toll to "
        "⟦nine⟧{KILLED security 9 @r}."
    )
    assert (found.totals["KILLED"].count, found.totals["KILLED"].rule) == (Count(4, 4, 9), "contradiction")


def test_figures_over_several_incidents_are_nobodys_total() -> None:
    found, _ = incident(
        "⟦12⟧{KILLED unknown 12} died in ⟦Tolva⟧{PLACE}, ⟦eight⟧{KILLED unknown 8 i2} in ⟦Veleny⟧{PLACE i2}: ⟦20⟧{KILLED unknown 20 i1,i2}."
    )
    assert found.totals["KILLED"].count == Count.exactly(12)


def test_the_group_is_the_actor_named_before_it() -> None:
    found, _ = incident(
        "⟦ISIS⟧{CLAIMED} did it; ⟦the group⟧{CLAIMED} said so. ⟦Red Dawn⟧{ACCUSED} was accused, but ⟦the group⟧{DENIED} denied it."
    )
    assert [(actor.name, actor.statuses) for actor in found.actors] == [
        ("ISIS", ("CLAIMED",)),
        ("Red Dawn", ("ACCUSED", "DENIED")),
    ]


def test_one_source_does_not_contradict_itself() -> None:
    found, _ = incident(
        "⟦Police⟧{SOURCE #p} said ⟦nine people⟧{KILLED unknown 9 @p} died, ⟦four⟧{KILLED unknown 4 @p} of them at once."
    )
    assert found.totals["KILLED"] == Total(Count.exactly(9), ("m1",), "largest")


def test_one_of_the_dead_contradicts_no_toll() -> None:
    marked = "⟦Traders⟧{SOURCE #t} count ⟦22 dead⟧{KILLED civilian 22 @t}. ⟦A girl⟧{SOURCE #g} lost ⟦%s⟧{KILLED civilian 1 @g}."
    assert incident(marked % "her uncle")[0].totals["KILLED"] == Total(Count.exactly(22), ("m1",), "largest")
    assert incident(marked % "one man")[0].totals["KILLED"].count == Count(1, 1, 22)


def test_one_soldier_of_the_army_s_contradicts_what_those_who_claim_it_say() -> None:
    found, _ = incident(
        "The ⟦army⟧{SOURCE #a} lost ⟦a soldier⟧{KILLED security 1 @a}; the ⟦front⟧{CLAIMED #f} says it killed "
        "⟦12 soldiers⟧{KILLED security 12 @f}."
    )
    assert found.totals["KILLED"].count == Count(1, 1, 12)


def test_a_figure_is_named_once_in_a_contradiction() -> None:
    found, _ = incident(
        "The ⟦army⟧{SOURCE #a} lost ⟦a dozen soldiers⟧{KILLED security 12 @a}; the ⟦front⟧{CLAIMED #f} says it killed "
        "⟦24 soldiers⟧{KILLED security 24 @f}."
    )
    assert found.totals["KILLED"] == Total(Count(12, 12, 24), ("m1", "m2"), "contradiction")


def test_people_of_another_group_stand_outside_a_contradiction_and_open_it_upwards() -> None:
    marked = (
        "The ⟦army⟧{SOURCE #a} speaks of ⟦four soldiers⟧{KILLED security 4 @a}, the ⟦rebels⟧{SOURCE #r} of "
        "⟦24⟧{KILLED security 24 @r}. %s died too."
    )
    assert incident(marked % "⟦Three women⟧{KILLED civilian 3}")[0].totals["KILLED"].count == Count(4, 4, None)
    assert incident(marked % "In all ⟦30⟧{KILLED unknown 30}")[0].totals["KILLED"].count == Count(4, 4, 30)
    assert incident(marked % "⟦Two⟧{KILLED unknown 2}")[0].totals["KILLED"].count == Count(4, 4, 24)


def test_militants_are_counted_apart() -> None:
    found, _ = incident("⟦Five officers⟧{KILLED security 5} and ⟦two attackers⟧{KILLED militant 2} died.")
    assert found.totals["KILLED"].count == Count.exactly(5)
    assert found.militants["KILLED"].count == Count.exactly(2)


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("ISIS", "Islamic State", True),
        ("Revolutionary Armed Forces of Colombia", "RAFC", True),
        ("Taliban", "Taliban militants", True),
        ("Iran's Revolutionary Guards", "Revolutionary Guards", True),
        ("Sudan's army", "Sudanese forces", True),
        ("Captain Rogério Mota", "Rogério Mota", True),
        ("3R movement", "3R", True),
        ("Pakistani Taliban", "Taliban", False),
        ("Congo's army", "Army", False),
        ("Israel", "Israeli", True),
        ("al-Qaeda", "Al Qaida", True),
        ("Al-Shabaab", "Shabaab fighters", True),
        ("army", "Army", True),
        ("FARC", "ELN", False),
        ("Boko Haram", "Islamic State", False),
        ("Iran", "Iraq", False),
        ("FARC", "Revolutionary Armed Forces of Colombia", True),
        ("Ukraine", "Ukrainian", True),
        ("Israel's military", "Israeli", True),
        ("Niger", "Nigeria", False),
        ("Niger", "Nigerian", False),
        ("Syria", "Syrian Democratic Forces", False),
        ("Syrian army", "Syrian rebels", False),
        ("Libyan government", "Libyan National Army", False),
        ("Army", "—", False),
        ("Emirati navy", "Emirati", True),
        ("Sultan Murad", "Sultan Murad brigade", True),
        ("Baloch Liberation Army", "Baloch Liberation Front", False),
        ("Moscow", "Russian forces", True),
        ("Washington", "US", True),
        ("Niamey", "Nigerian", False),
        ("U.S. military", "Washington", True),
        ("Türkiye", "Turkish Armed Forces", True),
        ("Burkina army", "army of Burkina Faso", True),
        ("IDF", "Israeli", True),
        ("IRA", "Iran", False),
        ("South Sudanese army", "Sudanese army", False),
        ("Hezbollah", "Hezbollah Brigades", False),
        ("People's Defence Force", "People's Army", False),
    ],
)
def test_names_of_one_actor(one: str, other: str, same: bool) -> None:
    assert same_actor(one, other) is same_actor(other, one) is same


def test_an_actor_gathers_its_names_and_keeps_disagreeing_statuses() -> None:
    marked = (
        "Officials accused ⟦ISIS⟧{ACCUSED}. ⟦Islamic State⟧{CLAIMED} claimed it; ⟦Red Dawn⟧{SUSPECTED} was suspected too, "
        "but ⟦the group⟧{DENIED} denied it. ⟦Nobody else⟧{UNCLAIMED} claimed it."
    )
    found, _ = incident(marked)
    assert [(actor.name, actor.status, actor.statuses) for actor in found.actors] == [
        ("ISIS", "CLAIMED", ("CLAIMED", "ACCUSED")),
        ("Red Dawn", "SUSPECTED", ("SUSPECTED", "DENIED")),
    ]


@pytest.mark.parametrize(
    ("long", "short", "one"),
    [
        ("Hassan Dubow Gedi", "Gedi", True),
        ("Bashar al-Assad", "President Assad", True),
        ("Jaime Martínez front", "front", True),
        ("Coalition of Patriots for Change", "coalition", True),
        ("Mobile Squad 9", "squad", True),
        ("COLOMBIAN AIR FORCE", "AIR FORCE", True),
        ("Malian army", "army", True),
        ("Royal Nepalese Army", "army", True),
        ("Baloch Liberation Army", "Liberation Army", True),
        ("Pakistani Taliban", "Taliban", False),
        ("New IRA", "IRA", False),
        ("Kataib Hezbollah", "Hezbollah", False),
        ("Baloch Liberation Army", "army", False),
        ("Arakan Army", "army", False),
        ("Free Syrian Army", "Syrian army", False),
        ("Rebel Armed Forces", "armed forces", False),
        ("Islamic State", "state", False),
        ("Communist Party of Peru", "Peru", False),
        ("Jaish-e-Mohammed", "Mohammed", False),
        ("Coalition of Patriots for Change", "patriots", False),
        ("Hassan Dubow Gedi", "Hassan", False),
    ],
)
def test_a_short_name_stands_for_the_whole_one_before(long: str, short: str, one: bool) -> None:
    found, _ = incident(f"Police accused ⟦{long}⟧{{ACCUSED}}; ⟦{short}⟧{{DENIED}} denied it.")
    assert [(actor.name, actor.statuses) for actor in found.actors] == (
        [(long, ("ACCUSED", "DENIED"))] if one else [(long, ("ACCUSED",)), (short, ("DENIED",))]
    )


def test_a_short_name_may_come_first_but_never_stands_for_one_of_two() -> None:
    found, _ = incident("⟦Gedi⟧{SUSPECTED} was suspected; police accused ⟦Hassan Gedi⟧{ACCUSED}.")
    assert [(actor.name, actor.status) for actor in found.actors] == [("Hassan Gedi", "ACCUSED")]
    found, _ = incident(
        "Police accused ⟦Said Kora⟧{ACCUSED} and ⟦Cherif Kora⟧{ACCUSED}; ⟦Kora⟧{DENIED} denied it, as the "
        "⟦Northern Cartel⟧{SUSPECTED}, which the ⟦army⟧{STATED} fought; the ⟦cartel⟧{DENIED} did too."
    )
    assert [(actor.name, actor.statuses) for actor in found.actors] == [
        ("Said Kora", ("ACCUSED",)),
        ("Cherif Kora", ("ACCUSED",)),
        ("Kora", ("DENIED",)),
        ("Northern Cartel", ("SUSPECTED", "DENIED")),
        ("army", ("STATED",)),
    ]


def test_many_names_take_little_time() -> None:
    marked = [Attribution(id=f"m{n}", start=n, end=n + 1, text=f"{n} " + "Brigade " * 30, label="CLAIMED") for n in range(600)]  # fmt: skip
    start = time.perf_counter()
    assert len(list(resolve_actors(marked))) == 600
    assert time.perf_counter() - start < 10


@pytest.mark.parametrize(
    "marked",
    [
        "⟦{n} men⟧{{KILLED unknown {n} @p{n}}} died, ⟦police⟧{{SOURCE #p{n}}} said. ",
        "⟦a man⟧{{KILLED civilian 1}} and ",
        "⟦RD⟧{{CLAIMED #p{n}}}: the toll rose to ⟦5⟧{{KILLED unknown 5 @p{n}}}. ⟦9⟧{{KILLED unknown 9}}. ",
        "⟦a man⟧{{KILLED civilian 1}}          and          ",
        "⟦Ab{n} Cd{n}⟧{{KILLED civilian 1}} died. ",
    ],
)
def test_many_figures_take_little_time(marked: str) -> None:
    article = parse_inline("".join(marked.format(n=n) for n in range(2, 4002)), id="article", source="tests")
    start = time.perf_counter()
    assert len(list(gather_incidents(article.text, article.mentions))) == 1
    assert time.perf_counter() - start < 10


def test_what_nobody_claimed_and_some_only_suspect_is_no_fact() -> None:
    marked = "Reports say ⟦ISIS⟧{STATED} did it. ⟦ISIS⟧{SUSPECTED} is suspected."
    (told,) = incident(marked)[0].actors
    assert told.statuses == ("STATED", "SUSPECTED")
    (told,) = incident(f"{marked} ⟦No group⟧{{UNCLAIMED}} has claimed it.")[0].actors
    assert told.statuses == ("SUSPECTED", "STATED")


counts = st.one_of(
    st.integers(0, 50).map(Count.exactly),
    st.integers(0, 50).map(lambda number: Count(number, number, None)),
    st.integers(0, 50).map(lambda number: Count(None, number, number)),
    st.integers(0, 50).map(lambda number: Count(None, number, None)),
    st.tuples(st.integers(0, 50), st.integers(0, 50)).map(lambda two: Count(min(two), None, max(two))),
)


@given(
    st.lists(st.tuples(counts, st.sampled_from(["civilian", "unknown"]), st.integers(-1, 9)), min_size=1, max_size=9)
)
def test_a_total_is_within_what_was_reported(figures: list[tuple[Count, str, int]]) -> None:
    """Whatever the figures and their links, the total exists, rests on some of them and invents no larger number."""
    text = "x and " * len(figures)
    casualties = [
        Casualty(id=f"m{n}", start=6 * n, end=6 * n + 1, text="x", label="KILLED", group=group, count=count, part_of=f"m{part}")
        for n, (count, group, part) in enumerate(figures)
    ]  # fmt: skip
    total = resolve_totals(text, casualties, {})["KILLED"]
    assert total.rule in RULES
    assert {mention.id for mention in casualties} >= set(total.mentions) != set()
    if total.rule != "sum":
        assert total.count.magnitude <= max(count.magnitude for count, _, _ in figures)
    assert total.count.high is None or total.count.high <= max(count.high or 50 for count, _, _ in figures)


@given(st.lists(st.tuples(st.sampled_from(["ISIS", "Islamic State", "the group", "army", "X Y", "XY", ""]), st.sampled_from(["CLAIMED", "DENIED", "UNCLAIMED"]))))  # fmt: skip
def test_every_attribution_is_in_one_actor(named: list[tuple[str, str]]) -> None:
    attributions = [
        Attribution(id=f"m{n}", start=n, end=n + 1, text=text, label=label) for n, (text, label) in enumerate(named)
    ]
    ids = [id for actor in resolve_actors(attributions) for id in actor.mentions]
    assert sorted(ids) == sorted(mention.id for mention in attributions if mention.label != "UNCLAIMED")
