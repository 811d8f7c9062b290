"""Expressions of time, read against the day of the article: Monday, 6 September 2021."""

from __future__ import annotations

import datetime as dt
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from casualties.dates import _KNOWN, MissingExtraError, _parser, resolve_date
from casualties.report import Period

PUBLISHED = dt.date(2021, 9, 6)


@pytest.mark.parametrize(
    ("expression", "start", "end"),
    [
        ("Sunday", "2021-09-05", "2021-09-05"),
        ("early on Sunday", "2021-09-05", "2021-09-05"),
        ("Monday morning", "2021-09-06", "2021-09-06"),
        ("last Monday", "2021-08-30", "2021-08-30"),
        ("last Mon", "2021-08-30", "2021-08-30"),
        ("before dawn on Monday", "2021-09-06", "2021-09-06"),
        ("last September", "2020-09-01", "2020-09-30"),
        ("Sunday, 5 September", "2021-09-05", "2021-09-05"),
        ("Sept. 11, 2001", "2001-09-11", "2001-09-11"),
        ("16 NOVEMBER 1989", "1989-11-16", "1989-11-16"),
        ("January 3", "2021-01-03", "2021-01-03"),
        ("5 December", "2020-12-05", "2020-12-05"),
        ("last night", "2021-09-05", "2021-09-05"),
        ("this morning", "2021-09-06", "2021-09-06"),
        ("YESTERDAY", "2021-09-05", "2021-09-05"),
        ("three days ago", "2021-09-03", "2021-09-03"),
        ("last week", "2021-08-30", "2021-09-05"),
        ("last July", "2021-07-01", "2021-07-31"),
        ("February 2020", "2020-02-01", "2020-02-29"),
        ("last year", "2020-01-01", "2020-12-31"),
        ("seven years ago", "2014-01-01", "2014-12-31"),
        ("2017", "2017-01-01", "2017-12-31"),
        ("5th June", "2021-06-05", "2021-06-05"),
        ("the 5th of January 2020", "2020-01-05", "2020-01-05"),
        ("2020-01-05", "2020-01-05", "2020-01-05"),
        ("5 and 6 June", "2021-06-05", "2021-06-06"),
        ("4–10 November", "2020-11-04", "2020-11-10"),
        ("January 3-5", "2021-01-03", "2021-01-05"),
        ("from 3 to 5 January", "2021-01-03", "2021-01-05"),
        ("Friday and Saturday", "2021-09-03", "2021-09-04"),
        ("the day before yesterday", "2021-09-04", "2021-09-04"),
        ("2021-09-01 to 2021-09-03", "2021-09-01", "2021-09-03"),
        ("Jan. 5, 2020", "2020-01-05", "2020-01-05"),
        ("this month", "2021-09-01", "2021-09-06"),
    ],
)
def test_expressions_of_time(expression: str, start: str, end: str) -> None:
    assert resolve_date(expression, PUBLISHED) == Period(dt.date.fromisoformat(start), dt.date.fromisoformat(end))


@pytest.mark.parametrize(
    "expression",
    ["the same day", "the 1990s", "9/11", "5 and 4 June", "2001 and 2003", "31 February 2020", "2020-13-01", "the week after 2021-08-05", "12021-08-055", "12", "four", "two days", "six months", "overnight", "mid-August", "Ramadan", "", "a few hours later",
     "two days after", "before Sunday", "after 5 May", "Friday, May 3", "05.09.2021", "2050", "9" * 20_000],
)  # fmt: skip
def test_what_is_not_certain_stays_unread(expression: str) -> None:
    assert resolve_date(expression, PUBLISHED) is None


@given(
    st.lists(st.sampled_from([*sorted(_KNOWN), "before", "5", "31", "2020", "9.30", ","]), max_size=4).map(" ".join),
    st.one_of(st.dates(), st.sampled_from([dt.date.min, dt.date.max])),
)
def test_no_expression_fails_or_lies_in_the_future(expression: str, published: dt.date) -> None:
    period = resolve_date(expression, published)
    assert period is None or period.start <= period.end <= published


@given(st.dates(dt.date(1950, 1, 1), dt.date(2050, 1, 1)))
def test_a_full_date_is_read_as_it_is(day: dt.date) -> None:
    for written in (f"{day.day} {day:%B} {day.year}", f"{day:%B} {day.day}, {day.year}"):
        assert resolve_date(written, dt.date(2050, 1, 1)) == resolve_date(written, None) == Period(day, day)


def test_without_the_day_of_the_article_only_what_has_its_year_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    _parser.cache_clear()
    monkeypatch.setitem(sys.modules, "dateparser.date", None)
    assert resolve_date("Tuesday, 5 May 2020", None) == Period(dt.date(2020, 5, 5), dt.date(2020, 5, 5))
    assert resolve_date("February 2020", None) == Period(dt.date(2020, 2, 1), dt.date(2020, 2, 29))
    assert [resolve_date(each, None) for each in ("Monday, 5 May 2020", "Sunday", "last July", "5 May")] == [None] * 4


def test_a_moment_of_the_day_is_as_good_as_the_day() -> None:
    assert resolve_date("Sunday", dt.datetime(2021, 9, 6, 12)) == resolve_date("Sunday", PUBLISHED)


def test_without_the_library_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    _parser.cache_clear()
    monkeypatch.setitem(sys.modules, "dateparser.date", None)
    with pytest.raises(MissingExtraError, match=r"pip install 'casualties\[dates\]'"):
        resolve_date("Sunday", dt.date(1999, 12, 31))
