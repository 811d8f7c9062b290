"""The count reader: each rule of the annotation guide, numbers in every spelling, hostile strings, labelled text."""

from __future__ import annotations

import re
import runpy
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from num2words import num2words

from casualties.counts import format_muc4, parse_muc4, read_count, read_share
from casualties.report import Count

ROOT = Path(__file__).parents[1]
ANNOTATIONS = ROOT.parent / "shared" / "annotations"
GUIDE = ROOT / "train" / "annotations" / "guide.md"
STEADY = settings(derandomize=True, deadline=None, max_examples=200)

READINGS = {
    "a number, a bare one too": [
        ("13", "13"),
        ("thirteen miners", "13"),
        ("six others", "6"),
        ("another 13", "13"),
        ("13 more", "13"),
        ("the remaining six", "6"),
        ("a total of 13 passengers", "13"),
        ("a record 491 new deaths", "491"),
        ("exactly twelve", "12"),
        ("13people", "13"),
        ("١٢ people", "12"),
        ("zero", "0"),
    ],
    "number words and what joins them": [
        ("a hundred and twenty villagers", "120"),
        ("one hundred forty-seven", "147"),
        ("twelve hundred", "1200"),
        ("thirty-\nfive sailors", "35"),
        ("a thousand", "1000"),
        ("1.2 million", "1200000"),
        ("3 thousand", "3000"),
        ("half a million people", "500000"),
        ("two million, three hundred thousand and five", "2300005"),
        ("One and a half thousand people", "1500"),
        ("more than two and a half million", "2500001-"),
        ("2½ dozen", "30"),
        ("½ a million people", "500000"),
        ("one and a half", "2"),
        ("2 lakh people", "200000"),
    ],
    "digits with separators": [
        ("1,200", "1200"),
        ("1 200", "1200"),
        ("1’200", "1200"),
        ("1\u202f200 dead", "1200"),
        ("1.200 people", "1200"),
        ("1.200 million people", "1200000"),
    ],
    "digits with a suffix or a sign": [
        ("more than 100k people", "100001-"),
        ("1.3m people", "1300000"),
        ("~50", "~50"),
        ("≈ 50", "~50"),
        (">50 people", "51-"),
        ("<50 people", "-49"),
        ("≥20", "20-"),
        ("≤20", "-20"),
        ("<b>12</b> people", "12"),
    ],
    "collective numbers": [
        ("a dozen", "12"),
        ("two dozen", "24"),
        ("half a dozen", "6"),
        ("a half-dozen men", "6"),
        ("a score", "20"),
        ("a couple", "2"),
        ("the elderly couple", "2"),
        ("two couples", "4"),
        ("a couple of dozen", "24"),
        ("a pair of brothers", "2"),
        ("both", "2"),
        ("both of them", "2"),
        ("twins", "2"),
        ("her parents", "2"),
    ],
    "collective numbers in the plural are lower bounds": [
        ("dozens", "24-"),
        ("scores of people", "40-"),
        ("hundreds", "200-"),
        ("thousands more", "2000-"),
        ("tens of thousands", "20000-"),
        ("hundreds of thousands of Syrians", "200000-"),
        ("several dozen", "24-"),
        ("a few hundred", "200-"),
        ("dozens or hundreds", "24-"),
    ],
    "vague quantifiers": [
        ("several soldiers", "2-"),
        ("a few", "2-"),
        ("many more", "2-"),
        ("a handful", "2-"),
        ("an unknown number of fighters", "2-"),
        ("numerous wounded", "2-"),
        ("some workers", "2-"),
        ("some of the 12", "2-"),
        ("several of the 12", "2-"),
    ],
    "nobody": [
        ("no one", "0"),
        ("No-one", "0"),
        ("none", "0"),
        ("nobody", "0"),
        ("no casualties", "0"),
        ("no other injuries", "0"),
        ("NO DAMAGE\nOR CASUALTIES", "0"),
        ("none of the 12", "0"),
        ("not a single person", "0"),
        ("any casualties", "0"),
    ],
    "lower bounds": [
        ("at least 13 Iraqi police officers", "13-"),
        ("at least another 13", "13-"),
        ("at least two dozen", "24-"),
        ("no fewer than 13", "13-"),
        ("upwards of 13", "13-"),
        ("13 or more", "13-"),
        ("13+ people", "13-"),
        ("30-plus", "30-"),
        ("upward of 30 patients", "30-"),
    ],
    "more than": [
        ("more than 13", "14-"),
        ("over 13", "14-"),
        ("well over a hundred", "101-"),
        ("more than a dozen", "13-"),
        ("more than one", "2-"),
        ("in excess of 13", "14-"),
        ("a little over 50 people", "51-"),
        ("excess of 50", "51-"),
    ],
    "upper bounds": [
        ("up to 13", "-13"),
        ("as many as 30", "-30"),
        ("perhaps as many as 30", "-30"),
        ("not more than 13", "-13"),
        ("no more than 13", "-13"),
        ("fewer than 13", "-12"),
        ("less than 13", "-12"),
        ("13 or fewer", "-13"),
    ],
    "about": [
        ("about 13", "~13"),
        ("some 13", "~13"),
        ("nearly 13", "~13"),
        ("an estimated 13", "~13"),
        ("around two dozen", "~24"),
        ("a dozen or so", "~12"),
        ("thirty-odd people", "~30"),
        ("a little under 60 people", "~60"),
    ],
    "ranges": [
        ("12 to 15", "12-15"),
        ("12-15", "12-15"),
        ("12 – 15 people", "12-15"),
        ("about 12-15", "12-15"),
        ("between 12 and 15", "12-15"),
        ("between one hundred and two hundred", "100-200"),
        ("between a hundred and a hundred and fifty", "100-150"),
        ("one or two", "1-2"),
        ("two or three dozen", "24-36"),
        ("ten to twelve thousand", "10000-12000"),
        ("10 to a hundred", "10-100"),
        ("between 20 and as many as 30 people", "20-30"),
        ("between at least 20 and 30", "20-30"),
        ("at least 20 and possibly 30", "20-30"),
        ("upwards of 20 and up to 40", "20-40"),
        ("anywhere from 20 to 30 people", "20-30"),
        ("From 18 to 43 people", "18-43"),
        ("Between 700 to 1,300 people", "700-1300"),
        ("100—200", "100-200"),
    ],
    "fractions": [
        ("most of the 177", "89-176"),
        ("the majority of the 177 passengers", "89-176"),
        ("half of the 12 passengers", "6"),
        ("most of them", "2-"),
        ("a quarter of the 200 passengers", "50"),
        ("two-thirds of the 33 market-goers", "22"),
        ("three quarters of the crew", "2-"),
        ("a third of them", "2-"),
        ("half of the 13", "~6"),
        ("at least half of the 13", "6-"),
        ("about half of the 50 hostages", "~25"),
        ("all but two of the 20 passengers", "18"),
        ("all but two", "2-"),
    ],
    "a part of a figure": [
        ("12 of the passengers", "12"),
        ("one of the 12", "1"),
        ("120 OF THE 137 PASSENGERS", "120"),
    ],
    "a figure inside a group": [
        ("all nine", "9"),
        ("all of the nine", "9"),
        ("a family of five", "5"),
        ("a crew of 24 Vietnamese nationals", "24"),
        ("a group of about 20 tourists", "~20"),
        ("the bodies of three", "3"),
        ("the bodies of at least two soldiers", "2-"),
        ("two bodies of the 13", "2"),
        ("the bodies of civilians", "2-"),
        ("a group of tourists", "2-"),
        ("a 12-man patrol", "12"),
    ],
    "one person": [
        ("a policeman", "1"),
        ("an unarmed teenager", "1"),
        ("another", "1"),
        ("another person", "1"),
        ("the other", "1"),
        ("the driver", "1"),
        ("his wife", "1"),
        ("the man killed", "1"),
        ("the first victim", "1"),
        ("the 27th casualty", "1"),
        ("a third", "1"),
        ("U.S. Congresswoman", "1"),
        ("the actress", "1"),
    ],
    "a named person": [
        ("General Yaroslav Moskalik", "1"),
        ("Palestinian journalist Saleh al-Jafarawi", "1"),
        ("Angus Davis", "1"),
        ("Gareth Evans", "1"),
        ("LUIS\nVARGAS", "1"),
        ("MARTHA TORRES", "1"),
        ("CARMEN", "1"),
        ("John Smith, 34", "1"),
        ("John Smith, a teacher", "1"),
        ("10TH INFANTRY BRIGADE SOLDIER ARTURO BERNAL", "1"),
    ],
    "plurals": [
        ("troops", "2-"),
        ("police", "2-"),
        ("people", "2-"),
        ("women and children", "2-"),
        ("civilians", "2-"),
        ("others", "2-"),
        ("the wounded", "2-"),
        ("those killed", "2-"),
        ("Israelis", "2-"),
        ("Coptic Christians", "2-"),
        ("PEASANTS", "2-"),
        ("BUSINESSMEN", "2-"),
        ("THE JESUITS", "2-"),
        ("OPPONENTS TO THE REGIME", "2-"),
        ("soldiers around Kirkuk", "2-"),
        ("dead and wounded", "2-"),
        ("the dead and wounded", "2-"),
    ],
    "numbers that count something else": [
        ("an eight-year-old girl", "1"),
        ("a 16-month-old baby", "1"),
        ("A 12- YEAR-OLD\nGIRL", "1"),
        ("two 12-year-olds", "2"),
        ("12 to 14-year-old girls", "2-"),
        ("two girls aged 8 and 10", "2"),
        ("a man over 60", "1"),
        ("a mother of two", "1"),
        ("a two-star general", "1"),
        ("a 30-year veteran", "1"),
        ("an F-16 pilot", "1"),
        ("AN M-19 GUERRILLA", "1"),
        ("the group's No. 2 commander", "1"),
        ("60% of the passengers", "2-"),
        ("a Channel 4 journalist", "1"),
        ("a France 24 correspondent", "1"),
        ("two Unit 8200 soldiers", "2"),
        ("Flight 93 passengers", "2-"),
        ("Area 25 resident John Smith", "1"),
        ("Record 491 deaths", "491"),
        ("Record 491 deaths in Syria", "491"),
        ("the September 11 hijackers", "2-"),
        ("Sept. 11 victims", "2-"),
        ("Boeing 737 passengers", "2-"),
        ("Israeli 12 soldiers", "12"),
        ("UN 3 staff", "3"),
        ("Total 17 dead", "17"),
        ("Afghan 12-man patrol", "12"),
        ("a Grade 11 student", "1"),
        ("John Smith, 34, and his wife", "2"),
        ("a man, 34, and his wife, 32", "2"),
    ],
    "conjunctions": [
        ("a man and his two sons", "3"),
        ("two soldiers and a civilian", "3"),
        ("a mother and child", "2"),
        ("a man, his wife and their two sons", "4"),
        ("a policeman and others", "3-"),
        ("at least 12 soldiers and two civilians", "14-"),
        ("about 12 men and a child", "~13"),
        ("12 to 15 men and a child", "13-16"),
        ("about 12 men and 12 to 15 women", "~24"),
        ("20 men and women", "20"),
        ("Afghan actress and filmmaker Saba Sahar", "1"),
    ],
    "what follows the figure": [
        ("three people, a man and two women", "3"),
        ("three people including a child", "3"),
        ("two of whom", "2"),
        ("three people — two women and a man", "3"),
    ],
    "editorial brackets": [
        ("SEVEN [NUMBER AS HEARD] OTHER PEOPLE", "7"),
        ("THE 6 MEMBERS OF THE MOVEMENT (MPSC)", "6"),
        ("[three people]", "3"),
        ("[MPSC]", "1"),
        ("his son Denis", "1"),
        ("her twin boys", "2"),
        ("her twin brother", "1"),
    ],
}


@pytest.mark.parametrize(
    ("mention", "notation"),
    [pytest.param(*reading, id=f"{rule}: {reading[0]}") for rule, readings in READINGS.items() for reading in readings],
)
def test_reads_each_wording_as_the_guide_says(mention: str, notation: str) -> None:
    assert format_muc4(read_count(mention)) == notation


def test_reads_every_example_of_the_guide() -> None:
    """The rows of section 4, ``| "a", "b" | low | best | high | `written` |``, and examples with the notation after them."""
    section = GUIDE.read_text(encoding="utf-8").partition("## 4.")[2].partition("## 5.")[0]
    rows = re.findall(r"^\| (.+) \| (\w+) \| (\w+) \| (\w+) \| `(.+)` \|$", section, re.M)
    pairs = re.findall(r'"([^"]+)" `([^`]+)`', section)
    assert len(rows) > 10 and len(pairs) > 30
    for examples, *bounds, written in rows:
        count = Count(*(None if bound == "null" else int(bound) for bound in bounds))
        assert format_muc4(count) == written
        pairs += [(example, written) for example in re.findall(r'"([^"]+)"', examples)]
    assert [pair for pair in pairs if format_muc4(read_count(pair[0])) != pair[1]] == []


@pytest.mark.parametrize(
    ("mention", "whole", "share"),
    [
        ("most of them women", "26", "14-25"),
        ("most of them women", "26-", "14-"),
        ("All the passengers", "44", "44"),
        ("all hands", "22-", "22-"),
        ("all but one of them", "26", "25"),
        ("half of them", "26", "13"),
        ("half of them", "26-", "13-"),
        ("half of them", "~26", "~13"),
        ("about half of them", "50", "~25"),
        ("at least half of them children", "50", "25-"),
        ("a third of them", "30", "10"),
        ("most of them", "~26", "14-25"),
        ("the majority of them", "26", "14-25"),
        ("most of them members of one wedding party", "26", "14-25"),
        ("all but two", "26", "24"),
        ("all but two", "~26", "~24"),
        ("all his children", "26", None),
        ("most of the others", "26", None),
        ("half of them", "1", None),
        ("most of them", "-26", None),
        ("most of them", "20-30", None),
        ("most of the 177", "200", None),
        ("half a dozen", "26", None),
        ("the rest", "26", None),
    ],
)
def test_a_share_is_of_the_larger_figure(mention: str, whole: str, share: str | None) -> None:
    count = read_share(mention, parse_muc4(whole))
    assert (count and format_muc4(count)) == share


@STEADY
@given(st.sampled_from(["most of them", "all", "all but one", "half of them", "a man", ""]), st.integers(0, 10**6))
def test_a_share_is_within_the_larger_figure(mention: str, number: int) -> None:
    count = read_share(mention, Count.exactly(number))
    assert count is None or 0 <= (count.low or 0) <= (count.high or 0) <= number


def test_capitals_change_no_reading() -> None:
    mentions = [mention for readings in READINGS.values() for mention, _ in readings if mention.islower()]
    assert [mention for mention in mentions if read_count(mention.upper()) != read_count(mention)] == []


@STEADY
@given(
    st.integers(0, 10**9),
    st.booleans(),
    st.booleans(),
    st.booleans(),
    st.sampled_from([str.lower, str.upper, str.title]),
)
def test_reads_any_spelled_number(
    number: int, with_and: bool, with_hyphen: bool, with_comma: bool, case: Callable[[str], str]
) -> None:
    words = num2words(number)
    words = words if with_and else words.replace(" and ", " ")
    words = words if with_hyphen else words.replace("-", " ")
    words = words if with_comma else words.replace(",", "")
    assert read_count(case(words)) == Count.exactly(number)


@STEADY
@given(st.integers(0, 10**9), st.sampled_from([",", " ", "'", "’", "\u00a0", "\u202f", ""]))
def test_reads_digits_with_any_separator(number: int, separator: str) -> None:
    assert read_count(f"{number:,}".replace(",", separator) + " people") == Count.exactly(number)


@STEADY
@given(st.integers(2, 10**9), st.booleans(), st.sampled_from(["", " people", " of the passengers"]))
def test_hedges_bound_any_number(number: int, in_words: bool, noun: str) -> None:
    figure = num2words(number) if in_words else f"{number:,}"
    readings = {
        f"at least {figure}{noun}": Count(number, number, None),
        f"{figure} or more{noun}": Count(number, number, None),
        f"more than {figure}{noun}": Count(number + 1, number + 1, None),
        f"up to {figure}{noun}": Count(None, number, number),
        f"fewer than {figure}{noun}": Count(None, number - 1, number - 1),
        f"nearly {figure}{noun}": Count(None, number, None),
        f"between {figure} and {number + 1:,}{noun}": Count(number, None, number + 1),
    }
    assert {mention: read_count(mention) for mention in readings} == readings


PIECES = (
    "a an and the of or to no one half two twenty hundred million dozens several between most over at least year-old "
    "family men killed 1 12 1,200 1.2 - + , % [ ( ' . No. two-1.2.3 half-1a1 1_1 ² \ud800 \u0301 \n"
)


@STEADY
@given(st.text(st.characters(codec=None)) | st.lists(st.sampled_from(PIECES.split(" "))).map(" ".join))
def test_reads_every_string(mention: str) -> None:
    assert read_count(mention).magnitude >= 0


@pytest.mark.parametrize("piece", ["1", "1,", "111,", "a", "- ", "[", "no.", "one and ", "a man, ", "zero ", "about "])
def test_takes_no_time_for_a_megabyte(piece: str) -> None:
    start = time.perf_counter()
    read_count(piece * (1_000_000 // len(piece)))
    assert time.perf_counter() - start < 1


bounds = st.integers(0, 10**12)
ranges = st.tuples(bounds, bounds).map(sorted)


@STEADY
@given(
    bounds.map(Count.exactly)
    | bounds.map(lambda n: Count(n, n, None))
    | bounds.map(lambda n: Count(None, n, n))
    | bounds.map(lambda n: Count(None, n, None))
    | ranges.map(lambda pair: Count(pair[0], None, pair[1]))
)
def test_notation_round_trip(count: Count) -> None:
    assert parse_muc4(format_muc4(count)) == count


@pytest.mark.parametrize("count", [Count(3, 4, None), Count(3, 4, 5), Count(3, None, None), Count(None, None, 3)])
def test_notation_refuses_what_it_cannot_express(count: Count) -> None:
    with pytest.raises(ValueError, match="no form"):
        format_muc4(count)


@pytest.mark.parametrize("notation", ["", "-", "~", "~12-", "12~", "12 ", "twelve", "15-12", "1-2-3"])
def test_notation_refuses_what_is_none(notation: str) -> None:
    with pytest.raises(ValueError, match="count"):
        parse_muc4(notation)


@pytest.mark.skipif(not ANNOTATIONS.is_dir(), reason=f"the labelled text is not at {ANNOTATIONS}")
def test_reads_labelled_mentions() -> None:
    script = runpy.run_path(str(ROOT / "scripts" / "evaluate_counts.py"))
    articles = list(script["read_folder"](ANNOTATIONS))
    for is_development in (True, False):
        measured = script["accuracy"](a for a in articles if script["is_development"](a) is is_development)
        assert measured.mentions > 1500
        assert measured.right / measured.mentions >= 0.98


def test_script_says_when_a_folder_has_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    script = str(ROOT / "scripts" / "evaluate_counts.py")
    monkeypatch.setattr("sys.argv", [script, str(tmp_path)])
    with pytest.raises(SystemExit, match="has no casualty mentions"):
        runpy.run_path(script, run_name="__main__")
    (tmp_path / "siege.txt").write_text("They killed ⟦at least two men⟧{KILLED unknown 2-}.\n", encoding="utf-8")
    runpy.run_path(script, run_name="__main__")
    assert "100.00% (1 of 1 casualty mentions)" in capsys.readouterr().out
