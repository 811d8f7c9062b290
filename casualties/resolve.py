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
from casualties.corrections import is_replaced, replaces
from casualties.dates import resolve_date
from casualties.labels import CASUALTY_LABELS
from casualties.report import Attribution, Casualty, Count, Incident, Mention, Total
from casualties.sums import least, parts

VAGUE = re.compile(r"\b(?:dozens|scores|hundreds|thousands|several|many|some|a few)\b(?! \d)", re.I)
"""Words that give no number; a figure with them, or a bare plural, bows to one that does not agree with it."""
_AT_LEAST_TWO = re.compile(r"\b(?:two|2|one|1|a couple|a pair)\b", re.I)
"""Words of a figure that is at least two without being a bare plural: "more than one person"."""
_ONE = re.compile(r"\b(?:one|1|single|sole|only)\b", re.I)
_A_PERSON = re.compile(r"an?\b(?! (?:\w*(?:th|st|nd|rd)|second|third|further|fellow)\b)", re.I)
"""How a figure begins that tells of one more person, not of the next of several, as "a tenth" does."""
_REACH = 200
"""How many camps or figures back one is looked for that a figure agrees with or replaces; bounds the work on hostile
texts."""
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
    told_apart = parts(
        text, valid, sorted((figure for camp in numbered for figure in camp), key=lambda each: each.start)
    )
    if (sum_of_parts := least(told_apart)) > total.magnitude:
        return Total(Count(sum_of_parts, sum_of_parts, None), _ids(told_apart), "sum")
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
    return whole is not None and not (figure.group in (whole.group, "unknown") and replaces(text, figure))


def _not_replaced(text: str, figures: Sequence[Casualty], mentions: Mapping[str, Mention]) -> list[Casualty]:
    """The figures that the text does not say to be out of date; one replaces those before it that it can."""
    kept: list[Casualty] = []
    for figure in figures:
        if replaces(text, figure):
            kept[-_REACH:] = [each for each in kept[-_REACH:] if not _can_replace(figure, each, mentions)]
            kept.append(figure)
        elif not is_replaced(text, figure):
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
