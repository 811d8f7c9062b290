"""Cardinal numbers among words: "two hundred and twelve", "1.2 million", "several dozen", "half a million"."""

from __future__ import annotations

import re
from itertools import takewhile
from typing import NamedTuple

_UNIT_WORDS = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen "
    "eighteen nineteen"
)
_TEN_WORDS = "twenty thirty forty fifty sixty seventy eighty ninety"
UNITS = {word: n for n, word in enumerate(_UNIT_WORDS.split())}
UNITS |= {word: 10 * n for n, word in enumerate(_TEN_WORDS.split(), start=2)}
"""What the words for numbers below a hundred stand for."""
MULTIPLES = {"couple": 2, "pair": 2, "dozen": 12, "score": 20, "hundred": 100}
MULTIPLES |= {"thousand": 10**3, "lakh": 10**5, "million": 10**6, "crore": 10**7, "billion": 10**9}
MULTIPLES |= {f"{word}s": n for word, n in MULTIPLES.items()} | {"tens": 10}
"""What the words stand for that multiply the number before them, or count alone."""
_VAGUE = {"several", "few", "many", "numerous", "multiple", "countless", "various", "handful"}
_VAGUE |= {"number", "numbers", "lot", "lots"}

_AND_A_HALF = ["and", "a", "half"]
"""What a number may hold before its multiple: "two and a half million"."""

DIGITS = r"\d{1,3}(?:[,'\ ]\d{3})+(?!\d)|\d{1,3}(?:\.\d{3})+(?![\d.])|\d+(?:\.\d+)?"
"""A regular expression for a number in digits, its separators included."""
_POINTS = re.compile(r"\d{1,3}(?:\.\d{3})+")
"""Points that part thousands, where no multiple follows: "1.200 people", not "1.200 million"."""
_MOST_DIGITS = 15
"""Longer numbers, separators included, count no people; a ``float`` holds all shorter ones."""


class Cardinal(NamedTuple):
    """A number in words or digits."""

    value: int
    is_vague: bool
    """Whether it is only a lower bound: "dozens", "several hundred"."""
    scale: int
    """The multiple that it ends in, 1 where it ends in a unit."""
    end: int
    """The index of the word after it."""


def read_cardinal(words: list[str], start: int, stop: int) -> Cardinal | None:
    """Read the number that begins at a word.

    Args:
        words: words, numbers and dashes, in lower case, compounds of numbers split ("half", "-", "dozen").
        start: the index of its first word.
        stop: the index of the word that it must end before.

    Returns:
        The longest number from there; ``None`` if none begins.
    """
    if start >= stop:
        return None
    group, is_vague, at = _read_first(words, start)
    end = start if words[start] in {"a", "half"} else at
    total, scale, power = 0.0, 1, 10**12
    while at < stop:
        word = words[at]
        multiple = MULTIPLES.get(word, 0)
        if word in UNITS and _fits(UNITS[word], group):
            group, scale = group + UNITS[word], 1
        elif group and words[at : at + 3] == _AND_A_HALF and MULTIPLES.keys() & words[at + 3 : at + 4]:
            group, at = group + 0.5, at + 3
            continue
        elif 1000 <= multiple < power or (0 < multiple < 1000 and group < 100):
            is_plural = word.endswith("s")
            is_vague |= is_plural and not group
            group, scale = (group or 1 + is_plural) * multiple, multiple
            if multiple >= 1000:
                total, group, power = total + group, 0.0, multiple
        elif start < end == at and _joins(words, at, scale):
            at += 1
            continue
        else:
            break
        at = end = at + 1
    return Cardinal(round(total + group), is_vague, scale, end) if end > start else None


def _read_first(words: list[str], at: int) -> tuple[float, bool, int]:
    """What only the first word of a number can be: its value, whether that is vague, and the next word's index."""
    word, *following = words[at : at + 4]
    if len(word) <= _MOST_DIGITS and re.fullmatch(DIGITS, word):
        parts_thousands = _POINTS.fullmatch(word) and not MULTIPLES.keys() & following[:1]
        return float(re.sub("[,' .]" if parts_thousands else "[,' ]", "", word)), False, at + 1
    if word in _VAGUE:
        return 2.0, True, at + 1
    if word == "half":  # "half a dozen", "half-dozen"
        return 0.5, False, at + 1 + len(list(takewhile({"a", "-"}.__contains__, following)))
    return 0.0, False, at + (word == "a" and bool(following) and following[0] in MULTIPLES)


def _fits(unit: int, group: float) -> bool:
    """Whether a number word may follow what was read: "five" after "twenty" or "hundred", but not after "six"."""
    return group % 100 == 0 or (unit < 10 and group >= 20 and group % 10 == 0)


def _joins(words: list[str], at: int, scale: int) -> bool:
    """Whether a word between two number words may be part of the number."""
    if words[at] == "of":  # "hundreds of thousands"
        return scale > 1 and any(word in MULTIPLES for word in words[at + 1 : at + 2])
    return words[at] == "-" or (words[at] == "and" and scale >= 100) or (words[at] == "," and scale >= 1000)
