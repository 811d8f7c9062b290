"""The texts of the third-party collections that stand-off labels point into, read from a user's own copy of them."""

from __future__ import annotations

import csv
import datetime as dt
import gzip
import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path

from casualties.corpus.muc4 import read_articles

_FOOTNOTE = re.compile(r"\[\d+\]")


def read_texts(source: str, data: Path) -> dict[str, str]:
    """Read every text of a collection.

    Args:
        source: the collection's name, one of ``SOURCES``.
        data: the folder that holds the collections, laid out as ``train/annotations/README.md`` says.

    Returns:
        The texts by id; empty where the collection is missing.

    Raises:
        KeyError: if the collection is not one of ``SOURCES``.
    """
    return dict(SOURCES[source](data))


def read_dates(data: Path) -> dict[str, dt.date]:
    """The day of each incident of ``terrorist_incidents``, where the table gives one."""
    dates: dict[str, dt.date] = {}
    for id, row in _incident_rows(data):
        try:
            dates[id] = dt.datetime.strptime(row["date"], "%B %d %Y").date()
        except ValueError:
            continue  # the table also has "May 1970" and the like
    return dates


def read_attack_items(data: Path) -> dict[str, str]:
    """The short news items that name an attack and a casualty, by id; labelled or not."""
    return dict(_json_lines(data / "current_events" / "attack_casualty.jsonl"))


def _current_events(data: Path) -> Iterator[tuple[str, str]]:
    yield from _json_lines(data / "current_events" / "all_items.jsonl.gz")
    yield from _json_lines(data / "current_events" / "attack_casualty.jsonl")


def _terrorist_incidents(data: Path) -> Iterator[tuple[str, str]]:
    for id, row in _incident_rows(data):
        yield id, _FOOTNOTE.sub("", row["details"]).strip()


def _incident_rows(data: Path) -> Iterator[tuple[str, dict[str, str]]]:
    path = data / "terrorist_incidents" / "global_terrorism.csv"
    if path.exists():
        with path.open(encoding="utf-8", newline="") as file:
            for number, row in enumerate(csv.DictReader(file)):
                yield f"ti-{number}", row


def _muc_articles(data: Path) -> Iterator[tuple[str, str]]:
    for path in sorted((data / "muc34").glob("*/*-muc[34]*")):
        yield from read_articles(path)


def _statements(data: Path) -> Iterator[tuple[str, str]]:
    return _json_lines(data / "statements" / "re3d.jsonl")


def _press_releases(data: Path) -> Iterator[tuple[str, str]]:
    return _json_lines(data / "press_releases" / "isaf.jsonl")


def _json_lines(path: Path) -> Iterator[tuple[str, str]]:
    if path.exists():
        with gzip.open(path, "rt", encoding="utf-8") if path.suffix == ".gz" else path.open(encoding="utf-8") as file:
            for line in file:
                row = json.loads(line)
                yield row["id"], row["text"]


SOURCES: dict[str, Callable[[Path], Iterator[tuple[str, str]]]] = {
    "current_events": _current_events,
    "terrorist_incidents": _terrorist_incidents,
    "muc_articles": _muc_articles,
    "statements": _statements,
    "press_releases": _press_releases,
}
"""How to read each collection that labels point into."""
