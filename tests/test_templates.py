"""A report as MUC-4 templates."""

from __future__ import annotations

from dataclasses import replace

import pytest

from casualties.corpus.inline import parse_inline
from casualties.corpus.muc4 import Template
from casualties.counts import parse_muc4
from casualties.names import split_name
from casualties.report import Casualty, Count, Report
from casualties.resolve import gather_incidents
from casualties.templates import number_of, to_templates


def templates(marked: str) -> list[Template]:
    article = parse_inline(marked, id="a", source="tests")
    incidents = tuple(gather_incidents(article.text, article.mentions))
    return to_templates(Report(text=article.text, mentions=article.mentions, incidents=incidents, model=""), "M-1")


def said(template: Template, slot: str) -> list[str]:
    return [": ".join((*filler.values, *filler.references)) for filler in template[slot]]


def victim(text: str, count: Count | None = None) -> Casualty:
    return Casualty(
        id="m1", start=0, end=len(text), text=text, label="KILLED", group="official", count=count or Count.exactly(1)
    )


@pytest.mark.parametrize(
    ("text", "name", "description"),
    [
        ("ORLANDO VERGARA", "ORLANDO VERGARA", ""),
        ("COLONEL ORLANDO VERGARA", "ORLANDO VERGARA", "COLONEL"),
        ("ARMY\nMAJOR ANA RUIZ", "ANA RUIZ", "ARMY MAJOR"),
        ("the Spanish Jesuit Martín Oca", "Martín Oca", "Spanish Jesuit"),
        ("CHIEF OF POLICE", "", "CHIEF OF POLICE"),
        ("HIS DRIVER", "", "HIS DRIVER"),
        ("A PEASANT", "", "PEASANT"),
        ("THE FORMER FOREIGN MINISTER", "", "FORMER FOREIGN MINISTER"),
    ],
)
def test_a_name_and_what_its_bearer_was(text: str, name: str, description: str) -> None:
    assert split_name(victim(text)) == (name, description)


@pytest.mark.parametrize(
    ("text", "notation", "description"),
    [
        ("AT LEAST 12 PEASANTS", "12-", "PEASANTS"),
        ("MORE THAN TWO DOZEN VILLAGERS OF TOLVA", "25-", "VILLAGERS OF TOLVA"),
        ("THE OTHER SIX", "6", "THE OTHER SIX"),
    ],
)
def test_a_description_leaves_quantity_out(text: str, notation: str, description: str) -> None:
    assert split_name(victim(text, parse_muc4(notation))) == ("", description)


@pytest.mark.parametrize(
    ("text", "count", "written"),
    [
        ("nine men", Count.exactly(9), "9"),
        ("at least nine men", Count(9, 9, None), "9-"),
        ("about 40 men", Count(None, 40, None), "~40"),
        ("men", Count(2, 2, None), "PLURAL"),
        ("at least two men", Count(2, 2, None), "2-"),
        ("dozens", Count(24, 24, None), "PLURAL"),
        ("more than 23 men", Count(24, 24, None), "24-"),
        ("nine to 15 men, probably 12", Count(9, 12, 15), "12"),
    ],
)
def test_numbers(text: str, count: Count, written: str) -> None:
    assert number_of(victim(text, count)) == written


def test_a_template_an_incident() -> None:
    first, second = templates(
        "⟦MAYOR ANA RUIZ⟧{KILLED official 1} AND ⟦TWO POLICEMEN⟧{KILLED security 2} WERE SHOT; ⟦SEVERAL WOMEN⟧{WOUNDED civilian 2-} "
        "WERE HURT. ⟦THE MAYOR⟧{KILLED official 1} WAS 50. THE ARMY BLAMED ⟦RED DAWN⟧{ACCUSED}. ⟦TWO GUERRILLAS⟧{KILLED militant 2} DIED. "
        "⟦PEDRO SOSA⟧{ABDUCTED civilian 1 i2}, A LAWYER FROM TOLVA, WAS KIDNAPPED. ⟦NOBODY⟧{UNCLAIMED i2} CLAIMED IT."
    )
    assert (first.message, first.number, second.number) == ("M-1", 1, 2)
    assert said(first, "inc-type") == ["ATTACK"]
    assert said(first, "perp-org-id") == ["RED DAWN"]
    assert said(first, "perp-org-conf") == ["SUSPECTED OR ACCUSED BY AUTHORITIES: RED DAWN"]
    assert said(first, "hum-tgt-name") == ["ANA RUIZ"]
    assert said(first, "hum-tgt-desc") == ["MAYOR: ANA RUIZ", "POLICEMEN", "WOMEN"]
    assert said(first, "hum-tgt-num") == ["1: ANA RUIZ", "2: POLICEMEN", "PLURAL: WOMEN"]
    assert said(first, "hum-tgt-type") == [
        "GOVERNMENT OFFICIAL: ANA RUIZ",
        "LAW ENFORCEMENT: POLICEMEN",
        "CIVILIAN: WOMEN",
    ]
    assert said(first, "hum-tgt-effect") == ["DEATH: ANA RUIZ", "DEATH: POLICEMEN", "INJURY: WOMEN"]
    assert said(second, "inc-type") == ["KIDNAPPING"]
    assert said(second, "hum-tgt-desc") == ["LAWYER FROM TOLVA: PEDRO SOSA"]
    assert not second["hum-tgt-effect"] and not second["perp-org-id"]


def test_actors_of_one_incident_alone_are_those_of_all_that_name_none() -> None:
    text = "⟦RED DAWN⟧{STATED} KILLED ⟦A JUDGE⟧{KILLED official 1}. ⟦TWO NUNS⟧{KILLED civilian 2 i2} WERE SHOT"
    assert [said(each, "perp-org-id") for each in templates(text + ".")] == [["RED DAWN"]] * 2
    other = templates(text + " BY ⟦THE BRIGADE⟧{STATED i2}. ⟦A MONK⟧{KILLED civilian 1 i3} DIED.")
    assert [said(each, "perp-org-id") for each in other] == [["RED DAWN"], ["THE BRIGADE"], []]


def test_the_same_people_fill_a_slot_once() -> None:
    (template,) = templates(
        "⟦SEVERAL PRIESTS⟧{KILLED civilian 2-} WERE KILLED. ⟦THE SIX PRIESTS⟧{KILLED civilian 6}, ⟦THE SIX MEN⟧{KILLED civilian 6}, "
        "⟦FATHER OCA⟧{KILLED civilian 1} AND ⟦MARTIN OCA⟧{KILLED civilian 1}."
    )
    assert said(template, "hum-tgt-num") == ["6: PRIESTS", "1: MARTIN OCA"]


def test_an_article_without_an_incident_has_the_template_that_says_so() -> None:
    assert templates("NOTHING HAPPENED IN ⟦TOLVA⟧{PLACE}; ⟦NOBODY⟧{UNHARMED unknown 0} WAS HURT.") == [
        Template("M-1", None)
    ]


@pytest.mark.parametrize(
    ("marked", "names", "numbers"),
    [
        ("⟦TWO POLICEMEN⟧{KILLED security 2}, ⟦TWO PEASANTS⟧{KILLED civilian 2}", [], ["2: POLICEMEN", "2: PEASANTS"]),
        ("⟦SEVERAL NUNS⟧{KILLED civilian 2-}, ⟦SEVERAL MEN⟧{KILLED civilian 2-}", [], ["PLURAL: NUNS", "PLURAL: MEN"]),
        (
            "⟦JULIA RAMOS⟧{KILLED civilian 1}, ⟦CELINA RAMOS⟧{KILLED civilian 1}",
            ["JULIA RAMOS", "CELINA RAMOS"],
            ["1: JULIA RAMOS", "1: CELINA RAMOS"],
        ),
        ("⟦PEDRO SOSA⟧{ABDUCTED civilian 1} WAS SHOT; ⟦SOSA⟧{KILLED civilian 1}", ["PEDRO SOSA"], ["1: PEDRO SOSA"]),
    ],
)
def test_different_people_are_kept_apart_and_one_person_once(marked: str, names: list[str], numbers: list[str]) -> None:
    (template,) = templates(marked)
    assert (said(template, "hum-tgt-name"), said(template, "hum-tgt-num")) == (names, numbers)


@pytest.mark.parametrize("text", ['"', "'", "()", "a few " * 2000 + "x", "TWO MEN, " * 500])
def test_no_mention_is_too_strange_or_too_long(text: str) -> None:
    casualty = victim(text, Count.exactly(2))
    incidents = tuple(gather_incidents(text, [replace(casualty, incidents=("i1",))]))
    (template,) = to_templates(Report(text=text, mentions=(casualty,), incidents=incidents, model=""), "M-1")
    assert len(template["hum-tgt-num"]) == 1
