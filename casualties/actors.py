"""Names to actors: which names stand for the same one, and which status it has.

A name is the same actor's as another by the rules that ``resolve_actors`` states, a table of aliases, and ``states``.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from functools import lru_cache
from itertools import chain, pairwise

from casualties.labels import STATUS_PRECEDENCE, UNCLAIMED_PRECEDENCE
from casualties.names import one_line
from casualties.report import Actor, Attribution
from casualties.states import state_of

_ORGANISATION_WORDS = re.compile(
    r"\b(?:the|militants?|fighters?|gunmen|forces?|troops|soldiers|army|military|government|jets|warplanes|movement"
    r"|group|organi[sz]ation|navy|air force|coast ?guard|aircraft|planes|helicopters|drones|warships|gunboats"
    r"|artillery)\b",
    re.I,
)
_TITLE = re.compile(
    r"^(?:(?:capt|col|lt|maj|gen|sgt|brig|mr|mrs|dr)\b\.?|captain|colonel|lieutenant|major|general|sergeant|brigadier"
    r"|commander|president)\s+",
    re.I,
)
_OWNER = re.compile(r"^\w+['’]s\s+")
"""Whose an organisation is: "Iran's Revolutionary Guards"."""
_ALIASES = {
    alias: names[0]
    for names in (
        ("islamic state", "isis", "isil", "is", "daesh", "islamic state of iraq and the levant"),
        ("al qaeda", "al qaida", "alqaeda"),
        ("taliban", "taleban"),
        ("shining path", "sendero luminoso"),
        ("liberation tigers of tamil eelam", "ltte", "tamil tigers"),
        ("kurdistan workers party", "pkk"),
        ("al shabaab", "shabaab", "al shabab", "shabab"),
        ("hezbollah", "hizbullah", "hizbollah", "hizballah"),
        ("eta", "euskadi ta askatasuna"),
        ("revolutionary armed forces of colombia", "farc"),
        ("farabundo marti national liberation front", "fmln"),
        ("national liberation army", "army of national liberation", "eln"),
    )
    for alias in names
}
"""Names of the same organisation that neither spelling nor initials show to be the same."""
_TYPE = re.compile(
    r"alliance|battalion|brigades?|cartel|cell|clan|coalition|column|committee|front|gang|group|league|network|order"
    r"|party|regiment|squad|union"
)
"""What may be said or left out behind a name, "Sultan Murad brigade", and may stand for the name that it is in."""
_AFTER_TYPE = re.compile(r"of|for|del?|\d+")
"""What stands behind such a noun in a name that does not end in it: "Clan del Golfo", "Mobile Squad 9"."""
_INSIDE = frozenset("of in for the and e i de la el".split())  # noqa: SIM905 – reads better
"""Words before the last of a name that belong to it: "Communist Party of Peru" is not Peru."""
_FORCES = re.compile(
    r"(?:(?:royal )?(?P<before>.+) )?(?:army|military|(?:armed|defen[cs]e) forces?|state|government)"
    r"(?: of (?P<behind>.+))?"
)
"""Forces, or whoever rules, of a state that is named, or of one that is not."""
GENERIC = re.compile(r"(?:the )?(?:group|organi[sz]ation|movement|militia|faction|network|cartel|gang)", re.I)
"""Nouns that stand for an actor named before."""
_REACH = 200
"""How many actors back a name is looked for; bounds the work on hostile texts."""


def resolve_actors(attributions: Sequence[Attribution]) -> Iterator[Actor]:
    """One actor for all names of the same actor, with the statuses of its mentions in the order of precedence.

    The order is another where the text says that nobody has claimed the incident; see ``labels``.
    Two names are the same actor's if they are equal but for case, accents, punctuation, a rank, an owner ("Iran's") and
    words such as "militants"; if one is the initials of the other; if both stand for one state ("Israel", "Israeli",
    its army, its capital); or by a table of aliases. A name's last word, such as a family name or "front", or the noun
    that it begins with ("Coalition of Patriots"), stands for the one actor of the incident that has the whole name.
    "The group" and the like stand for the actor named before it.

    Args:
        attributions: those of one incident, in the order of the text.
    """
    actors: list[list[Attribution]] = []
    names: list[list[str]] = []
    known: dict[str, int] = {}
    for mention in attributions:
        if mention.label == "UNCLAIMED":
            continue
        name = one_line(mention.text)
        number = known.get(name)
        if number is None:
            number = _find(name, names)
        if number is None and GENERIC.fullmatch(name) and actors:
            number = max(range(len(actors)), key=lambda each: actors[each][-1].start)
        elif number is None:
            number = known[name] = len(actors)
            actors.append([])
            names.append([name])
        actors[number].append(mention)
        if name not in names[number] and not GENERIC.fullmatch(name):
            names[number].append(name)
    unclaimed = any(mention.label == "UNCLAIMED" for mention in attributions)
    precedence = UNCLAIMED_PRECEDENCE if unclaimed else STATUS_PRECEDENCE
    for mentions, called in zip(actors, names, strict=True):
        statuses = sorted({mention.label for mention in mentions}, key=precedence.index)
        whole = next((name for name in called if _is_part_of_name(called[0], name)), called[0])
        yield Actor(whole, tuple(statuses), tuple(mention.id for mention in mentions))


def _find(name: str, names: Sequence[Sequence[str]]) -> int | None:
    """The number of the actor that a name is one of, the last of several, or that alone it is a part or a whole of."""
    near = range(len(names) - 1, max(-1, len(names) - 1 - _REACH), -1)
    same = (number for number in near if any(same_actor(name, each) for each in names[number]))
    if (number := next(same, None)) is not None:
        return number
    parts = [number for number in near if any(_is_part_either_way(name, each) for each in names[number])]
    return parts[0] if len(parts) == 1 else None


@lru_cache(maxsize=4096)
def same_actor(one: str, other: str) -> bool:
    """Whether two names are the same actor's, as ``resolve_actors`` says."""
    if _canonical(one) == _canonical(other) or _is_initials_of(one, other) or _is_initials_of(other, one):
        return True
    short, long = sorted((plain(one), plain(other)), key=len)
    if not short or short in _ALIASES or state_of(short) or not long.startswith(short + " "):
        return False
    return bool(_TYPE.fullmatch(long[len(short) + 1 :]))


@lru_cache(maxsize=4096)
def _canonical(name: str) -> str:
    """What an actor's names have in common: its state, the first of its aliases, or the name without its trimmings."""
    full, untitled = plain(name), _TITLE.sub("", name)
    bare = next(filter(None, map(_bare, (_OWNER.sub("", untitled), untitled))), full)
    forces = _FORCES.fullmatch(full)
    states = (state_of(each) for each in (full, *(filter(None, forces.groups()) if forces else ()), bare))
    return next(filter(None, chain([_ALIASES.get(full)], states)), None) or _ALIASES.get(bare, bare)


def _bare(name: str) -> str:
    return plain(_ORGANISATION_WORDS.sub(" ", name))


@lru_cache(maxsize=4096)
def plain(name: str) -> str:
    """The name in lower case without accents, punctuation and the ending of a genitive."""
    name = re.sub(r"['’]s\b", "", unicodedata.normalize("NFKD", name))
    kept = (each for each in name if each not in "'." and not unicodedata.combining(each))
    return " ".join("".join(each if each.isalnum() else " " for each in kept).casefold().split())


@lru_cache(maxsize=4096)
def _is_part_of_name(short: str, long: str) -> bool:
    """Whether a name is what a longer one is shortened to: "Gedi" of "Hassan Gedi", "front" of "Jaime Martínez front".

    A known organisation's or a state's name is not, nor are capitals such as "IRA"; "army" is that of a state alone.
    """
    words, whole = plain(_TITLE.sub("", short)).split(), plain(long).split()
    if not 0 < len(words) < len(whole) or (short.isupper() and not long.isupper()):
        return False
    if plain(short) in _ALIASES or state_of(_canonical(short)):
        return False
    forces = _FORCES.fullmatch(" ".join(words))
    if forces and not any(forces.groups()) and not state_of(_canonical(long)):
        return False
    if whole[-len(words) :] == words:
        return whole[-len(words) - 1] not in _INSIDE
    return len(words) == 1 and any(
        one == words[0] and _TYPE.fullmatch(one) and _AFTER_TYPE.fullmatch(other) for one, other in pairwise(whole)
    )


def _is_part_either_way(one: str, other: str) -> bool:
    return _is_part_of_name(one, other) or _is_part_of_name(other, one)


def _is_initials_of(short: str, long: str) -> bool:
    return bool(initials := _initials(long)) and initials == plain(short)


@lru_cache(maxsize=4096)
def _initials(name: str) -> str:
    """The first letters of a name of several words, the small ones ("of", "the") left out; else nothing."""
    words = [word for word in re.split(r"[\s-]+", name) if word[:1].isupper() and word.lower() not in ("of", "the")]
    return "".join(word[0] for word in words).casefold() if len(words) > 1 else ""
