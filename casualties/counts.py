"""Counts of people: words to ``Count``, and MUC-4's notation both ways.

``read_count`` reads a noun phrase in three steps. It splits the phrase into words; it folds numbers into ``Count``
(``numerals``) and hedges into ``Hedge``, which leaves a list of those and of the other words (``phrases``); and it
reads each conjunct by its first number or, where there is none, by the number of its head noun (``plurals``). Section 4
of the annotation guide (``train/annotations/guide.md``) is the specification.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from fractions import Fraction
from itertools import pairwise

from casualties.phrases import PREPOSITIONS, Hedge, Item, bounded, fold, words_of
from casualties.plurals import DETERMINERS, GROUPS, POSSESSIVES, SINGULAR, is_plural, word_set
from casualties.report import Count

_MOST_CHARACTERS = 10_000
_OPENERS = POSSESSIVES | word_set("a an another each other others")
"""What begins a conjunct with a count of its own; any other word only adds to the noun ("20 men and women")."""
_KIN = word_set("wife husband son daughter child baby mother father sister brother woman girl boy")
"""What counts after "and" without an opener: "a mother and child"."""

_OTHERS = word_set("others other rest remaining remainder")
"""What is a share of what another share leaves, not of the larger figure."""
_REMAINS = word_set("bodies corpses remains")
"""Nouns for the dead, whose number may follow in an "of" phrase."""
_STRENGTH = list(Hedge)

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
    counts = [_read_conjunct(conjunct) for conjunct in _conjuncts(fold(words_of(mention[:_MOST_CHARACTERS])))]
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
    words = [word.casefold() for word in words_of(mention[:_MOST_CHARACTERS])]
    items = fold(words[words[:1] == ["the"] or words[:2] == ["a", "majority"] :])
    if words[:2] == ["all", "but"]:
        left_out = next((item.best for item in items[2:3] if isinstance(item, Count)), None)
        return _part_of(whole, number - left_out) if left_out and left_out < number else None
    hedges: list[Hedge | Fraction] = []
    for item in items:
        if not isinstance(item, Hedge | Fraction):
            break
        hedges.append(item)
    others = items[len(hedges) or 1 :][:3]
    if any(isinstance(item, Count) or item in _OTHERS for item in others):
        return None
    if items[:1] == ["all"]:
        return None if any(item in POSSESSIVES for item in others) else whole
    if Hedge.MOST_OF not in hedges and not any(isinstance(each, Fraction) for each in hedges):
        return None
    count = _hedged(Count.exactly(number), hedges)
    if whole.low is None and Hedge.MOST_OF not in hedges:
        return Count(None, count.best, None)
    return Count(count.low, count.low, None) if whole.high is None and whole.low and count.low else count


def _part_of(whole: Count, number: int) -> Count:
    """A count of so many, exact, about, or at least, as the larger figure is."""
    return Count(number if whole.low else None, number, number if whole.high else None)


def _conjuncts(items: list[Item]) -> list[list[Item]]:
    """The parts of a conjunction that have counts of their own; "20 men and women" is one part.

    A comma parts a list ("a man, his wife and their son"); otherwise what follows it is an apposition and left out.
    """
    joints = [at for at, item in enumerate(items) if item in ("and", ",") and _opens(items[at : at + 2])]
    last_and = max((at for at in joints if items[at] == "and"), default=-1)
    is_list = not any(isinstance(item, Count) and item.magnitude > 1 for item in items[: joints[0] if joints else 0])
    end = next((at for at in joints if items[at] == "," and not (is_list and at < last_and)), len(items))
    return [items[left + 1 : right] for left, right in pairwise([-1, *(at for at in joints if at < end), end])]


def _opens(joint: Sequence[Item]) -> bool:
    """Whether the item after a comma or an "and" begins a phrase with a count of its own."""
    conjunction, *opener = joint
    if not opener or not isinstance(opener[0], str):
        return bool(opener)
    return opener[0].casefold() in (_OPENERS | _KIN if conjunction == "and" else _OPENERS)


def _read_conjunct(items: list[Item]) -> Count:
    """The first number with its hedges, or the number of the head noun."""
    hedges: list[Hedge | Fraction] = []
    words: list[str] = []
    is_group = False
    for at, item in enumerate(items):
        if isinstance(item, Count):
            count = _left_of(item, items[at + 1 :]) if _is_all_but(words) else item
            return _hedged(count, hedges)
        if isinstance(item, Hedge | Fraction):
            if _is_preposition(words, items[at + 1 : at + 2]):
                break
            hedges.append(item)
        elif item.casefold() not in PREPOSITIONS or not (words or hedges):
            words.append(item)
        elif words and words[-1].casefold() in GROUPS and item.casefold() == "of":  # "a crew of 24"
            is_group, words = True, []
        elif words and words[-1].casefold() in _REMAINS and any(isinstance(each, Count) for each in items[at : at + 3]):
            words = []  # "the bodies of the three"
        else:
            break
    several = is_group or (is_plural(words) if words else bool(hedges))
    return Count(2, 2, None) if several else Count.exactly(1)


def _is_preposition(words: list[str], following: list[Item]) -> bool:
    """Whether a hedge after these words tells of something else: "soldiers around Kirkuk", "a man over 60"."""
    if not words or words[-1].casefold() in DETERMINERS:
        return False
    return words[0].casefold() in SINGULAR or not any(isinstance(item, Count) for item in following)


def _hedged(count: Count, hedges: Iterable[Hedge | Fraction]) -> Count:
    """The count as the fraction and the strongest hedge before it make it: "at least half of the 50"."""
    share = next((each for each in hedges if isinstance(each, Fraction)), Fraction(1))
    hedge = max((each for each in hedges if isinstance(each, Hedge)), default=Hedge.EXACTLY, key=_STRENGTH.index)
    bounds = [None if bound is None else bound * share for bound in (count.low, count.best, count.high)]
    if hedge is Hedge.EXACTLY and any(bound.denominator > 1 for bound in bounds if bound is not None):
        hedge = Hedge.ABOUT  # a third of 50 is no whole number
    return bounded(Count(*(None if bound is None else round(bound) for bound in bounds)), hedge)


def _is_all_but(words: Sequence[str]) -> bool:
    return [word.casefold() for word in words[-2:]] == ["all", "but"]


def _left_of(left_out: Count, following: Sequence[Item]) -> Count:
    """What "all but two of the 20" leaves; at least two of a group whose number the phrase does not give."""
    whole = next((item for item in following if isinstance(item, Count)), None)
    if whole is None or whole.best is None or not left_out.best or left_out.best >= whole.best:
        return Count(2, 2, None)
    return _part_of(whole, whole.best - left_out.best)


def _add(counts: Sequence[Count]) -> Count:
    """The sum: each bound where every part has it; the sum of the figures where no bound is left."""
    bounds = zip(*((count.low, count.best, count.high) for count in counts), strict=True)
    low, best, high = (sum(filter(None, bound)) if None not in bound else None for bound in bounds)
    if (low, best, high) == (None, None, None):
        best = sum(count.magnitude for count in counts)
    return Count(low, best, high)
