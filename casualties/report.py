"""What an article claims, as frozen dataclasses: mentions, the incidents they belong to, and the report of both.

What labels, groups and counts mean, and what a record holds, is said in the annotation guide
(``train/annotations/guide.md``).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from casualties.labels import ATTRIBUTION_LABELS, CASUALTY_LABELS, GROUPS, LABELS


@dataclass(frozen=True, slots=True)
class Count:
    """A number of people as a text bounds it; ``None`` where the text sets no bound.

    ``Count(13, 13, 13)`` is thirteen, ``Count(13, 13, None)`` at least thirteen, ``Count(None, 13, 13)`` up to
    thirteen, ``Count(12, None, 15)`` twelve to fifteen, ``Count(None, 13, None)`` about thirteen.

    Raises:
        ValueError: if all three are ``None``, one is negative, or they are not in order.
    """

    low: int | None
    best: int | None
    high: int | None

    def __post_init__(self) -> None:
        """Refuse what no text could mean."""
        known = [value for value in (self.low, self.best, self.high) if value is not None]
        if not known or known[0] < 0 or known != sorted(known):
            raise ValueError(f"not a count: low={self.low}, best={self.best}, high={self.high}")

    @classmethod
    def exactly(cls, number: int) -> Count:
        """The count of a text that gives one number without a hedge."""
        return cls(number, number, number)

    @property
    def magnitude(self) -> int:
        """The one figure to compare by: best, else low, else high."""
        return next(value for value in (self.best, self.low, self.high) if value is not None)

    def to_dict(self) -> dict[str, int | None]:
        """``low``, ``best`` and ``high`` by name."""
        return {"low": self.low, "best": self.best, "high": self.high}


@dataclass(frozen=True, slots=True)
class Period:
    """The days that an expression of time covers, the first and the last; the same for a day."""

    start: dt.date
    end: dt.date

    def to_dict(self) -> dict[str, str]:
        """Both in ISO 8601."""
        return {"start": self.start.isoformat(), "end": self.end.isoformat()}


@dataclass(frozen=True, slots=True, kw_only=True)
class Mention:
    """A span of the text with one label; offsets count Python characters, and ``text`` is ``article[start:end]``."""

    id: str
    start: int
    end: int
    text: str
    label: str
    confidence: float = 1.0
    """The chance that it overlaps with what is there, with its label and count, 0 to 1; 1 on what people wrote."""
    incidents: tuple[str, ...] = ()
    """The ids of the incidents it speaks of; more than one where the text sums over them."""

    def with_links(self, incidents: tuple[str, ...], source: str | None, part_of: str | None) -> Mention:
        """The mention with these links; those that its kind does not have are passed over."""
        return replace(self, incidents=incidents)

    def to_dict(self) -> dict[str, Any]:
        """The mention as section 7 of the annotation guide writes it, with its confidence."""
        return {
            "id": self.id,
            "start": self.start,
            "end": self.end,
            "label": self.label,
            **self._attributes(),
            "incidents": list(self.incidents),
            "confidence": round(self.confidence, 4),
        }

    def _attributes(self) -> dict[str, Any]:
        """What a subclass adds."""
        return {}


@dataclass(frozen=True, slots=True, kw_only=True)
class Casualty(Mention):
    """A noun phrase that stands for people harmed, or for their number."""

    group: str
    """Who they were: one of ``labels.GROUPS``."""
    count: Count
    part_of: str | None = None
    """The id of the larger figure that includes this one."""
    source: str | None = None
    """The id of the mention (a ``SOURCE``, or the actor's own ``CLAIMED``) that gives the figure."""

    def with_links(self, incidents: tuple[str, ...], source: str | None, part_of: str | None) -> Casualty:
        """The figure with these links."""
        return replace(self, incidents=incidents, source=source, part_of=part_of)

    def _attributes(self) -> dict[str, Any]:
        return {"group": self.group, **self.count.to_dict(), "part_of": self.part_of, "source": self.source}


@dataclass(frozen=True, slots=True, kw_only=True)
class Attribution(Mention):
    """An actor whose responsibility the text speaks of; its label is the status of that attribution."""

    source: str | None = None
    """The id of the mention (a ``SOURCE``, or another actor's ``CLAIMED``) that attributes."""

    def with_links(self, incidents: tuple[str, ...], source: str | None, part_of: str | None) -> Attribution:
        """The attribution with these links; it is part of nothing."""
        return replace(self, incidents=incidents, source=source)

    def _attributes(self) -> dict[str, Any]:
        return {"source": self.source} if self.source else {}


def mention_from_dict(data: Mapping[str, Any], text: str) -> Mention:
    """Read one mention of a record; the inverse of ``Mention.to_dict``.

    Args:
        data: the mention as section 7 of the annotation guide writes it; ``confidence`` may be missing.
        text: the text of the article, into which the offsets point.

    Raises:
        KeyError: if an attribute is missing.
        ValueError: if the offsets lie outside the text, or label, group or count are none.
    """
    start, end = data["start"], data["end"]
    if data["label"] not in LABELS:
        raise ValueError(f"mention {data['id']!r} has the label {data['label']!r}; the labels are {', '.join(LABELS)}")
    if data.get("group", GROUPS[0]) not in GROUPS:
        raise ValueError(f"mention {data['id']!r} has the group {data['group']!r}; the groups are {', '.join(GROUPS)}")
    if not 0 <= start < end <= len(text):
        raise ValueError(f"mention {data['id']!r} at {start}–{end} lies outside a text of {len(text)} characters")
    common: dict[str, Any] = {
        "id": data["id"],
        "start": start,
        "end": end,
        "text": text[start:end],
        "label": data["label"],
        "confidence": data.get("confidence", 1.0),
        "incidents": tuple(data["incidents"]),
    }
    if data["label"] in CASUALTY_LABELS:
        count = Count(data["low"], data["best"], data["high"])
        return Casualty(**common, group=data["group"], count=count, part_of=data["part_of"], source=data["source"])
    if data["label"] in ATTRIBUTION_LABELS:
        return Attribution(**common, source=data.get("source"))
    return Mention(**common)


RULES: dict[str, str] = {
    "contradiction": "named sources contradict each other on people of one group: low and high span what they say, "
    "best is the most authoritative's",
    "sum": "the text counts them only in parts: their sum, as a lower bound",
    "correction": "the figure that the text says replaces an earlier one",
    "largest": "the largest of figures that do not agree, those without a number (dozens, troops) left out",
    "whole": "the figure that includes the others",
    "agreement": "the most specific of figures that agree",
    "only": "the only figure",
}
"""Why a total is what it is; the first rule that applies, in this order, decides."""


@dataclass(frozen=True, slots=True)
class Total:
    """The number of people to whom one thing happened in an incident, and what it rests on."""

    count: Count
    mentions: tuple[str, ...]
    """The ids of the casualty mentions that it rests on."""
    rule: str
    """Why it is this figure: a key of ``RULES``."""

    def to_dict(self) -> dict[str, Any]:
        """The bounds, the ids and the rule."""
        return {**self.count.to_dict(), "mentions": list(self.mentions), "rule": self.rule}


def unique_names(mentions: Iterable[Mention]) -> list[str]:
    """What mentions say, each once, on one line, as the first writes it."""
    first: dict[str, str] = {}
    for mention in mentions:
        name = " ".join(mention.text.split())
        first.setdefault(name.casefold(), name)
    return list(first.values())


@dataclass(frozen=True, slots=True)
class Actor:
    """One actor whose responsibility for an incident the text speaks of."""

    name: str
    """As its first mention writes it, or the first that gives the whole of it."""
    statuses: tuple[str, ...]
    """All statuses that its mentions have, the resolved one first."""
    mentions: tuple[str, ...]
    """The ids of its attribution mentions."""

    @property
    def status(self) -> str:
        """The resolved status, the first of ``statuses``."""
        return self.statuses[0]

    def to_dict(self) -> dict[str, Any]:
        """Name, resolved status, all statuses and ids."""
        return {
            "name": self.name,
            "status": self.status,
            "statuses": list(self.statuses),
            "mentions": list(self.mentions),
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Incident:
    """One event: where and when, who was harmed, who is said to have done it."""

    id: str
    places: tuple[Mention, ...]
    dates: tuple[Mention, ...]
    periods: tuple[Period | None, ...]
    """What each of ``dates`` covers in the calendar; ``None`` where that is not certain or no day was given."""
    casualties: tuple[Casualty, ...]
    attributions: tuple[Attribution, ...]
    totals: Mapping[str, Total]
    """By casualty label, militants left out; only what the text reports a figure for."""
    militants: Mapping[str, Total]
    """The same for militants: attackers of any kind, fighters, insurgents."""
    actors: tuple[Actor, ...]

    @property
    def unclaimed(self) -> tuple[Attribution, ...]:
        """The phrases that say nobody has claimed it."""
        return tuple(mention for mention in self.attributions if mention.label == "UNCLAIMED")

    def to_dict(self) -> dict[str, Any]:
        """The incident with its mentions written out."""
        return {
            "id": self.id,
            "places": [mention.text for mention in self.places],
            "dates": [mention.text for mention in self.dates],
            "periods": [period.to_dict() if period else None for period in self.periods],
            "casualties": [{"text": casualty.text, **casualty.to_dict()} for casualty in self.casualties],
            "actors": [actor.to_dict() for actor in self.actors],
            "unclaimed": [mention.text for mention in self.unclaimed],
            "totals": {outcome: total.to_dict() for outcome, total in self.totals.items()},
            "militants": {outcome: total.to_dict() for outcome, total in self.militants.items()},
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What an article claims."""

    text: str
    mentions: tuple[Mention, ...]
    """Sorted by offset and disjoint."""
    incidents: tuple[Incident, ...]
    model: str
    """Name and version of the model that read the text."""

    def to_record(self, id: str = "", source: str = "") -> dict[str, Any]:
        """The record of section 7 of the annotation guide, with a ``confidence`` on each mention.

        Args:
            id: what to call the article.
            source: the collection that it belongs to.
        """
        return {
            "id": id,
            "source": source,
            "text": self.text,
            "mentions": [mention.to_dict() for mention in self.mentions],
            "incidents": list(dict.fromkeys(id for mention in self.mentions for id in mention.incidents)),
        }

    def to_dict(self) -> dict[str, Any]:
        """Everything: text, model, mentions, and the incidents with places, dates, casualties, actors and totals."""
        return {
            "model": self.model,
            "text": self.text,
            "mentions": [{"text": mention.text, **mention.to_dict()} for mention in self.mentions],
            "incidents": [incident.to_dict() for incident in self.incidents],
        }

    def to_rows(self, dataset: str) -> list[dict[str, str | int | None]]:
        """The incidents as rows of a data set, with the columns of its codebook.

        Args:
            dataset: ``"gtd"`` or ``"ucdp"``; the columns are ``casualties.rows.GTD_COLUMNS`` and ``UCDP_COLUMNS``.

        Returns:
            A row an incident, values by column, ``None`` where the text gives none; ``incident`` holds its id.

        Raises:
            ValueError: if there is no such data set.
        """
        from casualties.rows import ROWS  # which builds on this module

        if dataset not in ROWS:
            raise ValueError(f"no rows of {dataset!r}; there are {', '.join(ROWS)}")
        mentions, row = {mention.id: mention for mention in self.mentions}, ROWS[dataset]
        return [{"incident": incident.id, **row(incident, mentions, self.text)} for incident in self.incidents]
