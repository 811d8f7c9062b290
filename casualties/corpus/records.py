"""Labelled articles: one JSON record a line, the text inside or stand-off with its hash.

A record is what section 7 of the annotation guide (``train/annotations/guide.md``) says.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

from casualties.report import Mention, mention_from_dict


class RecordError(ValueError):
    """A record that cannot be read; the message names the file, the line and what was wrong."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Article:
    """A text with the mentions that people marked in it."""

    id: str
    source: str
    """The collection it comes from: a table's name, or ``articles`` for those that we wrote."""
    text: str
    mentions: tuple[Mention, ...]
    incidents: tuple[str, ...]

    @classmethod
    def from_record(cls, record: Mapping[str, Any], text: str) -> Article:
        """Read a record of section 7 of the annotation guide.

        Raises:
            KeyError: if an attribute is missing.
            ValueError: if a mention does not fit the text.
        """
        mentions = sorted(
            (mention_from_dict(mention, text) for mention in record["mentions"]), key=lambda mention: mention.start
        )
        for one, other in pairwise(mentions):
            if one.end > other.start:
                raise ValueError(f"the mentions {one.id!r} and {other.id!r} overlap")
        return cls(
            id=record["id"],
            source=record["source"],
            text=text,
            mentions=tuple(mentions),
            incidents=tuple(record["incidents"]),
        )

    def to_record(self) -> dict[str, Any]:
        """The record of section 7 of the annotation guide, text inside."""
        return {
            "id": self.id,
            "source": self.source,
            "text": self.text,
            "mentions": [mention.to_dict() for mention in self.mentions],
            "incidents": list(self.incidents),
        }


def read_records(path: Path) -> Iterator[dict[str, Any]]:
    """Read a file of records as they stand, one a line, texts inside or not.

    Raises:
        RecordError: if a line is no JSON object.
    """
    with path.open(encoding="utf-8") as file:
        for number, line in enumerate(file, start=1):
            try:
                record = json.loads(line)
            except json.JSONDecodeError as error:
                raise RecordError(f"{path}, line {number}: not JSON: {error}") from error
            if not isinstance(record, dict) or not {"id", "source", "mentions"} <= record.keys():
                raise RecordError(f"{path}, line {number}: not a record: it needs an id, a source and mentions")
            yield record


@dataclass(frozen=True, slots=True)
class Joined:
    """Records joined with their texts, and the ids of those whose text is not there or not the one labelled."""

    articles: tuple[Article, ...]
    missing: tuple[str, ...]
    changed: tuple[str, ...]


def join_texts(records: Iterable[Mapping[str, Any]], texts: Mapping[str, str]) -> Joined:
    """Join stand-off labels with the texts they point into.

    Args:
        records: records of section 7 of the annotation guide; one with its text inside is taken as it stands.
        texts: texts by id; a text counts only if its SHA-256 is the one that was labelled.

    Raises:
        RecordError: if a mention does not fit its text.
    """
    articles: list[Article] = []
    missing: list[str] = []
    changed: list[str] = []
    for record in records:
        id, text = record["id"], record.get("text")
        try:
            if text is None:
                text = texts.get(id)
                if text is None:
                    missing.append(id)
                    continue
                if sha256(text) != record["text_sha256"]:
                    changed.append(id)
                    continue
            articles.append(Article.from_record(record, text))
        except KeyError as error:
            raise RecordError(f"{id}: {error} is missing") from error
        except (AttributeError, TypeError, ValueError) as error:
            raise RecordError(f"{id}: {error}") from error
    return Joined(tuple(articles), tuple(missing), tuple(changed))


def sha256(text: str) -> str:
    """The hash by which a stand-off record knows its text: SHA-256 of its UTF-8, in hexadecimal."""
    return hashlib.sha256(text.encode("utf-8")).hexdigest()
