"""Names to actors: which names stand for the same one, and which status it has.

A name is the same actor's as another by rules and a short table of aliases, which ``resolve_actors`` states.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache
from itertools import pairwise

from casualties.labels import STATUS_PRECEDENCE, UNCLAIMED_PRECEDENCE
from casualties.report import Actor, Attribution

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
_DEMONYM = ("n", "i", "an", "ian", "ese", "ish")
"""What makes a nationality of a country's name."""
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
        ("afghanistan", "afghan", "kabul"),
        ("armenia", "yerevan"),
        ("azerbaijan", "azeri", "baku"),
        ("bangladesh", "bangladeshi", "dhaka"),
        ("britain", "british", "uk", "united kingdom", "london"),
        ("burkina faso", "burkinabe", "burkina", "ouagadougou"),
        ("cambodia", "phnom penh"),
        ("china", "chinese", "beijing"),
        ("colombia", "bogota"),
        ("croatia", "croat", "zagreb"),
        ("cuba", "havana"),
        ("democratic republic of the congo", "congolese", "kinshasa"),
        ("denmark", "danish", "copenhagen"),
        ("egypt", "egyptian", "cairo"),
        ("eritrea", "asmara"),
        ("ethiopia", "addis ababa"),
        ("france", "french", "paris"),
        ("georgia", "tbilisi"),
        ("germany", "german", "berlin"),
        ("india", "new delhi", "delhi"),
        ("indonesia", "jakarta"),
        ("iran", "tehran", "teheran"),
        ("iraq", "baghdad"),
        ("kenya", "nairobi"),
        ("lebanon", "lebanese", "beirut"),
        ("libya", "tripoli"),
        ("mali", "bamako"),
        ("myanmar", "naypyidaw", "naypyitaw", "burma", "burmese"),
        ("nepal", "kathmandu"),
        ("nicaragua", "managua"),
        ("niger", "nigerien", "niamey"),
        ("nigeria", "abuja"),
        ("north korea", "pyongyang"),
        ("pakistan", "islamabad"),
        ("philippines", "philippine", "filipino", "manila"),
        ("russia", "moscow", "kremlin"),
        ("rwanda", "kigali"),
        ("saudi arabia", "saudi", "riyadh"),
        ("serbia", "serb", "belgrade"),
        ("somalia", "somali", "mogadishu"),
        ("south sudan", "juba"),
        ("spain", "spanish", "madrid"),
        ("sri lanka", "colombo"),
        ("sudan", "khartoum"),
        ("syria", "damascus"),
        ("thailand", "thai", "bangkok"),
        ("turkey", "turkish", "turkiye", "ankara"),
        ("uganda", "kampala"),
        ("ukraine", "ukrainian", "kyiv", "kiev"),
        ("united states", "us", "usa", "american", "america", "washington"),
        ("venezuela", "caracas"),
        ("vietnam", "hanoi"),
    )
    for alias in names
}
"""Names of the same organisation or state that neither spelling nor initials show to be the same, among them the
capitals that stand for a government."""
_TYPE = re.compile(
    r"group|wing|brigades?|battalion|column|front|cell|network|faction|gang|cartel|clan|party|regiment|squad"
)
"""A noun that may be said or left out behind a name, "Sultan Murad brigade", and may stand for a name that it is in."""
_TYPE_BEFORE = re.compile(r"of|for|del?|\d+")
"""What stands behind the noun of a name that does not end in it: "Clan del Golfo", "Mobile Squad 9"."""
_STATE_FORCES = frozenset(("army", "military"))
_REBEL_WORDS = frozenset(("liberation", "people", "peoples", "resistance", "revolutionary", "salvation"))
"""Words of a name whose bearer is not who "the army" is."""
GENERIC = re.compile(r"(?:the )?(?:group|organi[sz]ation|movement|militia|faction|network|cartel|gang)", re.I)
"""Nouns that stand for an actor named before."""
_REACH = 200
"""How many actors back a name is looked for; bounds the work on hostile texts."""


def resolve_actors(attributions: Sequence[Attribution]) -> Iterator[Actor]:
    """One actor for all names of the same actor, with the statuses of its mentions in the order of precedence.

    The order is another where the text says that nobody has claimed the incident; see ``labels``.
    Two names are the same actor's if they are equal but for case, punctuation, a rank, an owner ("Iran's") and words
    such as "militants"; if one is the initials of the other; if one is the other's nationality ("Israel", "Israeli");
    or by a table of aliases. A name's last word, such as a family name or "front", or the noun that it begins with
    ("Coalition of Patriots"), stands for the actor that has the whole name in the same incident.
    "The group" and the like stand for the actor named before it.

    Args:
        attributions: those of one incident, in the order of the text.
    """
    actors: list[list[Attribution]] = []
    known: dict[str, list[Attribution]] = {}
    for mention in attributions:
        if mention.label == "UNCLAIMED":
            continue
        name = " ".join(mention.text.split())
        if GENERIC.fullmatch(name) and actors:
            same = max(actors, key=lambda actor: actor[-1].start)
        else:
            near = actors[:-_REACH:-1]
            same = known.get(name) or next((actor for actor in near if same_actor(name, actor[0].text)), [])
            same = same or next((actor for actor in near if _is_part_of_name(name, actor[0].text)), [])
            known[name] = same
        if not same:
            actors.append(same)
        same.append(mention)
    unclaimed = any(mention.label == "UNCLAIMED" for mention in attributions)
    precedence = UNCLAIMED_PRECEDENCE if unclaimed else STATUS_PRECEDENCE
    for actor in actors:
        statuses = sorted({mention.label for mention in actor}, key=precedence.index)
        yield Actor(" ".join(actor[0].text.split()), tuple(statuses), tuple(mention.id for mention in actor))


@lru_cache(maxsize=4096)
def same_actor(one: str, other: str) -> bool:
    """Whether two names are the same actor's, as ``resolve_actors`` says."""
    first, second = _canonical(one), _canonical(other)
    if first == second or _is_initials_of(one, other) or _is_initials_of(other, one):
        return True
    short, long = sorted((plain(one), plain(other)), key=len)
    if short and long.startswith(short + " ") and _TYPE.fullmatch(long[len(short) + 1 :]):
        return True
    country, people = sorted((first, second), key=len)
    return country != "niger" and people in {country + ending for ending in _DEMONYM}  # Nigerian is of Nigeria


@lru_cache(maxsize=4096)
def _canonical(name: str) -> str:
    untitled = _TITLE.sub("", name)
    bare = next(filter(None, map(_bare, (_OWNER.sub("", untitled), untitled))), plain(name))
    return _ALIASES.get(plain(name), _ALIASES.get(bare, bare))


def _bare(name: str) -> str:
    return plain(_ORGANISATION_WORDS.sub(" ", name))


def plain(name: str) -> str:
    """The name in lower case without punctuation and without the ending of a genitive."""
    name = re.sub(r"['’]s\b", "", name).replace("'", "")
    return " ".join("".join(each if each.isalnum() else " " for each in name).casefold().split())


@lru_cache(maxsize=4096)
def _is_part_of_name(short: str, long: str) -> bool:
    """Whether a name is what a longer one is shortened to: "Gedi" of "Hassan Gedi", "front" of "Jaime Martínez front".

    The name of a known organisation or state is not, nor are capitals such as "IRA": others take them into theirs.
    """
    words, whole = plain(short).split(), plain(long).split()
    if not 0 < len(words) < len(whole) or plain(short) in _ALIASES or (short.isupper() and not long.isupper()):
        return False
    if _STATE_FORCES.intersection(words) and _REBEL_WORDS.intersection(whole):
        return False
    if whole[-len(words) :] == words:
        return True
    standing_for = {one for one, other in pairwise(whole) if _TYPE_BEFORE.fullmatch(other)}
    return len(words) == 1 and words[0] in standing_for and (words == whole[:1] or bool(_TYPE.fullmatch(words[0])))


def _is_initials_of(short: str, long: str) -> bool:
    return bool(initials := _initials(long)) and initials == plain(short)


def _initials(name: str) -> str:
    """The first letters of a name of several words, the small ones ("of", "the") left out; else nothing."""
    words = [word for word in re.split(r"[\s-]+", name) if word[:1].isupper() and word.lower() not in ("of", "the")]
    return "".join(word[0] for word in words).casefold() if len(words) > 1 else ""
