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

from casualties.actors import plain, resolve_actors
from casualties.dates import resolve_date
from casualties.labels import CASUALTY_LABELS
from casualties.names import split_name
from casualties.report import Attribution, Casualty, Count, Incident, Mention, Total

_RISE = (
    r"(?:rose|risen|rises?|rising|climb(?:ed|s|ing)?|jump(?:ed|s)?|increas(?:ed|es|ing)|gr(?:ew|own|ows)|went up"
    r"|gone up|fell|fallen|(?:revis|correct|lower|reduc|rais|updat)(?:ed|es|ing))"
)
_TO = r"(?<!due )(?<!owing )(?<!according )\bto\s+$"
_NOT_ITS_OWN = r"(?<!its )(?<!his )(?<!her )(?<!their )(?<!own )"
_NEW = re.compile(
    r"\b(?:toll|number|count|figure|total|dead|deaths?|fatalities|casualties|injured|wounded|missing)\b[^.;]{0,60}"
    rf"\b{_RISE}\b[^.;]{{0,40}}{_TO}"
    rf"|\b(?:{_RISE}|brought|brings?|bringing|takes?|took|taking)\b[^.;]{{0,20}}"
    rf"(?:\b(?:toll|count|total)|{_NOT_ITS_OWN}\b(?:number|figure))\b[^.;]{{0,20}}{_TO}"
    r"|\bnow (?:says?|puts?|stands?|counts?)\b[^.;,]{0,30}$",
    re.I,
)
"""Words before a figure that say it replaces an earlier one."""
_OLD = re.compile(
    r"\b(?:initial(?:ly)?|at first|preliminary|previous(?:ly)?|earlier|first) "
    r"(?:said|reported|put|spoken?|counted|estimated?s?|announced|gave|given|reports?|tolls?|figures?|counts?)\b"
    r"[^.;]{0,40}$"
    r"|\b(?:initially|at first)\b[^.;]{0,30}"
    r"\b(?:said|reported|put|spoken?|counted|estimated|announced|given?|gave)\b[^.;]{0,30}$"
    rf"|\b(?:{_RISE}|up|down)\s+from\s+$|,\s+not\s+$",
    re.I,
)
"""Words before a figure that say it has been replaced."""
_LOOK_BACK = 120
"""Characters before a figure in which such words, or what it adds to, are looked for."""
_MORE = re.compile(r"\b(?:another|further|additional|(?<!or )more(?! than))\b", re.I)
_OTHERS = re.compile(r"\bothers?\b", re.I)
"""Words of a figure that say it is of other people than the one before it; or than those who met another outcome, as
"four others" may be the four of the headline."""
VAGUE = re.compile(r"\b(?:dozens|scores|hundreds|thousands|several|many|some|a few)\b(?! \d)", re.I)
"""Words that give no number; a figure with them, or a bare plural, bows to one that does not agree with it."""
_AT_LEAST_TWO = re.compile(r"\b(?:two|2|one|1|a couple|a pair)\b", re.I)
"""Words of a figure that is at least two without being a bare plural: "more than one person"."""
_ONE = re.compile(r"\b(?:one|1|single|sole|only)\b", re.I)
_A_PERSON = re.compile(r"an?\b(?! (?:\w*(?:th|st|nd|rd)|second|third|further|fellow)\b)", re.I)
"""How a figure begins that tells of one more person, not of the next of several, as "a tenth" does."""
_REACH = 200
"""How many camps back one is looked for that a figure agrees with; bounds the work on hostile texts."""
_AGE = r"(?:\s*,?\s*\(?(?:aged? )?\d{1,3}\)?)?"
_AND = re.compile(rf"{_AGE}[\s,]*\b(?:and|as well as|along with|plus)\s+", re.I)
_COMMA = re.compile(rf"{_AGE}\s*[,;]\s*", re.I)
"""What joins two figures to one list, the age of the first before it: "John Smith, 34, and"."""

_NAME_WORD = re.compile(
    r"(?:(?:al|el|an|ad|as)-)?[^\W\d_a-zß-ÿ](?!.*['’]s$)|(?:al|el|de|da|dos|del|di|la|bin|ibn|van|von|der)$"
)
"""What a word of a name looks like: a capital, or one of the small words in names."""
_ALIAS = re.compile(r"\b(?:known|born|identified|named) as\s+$|\balias\s+$|\ba\.?k\.?a\.?\s+$", re.I)
"""Words before another name of the same person."""

_MEDIA = re.compile(r"\b(?:media|press|newspapers?|radio|television|tv|agency|reports?|channel)\b", re.I)
_AUTHORITIES = tuple(
    re.compile(rf"\b(?:{words})", re.I)
    for words in (
        r"hospital|doctor|medic|morgue|coroner|health|surgeon|ambulance|paramedic|pathologist",
        r"police|fire|rescue|civil defen[cs]e|emergency|governor|mayor|local official|district|provinc|disaster",
        r"un\b|united nations|red cross|red crescent|observatory|human rights|ngo|amnesty|commission|monitor",
        r"minist|government|official|army|military|defen[cs]e|spokes|interior|authorit|prosecutor|president",
        r"resident|witness|villager|relative|survivor|local|elder|tribal|union|church|activist",
    )
)
"""Kinds of sources, the most authoritative first: those who receive the dead and the wounded; those who go to the
scene; those who investigate without being a party; governments, which are often a party; those who saw a part. All
others, media and whoever claims the attack among them, come last."""


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
            counted = [each for each in casualties if len(each.incidents) == 1] or casualties  # not sums over incidents
            others = [casualty for casualty in counted if casualty.group != "militant"]
            militants = [casualty for casualty in counted if casualty.group == "militant"]
            dates = tuple(mention for mention in group if mention.label == "DATE")
            yield Incident(
                id=id,
                places=tuple(mention for mention in group if mention.label == "PLACE"),
                dates=dates,
                periods=tuple(resolve_date(date.text, published) for date in dates),
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
    by_id = {figure.id: figure for figure in figures}
    wholes = [figure for figure in figures if not _is_part(text, figure, by_id)] or list(figures)
    valid = _not_replaced(text, wholes, mentions)
    camps = _camps(valid)
    numbered = [camp for camp in camps if not all(map(_gives_no_number, camp))]
    only_persons = all(_is_one_person(figure) for camp in numbered for figure in camp)
    firm = camps if only_persons else numbered  # beside persons, "several others" tells more
    if disagreeing := _disagreeing(firm, mentions):
        here, there = {each.group for camp in firm for each in camp}, {each.group for each in disagreeing}
        others = any(not _may_overlap(one, other) for one in here for other in there)
        return _span(disagreeing, mentions, others)
    camp = max(firm, key=lambda figures: (_agreed(figures).magnitude, len(figures)))
    total = _agreed(camp)
    chains = _longest_chain(text, valid), _added(text, valid), _apart(text, numbered), _named(text, valid)
    parts = max(chains, key=_least)
    if _least(parts) > total.magnitude:
        return Total(Count(_least(parts), _least(parts), None), _ids(parts), "sum")
    if len(valid) < len(wholes):
        return Total(total, _ids(camp), "correction")
    if len(camps) > 1:
        return Total(total, _ids(camp), "largest")
    if len(wholes) < len(figures):
        return Total(total, _ids(camp), "whole")
    return Total(total, _ids(camp), "agreement" if len(camp) > 1 else "only")


def _is_part(text: str, figure: Casualty, figures: Mapping[str, Casualty]) -> bool:
    """Whether a figure is part of another; one that replaces the other is none, whatever the link says."""
    whole = figures.get(figure.part_of or "")
    return whole is not None and not (figure.group in (whole.group, "unknown") and _said_before(_NEW, text, figure))


def _not_replaced(text: str, figures: Sequence[Casualty], mentions: Mapping[str, Mention]) -> list[Casualty]:
    """The figures that the text does not say to be out of date; one replaces those before it that it can."""
    kept: list[Casualty] = []
    for figure in figures:
        if _said_before(_NEW, text, figure):
            kept = [*(each for each in kept if not _can_replace(figure, each, mentions)), figure]
        elif not _said_before(_OLD, text, figure):
            kept.append(figure)
    return kept or list(figures)


def _can_replace(new: Casualty, old: Casualty, mentions: Mapping[str, Mention]) -> bool:
    """Whether a toll may correct another: of the same people, and what attackers say only their own."""
    source = mentions.get(new.source or "")
    return _maybe_the_same(old, new) and (source is None or source.label != "CLAIMED" or new.source == old.source)


def _maybe_the_same(one: Casualty, other: Casualty) -> bool:
    """Whether two figures may be meant for the same people, from the groups they are of."""
    return _may_overlap(one.group, other.group)


def _may_overlap(one: str, other: str) -> bool:
    return one == other or "unknown" in (one, other)


def _said_before(words: re.Pattern[str], text: str, figure: Casualty) -> bool:
    return words.search(text[max(0, figure.start - _LOOK_BACK) : figure.start]) is not None


def _camps(figures: Sequence[Casualty]) -> list[list[Casualty]]:
    """Figures that may all be true of the same people, together: their bounds and their groups allow it."""
    camps: list[list[Casualty]] = []
    bounds: list[tuple[float, float, set[str]]] = []
    for figure in figures:
        low, high = _bounds(figure.count)
        for number in range(max(0, len(camps) - _REACH), len(camps)):
            least, most, groups = bounds[number]
            if max(low, least) <= min(high, most) and len((groups | {figure.group}) - {"unknown"}) < 2:
                camps[number].append(figure)
                bounds[number] = max(low, least), min(high, most), groups | {figure.group}
                break
        else:
            camps.append([figure])
            bounds.append((low, high, {figure.group}))
    return camps


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


def _apart(text: str, camps: Sequence[Sequence[Casualty]]) -> list[Casualty]:
    """What the text counts most people of each group in, if there are two groups: soldiers and civilians add up."""
    groups: dict[str, list[Casualty]] = defaultdict(list)
    for figure in sorted((figure for camp in camps for figure in camp), key=lambda figure: figure.start):
        if figure.group != "unknown" and figure.count.low:
            groups[figure.group].append(figure)
    most = [
        max([max(figures, key=lambda figure: figure.count.magnitude)], _longest_chain(text, figures), key=_least)
        for figures in groups.values()
    ]
    return [figure for figures in most for figure in figures] if len(most) > 1 else []


def _least(figures: Sequence[Casualty]) -> int:
    """How many people some figures are at least."""
    return sum(figure.count.low or 0 for figure in figures)


def _disagreeing(camps: Sequence[Sequence[Casualty]], mentions: Mapping[str, Mention]) -> list[Casualty]:
    """The figures that sources contradict each other in, one a camp, and no smaller ones of nobody's; else nothing.

    Only figures of people of one group contradict each other: "14 people" and "two children" do not. Nor does a person
    among them: "my uncle" is no toll, "a soldier" only where an authority says so against whoever claims more.
    """
    tolls = [[figure for figure in camp if not _is_one_person(figure)] for camp in camps]
    heads = [_most_authoritative(camp, mentions) for camp in tolls if camp]
    named = [figure for figure in heads if figure.source in mentions]
    largest = max(named, key=lambda figure: figure.count.magnitude, default=None)
    if largest is None:
        return []
    if _rank(largest, mentions) == len(_AUTHORITIES):
        persons = [each for camp in camps for each in camp if _is_one_person(each) and _A_PERSON.match(each.text)]
        named += [figure for figure in persons if _rank(figure, mentions) < len(_AUTHORITIES)]
    rivals = [figure for figure in named if _contradict(figure, largest, mentions)]
    least = min(figure.count.magnitude for figure in [largest, *rivals])
    unnamed = [figure for figure in heads if figure.source not in mentions and figure.count.magnitude >= least]
    told = [largest, *rivals, *(figure for figure in unnamed if _maybe_the_same(figure, largest))] if rivals else []
    return sorted(told, key=lambda figure: figure.start)


def _most_authoritative(figures: Sequence[Casualty], mentions: Mapping[str, Mention]) -> Casualty:
    """The figure of the most authoritative source, the later of two equals."""
    return min(figures, key=lambda figure: (_rank(figure, mentions), -figure.start))


def _is_one_person(figure: Casualty) -> bool:
    """Whether a figure tells of a person, not how many there were: "a guard" and a name do, "one guard" does not."""
    return figure.count == Count.exactly(1) and not _ONE.search(figure.text)


def _contradict(one: Casualty, other: Casualty, mentions: Mapping[str, Mention]) -> bool:
    """Whether two figures are of people of one group, and of sources of which neither names the other's."""
    first, second = (plain(mentions[str(figure.source)].text) for figure in (one, other))
    return one.group == other.group and first not in second and second not in first


def _span(figures: Sequence[Casualty], mentions: Mapping[str, Mention], others: bool) -> Total:
    """The bounds that contradicting figures span, no upper one if there are others; best is by authority."""
    best = _most_authoritative(figures, mentions).count.magnitude
    lows, highs = [[bounds[side] for bounds in (_bounds(figure.count) for figure in figures)] for side in (0, 1)]
    unbounded = any(figure.count.low is None and figure.count.high is not None for figure in figures)  # "up to nine"
    return Total(
        Count(None if unbounded else int(min(lows)), best, None if others or math.inf in highs else int(max(highs))),
        _ids(figures),
        "contradiction",
    )


def _rank(figure: Casualty, mentions: Mapping[str, Mention]) -> int:
    """How far down the order of authority a figure's source stands."""
    source = mentions.get(figure.source or "")
    if source is None:
        return len(_AUTHORITIES) + 1
    if source.label == "CLAIMED" or _MEDIA.search(source.text):
        return len(_AUTHORITIES)
    return next((rank for rank, kind in enumerate(_AUTHORITIES) if kind.search(source.text)), len(_AUTHORITIES))


def _longest_chain(text: str, figures: Sequence[Casualty]) -> list[Casualty]:
    """The figures of the most people that stand side by side as one list, each with a lower bound.

    A list ends in "and" or the like; a comma alone joins only what stands before that, and only people of a known
    group or two names: "the bomber, a man of 24" is one, and "three people, two women and a man" is three.
    """
    chains: list[list[Casualty]] = []
    ends: list[int] = []  # how many of each chain stand before its last "and" or behind it
    chain: list[Casualty] = []
    for figure in figures:
        gap = text[chain[-1].end : figure.start] if chain else ""
        known = bool(chain) and (chain[-1].group != "unknown" or _two_persons(chain[-1], figure))
        if figure.count.low is None:
            chain = []
        elif chain and _AND.fullmatch(gap):
            chain.append(figure)
            ends[-1] = len(chain)
        elif known and _COMMA.fullmatch(gap):
            chain.append(figure)
        else:
            chain = [figure]
            chains.append(chain)
            ends.append(0)
    lists = [chain[:end] for chain, end in zip(chains, ends, strict=True) if end]
    return max(map(_without_whole, lists), key=_least, default=[])


def _added(text: str, figures: Sequence[Casualty]) -> list[Casualty]:
    """The most people that the text adds up itself, "two soldiers … three more": each figure close behind the last.

    A toll that has risen may have the others in it already, so nobody is added to one.
    """
    chains: list[list[Casualty]] = [[]]
    for figure in figures:
        near = chains[-1] and figure.start - chains[-1][-1].end <= _LOOK_BACK
        if figure.count.low is None or _said_before(_NEW, text, figure):
            chains.append([])
        elif near and _adds(chains[-1][-1], figure):
            chains[-1].append(figure)
        else:
            chains.append([figure])
    return max((chain for chain in chains if len(chain) > 1), key=_least, default=[])


def _adds(before: Casualty, figure: Casualty) -> bool:
    """Whether a figure says that it is of other people than the one before it."""
    return bool(_MORE.search(figure.text) or (_OTHERS.search(figure.text) and figure.count != before.count))


def _two_persons(one: Casualty, other: Casualty) -> bool:
    """Whether two figures name two persons in full, by names that share no word."""
    first, second = _full_name(one), _full_name(other)
    return bool(first and second) and not first & second


def _full_name(figure: Casualty) -> set[str]:
    """The words of the name of two words and more that a figure is; none where capitals do not tell names apart."""
    name = split_name(figure)[0]
    words = name.split()
    sure = len(words) > 1 and not figure.text.isupper() and all(_NAME_WORD.match(word) for word in words)
    return set(plain(name).split()) if sure else set()


def _named(text: str, figures: Sequence[Casualty]) -> list[Casualty]:
    """The persons that some figures name in full, one figure each."""
    persons: list[Casualty] = []
    known: set[str] = set()
    for figure in figures:
        name = _full_name(figure)
        if name and not name & known and not _said_before(_ALIAS, text, figure):
            persons.append(figure)
            known |= name
    return persons


def _without_whole(chain: list[Casualty]) -> list[Casualty]:
    """A chain less its first figure where the rest divides it: "four civilians, two women and two children"."""
    return chain[1:] if len(chain) > 2 and _least(chain[:1]) == _least(chain[1:]) else chain


def is_vague(total: Total, mentions: Mapping[str, Mention]) -> bool:
    """Whether a total gives no number."""
    figures = (mentions[id] for id in total.mentions)
    return total.rule != "sum" and all(isinstance(each, Casualty) and _gives_no_number(each) for each in figures)


def _gives_no_number(figure: Casualty) -> bool:
    """Whether a figure is dozens, several, or a bare plural."""
    bare = figure.count == Count(2, 2, None) and not _AT_LEAST_TWO.search(figure.text)
    return bare or VAGUE.search(figure.text) is not None


def _ids(figures: Sequence[Casualty]) -> tuple[str, ...]:
    return tuple(figure.id for figure in figures)
