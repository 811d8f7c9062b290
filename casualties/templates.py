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
from casualties.report import Casualty, Count, Incident, Report

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

_ROLES = frozenset(
    """
    activist actor admiral adviser advisor aged agent aide ambassador archbishop architect assemblyman assistant
    attorney aunt author baby banker bishop bodyguard boss boy brigadier broadcaster brother brother-in-law brothers
    businessman businesswoman cabinet cameraman candidate captain cardinal catechist chairman chancellor chauffeur
    chief child citizen clergyman colleague colonel columnist commander commissioner companion comrade congressman
    congresswoman constable consul contractor coordinator cop corporal correspondent councillor councilman
    councilwoman counselor cousin daughter dean delegate deputy detective diplomat director doctor dr driver
    economist editor educator employee engineer executive expert farmer father father-in-law fighter fisherman
    foreman founder fr friar friend general girl governor granddaughter grandson guard guerrilla head housewife
    husband industrialist infant inspector instructor intelligence jesuit journalist jr judge landowner lawmaker
    lawyer leader lecturer legislator lieutenant magistrate maid major man manager marine mayor mechanic member
    merchant messrs minister missionary mister monk monsignor mother mother-in-law mr mrs ms msgr nephew newsman
    newswoman niece nun nurse officer official operator owner painter parliamentarian partner pastor patient
    patrolman peasant personality physician pilot poet policeman policewoman politician preacher president priest
    prince princess principal professor prosecutor psychologist publisher rancher rector rep reporter representative
    reverend sailor salesman scientist secretary senator sergeant sheriff sister sister-in-law sociologist soldier
    son son-in-law spokesman spokesperson spokeswoman sr student superintendent superior suspect teacher technician
    teenager tourist trader treasurer trooper uncle unionist vicar vice-president viceadmiral vicepresident
    vicerector victim villager volunteer watchman wife woman worker writer youth
    """.split()  # noqa: SIM905 – a list of words reads better as a text
)
"""Nouns for what people are; behind one that stands next to a name, the name begins."""
_OPENERS = frozenset(
    ("a", "an", "the", "his", "her", "its", "their", "our", "another", "one", "some", "other", "two", "three", "four")
)
"""Words that no name begins with."""
_PREPOSITIONS = frozenset(("of", "from", "in", "at", "on", "with", "for", "by", "near", "to", "and", "who"))
_BEHIND_HEAD = re.compile(
    r"\s+(?:of|from|in|at|on|who|whom|that|which|with|for|by|belonging|traveling|near)\b.*|[,(\[].*", re.I | re.S
)
"""What follows the head noun of a noun phrase."""
QUANTITY = (
    r"(?:(?:at least|at most|more than|fewer than|less than|no less than|no fewer than|as many as|up to|only|over"
    r"|about|around|some|approximately|nearly|almost|a total of|an additional|another|other|the|a|an|these|those|all"
    r"|both|several|many|few|most|dozens of|scores of|hundreds of|thousands of|a dozen|two dozen|a couple of"
    r"|a group of|\d[\d.,]*|one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|thirteen|fourteen|fifteen"
    r"|sixteen|seventeen|eighteen|nineteen|twenty|thirty|forty|fifty|sixty|seventy|eighty|ninety|hundred|or|and|to)"
    r"(?:-\w+)?\s+)"
)
"""A hedge, number or article, as a pattern; MUC's descriptions leave them out (3.1.1.1 of the scoring guidelines)."""
_QUANTITY = re.compile(rf"^{QUANTITY}+", re.I)


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

    Args:
        report: what the article claims.
        message: the id of the article.

    Returns:
        A template an incident; the one that says so where no incident is told of.
    """
    templates: list[Template] = []
    for incident in report.incidents:
        fillers = {slot: filled for slot, filled in _fillers(report.text, incident).items() if filled}
        if "hum-tgt-type" in fillers or "perp-org-id" in fillers:
            templates.append(Template(message, len(templates) + 1, fillers))
    return templates or [Template(message, None)]


def _fillers(text: str, incident: Incident) -> dict[str, tuple[Filler, ...]]:
    """The slots of an incident's template."""
    targets = _targets(text, incident.casualties)
    actors = [actor for actor in incident.actors if actor.status in MUC4_CONFIDENCE]
    abducted = sum("ABDUCTED" in target.labels for target in targets)
    return {
        "inc-type": (Filler(("KIDNAPPING" if 2 * abducted > len(targets) else "ATTACK",)),),
        "inc-stage": (Filler(("ACCOMPLISHED",)),),
        "perp-org-id": tuple(Filler((_line(actor.name),)) for actor in actors),
        "perp-org-conf": tuple(Filler((MUC4_CONFIDENCE[actor.status],), (_line(actor.name),)) for actor in actors),
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


def contains(long: str, short: str) -> bool:
    """Whether the words of one string stand in another, side by side."""
    return f" {_plain(short)} " in f" {_plain(long)} "


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
    phrases = [_line(match[1]) for match in found if match]
    return next((phrase for phrase in phrases if _plain(_up_to_head(phrase)).split(" ")[-1] in _ROLES), "")


def _plain(text: str) -> str:
    """Words in lower case, without the signs around them."""
    return " ".join(word.casefold().strip(".,'\"()[]") for word in text.split())


def _up_to_head(description: str) -> str:
    """A noun phrase up to its head noun."""
    return _BEHIND_HEAD.sub("", description)


def head_of(description: str) -> str:
    """The head noun of a noun phrase in lower case, without the plural's s."""
    return _plain(_up_to_head(description)).split(" ")[-1].removesuffix("s")


def split_name(casualty: Casualty) -> tuple[str, str]:
    """The name and the description that a casualty mention holds; either may be empty (7.19, 7.20)."""
    text = _line(casualty.text)
    words, plain = text.split(), _plain(text).split(" ")
    roles = [place for place, word in enumerate(plain) if word in _ROLES]
    begin = roles[-1] + 1 if roles else 0
    opened = plain[0] in _OPENERS or plain[0][:1].isdigit()
    if (
        casualty.count != Count.exactly(1)
        or begin == len(words)
        or plain[begin] in _PREPOSITIONS
        or (opened and (not roles or len(words) - begin < 2))
    ):
        return "", _description(text)
    name = " ".join(words[begin:]).strip(' "')
    title = " ".join(words[:begin]).rstrip(",")
    return (name, _description(title) if title else "") if name else ("", _description(text))


def _description(text: str) -> str:
    """A noun phrase without its quantity; whole where there is nothing else."""
    return _QUANTITY.sub("", text + " ").strip() or text


def _line(text: str) -> str:
    """Text on one line, as a filler is written."""
    return " ".join(text.split())


def _type(target: _Target) -> str:
    """What slot 20 calls such people."""
    phrase = _up_to_head(target.description)
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
