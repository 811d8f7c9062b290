"""The split: fixed, by event, and growing without moving anything."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path

import pytest

from casualties.corpus.records import Article, read_records
from casualties.corpus.tables import SOURCES
from train.data import ANNOTATIONS, ARTICLES, Split, read_split
from train.split import extend_split, like_training, near_duplicates


def article(id: str, text: str = "") -> Article:
    return Article(id=id, source="tests", text=text or id, mentions=(), incidents=())


def test_two_reports_of_one_event_are_near_duplicates() -> None:
    articles = [
        article("a", "A car bomb outside the courthouse in Tolva killed nine police officers on Monday morning."),
        article("b", "Nine police officers killed by car bomb outside Tolva courthouse on Monday."),
        article("c", "Fishermen from Harrow Bay found the wreck of a ferry that sank in a storm last winter."),
    ]
    first, second, third = near_duplicates(articles, {})
    assert first == second != third


def test_held_out_articles_like_one_of_train_are_told() -> None:
    one, other = read_split()["test"][:2]
    bomb = "Nine police officers killed by car bomb outside Tolva courthouse"
    wreck = "Fishermen from Harrow Bay found the wreck of a ferry"
    articles = [
        article(one, f"{bomb} on Monday."),
        article(other, f"{wreck} that sank in a storm last winter."),
        article(read_split()["dev"][0], f"{wreck} that sank last winter."),
        article(read_split()["train"][0], f"{bomb}, police say."),
    ]
    assert like_training(articles, "test", {}) == {one}
    assert like_training(articles, "dev", {}) == set()


def test_reports_of_one_week_need_less_in_common() -> None:
    texts = ("Bomb kills nine in Tolva market", "Tolva mourns: market reopens after bomb, mayor promises new guards")
    near = near_duplicates([article("2020-01-01-1", texts[0]), article("2020-01-03-2", texts[1])], {})
    far = near_duplicates([article("2020-01-01-1", texts[0]), article("2020-03-03-2", texts[1])], {})
    told = near_duplicates([article("2020-01-01-1", texts[0]), article("x", texts[1])], {"x": dt.date(2020, 1, 4)})
    assert (len(set(near)), len(set(far)), len(set(told))) == (1, 2, 1)


def test_components_stay_whole_and_what_is_assigned_stays() -> None:
    articles = [article(f"a{number}") for number in range(100)]
    components = [number // 2 for number in range(100)]
    split = extend_split(articles, components, {})
    assert {part: len(ids) for part, ids in split.items()} == {"train": 70, "dev": 10, "test": 20}
    for ids in split.values():
        assert {f"a{int(id[1:]) ^ 1}" for id in ids} == set(ids)
    more = [*articles, *(article(f"b{number}") for number in range(50)), article("twin of a0")]
    grown = extend_split(more, [*components, *range(50, 100), 0], split)
    assert all(set(ids) <= set(grown[part]) for part, ids in split.items())
    assert {f"b{number}" for number in range(50)} <= set(grown["train"])
    assert next(part for part, ids in grown.items() if "a0" in ids) == next(
        part for part, ids in grown.items() if "twin of a0" in ids
    )


def test_a_new_article_joins_its_held_out_twin_and_nothing_moves() -> None:
    before: Split = {"train": ["b"], "dev": [], "test": ["a"]}
    assert extend_split([article("a"), article("b"), article("c")], [0, 0, 0], before) == {
        "train": ["b"],
        "dev": [],
        "test": ["a", "c"],
    }


def test_the_order_of_articles_does_not_matter() -> None:
    articles = [article(f"a{number}") for number in range(40)]
    components = list(range(40))
    assert extend_split(articles, components, {}) == extend_split(articles[::-1], components[::-1], {})


def test_a_file_that_is_no_split_is_named(tmp_path: Path) -> None:
    for content in ({"test": ["a"]}, ["a"]):
        (tmp_path / "known.json").write_text(json.dumps(content), encoding="utf-8")
        with pytest.raises(ValueError, match=r"known\.json is no split file: .* train, dev, test"):
            read_split(tmp_path / "known.json")


def test_every_labelled_article_is_in_exactly_one_part() -> None:
    split = read_split()
    assigned = [id for ids in split.values() for id in ids]
    labelled = {path.stem for path in ARTICLES.glob("*.txt")}
    labelled |= {record["id"] for source in SOURCES for record in read_records(ANNOTATIONS / f"{source}.jsonl")}
    assert len(assigned) == len(set(assigned))
    assert set(assigned) == labelled
