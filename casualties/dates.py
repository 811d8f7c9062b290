"""Expressions of time to calendar dates, given the day of the article: "Sunday", "last July", "three days ago".

The reading of dates is dateparser's; here it is told how news writes. A date with its year is read without that library
and without the day of the article. An expression with a word that this module does not know stays unread, since a wrong
date is worse than none.
"""

from __future__ import annotations

import calendar
import datetime as dt
import re
from functools import lru_cache
from typing import TYPE_CHECKING

from casualties.report import Period

if TYPE_CHECKING:
    from dateparser.date import DateDataParser

# English names whatever the locale, which those of ``calendar`` follow.
_MONTHS = tuple("january february march april may june july august september october november december".split())  # noqa: SIM905
_DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_SHORT_MONTHS, _SHORT_DAYS = (tuple(name[:3] for name in names) for names in (_MONTHS, _DAYS))
_UNITS = ("day", "week", "month", "year")
_NUMBERS = (
    "a",
    "an",
    "one",
    "two",
    "three",
    "four",
    "five",
    "six",
    "seven",
    "eight",
    "nine",
    "ten",
    "eleven",
    "twelve",
)
_RELATIVE = ("last", "this", "ago", "today", "yesterday", "tonight")
_KNOWN = {
    *_MONTHS,
    *_SHORT_MONTHS,
    "sept",
    *_DAYS,
    *_SHORT_DAYS,
    *_UNITS,
    *(f"{unit}s" for unit in _UNITS),
    *_NUMBERS,
    *_RELATIVE,
}
_TIME_OF_DAY = re.compile(
    r"\b(?:(?:(?:shortly|just) )?(?:before|after) (?:dawn|noon|midnight)|early|late|on|in|of|the|around|about|at"
    r"|morning|afternoon|evening|night|dawn|noon|midnight|\d{1,2}[.:]\d\d(?!\.)|\d{1,2} ?[ap]\.?m\.?"
    r"|\d{4} (?=today|yesterday))(?!\w)",
    re.I,
)
"""What narrows a day and does not change it."""
_SAME_AS = (
    (re.compile(r"\blast (?:night|evening)\b"), "yesterday"),
    (re.compile(r"\bthis (?:morning|afternoon|evening)\b"), "today"),
    (re.compile(r"\b(?:the )?day before yesterday\b"), "2 days ago"),
    (re.compile(r"(?<=\d)(?:st|nd|rd|th)\b"), ""),
)
"""Plainer words for some."""
_LAST_NAMED = re.compile(rf"\b(?:last|past) (?=(?:{'|'.join(_MONTHS + _DAYS + _SHORT_MONTHS + _SHORT_DAYS)})\b)", re.I)
_WEEKDAY = re.compile(rf"\b(?:{'|'.join(_DAYS + _SHORT_DAYS)})\b", re.I)
_ANCHOR = re.compile(
    rf"\b(?:{'|'.join((*_MONTHS, *_SHORT_MONTHS, 'sept', *_DAYS, *_SHORT_DAYS, *_RELATIVE))}|(?:19|20)\d\d)\b"
    r"|\d+/\d+|\d{4}-\d\d-\d\d"
)
"""What ties an expression to a day; without it, "two days" is a duration and "12" may be anything."""
_WORD = re.compile(r"[^\W\d_]+")
_NUMERIC_DATE = re.compile(r"\d+\s*[/–-]\s*\d+|\d{1,2}\s*,\s*\d{1,2}\b|\d+\.\d+\.")
_SHORTENED = re.compile(rf"(?<=\b(?:{'|'.join(_SHORT_MONTHS)}))\.|(?<=\bsept)\.")
"""The point behind a month's short name."""
_ISO_DATE = re.compile(r"(\d{4})-(\d\d)-(\d\d)")
_DATE = re.compile(
    rf"(?:(?:{'|'.join(_DAYS + _SHORT_DAYS)}) )?(?:(?P<day>\d{{1,2}}) )?(?P<month>{'|'.join(_MONTHS)}|"
    rf"{'|'.join(_SHORT_MONTHS)}|sept)(?: (?P<day_after>\d{{1,2}}))? (?P<year>(?:19|20)\d\d)"
)
"""A month with its year, and perhaps the day."""
_DAYS_OF_MONTH = re.compile(r"(?<![-/\d])(\d{1,2})\s*(?:-|–|\bto\b|\band\b)\s*(\d{1,2})\b(?!\s*[-–/])")
"""Two days of one month: "3-5 January"."""
_JOINT = re.compile(r"^(?:from |between )?(.+?) (?:to|and|until|till) (.+)$")
"""Two days that each have a name: "Friday and Saturday"."""
_LONGEST = 60
"""Characters; no expression of time is longer."""
_LONGEST_SPAN = 31
"""Days; "in 2001 and in 2003" is no span."""
_YEAR = re.compile(r"(?:19|20)\d\d")


class MissingExtraError(ImportError):
    """An optional library is not installed; the message says what to run."""


def resolve_date(expression: str, published: dt.date | None) -> Period | None:
    """Read an expression of time.

    Args:
        expression: as the text writes it, such as ``"early on Sunday"``; upper case is fine.
        published: the day that the article is from. A weekday is that day or the last such day before it; a month or
            a day without year is the last such one. ``None`` if it is not known: then only what has its year is read.

    Returns:
        The days that it covers, none after ``published``; ``None`` where that is not certain.

    Raises:
        MissingExtraError: if ``published`` is given and dateparser is not installed.
    """
    if len(expression) > _LONGEST:
        return None
    if isinstance(published, dt.datetime):  # which is a date too, but cannot be compared with one
        published = published.date()
    plain = " ".join(expression.lower().split())
    for words, plainer in _SAME_AS:
        plain = words.sub(plainer, plain)
    period = _read_span(plain, published) or _read_one(plain, published)
    if period is None or published is None:
        return period
    return Period(period.start, min(period.end, published)) if period.start <= published else None


def _read_span(plain: str, published: dt.date | None) -> Period | None:
    """The days from the first to the last of two: "from 3 to 5 January", "Friday and Saturday"."""
    if days := _DAYS_OF_MONTH.search(plain):
        ends = [plain[: days.start()].removesuffix("from ") + day + plain[days.end() :] for day in days.groups()]
    elif joined := _JOINT.search(plain):
        ends = list(joined.groups())
    else:
        return None
    first, last = (_read_one(end, published) for end in ends)
    together = first and last and first.start < last.start and (last.end - first.start).days <= _LONGEST_SPAN
    return Period(first.start, last.end) if first and last and together else None


def _read_one(plain: str, published: dt.date | None) -> Period | None:
    """One expression without "and"; ``None`` if a word of it is not known or its weekday does not fit."""
    bare = " ".join(_TIME_OF_DAY.sub(" ", _SHORTENED.sub("", plain)).replace(",", " ").split())
    if iso := _ISO_DATE.fullmatch(bare):
        return _full_date(*map(int, iso.groups()))
    known = _ANCHOR.search(bare) and not set(_WORD.findall(bare)) - _KNOWN
    if not known or _NUMERIC_DATE.search(plain):
        return None
    try:
        period = _read_absolute(bare) or (_read_relative(bare, published) if published else None)
    except OverflowError:  # beside the first and the last day that Python knows
        return None
    return period if period and _weekday_fits(bare, period) else None


def _read_absolute(bare: str) -> Period | None:
    """A year, or a month or day with its year."""
    if _YEAR.fullmatch(bare):
        return Period(dt.date(int(bare), 1, 1), dt.date(int(bare), 12, 31))
    if not (match := _DATE.fullmatch(bare)) or (match["day"] and match["day_after"]):
        return None
    year, month = int(match["year"]), _SHORT_MONTHS.index(match["month"][:3]) + 1
    if day := match["day"] or match["day_after"]:
        return _full_date(year, month, int(day))
    return _period(dt.date(year, month, 1), "month")


def _full_date(year: int, month: int, day: int) -> Period | None:
    """That day; ``None`` if the calendar does not have it."""
    try:
        return Period(dt.date(year, month, day), dt.date(year, month, day))
    except ValueError:
        return None


def _read_relative(bare: str, published: dt.date) -> Period | None:
    """What dateparser makes of an expression whose words are all known."""
    last = _LAST_NAMED.search(bare) is not None
    base = published
    if _WEEKDAY.search(bare) and not last:
        base += dt.timedelta(days=1)  # "Monday" in Monday's paper is today
    elif last and not _WEEKDAY.search(bare):
        base = published.replace(day=1) - dt.timedelta(days=1)  # "last May" in May is last year's
    found = _parser(base).get_date_data(_LAST_NAMED.sub("", bare))
    if found.date_obj is None:
        return None
    return _period(found.date_obj.date(), found.period)


def _weekday_fits(plain: str, period: Period) -> bool:
    """Whether the day is of the weekday that the expression names, if it names one."""
    named = _WEEKDAY.search(plain)
    return named is None or (period.start == period.end and f"{period.start:%a}".lower() == named[0][:3].lower())


@lru_cache(maxsize=64)
def _parser(base: dt.date) -> DateDataParser:
    try:
        from dateparser.date import DateDataParser
    except ImportError as error:
        raise MissingExtraError("dates need dateparser; run: pip install 'casualties[dates]'") from error
    return DateDataParser(
        languages=["en"],
        settings={
            "RELATIVE_BASE": dt.datetime.combine(base, dt.time()),
            "PREFER_DATES_FROM": "past",
            "PREFER_DAY_OF_MONTH": "first",
            "PREFER_MONTH_OF_YEAR": "first",
            "DATE_ORDER": "DMY",
        },
    )


def _period(day: dt.date, unit: str) -> Period:
    """The week, month or year that a day stands for, or the day."""
    if unit == "week":
        monday = day - dt.timedelta(days=day.weekday())
        return Period(monday, monday + dt.timedelta(days=6))
    if unit == "month":
        return Period(day.replace(day=1), day.replace(day=calendar.monthrange(day.year, day.month)[1]))
    if unit == "year":
        return Period(day.replace(month=1, day=1), day.replace(month=12, day=31))
    return Period(day, day)
