"""A noun phrase to its items: numbers as ``Count``, hedges and fractions, and the other words."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from enum import Enum
from fractions import Fraction
from itertools import takewhile
from typing import TypeAlias, TypeVar

from casualties.numerals import DIGITS, MULTIPLES, UNITS, Cardinal, read_cardinal
from casualties.plurals import DETERMINERS, SINGULAR, is_plural, word_set
from casualties.report import Count


class Hedge(Enum):
    """What the words around a number say of it, weakest first: how far low, best and high lie from the number."""

    EXACTLY = (0, 0, 0)
    ABOUT = (None, 0, None)
    AT_LEAST = (0, 0, None)
    AT_MOST = (None, 0, 0)
    MORE_THAN = (1, 1, None)
    FEWER_THAN = (None, -1, -1)
    MOST_OF = "more than half, but not all"


Item: TypeAlias = "Count | Hedge | Fraction | str"
_Key = TypeVar("_Key")


def _phrases(rows: Mapping[_Key, str]) -> dict[str, _Key]:
    """A dictionary from each phrase of a row to the row's key."""
    return {phrase: key for key, row in rows.items() for phrase in row.split(", ")}


_MARKERS: dict[str, Hedge | Fraction | str] = _phrases(
    {
        Hedge.EXACTLY: "exactly, precisely, only, just, total of, anywhere from, somewhere from",
        Hedge.ABOUT: "about, around, some, nearly, almost, approximately, roughly, estimated, circa, perhaps, maybe, "
        "possibly, close to, in the region of, a little under, a little less than, ~, ≈",
        Hedge.AT_LEAST: "at least, no fewer than, no less than, not fewer than, not less than, minimum of, "
        "upwards of, upward of, ≥",
        Hedge.AT_MOST: "at most, up to, as many as, no more than, not more than, maximum of, ≤",
        Hedge.MORE_THAN: "more than, over, above, exceeding, greater than, in excess of, excess of, "
        "a little over, a little more than, >",
        Hedge.FEWER_THAN: "fewer than, less than, under, below, <",
        Hedge.MOST_OF: "most, most of, majority of, more than half, more than half of",
        Fraction(1, 2): "half of, half the, half of the",
        Fraction(1, 3): "a third of, one third of, one - third of",
        Fraction(2, 3): "two thirds of, two - thirds of",
        Fraction(1, 4): "a quarter of, one quarter of, one - quarter of",
        Fraction(3, 4): "three quarters of, three - quarters of",
        "and": "and, plus, as well as, along with, together with",
    }
)
_PERHAPS = word_set("perhaps maybe possibly")
_HEDGES_AFTER = _phrases(
    {
        Hedge.ABOUT: "or so, odd, - odd",
        Hedge.AT_LEAST: "at least, or more, +, - plus",
        Hedge.AT_MOST: "at most, or fewer, or less",
    }
)

_FIXED = _phrases(
    {
        0: "no, no one, no-one, none, nobody, neither, nil, not one, not a single, any, anyone, anybody",
        2: "both, twins, twin sons, twin daughters, twin boys, twin girls, twin babies, twin infants, twin brothers, "
        "twin sisters, duo, his parents, her parents",
        3: "trio, triplets",
    }
)
_LONGEST_CARDINAL = 32

_MEASURES = word_set("% percent per year years month months weeks days hours minutes miles km metres meters")
_MEMBERS = word_set("man men member person people strong odd plus")
"""What may follow the hyphen of a number of people: "a 12-man patrol" is one, "a two-star general" is not."""

_STOPS = word_set("including who whom whose which that where aged age")
PREPOSITIONS = word_set(
    "of in on at from with by near for to into among amid between during after before inside outside aboard against "
    "without within across"
)
_NUMBERED = word_set(
    "flight channel grade unit battalion division brigade regiment area route highway block camp ward sector radio tv "
    "january february march april may june july august september october november december jan feb mar apr jun jul aug "
    "sep sept oct nov dec war boeing airbus bus building company class zone gate interstate apollo"
)
"""Nouns that a number belongs to: "Flight 93 passengers", "the October 7 hostages"."""

_ASIDE = re.compile(r"\[[^\[\]]*\]|\([^()]*\)")
_TYPEWRITTEN = str.maketrans("‐‑‒–−‘’ʼ\u00a0\u202f\u2009", "-----'''   ")
_WRITTEN_OUT = (
    (re.compile(r"(?<=\d)\s*—\s*(?=\d)"), "-"),
    (re.compile(r"—"), ", "),
    (re.compile(r"(?<=\d)\s*½"), " and a half "),
    (re.compile(r"½"), " half "),
    (re.compile(r"(?<=\d)k\b", re.I), " thousand"),
    (re.compile(r"(?<=\d)m\b", re.I), " million"),
    (re.compile(r"(?<=\d)bn\b", re.I), " billion"),
)
"""Signs and suffixes, and what they are read as."""
_WORD = re.compile(
    rf"""
    (?:\bno\.\s*|\#)\d+    # a rank, not a number: "No. 2"
    | \d+(?:st|nd|rd|th)\b
    | {DIGITS}
    | [^\W\d_]\w*(?:[-'.]\w+)*
    | -\s? | [+,%]         # a dash keeps the space after it: "12-man" is a compound, "12 - 15" is not
    | (?<![\w"'/])[~≈<>≤≥](?=\s?\d)
    """,
    re.VERBOSE | re.IGNORECASE,
)


def words_of(mention: str) -> list[str]:
    """The words, numbers and dashes of a mention without what editors put in brackets."""
    text = mention.translate(_TYPEWRITTEN)
    for sign, words_for_it in _WRITTEN_OUT:
        text = sign.sub(words_for_it, text)
    words: list[str] = []
    for word in _WORD.findall(_ASIDE.sub(" ", text)) or _WORD.findall(text):
        first, *others = word.split("-")
        if first.casefold() == "half" or first.casefold() in UNITS or first.casefold() in MULTIPLES:
            words += [first, *(part for other in others for part in ("-", other))]
        else:
            words.append(word)
    return words


def fold(words: list[str]) -> list[Item]:
    """The phrase up to a relative clause, its numbers as ``Count`` and its hedges as ``Hedge``."""
    items: list[Item] = []
    lower = [word.casefold().strip() for word in words]
    at = 0
    while at < len(words) and not (items and lower[at] in _STOPS):
        if marker := _longest(_MARKERS, lower, at):
            item, at = marker
            items.append(item)
        elif number := _read_number(lower, at):
            start, (count, at) = at, number
            if not (_is_measure(words, at) or _is_label(items, words, start, at)):
                hedge, at = _longest(_HEDGES_AFTER, lower, at) or (Hedge.EXACTLY, at)
                items.append(bounded(count, hedge))
        else:
            items += [words[at]] if lower[at] not in {"-", "+", "%"} else []
            at += 1
    return items


def _longest(table: Mapping[str, _Key], words: list[str], at: int) -> tuple[_Key, int] | None:
    """What a table has for the longest phrase that begins at a word, and where that phrase ends."""
    for end in range(min(at + 4, len(words)), at, -1):
        if (phrase := " ".join(words[at:end])) in table:
            return table[phrase], end
    return None


def _is_measure(words: list[str], at: int) -> bool:
    """Whether the number that ends here is an age, a duration or part of a compound, and counts nobody."""
    following = [word.casefold() for word in words[at : at + 2]]
    if following[:1] == ["-"]:
        return len(following) == 2 and following[1].split("-")[0] not in _MEMBERS
    unit = next((word for word in following if not word.startswith("-")), "")
    return unit in _MEASURES or unit.endswith(("-old", "-olds"))


def _is_label(items: Sequence[Item], words: list[str], start: int, end: int) -> bool:
    """Whether digits are part of a name or somebody's age: "a Channel 4 crew", "Ana Ruiz, 34, and her son"."""
    before = items[-1] if items and words[start].isdecimal() else None
    if not isinstance(before, str):
        return False
    if before == ",":
        return isinstance(items[-2:][0], str) and words[end : end + 1] in ([], [","])
    if not before[0].isupper() or before.casefold() in DETERMINERS | PREPOSITIONS or not any(map(str.islower, words)):
        return False
    beyond = PREPOSITIONS | _STOPS | {",", "and"}
    following = list(takewhile(lambda word: word.casefold() not in beyond, words[end:]))
    names_one = words[0].casefold() in SINGULAR or (bool(following) and not is_plural(following))
    return before.casefold() in _NUMBERED or names_one  # "Record 491 deaths" are counted


def _read_number(words: list[str], at: int) -> tuple[Count, int] | None:
    """The number or range that begins at a word, and where it ends."""
    if phrase := _longest(_FIXED, words, at):
        return Count.exactly(phrase[0]), phrase[1]
    if words[at] == "between":
        return _read_between(words, at + 1)
    low = read_cardinal(words, at, len(words))
    if low is None:
        return None
    if second := _second_of_range(words, low.end):
        high = read_cardinal(words, second, len(words))
        if high and low.value < high.value:
            return _range(low, high), high.end
    return Count(low.value, low.value, None if low.is_vague else low.value), low.end


def _second_of_range(words: list[str], at: int) -> int | None:
    """Where the second number stands if these words lead to one: "12 to 15", "20 and possibly 30"."""
    if words[at : at + 1] in (["-"], ["to"], ["or"]):
        return at + 1
    if words[at : at + 1] == ["and"] and (marker := _longest(_MARKERS, words, at + 1)):
        may_be = marker[0] is Hedge.AT_MOST or words[at + 1] in _PERHAPS
        return _after_hedges(words, at + 1) if may_be else None
    return None


def _range(low: Cardinal, high: Cardinal) -> Count:
    """The count between two numbers, of which the first may leave its multiple to the second: "two or three dozen"."""
    shared = low.value * high.scale
    start = shared if low.scale == 1 and shared < high.value else low.value
    return Count(start, start, None) if low.is_vague or high.is_vague else Count(start, None, high.value)


def _read_between(words: list[str], start: int) -> tuple[Count, int] | None:
    """The range after "between": its bounds part at the last "and" that has two numbers in order around it."""
    start = _after_hedges(words, start)
    for at in range(min(start + _LONGEST_CARDINAL, len(words) - 1), start, -1):
        if words[at] == "and":
            low, high = read_cardinal(words, start, at), read_cardinal(words, _after_hedges(words, at + 1), len(words))
            if low and high and low.end == at and low.value < high.value:
                return Count(low.value, None, high.value), high.end
    return None


def _after_hedges(words: list[str], at: int) -> int:
    """The index of the first word from there that is no hedge."""
    while (marker := _longest(_MARKERS, words, at)) and isinstance(marker[0], Hedge):
        at = marker[1]
    return at


def bounded(count: Count, hedge: Hedge) -> Count:
    """The count as a hedge bounds it; one that is a range or bounded already stays as it is."""
    number = count.best
    if number is None or count != Count.exactly(number):
        return count
    if hedge is Hedge.MOST_OF:
        below = max(number - 1, 0)
        return Count(min(number // 2 + 1, below), None, below)
    return Count(*(None if distance is None else max(number + distance, 0) for distance in hedge.value))
