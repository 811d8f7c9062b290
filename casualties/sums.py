"""What a text counts in parts: lists, figures that add to the one before, persons by name, groups apart.

What these come to is a lower bound at most, since the text may leave parts out.
"""

from __future__ import annotations

import math
import re
from collections import defaultdict
from collections.abc import Sequence
from difflib import get_close_matches

from casualties.actors import plain
from casualties.corrections import LOOK_BACK, replaces, said_before
from casualties.names import ROLES, split_name
from casualties.report import Casualty

_MORE = re.compile(r"\b(?:another|further|additional|(?<!or )more(?! than))\b", re.I)
_OTHERS = re.compile(r"\bothers?\b", re.I)
"""Words of a figure that say it is of other people than the one before it; or than those who met another outcome, as
"four others" may be the four of the headline, so they count where the two figures cannot be one."""
_TOLL = re.compile(r"\b(?:toll|total|in all|altogether|so far)\b", re.I)
"""Words before or in a figure that say that it is all there is; where there is one, nothing adds to another figure."""
_WIDEST_GAP = 60
"""Characters between two figures of one list."""
_AGE = r"(?:\s*,?\s*\(?(?:aged? )?\d{1,3}\)?)?"
_AND = re.compile(rf"{_AGE}[\s,]*\b(?:and|as well as|along with|plus)\s+", re.I)
_COMMA = re.compile(rf"{_AGE}\s*[,;]\s*", re.I)
"""What joins two figures to one list, the age of the first before it: "John Smith, 34, and"."""

_NAME_WORD = re.compile(
    r"(?:(?:al|el|an|ad|as)-)?[^\W\d_a-zß-ÿ](?!.*['’]s$)|(?:al|el|de|da|dos|del|di|la|bin|ibn|van|von|der)$"
)
"""What a word of a name looks like: a capital, or one of the small words in names."""
_ALIAS = re.compile(
    r"(?:\b(?:known|born|identified|named) as|\bcalled|\bnom de guerre|\balias|\ba\.?k\.?a\.?)\s+$|\($", re.I
)
"""Words before another name of the same person."""
_NO_NAMES = ROLES | frozenset(
    ("hostage", "captive", "imam", "emir", "teen", "operative", "bomber", "gunman", "attacker")
)
"""Nouns that a headline writes like names."""
_ALIKE = 0.75
"""How alike two words are, by difflib's ratio, that may be spellings of one name."""
_REACH = 20
"""How many persons back a name is compared with; bounds the work on hostile texts."""


def parts(text: str, figures: Sequence[Casualty], numbered: Sequence[Casualty]) -> list[Casualty]:
    """The figures of the most people that the text tells apart; empty if it tells none apart.

    Args:
        text: the text.
        figures: those of one outcome of one incident, in the order of the text, none part of another.
        numbered: those of them that do not merely agree with vague ones.
    """
    told = _longest_chain(text, figures), _added(text, figures), _apart(text, numbered), _named(text, figures)
    return max(told, key=least)


def least(figures: Sequence[Casualty]) -> int:
    """How many people some figures are at least."""
    return sum(figure.count.low or 0 for figure in figures)


def _longest_chain(text: str, figures: Sequence[Casualty]) -> list[Casualty]:
    """The figures of the most people that stand side by side as one list, each with a lower bound.

    A list ends in "and" or the like; a comma alone joins only what stands before that, and only people of a known
    group or two names: "the bomber, a man of 24" is one, and "three people, two women and a man" is three.
    """
    chains: list[list[Casualty]] = []
    ends: list[int] = []  # how many of each chain stand before its last "and" or behind it
    chain: list[Casualty] = []
    for figure in figures:
        near = bool(chain) and figure.start - chain[-1].end <= _WIDEST_GAP
        gap = text[chain[-1].end : figure.start] if near else ""
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
    lists = [_without_whole(text, chain[:end]) for chain, end in zip(chains, ends, strict=True) if end]
    return max(lists, key=least, default=[])


def _added(text: str, figures: Sequence[Casualty]) -> list[Casualty]:
    """The most people that the text adds up itself, "two soldiers … three more": each figure close behind the last.

    A toll has the others in it already, so where the text gives one nothing is added.
    """
    if any(_is_toll(text, figure) for figure in figures):
        return []
    chains: list[list[Casualty]] = [[]]
    for figure in figures:
        near = chains[-1] and figure.start - chains[-1][-1].end <= LOOK_BACK
        if figure.count.low is None:
            chains.append([])
        elif near and _adds(chains[-1][-1], figure):
            chains[-1].append(figure)
        else:
            chains.append([figure])
    return max((chain for chain in chains if len(chain) > 1), key=least, default=[])


def _adds(before: Casualty, figure: Casualty) -> bool:
    """Whether a figure says that it is of other people than the one before it."""
    if _OTHERS.search(figure.text):
        highs = [count.high for count in (before.count, figure.count) if count.high is not None]
        return max(before.count.low or 0, figure.count.low or 0) > min(highs, default=math.inf)
    return _MORE.search(figure.text) is not None


def _is_toll(text: str, figure: Casualty) -> bool:
    before = text[max(0, figure.start - _WIDEST_GAP) : figure.end]
    return replaces(text, figure) or _TOLL.search(re.split(r"[.;]\s|, (?:and|but|while)\b", before)[-1]) is not None


def _two_persons(one: Casualty, other: Casualty) -> bool:
    """Whether two figures name two persons in full, by names that share no word."""
    first, second = _full_name(one), _full_name(other)
    return bool(first and second) and not first & second


def _full_name(figure: Casualty) -> set[str]:
    """The words of the name of two words and more that a figure is; none where capitals do not tell names apart."""
    name = split_name(figure)[0]
    words = name.split()
    known = set(plain(name).split())
    sure = len(words) > 1 and not figure.text.isupper() and all(_NAME_WORD.match(word) for word in words)
    return known if sure and not known & _NO_NAMES else set()


def _named(text: str, figures: Sequence[Casualty]) -> list[Casualty]:
    """The persons that some figures name in full, one figure each."""
    persons: list[Casualty] = []
    names: list[set[str]] = []
    known: set[str] = set()
    for figure in figures:
        name = _full_name(figure)
        follows = bool(persons) and figure.start - persons[-1].end <= _WIDEST_GAP
        is_alias = follows and said_before(_ALIAS, text, figure)
        if not name or name & known or is_alias:
            continue
        if not any(_spells(name, other) for other in names[-_REACH:]):
            persons.append(figure)
            names.append(name)
            known |= name
    return persons


def _spells(name: set[str], other: set[str]) -> bool:
    """Whether one name may be another spelling of the other, word by word."""
    short, long = sorted((name, other), key=len)
    return all(get_close_matches(word, long, 1, _ALIKE) for word in short)


def _without_whole(text: str, chain: list[Casualty]) -> list[Casualty]:
    """A chain less its first figure where the rest divides it: "four civilians, two women and two children"."""
    is_apposition = len(chain) > 2 and not _AND.fullmatch(text[chain[0].end : chain[1].start])
    return chain[1:] if is_apposition and least(chain[:1]) == least(chain[1:]) else chain


def _apart(text: str, figures: Sequence[Casualty]) -> list[Casualty]:
    """What the text counts most people of each group in, if there are two groups: soldiers and civilians add up."""
    groups: dict[str, list[Casualty]] = defaultdict(list)
    for figure in figures:
        if figure.group != "unknown" and figure.count.low:
            groups[figure.group].append(figure)
    most = [
        max([max(group, key=lambda figure: figure.count.magnitude)], _longest_chain(text, group), key=least)
        for group in groups.values()
    ]
    return [figure for group in most for figure in group] if len(most) > 1 else []
