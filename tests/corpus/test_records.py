"""Stand-off labels and the texts they point into."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from casualties.corpus.muc4 import read_articles
from casualties.corpus.records import RecordError, join_texts, read_records, sha256
from casualties.corpus.tables import SOURCES, read_texts
from train.data import ANNOTATIONS


def record(id: str, text: str) -> dict[str, object]:
    mention = {"id": "m1", "start": 0, "end": 3, "label": "PLACE", "incidents": ["i1"]}
    return {
        "id": id,
        "source": "s",
        "text": None,
        "text_sha256": sha256(text),
        "mentions": [mention],
        "incidents": ["i1"],
    }


def test_what_cannot_be_joined_is_named() -> None:
    records = [record("here", "Ost burns"), record("gone", "West burns"), record("edited", "Nord burns")]
    joined = join_texts(records, {"here": "Ost burns", "edited": "Nord burnt"})
    assert [article.id for article in joined.articles] == ["here"]
    assert (joined.missing, joined.changed) == (("gone",), ("edited",))


def test_a_mention_outside_its_text_is_an_error() -> None:
    with pytest.raises(RecordError, match="short: mention 'm1' at 0–3"):
        join_texts([record("short", "ab")], {"short": "ab"})


@pytest.mark.parametrize(
    ("line", "message"), [("{", "line 2: not JSON"), ("[]", "line 2: not a record"), ("{}", "line 2: not a record")]
)
def test_a_line_that_is_no_record_is_named(line: str, message: str, tmp_path: Path) -> None:
    path = tmp_path / "labels.jsonl"
    path.write_text(json.dumps(record("a", "abc")) + f"\n{line}\n", encoding="utf-8")
    with pytest.raises(RecordError, match=message):
        list(read_records(path))


def test_muc_articles_keep_their_lines(tmp_path: Path) -> None:
    path = tmp_path / "dev-muc3-0001-0002"
    path.write_text("DEV-MUC3-0001 (SITE)\n\n   ONE,  \nTWO\n\n\nTST2-MUC4-0002\n\nTHREE\n", encoding="ascii")
    assert list(read_articles(path)) == [("DEV-MUC3-0001", "   ONE,\nTWO"), ("TST2-MUC4-0002", "THREE")]


@pytest.mark.parametrize("source", SOURCES)
def test_every_gold_label_finds_its_text(source: str, shared: Path) -> None:
    records = list(read_records(ANNOTATIONS / f"{source}.jsonl"))
    joined = join_texts(records, read_texts(source, shared / "data"))
    assert (joined.missing, joined.changed, len(joined.articles)) == ((), (), len(records))


def test_a_missing_collection_has_no_texts(tmp_path: Path) -> None:
    assert all(read_texts(source, tmp_path) == {} for source in SOURCES)
