"""The mentions of one incident to its account: totals by a named rule, actors by name and alias.

A total is a figure that the text reports, never a sum of its own making, but for a lower bound where the text counts
people only in parts. Militants are counted apart from everybody else, since those who attack and those who are
attacked must not be mixed. The rules, in the order in which they apply, are ``report.RULES``.
"""

from __future__ import annotations

import datetime as dt
import math
import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence

from casualties.dates import resolve_date
from casualties.labels import CASUALTY_LABELS, STATUS_PRECEDENCE
from casualties.report import Actor, Attribution, Casualty, Count, Incident, Mention, Total

_NEW = re.compile(
    r"\b(?:rose|risen|rises?|rising|climb(?:ed|s|ing)?|jump(?:ed|s)?|increased?|gr(?:ew|own|ows)|went up|gone up|up"
    r"|(?:revis|correct|lower|reduc|rais|updat)(?:ed|es|ing)|brought|brings?|bringing|takes?|taking|took)\b"
    r"[^.;]{0,60}\bto\s+$|\b(?:now|later) (?:stands? at|stood at|put at)\s+$",
    re.I,
)
"""Words before a figure that say it replaces an earlier one."""
_OLD = re.compile(
    r"\b(?:initial(?:ly)?|at first|first (?:reported|said|put|announced)|earlier|previous(?:ly)?|preliminary)\b"
    r"[^.;]{0,40}$|\bfrom\s+$",
    re.I,
)
"""Words before a figure that say it has been replaced."""
_LOOK_BACK = 100
"""Characters before a figure in which such words are looked for."""
_VAGUE = re.compile(r"\b(?:dozens|scores|hundreds|thousands|several|many|some|a few)\b(?! \d)", re.I)
"""Words that give no number; a figure with them bows to one that does not agree with it."""
_AND = re.compile(r"[\s,]*\b(?:and|as well as|along with|plus)\s+", re.I)
_COMMA = re.compile(r"\s*[,;]\s*")

_AUTHORITIES = tuple(
    re.compile(rf"\b(?:{words})", re.I)
    for words in (
        r"hospital|doctor|medic|morgue|coroner|health|surgeon|ambulance|paramedic|pathologist",
        r"police|fire|rescue|civil defen[cs]e|emergency|governor|mayor|local official|district|provinc|disaster",
        r"un\b|united nations|red cross|red crescent|observatory|human rights|ngo|amnesty|commission|monitor",
        r"minist|government|official|army|military|defen[cs]e|spokes|interior|authorit|prosecutor|president|state",
        r"resident|witness|villager|relative|survivor|local|elder|tribal|union|church|activist",
    )
)
"""Kinds of sources, the most authoritative first: those who receive the dead and the wounded; those who go to the
scene; those who investigate without being a party; governments, which are often a party; those who saw a part. All
others, media and armed groups among them, come last."""

_ORGANISATION_WORDS = re.compile(
    r"\b(?:the|militants?|fighters?|rebels?|forces?|troops|army|military|group|government|insurgents?|movement)\b", re.I
)
_ALIASES = {
    alias: names[0]
    for names in (
        ("islamic state", "isis", "isil", "is", "daesh", "islamic state of iraq and the levant"),
        ("al qaeda", "al qaida", "alqaeda"),
        ("taliban", "taleban"),
        ("shining path", "sendero luminoso"),
        ("liberation tigers of tamil eelam", "ltte", "tamil tigers"),
        ("kurdistan workers party", "pkk"),
        ("al shabaab", "shabaab", "al shabab", "shabab"),
        ("hezbollah", "hizbullah", "hizbollah", "hizballah"),
        ("eta", "euskadi ta askatasuna"),
    )
    for alias in names
}
"""Names of the same organisation that neither spelling nor initials show to be the same."""
_GENERIC = re.compile(r"(?:the )?(?:group|organi[sz]ation|movement|militia|faction|network|cartel|gang)", re.I)


def gather_incidents(text: str, mentions: Sequence[Mention], published: dt.date | None = None) -> Iterator[Incident]:
    """The incidents that linked mentions speak of, in the order of the text.

    Args:
        text: the text of the article.
        mentions: its mentions, sorted, with their incidents, sources and parts.
        published: the day that the article is from, if expressions of time are to be read.

    Yields:
        Each incident that has a casualty or an attribution.
    """
    by_id = {mention.id: mention for mention in mentions}
    members: dict[str, list[Mention]] = defaultdict(list)
    for mention in mentions:
        for incident in mention.incidents:
            members[incident].append(mention)
    for id, group in members.items():
        casualties = tuple(mention for mention in group if isinstance(mention, Casualty))
        attributions = tuple(mention for mention in group if isinstance(mention, Attribution))
        if casualties or attributions:
            others = [casualty for casualty in casualties if casualty.group != "militant"]
            militants = [casualty for casualty in casualties if casualty.group == "militant"]
            dates = tuple(mention for mention in group if mention.label == "DATE")
            yield Incident(
                id=id,
                places=tuple(mention for mention in group if mention.label == "PLACE"),
                dates=dates,
                periods=tuple(resolve_date(date.text, published) if published else None for date in dates),
                casualties=casualties,
                attributions=attributions,
                totals=resolve_totals(text, others, by_id),
                militants=resolve_totals(text, militants, by_id),
                actors=tuple(resolve_actors(attributions)),
            )


def resolve_totals(text: str, casualties: Sequence[Casualty], mentions: Mapping[str, Mention]) -> dict[str, Total]:
    """Choose the figure of each outcome.

    Args:
        text: the text of the article.
        casualties: those of one incident, in the order of the text.
        mentions: all mentions of the article by id, among them the sources.
    """
    totals: dict[str, Total] = {}
    for label in CASUALTY_LABELS:
        figures = [casualty for casualty in casualties if casualty.label == label]
        if figures:
            totals[label] = _resolve(text, figures, mentions)
    return totals


def _resolve(text: str, figures: Sequence[Casualty], mentions: Mapping[str, Mention]) -> Total:
    """The total of one outcome; ``figures`` is not empty."""
    ids = {figure.id for figure in figures}
    wholes = [figure for figure in figures if figure.part_of not in ids] or list(figures)  # parts may go in a circle
    valid = _not_replaced(text, wholes)
    camps = _camps(valid)
    camps = [camp for camp in camps if not all(_VAGUE.search(figure.text) for figure in camp)] or camps
    if disagreeing := _disagreeing(camps, mentions):
        return _span(disagreeing, mentions)
    camp = max(camps, key=lambda figures: (_agreed(figures).magnitude, len(figures)))
    total, chain = _agreed(camp), _longest_chain(text, valid)
    number = sum(figure.count.low or 0 for figure in chain)
    if number > total.magnitude:
        return Total(Count(number, number, None), _ids(chain), "sum")
    if len(valid) < len(wholes):
        return Total(total, _ids(camp), "correction")
    if len(camps) > 1:
        return Total(total, _ids(camp), "largest")
    if len(wholes) < len(figures):
        return Total(total, _ids(camp), "whole")
    return Total(total, _ids(camp), "agreement" if len(camp) > 1 else "only")


def _not_replaced(text: str, figures: Sequence[Casualty]) -> list[Casualty]:
    """The figures that the text does not say to be out of date."""
    latest = max((number for number, figure in enumerate(figures) if _said_before(_NEW, text, figure)), default=0)
    valid = [figure for figure in figures[latest:] if not _said_before(_OLD, text, figure)]
    return valid or list(figures)


def _said_before(words: re.Pattern[str], text: str, figure: Casualty) -> bool:
    return words.search(text[max(0, figure.start - _LOOK_BACK) : figure.start]) is not None


def _camps(figures: Sequence[Casualty]) -> list[list[Casualty]]:
    """Figures that may all be true of the same number of people, together."""
    camps: list[list[Casualty]] = []
    for figure in figures:
        home = next((camp for camp in camps if all(_compatible(figure.count, other.count) for other in camp)), None)
        if home is None:
            camps.append([figure])
        else:
            home.append(figure)
    return camps


def _compatible(one: Count, other: Count) -> bool:
    """Whether one number of people can be what both say."""
    bounds = _bounds(one), _bounds(other)
    return max(low for low, _ in bounds) <= min(high for _, high in bounds)


def _bounds(count: Count) -> tuple[float, float]:
    """The least and the most that a count allows; "about thirteen" is read as thirteen."""
    if count.low is None and count.high is None:
        return count.magnitude, count.magnitude
    return count.low or 0, math.inf if count.high is None else count.high


def _agreed(camp: Sequence[Casualty]) -> Count:
    """The most specific bounds among compatible figures; best is an exact figure's, else the largest."""
    counts = [figure.count for figure in camp]
    low = max((count.low for count in counts if count.low is not None), default=None)
    high = min((count.high for count in counts if count.high is not None), default=None)
    best = max(counts, key=lambda count: (count.low is not None and count.low == count.high, count.magnitude)).best
    if best is not None:
        best = max(best, low or 0)
        best = best if high is None else min(best, high)
    return Count(low, best, high)


def _disagreeing(camps: Sequence[Sequence[Casualty]], mentions: Mapping[str, Mention]) -> list[Casualty]:
    """The figures in which different named sources contradict each other: one a camp, the firmest; else none."""
    named = [[figure for figure in camp if figure.source in mentions] for camp in camps]
    heads = [min(camp, key=lambda figure: _rank(figure, mentions)) for camp in named if camp]
    largest = max(heads, key=lambda figure: figure.count.magnitude, default=None)
    if largest is None:
        return []
    rivals = [figure for figure in heads if figure is largest or _same_people(figure, largest, mentions)]
    return rivals if len(rivals) > 1 else []


def _same_people(one: Casualty, other: Casualty, mentions: Mapping[str, Mention]) -> bool:
    """Whether two figures, of different sources, can be meant for the same people."""
    sources = {_plain(mentions[str(figure.source)].text) for figure in (one, other)}
    return len(sources) == 2 and (one.group == other.group or "unknown" in (one.group, other.group))


def _span(figures: Sequence[Casualty], mentions: Mapping[str, Mention]) -> Total:
    """The bounds that figures of contradicting sources span; best is the most authoritative source's."""
    lows, highs = zip(*(_bounds(figure.count) for figure in figures), strict=True)
    best = min(figures, key=lambda figure: _rank(figure, mentions)).count.magnitude
    count = Count(int(min(lows)), best, None if math.inf in highs else int(max(highs)))
    return Total(count, _ids(figures), "contradiction")


def _rank(figure: Casualty, mentions: Mapping[str, Mention]) -> int:
    """How far down the order of authority a figure's source stands."""
    name = mentions[str(figure.source)].text
    return next((rank for rank, kind in enumerate(_AUTHORITIES) if kind.search(name)), len(_AUTHORITIES))


def _longest_chain(text: str, figures: Sequence[Casualty]) -> list[Casualty]:
    """The figures of the most people that stand side by side, joined by conjunctions alone, each with a lower bound.

    A comma alone joins only people of a known group: "three people, two women and a man" is three, not six.
    """
    chains: list[list[Casualty]] = [[]]
    for figure in figures:
        gap = text[chains[-1][-1].end : figure.start] if chains[-1] else ""
        if figure.count.low is None:
            chains.append([])
        elif _AND.fullmatch(gap) or (_COMMA.fullmatch(gap) and chains[-1][-1].group != "unknown"):
            chains[-1].append(figure)
        else:
            chains.append([figure])
    longest = max(chains, key=lambda chain: sum(figure.count.magnitude for figure in chain))
    return longest if len(longest) > 1 else []


def _ids(figures: Sequence[Casualty]) -> tuple[str, ...]:
    return tuple(figure.id for figure in figures)


def resolve_actors(attributions: Sequence[Attribution]) -> Iterator[Actor]:
    """One actor for all names of the same actor, with the statuses of its mentions in the order of precedence.

    Two names are the same actor's if they are equal but for case, punctuation and words such as "militants"; if one is
    the initials of the other; if one begins with the other ("Israel", "Israeli"); or by a short table of aliases.
    "The group" and the like stand for the actor named before it.

    Args:
        attributions: those of one incident, in the order of the text.
    """
    actors: list[list[Attribution]] = []
    for mention in attributions:
        if mention.label == "UNCLAIMED":
            continue
        same = next((actor for actor in actors if any(same_actor(mention.text, one.text) for one in actor)), None)
        if same is None and actors and _GENERIC.fullmatch(mention.text.strip()):
            same = max(actors, key=lambda actor: actor[-1].start)
        if same is None:
            actors.append([mention])
        else:
            same.append(mention)
    for actor in actors:
        statuses = sorted({mention.label for mention in actor}, key=STATUS_PRECEDENCE.index)
        name = " ".join(actor[0].text.split())
        yield Actor(name, tuple(statuses), tuple(mention.id for mention in actor))


def same_actor(one: str, other: str) -> bool:
    """Whether two names are the same actor's, as ``resolve_actors`` says."""
    first, second = _canonical(one), _canonical(other)
    if first == second:
        return True
    if _initials(one) == _plain(other) or _initials(other) == _plain(one):
        return True
    shorter, longer = sorted((first, second), key=len)
    return len(shorter) >= 5 and longer.startswith(shorter)


def _canonical(name: str) -> str:
    bare = _plain(_ORGANISATION_WORDS.sub(" ", name)) or _plain(name)
    return _ALIASES.get(bare, _ALIASES.get(_plain(name), bare))


def _plain(name: str) -> str:
    """The name in lower case without punctuation."""
    return " ".join("".join(each if each.isalnum() else " " for each in name.replace("'", "")).casefold().split())


def _initials(name: str) -> str:
    """The first letters of a name of several words, the small ones ("of", "the") left out; else nothing."""
    words = [word for word in re.split(r"[\s-]+", name) if word[:1].isupper() and word.lower() not in ("of", "the")]
    return "".join(word[0] for word in words).casefold() if len(words) > 1 else ""
