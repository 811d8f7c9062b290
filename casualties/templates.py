"""A report as MUC-4 templates: victims, what happened to them, and who is said to have done it, incident by incident.

The slots are those of ``template-doc-part1.v7`` of the MUC-3/4 release, whose sections the docstrings cite. What a
report does not tell as MUC codes it stays null: physical targets, instruments, dates, places, nations, unnamed
perpetrators, the category of the incident, and totals beside the numbers of each target.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from casualties.corpus.muc4 import PLURAL, Filler, Template
from casualties.counts import format_muc4
from casualties.labels import MUC4_CONFIDENCE
from casualties.names import ROLES, contains, head_of, one_line, plain_words, split_name, up_to_head
from casualties.report import Actor, Casualty, Count, Incident, Report

EFFECTS: dict[str, str] = {"KILLED": "DEATH", "WOUNDED": "INJURY", "UNHARMED": "NO INJURY OR DEATH"}
"""Casualty labels as slot 23 names them; the other labels say nothing of injury or death."""

_TYPES: dict[str, tuple[tuple[str, str], ...]] = {
    "security": (
        (r"police\w*|patrolm[ae]n|detectives?|constables?|civil guards?", "LAW ENFORCEMENT"),
        (r"bodyguards?|guards?|watchm[ae]n|escorts?", "SECURITY GUARD"),
        (r"", "ACTIVE MILITARY"),
    ),
    "official": (
        (r"judges?|magistrates?|prosecutors?|attorneys?|lawyers?|judicial", "LEGAL OR JUDICIAL"),
        (r"diplomats?|ambassadors?|consuls?|embassy|attach[eé]s?|charge d'affaires", "DIPLOMAT"),
        (r"candidates?|leaders?|politicians?", "POLITICAL FIGURE"),
        (r"", "GOVERNMENT OFFICIAL"),
    ),
    "civilian": ((r"judges?|magistrates?|attorneys?", "LEGAL OR JUDICIAL"), (r"", "CIVILIAN")),
    "unknown": ((r"", "CIVILIAN"),),
}
"""What slot 20 calls people of a group, by words of the noun phrase up to its head; civilians by default (7.21)."""
_FORMER = re.compile(r"\b(?:former|ex|retired)\b", re.I)
_FORMER_TYPES = {"ACTIVE MILITARY": "FORMER ACTIVE MILITARY", "GOVERNMENT OFFICIAL": "FORMER GOVERNMENT OFFICIAL"}


@dataclass(slots=True)
class _Target:
    """People whom an incident struck: what its mentions say of the same people."""

    group: str
    number: str
    labels: list[str] = field(default_factory=list)
    """What happened to them."""
    name: str = ""
    description: str = ""
    """The first; a name's may be empty."""
    heads: set[str] = field(default_factory=set)
    """The head nouns of all descriptions."""

    @property
    def reference(self) -> str:
        """What other slots call them: by their name, if it is known (7.22)."""
        return self.name or self.description


def to_templates(report: Report, message: str) -> list[Template]:
    """Write a report as the templates of one article.

    Where a single incident has actors, they are taken to have done those as well of which the article does not say who
    did them: MUC's keys name the perpetrators of each incident, articles mostly once.

    Args:
        report: what the article claims.
        message: the id of the article.

    Returns:
        A template an incident; the one that says so where no incident is told of.
    """
    templates: list[Template] = []
    blamed = [incident.actors for incident in report.incidents if incident.actors]
    common = blamed[0] if len(blamed) == 1 else ()
    for incident in report.incidents:
        actors = incident.actors if incident.attributions else common
        fillers = {slot: filled for slot, filled in _fillers(report.text, incident, actors).items() if filled}
        if "hum-tgt-type" in fillers or "perp-org-id" in fillers:
            templates.append(Template(message, len(templates) + 1, fillers))
    return templates or [Template(message, None)]


def _fillers(text: str, incident: Incident, actors: Sequence[Actor]) -> dict[str, tuple[Filler, ...]]:
    """The slots of an incident's template."""
    targets = _targets(text, incident.casualties)
    actors = [actor for actor in actors if actor.status in MUC4_CONFIDENCE]
    abducted = sum("ABDUCTED" in target.labels for target in targets)
    return {
        "inc-type": (Filler(("KIDNAPPING" if 2 * abducted > len(targets) else "ATTACK",)),),
        "inc-stage": (Filler(("ACCOMPLISHED",)),),
        "perp-org-id": tuple(Filler((one_line(actor.name),)) for actor in actors),
        "perp-org-conf": tuple(Filler((MUC4_CONFIDENCE[actor.status],), (one_line(actor.name),)) for actor in actors),
        "hum-tgt-name": tuple(Filler((target.name,)) for target in targets if target.name),
        "hum-tgt-desc": tuple(
            Filler((target.description,), (target.name,) * bool(target.name))
            for target in targets
            if target.description
        ),
        "hum-tgt-type": tuple(Filler((_type(target),), (target.reference,)) for target in targets),
        "hum-tgt-num": tuple(Filler((target.number,), (target.reference,)) for target in targets),
        "hum-tgt-effect": tuple(
            Filler((EFFECTS[label],), (target.reference,))
            for target in targets
            for label in target.labels
            if label in EFFECTS
        ),
    }


_LATEST = 200
"""How many targets back the same people are looked for; bounds the work on hostile texts."""


def _targets(text: str, casualties: Sequence[Casualty]) -> list[_Target]:
    """The people struck, each group of them once, attackers and nobody left out."""
    targets: list[_Target] = []
    for casualty in casualties:
        if casualty.group == "militant" or casualty.count.high == 0:
            continue
        name, description = split_name(casualty)
        if name and not description:
            description = _apposition(text, casualty)
        known = (target for target in targets[-_LATEST:] if _is_same(target, casualty, name, description))
        if (same := next(known, None)) is None:
            same = _Target(casualty.group, number_of(casualty))
            targets.append(same)
        if casualty.label not in same.labels:
            same.labels.append(casualty.label)
        same.name = max(same.name, name, key=len)
        same.description = same.description or description
        same.heads |= {head_of(description)} if description else set()
        if same.number == PLURAL:
            same.number = number_of(casualty)
    return targets


def _is_same(target: _Target, casualty: Casualty, name: str, description: str) -> bool:
    """Whether a mention speaks of people who are known already."""
    if name and target.name:
        return contains(target.name, name) or contains(name, target.name)
    if name or casualty.label not in target.labels:  # "a technician … Francisco Puja" are two, as far as one can tell
        return False
    same_head, number = head_of(description) in target.heads, number_of(casualty)
    if target.name:  # "Judge Diaz … the judge"
        definite = casualty.text.casefold().startswith("the ") and casualty.count == Count.exactly(1)
        return definite and (same_head or casualty.group == target.group)
    if same_head:
        return number == target.number or PLURAL in (number, target.number)
    alike = casualty.group == target.group or "unknown" in (casualty.group, target.group)
    return alike and number == target.number and casualty.count.magnitude > 1 and number != PLURAL


_BEHIND = re.compile(r",\s+(?:who (?:is|was)\s+)?(?:(?:the|an?)\s+)?([^,.;()]{3,100})[,.;)]", re.I)
_BEFORE = re.compile(r"\b(?:the|an?)\s+([^,.;()]{3,100}),\s*$", re.I)
_REACH = 140
"""Characters beside a name in which an apposition is looked for."""


def _apposition(text: str, casualty: Casualty) -> str:
    """What the text says of a name right before or behind it: a noun phrase whose head is a role; or nothing."""
    found = (
        _BEHIND.match(text, casualty.end, casualty.end + _REACH),
        _BEFORE.search(text, max(0, casualty.start - _REACH), casualty.start),
    )
    phrases = [one_line(match[1]) for match in found if match]
    return next((phrase for phrase in phrases if plain_words(up_to_head(phrase)).split(" ")[-1] in ROLES), "")


def _type(target: _Target) -> str:
    """What slot 20 calls such people."""
    phrase = up_to_head(target.description)
    kind = next(
        name for words, name in _TYPES[target.group] if re.search(rf"\b(?:{words})\b" if words else "", phrase, re.I)
    )
    return _FORMER_TYPES.get(kind, kind) if _FORMER.search(phrase) else kind


_BOUND = re.compile(r"\d|\b(?:two|at least|more than|over|no (?:less|fewer) than|a minimum of)\b", re.I)


def number_of(casualty: Casualty) -> str:
    """A count as slot 21 writes it; PLURAL where the text only says that there were several (7.22)."""
    count = casualty.count
    if count.high is None and count.low == count.best and not _BOUND.search(casualty.text):  # "dozens", "priests"
        return PLURAL
    try:
        return format_muc4(count)
    except ValueError:
        return str(count.magnitude)
