"""Marks in running text."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from casualties.corpus.inline import InlineError, parse_inline, read_inline
from casualties.corpus.records import Article, join_texts, read_records
from casualties.corpus.tables import SOURCES
from casualties.labels import GROUPS, LABELS
from casualties.report import Attribution, Casualty, Count
from train.data import ANNOTATIONS, ARTICLES

MARKED = (
    "A mine near ⟦Tolva⟧{PLACE i2} killed ⟦at least nine people⟧{KILLED unknown 9- #a @p}, "
    "⟦two of them nurses⟧{KILLED civilian 2 <a},\nthe ⟦ministry⟧{SOURCE #p} said. It blamed ⟦Red Dawn⟧{ACCUSED @p i1,i2}."
)


def test_marks_become_mentions_and_their_removal_the_text() -> None:
    article = parse_inline(MARKED, id="tolva", source="tests")
    assert article.text.startswith("A mine near Tolva killed at least nine people, two of them nurses,\nthe ministry")
    place, nine, two, ministry, red_dawn = article.mentions
    assert all(article.text[mention.start : mention.end] == mention.text for mention in article.mentions)
    assert isinstance(nine, Casualty) and (nine.count, nine.source) == (Count(9, 9, None), ministry.id)
    assert isinstance(two, Casualty) and (two.group, two.part_of) == ("civilian", nine.id)
    assert isinstance(red_dawn, Attribution) and red_dawn.incidents == ("i1", "i2")
    assert (place.id, article.incidents) == ("m1", ("i1", "i2"))


@pytest.mark.parametrize(
    ("marked", "message"),
    [
        ("⟦x⟧{DEAD civilian 1}", "begins with no label"),
        ("⟦x⟧{}", "begins with no label"),
        ("⟦x⟧{KILLED 1}", "needs a group and a count"),
        ("⟦x⟧{KILLED civilian}", "needs a group and a count"),
        ("⟦x⟧{KILLED civilian many}", "'many' is no group"),
        ("⟦x⟧{KILLED civilian 1 <b}", "'b' names no other mention"),
        ("⟦x⟧{KILLED civilian 1 #b <b}", "'b' names no other mention"),
        ("⟦x⟧{KILLED civilian 1 2}", "the best is given twice"),
        ("⟦x⟧{PLACE civilian}", "PLACE has no group"),
        ("⟦x⟧{SOURCE #a} ⟦y⟧{PLACE @a}", "PLACE has no source"),
        ("⟦x⟧{PLACE #a} ⟦y⟧{PLACE #a}", "two mentions have the id 'a'"),
        ("⟦x", "without its mark"),
        ("a ⟧ b", "without its mark"),
    ],
)
def test_a_malformed_mark_is_named(marked: str, message: str) -> None:
    with pytest.raises(InlineError, match=message):
        parse_inline(f"first line\n{marked}", id="article", source="tests")


def test_the_message_names_article_and_line() -> None:
    with pytest.raises(InlineError, match="article, line 2"):
        parse_inline("first line\n⟦x⟧{DEAD}", id="article", source="tests")


@pytest.mark.parametrize("path", sorted(ARTICLES.glob("*.txt")), ids=lambda path: path.stem)
def test_our_articles_can_be_read(path: Path) -> None:
    article = read_inline(path)
    assert 60 <= len(article.text.split()) <= 900  # short ones are press releases and statements
    assert all(article.text[mention.start : mention.end] == mention.text for mention in article.mentions)
    ends = [0, *(mention.end for mention in article.mentions)]
    assert all(mention.start >= end for mention, end in zip(article.mentions, ends, strict=False)), "mentions overlap"


@pytest.fixture(scope="module")
def guide() -> str:
    return (ANNOTATIONS / "guide.md").read_text(encoding="utf-8")


def test_the_guide_names_every_label_and_group(guide: str) -> None:
    explained = set(re.findall(r"`(\w+)`", guide.partition("## 3.")[0]))
    assert explained >= {*LABELS, *GROUPS}


def test_the_worked_example_of_the_guide_can_be_read(guide: str) -> None:
    (marked,) = re.findall(r"^## 6.*?```text\n(.*?)\n```", guide, re.M | re.S)
    article = parse_inline(marked, id="kelmet", source="guide")
    assert article.text == re.sub(r"⟦|⟧\{[^}]*\}", "", marked)
    assert all(article.text[mention.start : mention.end] == mention.text for mention in article.mentions)
    assert {mention.label for mention in article.mentions} == set(LABELS)
    assert {mention.group for mention in article.mentions if isinstance(mention, Casualty)} == set(GROUPS)
    assert article.incidents == ("i1", "i2", "i3")


def test_the_record_of_the_guide_is_what_its_marks_say(guide: str) -> None:
    (marked,) = re.findall(r"^## 8.*?```text\n(.*?)\n```", guide, re.M | re.S)
    (record,) = map(json.loads, re.findall(r"```json\n(.*?)\n```", guide, re.S))
    article = parse_inline(marked, id=record["id"], source=record["source"])
    assert Article.from_record(record, record["text"]) == article
    written = article.to_record()
    assert all(mention.pop("confidence") == 1 for mention in written["mentions"])
    assert written == record


@pytest.mark.parametrize("source", SOURCES)
def test_the_annotators_marks_are_their_records(source: str, shared: Path) -> None:
    """The texts inside the marks differ from the originals in white space at line ends, so labels are compared alone."""
    blocks = (shared / "annotations" / f"{source}.inline.txt").read_text(encoding="utf-8").split("### ")[1:]
    marked = dict(block.split("\n", 1) for block in blocks)
    for record in read_records(shared / "annotations" / f"{source}.jsonl"):
        article = parse_inline(marked[record["id"]].strip("\n"), id=record["id"], source=source)
        assert [strip(mention.to_dict()) for mention in article.mentions] == [
            strip(each) for each in record["mentions"]
        ]


def strip(mention: dict[str, object]) -> dict[str, object]:
    """What a mention says, without the names of mentions, which the marks of unreferenced ones leave out."""
    return {key: value for key, value in mention.items() if key not in ("id", "confidence", "source", "part_of")}


def test_a_record_with_its_text_needs_no_joining(tmp_path: Path) -> None:
    article = parse_inline(MARKED, id="tolva", source="tests")
    path = tmp_path / "tolva.jsonl"
    path.write_text(json.dumps(article.to_record()) + "\n", encoding="utf-8")
    assert join_texts(read_records(path), {}).articles == (article,)
