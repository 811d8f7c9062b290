"""Expressions of time to calendar dates, given the day of the article: "Sunday", "last July", "three days ago".

The reading of dates is dateparser's; here it is told how news writes. An expression with a word that this module does
not know stays unread, since a wrong date is worse than none.
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
_NIGHT = re.compile(r"\blast (?:night|evening)\b", re.I)
_THIS_PART = re.compile(r"\bthis (?:morning|afternoon|evening)\b", re.I)
_LAST_NAMED = re.compile(rf"\b(?:last|past) (?=(?:{'|'.join(_MONTHS + _DAYS + _SHORT_MONTHS + _SHORT_DAYS)})\b)", re.I)
_WEEKDAY = re.compile(rf"\b(?:{'|'.join(_DAYS + _SHORT_DAYS)})\b", re.I)
_ANCHOR = re.compile(
    rf"\b(?:{'|'.join((*_MONTHS, *_SHORT_MONTHS, 'sept', *_DAYS, *_SHORT_DAYS, *_RELATIVE))}|(?:19|20)\d\d)\b"
    r"|\d+/\d+|\d{4}-\d\d-\d\d"
)
"""What ties an expression to a day; without it, "two days" is a duration and "12" may be anything."""
_WORD = re.compile(r"[^\W\d_]+")
_NUMERIC_DATE = re.compile(r"\d+\s*[/–-]\s*\d+|\d{1,2}(?:\s*,|\s+and)\s*\d{1,2}\b|\d+\.\d+\.")
_LONGEST = 60
"""Characters; no expression of time is longer."""
_YEAR = re.compile(r"(?:19|20)\d\d")


class MissingExtraError(ImportError):
    """An optional library is not installed; the message says what to run."""


def resolve_date(expression: str, published: dt.date) -> Period | None:
    """Read an expression of time.

    Args:
        expression: as the text writes it, such as ``"early on Sunday"``; upper case is fine.
        published: the day that the article is from. A weekday is that day or the last such day before it; a month or
            a day without year is the last such one.

    Returns:
        The days that it covers, or ``None`` where that is not certain.

    Raises:
        MissingExtraError: if dateparser is not installed.
    """
    if len(expression) > _LONGEST:
        return None
    plain = " ".join(expression.lower().split())
    plain = _THIS_PART.sub("today", _NIGHT.sub("yesterday", plain))
    plain = " ".join(_TIME_OF_DAY.sub(" ", plain).replace(",", " ").split())
    known = _ANCHOR.search(plain) and not set(_WORD.findall(plain)) - _KNOWN
    if not known or _NUMERIC_DATE.search(expression):
        return None
    if isinstance(published, dt.datetime):  # which is a date too, but cannot be compared with one
        published = published.date()
    try:
        period = _read(plain, published)
    except OverflowError:  # beside the first and the last day that Python knows
        return None
    return period if period and period.start <= published and _weekday_fits(plain, period) else None


def _read(plain: str, published: dt.date) -> Period | None:
    """What dateparser makes of an expression whose words are all known."""
    if _YEAR.fullmatch(plain):
        return Period(dt.date(int(plain), 1, 1), dt.date(int(plain), 12, 31))
    last = _LAST_NAMED.search(plain) is not None
    base = published
    if _WEEKDAY.search(plain) and not last:
        base += dt.timedelta(days=1)  # "Monday" in Monday's paper is today
    elif last and not _WEEKDAY.search(plain):
        base = published.replace(day=1) - dt.timedelta(days=1)  # "last May" in May is last year's
    found = _parser(base).get_date_data(_LAST_NAMED.sub("", plain))
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
