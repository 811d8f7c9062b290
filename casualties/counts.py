"""Counts of people: words to ``Count``, and MUC-4's notation both ways.

``read_count`` reads a noun phrase in three steps. It splits the phrase into words; it folds numbers into ``Count``
(``numerals``) and hedges into ``_Hedge``, which leaves a list of those and of the other words; and it reads each
conjunct by its first number or, where there is none, by the number of its head noun. Section 4 of the annotation guide
(``train/annotations/guide.md``) is the specification.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from enum import Enum
from fractions import Fraction
from itertools import pairwise
from typing import TypeAlias, TypeVar

from casualties.names import ROLES
from casualties.numerals import DIGITS, MULTIPLES, UNITS, Cardinal, read_cardinal
from casualties.report import Count

_MUC4 = re.compile(r"(?P<about>~)?(?P<low>\d+)?(?P<dash>-)?(?P<high>\d+)?")


def parse_muc4(notation: str) -> Count:
    """Read MUC-4's notation: ``13``, ``13-`` at least, ``-13`` at most, ``12-15`` a range, ``~13`` about.

    Raises:
        ValueError: if it is none of these.
    """
    match = _MUC4.fullmatch(notation)
    if match and match["about"] and match["low"] and not match["dash"]:
        return Count(None, int(match["low"]), None)
    if match and not match["about"]:
        low, dash, high = match["low"], match["dash"], match["high"]
        if low and high and dash:
            return Count(int(low), None, int(high))
        if low and dash:
            return Count(int(low), int(low), None)
        if high and dash:
            return Count(None, int(high), int(high))
        if low:
            return Count.exactly(int(low))
    raise ValueError(f"{notation!r} is no count; write 13, 13-, -13, 12-15 or ~13")


def format_muc4(count: Count) -> str:
    """Write a count in MUC-4's notation; the inverse of ``parse_muc4``.

    Raises:
        ValueError: if the notation has no form for it, as for ``Count(12, 13, 15)``.
    """
    low, best, high = count.low, count.best, count.high
    if best is None and low is not None and high is not None:
        return f"{low}-{high}"
    forms = {(best, best, best): "{}", (best, best, None): "{}-", (None, best, best): "-{}", (None, best, None): "~{}"}
    if best is None or (low, best, high) not in forms:
        raise ValueError(f"MUC-4's notation has no form for {count}")
    return forms[low, best, high].format(best)


def read_count(mention: str) -> Count:
    """Read how many people a casualty mention stands for.

    Args:
        mention: the noun phrase as it stands in the text: "at least 13 police officers", "a man and his two sons",
            "dozens", "no one", "General Yaroslav Moskalik".

    Returns:
        The count, for every string; one person where nothing says otherwise. Of a longer string than any noun phrase
        the first 10,000 characters are read.
    """
    counts = [_read_conjunct(conjunct) for conjunct in _conjuncts(_fold(_words(mention[:_MOST_CHARACTERS])))]
    return counts[0] if len(counts) == 1 else _add(counts)


def read_share(mention: str, whole: Count) -> Count | None:
    """Read how many a mention stands for that tells a share of a larger figure: "most of them", "all", "all but two".

    Args:
        mention: the noun phrase.
        whole: the larger figure's count.

    Returns:
        The count, of "about 40" as of 40; ``None`` if the mention tells no share, or the larger figure is a range, an
        upper bound or less than two.
    """
    number = whole.best or 0
    if number < 2 or whole not in (Count.exactly(number), Count(number, number, None), Count(None, number, None)):
        return None
    words = [word.casefold() for word in _words(mention[:_MOST_CHARACTERS])]
    items = _fold(words[words[:1] == ["the"] or words[:2] == ["a", "majority"] :])
    if words[:2] == ["all", "but"]:
        left_out = next((item.best for item in items[2:3] if isinstance(item, Count)), None)
        return _part_of(whole, number - left_out) if left_out and left_out < number else None
    hedges: list[_Hedge | Fraction] = []
    for item in items:
        if not isinstance(item, _Hedge | Fraction):
            break
        hedges.append(item)
    others = items[len(hedges) or 1 :][:3]
    if any(isinstance(item, Count) or item in _OTHERS for item in others):
        return None
    if items[:1] == ["all"]:
        return None if any(item in _POSSESSIVES for item in others) else whole
    if _Hedge.MOST_OF not in hedges and not any(isinstance(each, Fraction) for each in hedges):
        return None
    count = _hedged(Count.exactly(number), hedges)
    if whole.low is None and _Hedge.MOST_OF not in hedges:
        return Count(None, count.best, None)
    return Count(count.low, count.low, None) if whole.high is None and whole.low and count.low else count


def _part_of(whole: Count, number: int) -> Count:
    """A count of so many, exact, about, or at least, as the larger figure is."""
    return Count(number if whole.low else None, number, number if whole.high else None)


class _Hedge(Enum):
    """What the words around a number say of it, weakest first: how far low, best and high lie from the number."""

    EXACTLY = (0, 0, 0)
    ABOUT = (None, 0, None)
    AT_LEAST = (0, 0, None)
    AT_MOST = (None, 0, 0)
    MORE_THAN = (1, 1, None)
    FEWER_THAN = (None, -1, -1)
    MOST_OF = "more than half, but not all"


_STRENGTH = list(_Hedge)
_Item: TypeAlias = "Count | _Hedge | Fraction | str"
_Key = TypeVar("_Key")


def _phrases(rows: Mapping[_Key, str]) -> dict[str, _Key]:
    """A dictionary from each phrase of a row to the row's key."""
    return {phrase: key for key, row in rows.items() for phrase in row.split(", ")}


def _set(words: str) -> frozenset[str]:
    return frozenset(words.split())


_MARKERS: dict[str, _Hedge | Fraction | str] = _phrases(
    {
        _Hedge.EXACTLY: "exactly, precisely, only, just, total of, anywhere from, somewhere from",
        _Hedge.ABOUT: "about, around, some, nearly, almost, approximately, roughly, estimated, circa, perhaps, maybe, "
        "possibly, close to, in the region of, a little under, a little less than, ~, ≈",
        _Hedge.AT_LEAST: "at least, no fewer than, no less than, not fewer than, not less than, minimum of, "
        "upwards of, upward of, ≥",
        _Hedge.AT_MOST: "at most, up to, as many as, no more than, not more than, maximum of, ≤",
        _Hedge.MORE_THAN: "more than, over, above, exceeding, greater than, in excess of, excess of, "
        "a little over, a little more than, >",
        _Hedge.FEWER_THAN: "fewer than, less than, under, below, <",
        _Hedge.MOST_OF: "most, most of, majority of, more than half, more than half of",
        Fraction(1, 2): "half of, half the, half of the",
        Fraction(1, 3): "a third of, one third of, one - third of",
        Fraction(2, 3): "two thirds of, two - thirds of",
        Fraction(1, 4): "a quarter of, one quarter of, one - quarter of",
        Fraction(3, 4): "three quarters of, three - quarters of",
        "and": "and, plus, as well as, along with, together with",
    }
)
_PERHAPS = _set("perhaps maybe possibly")
_HEDGES_AFTER = _phrases(
    {
        _Hedge.ABOUT: "or so, odd, - odd",
        _Hedge.AT_LEAST: "at least, or more, +, - plus",
        _Hedge.AT_MOST: "at most, or fewer, or less",
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
_MOST_CHARACTERS = 10_000
_LONGEST_CARDINAL = 32

_MEASURES = _set("% percent per year years month months weeks days hours minutes miles km metres meters")
_MEMBERS = _set("man men member person people strong odd plus")
"""What may follow the hyphen of a number of people: "a 12-man patrol" is one, "a two-star general" is not."""

_STOPS = _set("including who whom whose which that where aged age")
_PREPOSITIONS = _set(
    "of in on at from with by near for to into among amid between during after before inside outside aboard against "
    "without within across"
)
_SINGULAR = _set("a an another each every this")
_POSSESSIVES = _set("his her their its our my your")
_DETERMINERS = _SINGULAR | _POSSESSIVES | _set("the these those all other further additional remaining")
_OPENERS = _POSSESSIVES | _set("a an another each other others")
"""What begins a conjunct with a count of its own; any other word only adds to the noun ("20 men and women")."""
_KIN = _set("wife husband son daughter child baby mother father sister brother woman girl boy")
"""What counts after "and" without an opener: "a mother and child"."""

_GROUPS = _set(
    "all family group crew team community band gang crowd squad patrol unit platoon convoy delegation congregation "
    "entourage household staff"
)
"""Nouns for several people that "a" may stand before, and whose number may follow in an "of" phrase."""
_OTHERS = _set("others other rest remaining remainder")
"""What is a share of what another share leaves, not of the larger figure."""
_REMAINS = _set("bodies corpses remains")
"""Nouns for the dead, whose number may follow in an "of" phrase."""
_PLURALS = _set(
    "people children police troops personnel clergy those these them themselves us more rest everyone "
    "everybody dead wounded injured missing killed slain elderly military youth taliban mujahideen peshmerga "
    "guerrillas campesinos commandos contras shias hazaras filipinos hindus marines rangers seals kurds turks arabs "
    "serbs croats jews sikhs muslims poles finns swedes danes greeks druze rohingya british french"
)
_NUMBERED = _set(
    "flight channel grade unit battalion division brigade regiment area route highway block camp ward sector radio tv"
)
"""Nouns that a number names: "Flight 93 passengers"."""
_PARTICIPLES = _set("killed dead injured wounded kidnapped abducted slain shot missing")
_MEN = r"(?<!car)(?<!ye)men$|ese$"
_PLURAL = re.compile(rf"(?<![su'])s$|{_MEN}")
_PLURAL_PROPER = re.compile(r"\w{3}(?<!v)ans$|(?:ist|ite)s$|(?:ael|aq|d|stan|sh|outh|it|al|ts|unn|men|ab|er|az)is$")
"""Peoples and followers, "Israelis" and "Maoists", but not names: "Davis", "Evans"."""
_PLURAL_CAPITALS = re.compile(
    rf"(?:[^\W\d_aeious]|ee|ie|ge|[rps]se|che|ive|\w{{3}}ate)s$|{_MEN}|{_PLURAL_PROPER.pattern}"
)
"""The same where capitals tell nothing: "HOSTAGES", but not "TORRES"."""

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


def _words(mention: str) -> list[str]:
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


def _fold(words: list[str]) -> list[_Item]:
    """The phrase up to a relative clause, its numbers as ``Count`` and its hedges as ``_Hedge``."""
    items: list[_Item] = []
    lower = [word.casefold().strip() for word in words]
    at = 0
    while at < len(words) and not (items and lower[at] in _STOPS):
        if marker := _longest(_MARKERS, lower, at):
            item, at = marker
            items.append(item)
        elif number := _read_number(lower, at):
            start, (count, at) = at, number
            if not (_is_measure(words, at) or _is_label(items, words, start, at)):
                hedge, at = _longest(_HEDGES_AFTER, lower, at) or (_Hedge.EXACTLY, at)
                items.append(_bounded(count, hedge))
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


def _is_label(items: Sequence[_Item], words: list[str], start: int, end: int) -> bool:
    """Whether digits are part of a name or somebody's age: "a Channel 4 crew", "Ana Ruiz, 34, and her son"."""
    before = items[-1] if items and words[start].isdecimal() else None
    if not isinstance(before, str):
        return False
    if before == ",":
        return isinstance(items[-2:][0], str) and words[end : end + 1] in ([], [","])
    if not before[0].isupper() or before.casefold() in _DETERMINERS | _PREPOSITIONS or not any(map(str.islower, words)):
        return False
    following = words[end:]
    names_one = words[0].casefold() in _SINGULAR or (bool(following) and not _is_plural(following))
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
        may_be = marker[0] is _Hedge.AT_MOST or words[at + 1] in _PERHAPS
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
    while (marker := _longest(_MARKERS, words, at)) and isinstance(marker[0], _Hedge):
        at = marker[1]
    return at


def _conjuncts(items: list[_Item]) -> list[list[_Item]]:
    """The parts of a conjunction that have counts of their own; "20 men and women" is one part.

    A comma parts a list ("a man, his wife and their son"); otherwise what follows it is an apposition and left out.
    """
    joints = [at for at, item in enumerate(items) if item in ("and", ",") and _opens(items[at : at + 2])]
    last_and = max((at for at in joints if items[at] == "and"), default=-1)
    is_list = not any(isinstance(item, Count) and item.magnitude > 1 for item in items[: joints[0] if joints else 0])
    end = next((at for at in joints if items[at] == "," and not (is_list and at < last_and)), len(items))
    return [items[left + 1 : right] for left, right in pairwise([-1, *(at for at in joints if at < end), end])]


def _opens(joint: Sequence[_Item]) -> bool:
    """Whether the item after a comma or an "and" begins a phrase with a count of its own."""
    conjunction, *opener = joint
    if not opener or not isinstance(opener[0], str):
        return bool(opener)
    return opener[0].casefold() in (_OPENERS | _KIN if conjunction == "and" else _OPENERS)


def _read_conjunct(items: list[_Item]) -> Count:
    """The first number with its hedges, or the number of the head noun."""
    hedges: list[_Hedge | Fraction] = []
    words: list[str] = []
    is_group = False
    for at, item in enumerate(items):
        if isinstance(item, Count):
            count = _left_of(item, items[at + 1 :]) if _is_all_but(words) else item
            return _hedged(count, hedges)
        if isinstance(item, _Hedge | Fraction):
            if _is_preposition(words, items[at + 1 : at + 2]):
                break
            hedges.append(item)
        elif item.casefold() not in _PREPOSITIONS or not (words or hedges):
            words.append(item)
        elif words and words[-1].casefold() in _GROUPS and item.casefold() == "of":  # "a crew of 24"
            is_group, words = True, []
        elif words and words[-1].casefold() in _REMAINS and any(isinstance(each, Count) for each in items[at : at + 3]):
            words = []  # "the bodies of the three"
        else:
            break
    is_plural = is_group or (_is_plural(words) if words else bool(hedges))
    return Count(2, 2, None) if is_plural else Count.exactly(1)


def _is_preposition(words: list[str], following: list[_Item]) -> bool:
    """Whether a hedge after these words tells of something else: "soldiers around Kirkuk", "a man over 60"."""
    if not words or words[-1].casefold() in _DETERMINERS:
        return False
    return words[0].casefold() in _SINGULAR or not any(isinstance(item, Count) for item in following)


def _bounded(count: Count, hedge: _Hedge) -> Count:
    """The count as a hedge bounds it; one that is a range or bounded already stays as it is."""
    number = count.best
    if number is None or count != Count.exactly(number):
        return count
    if hedge is _Hedge.MOST_OF:
        below = max(number - 1, 0)
        return Count(min(number // 2 + 1, below), None, below)
    return Count(*(None if distance is None else max(number + distance, 0) for distance in hedge.value))


def _hedged(count: Count, hedges: Iterable[_Hedge | Fraction]) -> Count:
    """The count as the fraction and the strongest hedge before it make it: "at least half of the 50"."""
    share = next((each for each in hedges if isinstance(each, Fraction)), Fraction(1))
    hedge = max((each for each in hedges if isinstance(each, _Hedge)), default=_Hedge.EXACTLY, key=_STRENGTH.index)
    bounds = [None if bound is None else bound * share for bound in (count.low, count.best, count.high)]
    if hedge is _Hedge.EXACTLY and any(bound.denominator > 1 for bound in bounds if bound is not None):
        hedge = _Hedge.ABOUT  # a third of 50 is no whole number
    return _bounded(Count(*(None if bound is None else round(bound) for bound in bounds)), hedge)


def _is_all_but(words: Sequence[str]) -> bool:
    return [word.casefold() for word in words[-2:]] == ["all", "but"]


def _left_of(left_out: Count, following: Sequence[_Item]) -> Count:
    """What "all but two of the 20" leaves; at least two of a group whose number the phrase does not give."""
    whole = next((item for item in following if isinstance(item, Count)), None)
    if whole is None or whole.best is None or not left_out.best or left_out.best >= whole.best:
        return Count(2, 2, None)
    return _part_of(whole, whole.best - left_out.best)


def _is_plural(words: list[str]) -> bool:
    """Whether a noun phrase without a number stands for several people, as its first and its last word tell."""
    lower = [word.casefold() for word in words]
    if (
        lower[-1] in _PARTICIPLES and lower[-2:-1] != ["and"] and not _DETERMINERS.issuperset(lower[:-1])
    ):  # "the man killed"
        lower.pop()
    first, head, spelling = lower[0], lower[-1], words[len(lower) - 1]
    if first in _SINGULAR or head in _GROUPS:
        return head in _GROUPS
    if head in _PLURALS:
        return True
    if first in _POSSESSIVES and spelling.istitle() and ROLES.intersection(words[1:]):  # "his friend James"
        return False
    if first in _DETERMINERS or spelling.islower():
        return bool(_PLURAL.search(head))
    is_proper = len(words) > 1 and not spelling.isupper()
    return bool((_PLURAL_PROPER if is_proper else _PLURAL_CAPITALS).search(head))


def _add(counts: Sequence[Count]) -> Count:
    """The sum: each bound where every part has it; the sum of the figures where no bound is left."""
    bounds = zip(*((count.low, count.best, count.high) for count in counts), strict=True)
    low, best, high = (sum(filter(None, bound)) if None not in bound else None for bound in bounds)
    if (low, best, high) == (None, None, None):
        best = sum(count.magnitude for count in counts)
    return Count(low, best, high)
