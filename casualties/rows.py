"""Incidents as rows of the Global Terrorism Database and of UCDP's Georeferenced Event Dataset.

Only columns that an article's own words can fill are there; none is guessed. What a column means is in the codebooks:
START, *Global Terrorism Database Codebook: Methodology, Inclusion Criteria, and Variables* (August 2021), and Högbladh,
*UCDP Georeferenced Event Dataset Codebook* (version 24.1). A coder still has to decide whether an incident meets
their inclusion criteria.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence

from casualties.actors import GENERIC
from casualties.report import Actor, Casualty, Count, Incident, Mention, Period, Total, unique_names
from casualties.resolve import is_vague

Row = dict[str, str | int | None]
"""Values by column; ``None`` where the text gives none."""

_UNKNOWN = -9
"""GTD's code of an unknown category."""
_UNKNOWN_NUMBER = -99
"""GTD's code of an unknown number of hostages."""
_UNCERTAIN = ("ACCUSED", "SUSPECTED")
_DENIED = {
    "KILLED": re.compile(r"\b(?:casualt|victims|fatal|deaths?\b|dead\b|die[ds]?\b|kill|hurt|harm)", re.I),
    "WOUNDED": re.compile(r"\b(?:casualt|victims|injur|wound|hurt|harm)", re.I),
}
"""Words beside "nobody" or "no" that say which outcome nobody met."""
_NOT_ALL = re.compile(r"^[^,]*?\b(?:else|others?|more(?! than)|further|immediate(?:ly)?|at once)\b", re.I)
"""Words of such a phrase that leave somebody out, or say only what was known at first."""
_SENTENCE = 60
"""Characters behind such a phrase, of its sentence, in which they are looked for."""

GTD_COLUMNS: dict[str, str] = {
    "iyear": "year of the incident; empty if unknown",
    "imonth": "its month; 0 if unknown",
    "iday": "its day; 0 if unknown",
    "approxdate": "the date as the text writes it, where no single day is known; dates that disagree, all of them",
    "location": "the places as the text names them",
    "gname": "the group, state or person held responsible, the firmest attribution; Unknown if none is named",
    "gname2": "the next one",
    "gname3": "the one after",
    "guncertain1": "1 if gname is accused or suspected only; 0 if it claims the incident or is stated to have done it",
    "guncertain2": "the same of gname2",
    "guncertain3": "the same of gname3",
    "claimed": "1 if gname claims it; 0 if the text says that nobody has; -9 if it says neither",
    "claim2": "the same of gname2",
    "claim3": "the same of gname3",
    "compclaim": "1 if more than one group claims it, 0 if one does, -9 if none",
    "nkill": "all who died, attackers included: the reported total, and militants beside it where it leaves them out;"
    " empty where the text gives no number (dozens, several)",
    "nkillter": "militants who died",
    "nwound": "all who were wounded and lived, attackers included, as nkill",
    "nwoundte": "militants who were wounded",
    "ishostkid": "1 if people were abducted or taken hostage, else 0",
    "nhostkid": "how many; -99 if the text gives no number",
}
"""Each column of a GTD row, in the codebook's order, and what we fill it with."""

UCDP_COLUMNS: dict[str, str] = {
    "year": "of date_start",
    "side_a": "who is held responsible; of two who are said to have fought each other, the first",
    "side_b": "the second of them; Civilians if only they died",
    "source_original": "who gives the number of dead",
    "where_description": "the places as the text names them",
    "date_prec": "1 if the day is known, 2 if two to six days, 3 the week, 4 the month, 5 the year",
    "date_start": "the first day that the date covers; of dates of one year that disagree, the first of all",
    "date_end": "the last one",
    "deaths_civilians": "dead of a civilian role, a child or an age, and officials",
    "deaths_unknown": "dead of whom the text does not say who they were",
    "best": "all dead, as GTD's nkill",
    "high": "the upper bound; empty where the text sets none",
    "low": "the lower bound, 24 for dozens; empty where the text sets none",
}
"""Each column of a UCDP GED row, in the codebook's order, and what we fill it with. ``deaths_a`` and ``deaths_b`` are
left out: an article seldom says whose dead they are."""


def gtd_row(incident: Incident, mentions: Mapping[str, Mention], text: str) -> Row:
    """An incident in the columns of ``GTD_COLUMNS``.

    Args:
        incident: the incident.
        mentions: all mentions of the article by id.
        text: the article.
    """
    period = _period(incident)
    exact = period is not None and period.start == period.end
    month_known = period is not None and (period.start.year, period.start.month) == (period.end.year, period.end.month)
    row: Row = {
        "iyear": period.start.year if period else None,
        "imonth": period.start.month if period and month_known else 0,
        "iday": period.start.day if period and exact else 0,
        "approxdate": None if exact else ", ".join(unique_names(incident.dates)) or None,
        "location": ", ".join(unique_names(incident.places)) or None,
    }
    actors = _responsible(incident)
    unclaimed = 0 if incident.unclaimed else _UNKNOWN
    claims = sum("CLAIMED" in actor.statuses for actor in actors)
    for number, suffix in enumerate(("", "2", "3")):
        actor = actors[number] if number < len(actors) else None
        row[f"gname{suffix}"] = actor.name if actor else None if number else "Unknown"
        row[f"guncertain{suffix or 1}"] = int(actor.status in _UNCERTAIN) if actor else None
        claimed = 1 if actor and "CLAIMED" in actor.statuses else unclaimed
        row[f"claim{suffix}" if suffix else "claimed"] = claimed if actor or not number else None
    row["compclaim"] = int(claims > 1) if claims else _UNKNOWN
    for column, outcome in (("nkill", "KILLED"), ("nwound", "WOUNDED")):
        row[column] = _number(incident, outcome, mentions, text)
        militants = incident.militants.get(outcome)
        vague = militants is None or is_vague(militants, mentions)
        row[column + ("ter" if outcome == "KILLED" else "te")] = None if vague else _figure(_count(militants))
    held = incident.totals.get("ABDUCTED")
    row["ishostkid"] = int(bool(held and held.count.magnitude))
    vague = held is None or is_vague(held, mentions)
    row["nhostkid"] = (_UNKNOWN_NUMBER if vague else _figure(_count(held))) if row["ishostkid"] else None
    return {column: row[column] for column in GTD_COLUMNS}


def ucdp_row(incident: Incident, mentions: Mapping[str, Mention], text: str) -> Row:
    """An incident in the columns of ``UCDP_COLUMNS``.

    Args:
        incident: the incident.
        mentions: all mentions of the article by id.
        text: the article.
    """
    period = _period(incident)
    dead = _everybody(incident, "KILLED", text)
    groups = _dead_by_group(incident)
    civilians = sum(groups.get(group, 0) for group in ("civilian", "official"))
    side_a, side_b = _sides(incident)
    total = incident.totals.get("KILLED")
    return {
        "year": period.start.year if period else None,
        "side_a": side_a,
        "side_b": side_b,
        "source_original": "; ".join(_sources(total, mentions)) or None,
        "where_description": ", ".join(unique_names(incident.places)) or None,
        "date_prec": _date_precision(period) if period else None,
        "date_start": period.start.isoformat() if period else None,
        "date_end": period.end.isoformat() if period else None,
        "deaths_civilians": civilians if dead else None,
        "deaths_unknown": groups.get("unknown", 0) if dead else None,
        "best": _number(incident, "KILLED", mentions, text),
        "high": dead.high if dead else None,
        "low": dead.low if dead else None,
    }


ROWS: dict[str, Callable[[Incident, Mapping[str, Mention], str], Row]] = {"gtd": gtd_row, "ucdp": ucdp_row}
"""How to write an incident, by the name of the data set."""
COLUMNS: dict[str, dict[str, str]] = {"gtd": GTD_COLUMNS, "ucdp": UCDP_COLUMNS}
"""The columns of those rows, and what is in them."""


def _period(incident: Incident) -> Period | None:
    """The most precise of an incident's dates; where they disagree, what they cover together, within one year."""
    known = [period for period in incident.periods if period]
    if not known:
        return None
    best = min(known, key=lambda period: period.end - period.start)
    if all(period.start <= best.start and best.end <= period.end for period in known):
        return best
    start, end = min(period.start for period in known), max(period.end for period in known)
    return Period(start, end) if start.year == end.year else None


def _date_precision(period: Period) -> int:
    days = (period.end - period.start).days + 1
    return next(code for code, longest in ((1, 1), (2, 6), (3, 7), (4, 31), (5, days)) if days <= longest)


def _responsible(incident: Incident) -> list[Actor]:
    """The named actors that are not merely cleared or denying, the firmest attribution first."""
    order = ("CLAIMED", "STATED", "ACCUSED", "SUSPECTED")
    held = [actor for actor in incident.actors if actor.status in order and not GENERIC.fullmatch(actor.name)]
    return sorted(held, key=lambda actor: order.index(actor.status))


def _number(incident: Incident, outcome: str, mentions: Mapping[str, Mention], text: str) -> int | None:
    """How many people met an outcome; ``None`` where the text is vague."""
    sides = [side[outcome] for side in (incident.totals, incident.militants) if outcome in side]
    if any(is_vague(total, mentions) for total in sides):
        return None
    return _figure(_everybody(incident, outcome, text))


def _everybody(incident: Incident, outcome: str, text: str) -> Count | None:
    """The count of all people, militants included: both codebooks count attackers among the dead.

    Where the total includes the militants, or may, it stands; elsewhere the two reported figures are added. Nobody,
    where the text says so of everybody.
    """
    people, militants = incident.totals.get(outcome), incident.militants.get(outcome)
    if not people and not militants:
        return Count.exactly(0) if _says_nobody(incident, outcome, text) else None
    if not people or not militants:
        return _count(people or militants)
    if _includes(people, militants, incident):
        return max(people.count, militants.count, key=lambda count: count.magnitude)
    apart = all(casualty.group != "unknown" for casualty in incident.casualties if casualty.id in people.mentions)
    return _sum(people.count, militants.count, apart)


def _says_nobody(incident: Incident, outcome: str, text: str) -> bool:
    """Whether the text says of all people, not of some group of them, that none met an outcome."""
    if any(each.label == "CASUALTY" for each in incident.casualties):
        return False
    figures = [each for each in incident.casualties if each.label == "UNHARMED" and each.group == "unknown"]
    phrases = [text[each.start : each.end + _SENTENCE] for each in figures if each.count == Count.exactly(0)]
    clauses = [re.split(r"[.;]|\bbut\b", phrase)[0] for phrase in phrases]
    return any(_DENIED[outcome].search(clause) and not _NOT_ALL.search(clause) for clause in clauses)


def _includes(people: Total, militants: Total, incident: Incident) -> bool:
    """Whether the total of people has the militants in it.

    It has if they are part of a figure that it rests on, or of another while it is of unknown people too; and if it is
    as large as theirs and of unknown people alone.
    """
    figures = {casualty.id: casualty for casualty in incident.casualties}
    wholes = {figures[id].part_of for id in militants.mentions} & figures.keys()
    unknown = [figures[id].group == "unknown" for id in people.mentions]
    equal = people.count.magnitude == militants.count.magnitude
    return bool(wholes & set(people.mentions) or (wholes and any(unknown)) or (equal and all(unknown)))


def _sum(people: Count, militants: Count, apart: bool) -> Count:
    """The counts of two groups together; of groups that may overlap, the larger lower bound and no upper one."""
    best = people.magnitude + militants.magnitude
    lows, highs = [each.low for each in (people, militants)], [each.high for each in (people, militants)]
    low = None if None in lows else sum(filter(None, lows)) if apart else max(each or 0 for each in lows)
    high = sum(filter(None, highs)) if apart and None not in highs else None
    return Count(low, best, high)


def _count(total: Total | None) -> Count | None:
    return total.count if total else None


def _figure(count: Count | None) -> int | None:
    """The one number of a column that holds one: best, else the lower bound."""
    return count.magnitude if count else None


def _dead_by_group(incident: Incident) -> dict[str, int]:
    """The total of the dead, militants aside, divided by who they were: each part by its group, the rest by its own."""
    total = incident.totals.get("KILLED")
    dead = [casualty for casualty in incident.casualties if casualty.label == "KILLED"]
    divided: dict[str, int] = {}
    for figure in _bases(total, dead):
        whole = figure.count.magnitude if total is None or total.rule == "sum" else total.count.magnitude
        parts = {(each.group, each.count) for each in dead if each.part_of == figure.id and each.group != figure.group}
        for group, count in sorted(parts, key=lambda part: -part[1].magnitude):  # a part said twice counts once
            number = min(whole, count.magnitude)
            divided[group] = divided.get(group, 0) + number
            whole -= number
        divided[figure.group] = divided.get(figure.group, 0) + whole
    return divided


def _bases(total: Total | None, dead: Sequence[Casualty]) -> list[Casualty]:
    """The figures that make up a total: all of a sum, else the one that the text divides further than others."""
    figures = [casualty for casualty in dead if total and casualty.id in total.mentions]
    if total and total.rule != "sum" and figures:
        wholes = [casualty.part_of for casualty in dead]
        return [max(figures, key=lambda figure: (wholes.count(figure.id), figure.count.magnitude))]
    return figures


def _sides(incident: Incident) -> tuple[str | None, str | None]:
    responsible = _responsible(incident)
    fought = [actor.name for actor in responsible if actor.status == "STATED"]
    if len(fought) > 1:
        return fought[0], fought[1]
    groups = {casualty.group for casualty in incident.casualties if _killed(casualty)}
    civilians = "Civilians" if groups and groups <= {"civilian", "official"} else None
    return responsible[0].name if responsible else None, civilians


def _killed(casualty: Casualty) -> bool:
    return casualty.label == "KILLED" and casualty.count.magnitude > 0


def _sources(total: Total | None, mentions: Mapping[str, Mention]) -> list[str]:
    ids = [getattr(mentions[id], "source", None) for id in total.mentions] if total else []
    return unique_names([mentions[id] for id in ids if id])
