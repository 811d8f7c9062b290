"""Whether a noun phrase without a number stands for one person or several."""

from __future__ import annotations

import re

from casualties.names import ROLES


def word_set(words: str) -> frozenset[str]:
    """The words of a line."""
    return frozenset(words.split())


SINGULAR = word_set("a an another each every this")
POSSESSIVES = word_set("his her their its our my your")
DETERMINERS = SINGULAR | POSSESSIVES | word_set("the these those all other further additional remaining")
GROUPS = word_set(
    "all family group crew team community band gang crowd squad patrol unit platoon convoy delegation congregation "
    "entourage household staff"
)
"""Nouns for several people that "a" may stand before, and whose number may follow in an "of" phrase."""
_PLURALS = word_set(
    "people children police troops personnel clergy those these them themselves us more rest everyone "
    "everybody dead wounded injured missing killed slain elderly military youth taliban mujahideen peshmerga "
    "guerrillas campesinos commandos contras shias hazaras filipinos hindus marines rangers seals kurds turks arabs "
    "serbs croats jews sikhs muslims poles finns swedes danes greeks druze rohingya british french"
)
_PARTICIPLES = word_set("killed dead injured wounded kidnapped abducted slain shot missing")
_MEN = r"(?<!car)(?<!ye)men$|ese$"
_PLURAL = re.compile(rf"(?<![su'])s$|{_MEN}")
_PLURAL_PROPER = re.compile(r"\w{3}(?<!v)ans$|(?:ist|ite)s$|(?:ael|aq|d|stan|sh|outh|it|al|ts|unn|men|ab|er|az)is$")
"""Peoples and followers, "Israelis" and "Maoists", but not names: "Davis", "Evans"."""
_PLURAL_CAPITALS = re.compile(
    rf"(?:[^\W\d_aeious]|ee|ie|ge|[rps]se|che|ive|\w{{3}}ate)s$|{_MEN}|{_PLURAL_PROPER.pattern}"
)
"""The same where capitals tell nothing: "HOSTAGES", but not "TORRES"."""


def is_plural(words: list[str]) -> bool:
    """Whether a noun phrase without a number stands for several people, as its first and its last word tell."""
    lower = [word.casefold() for word in words]
    # "the man killed", but not "the killed" and not "dead and wounded"
    behind_noun = lower[-1] in _PARTICIPLES and lower[-2:-1] != ["and"] and not DETERMINERS.issuperset(lower[:-1])
    if behind_noun:
        lower.pop()
    first, head, spelling = lower[0], lower[-1], words[len(lower) - 1]
    if first in SINGULAR or head in GROUPS:
        return head in GROUPS
    if head in _PLURALS:
        return True
    if first in POSSESSIVES and spelling.istitle() and ROLES.intersection(words[1:]):  # "his friend James"
        return False
    if first in DETERMINERS or spelling.islower():
        return bool(_PLURAL.search(head))
    is_proper = len(words) > 1 and not spelling.isupper()
    return bool((_PLURAL_PROPER if is_proper else _PLURAL_CAPITALS).search(head))
