"""Reading and writing the format of the Message Understanding Conferences."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from casualties.corpus.muc4 import PLURAL, SLOTS, Filler, Kind, Template, read_articles, read_templates, write_templates

KEY = """
; a comment
0.  MESSAGE: ID                     DEV-MUC3-9001 (HERE)
1.  MESSAGE: TEMPLATE               2 (OPTIONAL)
2.  INCIDENT: DATE                  - 08 JAN 90
3.  INCIDENT: LOCATION              PERU: LIMA (CITY) / (PERU)
4.  INCIDENT: TYPE                  BOMBING / ATTACK
5.  INCIDENT: STAGE OF EXECUTION    ACCOMPLISHED
6.  INCIDENT: INSTRUMENT ID         -
7.  INCIDENT: INSTRUMENT TYPE       BOMB: "-"
8.  PERP: INCIDENT CATEGORY         ?TERRORIST ACT
9.  PERP: INDIVIDUAL ID             ? "REBELS"/"ARMED MEN"
10. PERP: ORGANIZATION ID           "RED DAWN" / "RD"
11. PERP: ORGANIZATION CONFIDENCE   POSSIBLE / ACQUITTED: "RED DAWN" / "RD"
12. PHYS TGT: ID                    *
13. PHYS TGT: TYPE                  *
14. PHYS TGT: NUMBER                *
15. PHYS TGT: FOREIGN NATION        *
16. PHYS TGT: EFFECT OF INCIDENT    *
17. PHYS TGT: TOTAL NUMBER          *
18. HUM TGT: NAME                   "ANA \\"LA GATA\\" RUIZ"
19. HUM TGT: DESCRIPTION            ("MAYOR" / "DOCTOR"): "ANA \\"LA GATA\\" RUIZ"
                                    "GUARDS: TWO / THREE"
20. HUM TGT: TYPE                   -
21. HUM TGT: NUMBER                 1: "ANA \\"LA GATA\\" RUIZ"
                                    2 - / PLURAL: "GUARDS: TWO / THREE"
22. HUM TGT: FOREIGN NATION         -
23. HUM TGT: EFFECT OF INCIDENT     -
24. HUM TGT: TOTAL NUMBER           ~12
"""


def write(folder: Path, content: str) -> Path:
    path = folder / "key"
    path.write_text(content, encoding="latin-1")
    return path


def test_reads_all_that_a_filler_can_be(tmp_path: Path) -> None:
    (template,), problems = read_templates(write(tmp_path, KEY))
    assert not problems
    assert (template.message, template.number, template.optional) == ("DEV-MUC3-9001", 2, True)
    assert template["inc-date"] == (Filler(("- 08 JAN 90",)),)
    assert template["inc-loc"] == (Filler(("PERU: LIMA (CITY)", "PERU")),)
    assert template["inc-type"] == (Filler(("BOMBING", "ATTACK")),)
    assert template["perp-inc-cat"] == (Filler(("TERRORIST ACT",), optional=True),)
    assert template["perp-ind-id"] == (Filler(("REBELS", "ARMED MEN"), optional=True),)
    assert template["perp-org-conf"] == (Filler(("POSSIBLE", "ACQUITTED"), ("RED DAWN", "RD")),)
    name = 'ANA "LA GATA" RUIZ'
    assert template["hum-tgt-desc"] == (Filler(("MAYOR", "DOCTOR"), (name,)), Filler(("GUARDS: TWO / THREE",)))
    assert template["hum-tgt-num"][1] == Filler(("2-", PLURAL), ("GUARDS: TWO / THREE",))
    assert template["hum-tgt-total-num"] == (Filler(("~12",)),)
    assert not template["phys-tgt-id"] and not template["inc-instr-id"]


@pytest.mark.parametrize(
    ("old", "new", "line", "said"),
    [
        ('"REBELS"/"ARMED MEN"', "REBELS", 12, "slip"),
        ('"RED DAWN" / "RD"\n', '""RED DAWN"\n', 13, "slip"),
        ("~12", "~TWELVE", 29, "no number"),
        ("~12", f"~12 {'X' * 3000}", 29, "is left out"),
        ("2 (OPTIONAL)", "9" * 1900, 4, "no number"),
        ("2 (OPTIONAL)", "2\n                                    3", 5, "second line"),
        (': "RED DAWN" / "RD"', ': "BLUE DAWN"', 14, "refers to no filler"),
        ('("MAYOR" / "DOCTOR")', "-", 22, "says nothing of it"),
        ("5.  INCIDENT: STAGE OF EXECUTION    ACCOMPLISHED\n", "", 3, "lacks inc-stage"),
        ("2 (OPTIONAL)", "TWO", 4, "no number"),
        ("4.  INCIDENT: TYPE", "4.  INCIDENT: SORT", 7, "no slot"),
        ("5.  INCIDENT", "4.  INCIDENT: TYPE    ARSON\n5.  INCIDENT", 8, "twice"),
    ],
)
def test_what_is_malformed_is_listed_with_its_line(tmp_path: Path, old: str, new: str, line: int, said: str) -> None:
    assert old in KEY
    _, problems = read_templates(write(tmp_path, KEY.replace(old, new, 1)))
    assert any(problem.line == line and said in problem.what for problem in problems), problems
    assert str(problems[0]).startswith(f"{tmp_path / 'key'}:")


def test_a_quote_too_many_does_not_hide_the_string(tmp_path: Path) -> None:
    (template,), problems = read_templates(write(tmp_path, KEY.replace('"RED DAWN" / "RD"\n', '""RED" DAWN"\n')))
    assert template["perp-org-id"] == (Filler(('"RED" DAWN',)),)
    assert problems


def strings() -> st.SearchStrategy[str]:
    words = st.text("ABC'\"/:?(),;- 12\\", min_size=1, max_size=12).map(lambda text: text.strip(" \\"))
    return words.filter(lambda text: text.strip("-* ") and '\\"' not in text)


def fillers(name: str) -> st.SearchStrategy[tuple[Filler, ...]]:
    slot = SLOTS[name]
    values = {
        Kind.STRING: strings(),
        Kind.ELEMENT: st.sampled_from(["DEATH", "SUSPECTED OR ACCUSED", "STATE-SPONSORED VIOLENCE"]),
        Kind.NUMBER: st.sampled_from(["1", "12-", "-3", "4-5", "~70", PLURAL]),
        Kind.CONVERSION: st.sampled_from(["09 JAN 90", "PERU: LIMA (CITY): SAN ISIDRO (NEIGHBORHOOD)"]),
    }[slot.kind]
    alternatives = st.lists(values, min_size=1, max_size=1 if slot.kind is Kind.CONVERSION else 3).map(tuple)
    references = st.lists(strings(), max_size=2).map(tuple) if slot.refers_to else st.just(())
    return st.lists(st.builds(Filler, alternatives, references, st.booleans()), min_size=1, max_size=3).map(tuple)


NAMES = [name for name in SLOTS if name not in ("message-id", "template-id")]
TEMPLATES = st.lists(
    st.builds(
        Template,
        message=st.sampled_from(["TST1-MUC3-0001", "DEV-MUC3-0815"]),
        number=st.integers(1, 30),
        fillers=st.lists(st.sampled_from(NAMES), unique=True).flatmap(
            lambda names: st.fixed_dictionaries({name: fillers(name) for name in names})
        ),
        optional=st.booleans(),
    ),
    max_size=3,
)


@given(TEMPLATES)
def test_what_is_written_is_read_back(tmp_path_factory: pytest.TempPathFactory, templates: list[Template]) -> None:
    path = tmp_path_factory.mktemp("muc") / "key"
    path.write_text(write_templates(templates), encoding="latin-1")
    assert read_templates(path)[0] == templates


def test_an_irrelevant_article_is_written_as_the_release_does(tmp_path: Path) -> None:
    written = write_templates([Template(message="TST3-MUC4-0001", number=None)])
    assert written.count("*") == 24
    assert read_templates(write(tmp_path, written)) == ([Template(message="TST3-MUC4-0001", number=None)], [])


def test_every_key_and_response_of_the_release_is_read(shared: Path, tmp_path: Path) -> None:
    folder = shared / "data" / "muc34"
    keys = sorted([*folder.glob("*/key-*"), *folder.glob("results-*/responses/*")])
    assert len(keys) == 13 + 3 + 17
    messages: set[str] = set()
    for key in keys:
        templates, problems = read_templates(key)
        assert len(templates) == key.read_text(encoding="latin-1").count("0.  MESSAGE: ID")
        assert not [problem for problem in problems if "lacks" in problem.what or "no slot" in problem.what]
        assert read_templates(write(tmp_path, write_templates(templates)))[0] == templates
        if key.name.startswith("key"):
            messages |= {template.message for template in templates}
    articles = dict(article for path in sorted(folder.glob("*/*-muc[34]*")) for article in read_articles(path))
    assert len(articles) == 1600 and messages == set(articles)
    assert all(text.strip() for text in articles.values())
