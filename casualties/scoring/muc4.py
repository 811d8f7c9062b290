"""The MUC-4 scorer: templates of systems against those of the answer key, slot by slot.

After ``scoring-guidelines.v7`` of NIST's public MUC-3/4 release, which the docstrings cite by section. In 1992 people
judged the strings that no rule decides; here words decide (``_grade_strings``), so figures differ from the official
ones: ``tests/scoring/test_muc4.py`` holds how much.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import astuple, dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np

from casualties.corpus.muc4 import SLOTS, Filler, Kind, Template
from casualties.counts import parse_muc4
from casualties.scoring.rate import Rate

SCORED: tuple[str, ...] = (
    "template-id",
    "perp-ind-id",
    "perp-org-id",
    "perp-org-conf",
    "hum-tgt-name",
    "hum-tgt-desc",
    "hum-tgt-type",
    "hum-tgt-num",
    "hum-tgt-effect",
    "hum-tgt-total-num",
)
"""The slots that are scored: those of victims and perpetrators, but for nations and the category."""

ALIGNED_BY: tuple[str, ...] = (
    "perp-ind-id",
    "perp-org-id",
    "phys-tgt-id",
    "phys-tgt-type",
    "hum-tgt-name",
    "hum-tgt-desc",
    "hum-tgt-type",
)
"""Two templates are aligned only if their types of incident agree at least in part, and one of these slots (3.2.1).

A type counts only with its cross-reference: see ``_of_one_target``.
"""

CORRECT, PARTIAL, INCORRECT = 1.0, 0.5, 0.0
"""What a filler is worth."""


@dataclass(frozen=True, slots=True)
class SlotScore:
    """How the fillers of a slot fared, in the terms of MUC-4."""

    correct: int = 0
    partial: int = 0
    incorrect: int = 0
    spurious: int = 0
    missing: int = 0

    def __add__(self, other: SlotScore) -> SlotScore:
        """The fillers of both."""
        return SlotScore(*(mine + its for mine, its in zip(astuple(self), astuple(other), strict=True)))

    @property
    def possible(self) -> int:
        """How many fillers the key has, those that may be left out only if they were given."""
        return self.correct + self.partial + self.incorrect + self.missing

    @property
    def actual(self) -> int:
        """How many fillers the system gave."""
        return self.correct + self.partial + self.incorrect + self.spurious

    @property
    def recall(self) -> float:
        """The share of the possible that was given, a partial filler worth half; 0 to 1, 0 where none was possible."""
        return self._worth / self.possible if self.possible else 0.0

    @property
    def precision(self) -> float:
        """The share of the actual that is right, a partial filler worth half; 0 to 1, 0 where none was given."""
        return self._worth / self.actual if self.actual else 0.0

    @property
    def rate(self) -> Rate:
        """F as a rate: the fillers of both sides that agree, a partial one worth half, of all of both."""
        return Rate(int(2 * self._worth), self.possible + self.actual)

    @property
    def f1(self) -> float:
        """The harmonic mean of recall and precision (P&R, with beta 1, in the official reports)."""
        return self.rate.value

    @property
    def _worth(self) -> float:
        return self.correct + PARTIAL * self.partial


Scores = Mapping[str, SlotScore]
"""By slot."""


def score_templates(key: Sequence[Template], response: Sequence[Template]) -> Scores:
    """Score a system on a set of articles: "all templates" of the official reports.

    Args:
        key: the templates of the answer key, of all articles.
        response: the templates of the system.

    Returns:
        The scores of each slot of ``SCORED``.
    """
    return add_up(score_articles(key, response).values())


def score_articles(key: Sequence[Template], response: Sequence[Template]) -> dict[str, Scores]:
    """Score a system on each article of the key or the response, by its id.

    The templates of an article are aligned one to one so that what agrees is worth most. A template of the key that
    is left over counts as missing, with all its fillers, unless it is optional; one of the system as spurious.
    """
    return {
        message: add_up(
            {slot: _score_slot(slot, one, other) for slot in SCORED} for one, other in _align(of_key, of_response)
        )
        for message, (of_key, of_response) in _by_message(key, response).items()
    }


def add_up(parts: Iterable[Scores]) -> Scores:
    """The scores of all parts together."""
    totals = dict.fromkeys(SCORED, SlotScore())
    for part in parts:
        for slot in SCORED:
            totals[slot] += part[slot]
    return totals


def _by_message(key: Sequence[Template], response: Sequence[Template]) -> dict[str, tuple[list[Template], ...]]:
    """The relevant templates of each article, of both sides; none where an article tells of no relevant incident."""
    messages: dict[str, tuple[list[Template], ...]] = defaultdict(lambda: ([], []))
    for side, templates in enumerate((key, response)):
        for template in templates:
            sides = messages[template.message]
            if template.number is not None:
                sides[side].append(template)
    return messages


def _align(key: Sequence[Template], response: Sequence[Template]) -> list[tuple[Template | None, Template | None]]:
    """The templates of an article side by side; those left over beside ``None``."""
    from scipy.optimize import linear_sum_assignment

    worth = np.array([[_worth(one, other) for other in response] for one in key]).reshape(len(key), len(response))
    pairs = [
        (row, column) for row, column in zip(*linear_sum_assignment(-worth), strict=True) if worth[row, column] > 0
    ]
    rows, columns = {row for row, _ in pairs}, {column for _, column in pairs}
    return [
        *((key[row], response[column]) for row, column in pairs),
        *((one, None) for row, one in enumerate(key) if row not in rows),
        *((None, other) for column, other in enumerate(response) if column not in columns),
    ]


def _worth(key: Template, response: Template) -> float:
    """What agrees between two templates; 0 if they must not be aligned."""
    pairs = {slot: _pair(slot, key, response) for slot in SLOTS if slot not in ("message-id", "template-id")}
    if not pairs["inc-type"] or not any(_of_one_target(slot, key, response, pairs[slot]) for slot in ALIGNED_BY):
        return 0.0
    return sum(grade for found in pairs.values() for *_, grade in found)


def _of_one_target(slot: str, key: Template, response: Template, pairs: Sequence[tuple[int, int, float]]) -> bool:
    """Whether a filler agrees that tells of the same target or perpetrator.

    Half of all targets are civilians: the type of another target says nothing, and counting it makes more templates
    agree than the official reports have.
    """
    if not SLOTS[slot].refers_to or SLOTS[slot].kind is Kind.STRING:
        return bool(pairs)
    return any(_same_reference(key[slot][row], response[slot][column]) for row, column, _ in pairs)


def _score_slot(slot: str, key: Template | None, response: Template | None) -> SlotScore:
    """Score the fillers of a slot of two aligned templates, or of one that is left over."""
    if slot == "template-id":
        left_out = key is not None and key.optional
        return SlotScore(
            correct=int(key is not None and response is not None),
            spurious=int(key is None),
            missing=int(response is None and not left_out),
        )
    if key is None or response is None:
        given = len(response[slot]) if response else 0
        required = 0 if key is None or key.optional else sum(not filler.optional for filler in key[slot])
        return SlotScore(spurious=given, missing=required)
    pairs = _pair(slot, key, response)
    grades = [grade for *_, grade in pairs]
    paired = {row for row, _, _ in pairs}
    left = [filler for row, filler in enumerate(key[slot]) if row not in paired]
    given = len(response[slot]) - len(pairs)
    wrong = min(len(left), given)
    return SlotScore(
        correct=grades.count(CORRECT),
        partial=grades.count(PARTIAL),
        incorrect=wrong,
        spurious=given - wrong,
        missing=max(0, sum(not filler.optional for filler in left) - wrong),
    )


def _pair(slot: str, key: Template, response: Template) -> list[tuple[int, int, float]]:
    """The fillers of a slot that agree, one to one, so that it is worth most: of key and response, and the worth."""
    if not key[slot] or not response[slot]:
        return []
    from scipy.optimize import linear_sum_assignment

    grades = np.array([[_grade(slot, one, other) for other in response[slot]] for one in key[slot]])
    rows, columns = linear_sum_assignment(-grades)
    return [
        (row, column, grades[row, column]) for row, column in zip(rows, columns, strict=True) if grades[row, column]
    ]


def _grade(slot: str, key: Filler, response: Filler) -> float:
    """What a filler of the response is worth beside one of the key.

    A right filler with a wrong cross-reference is worth half (3.1.2, 3.2.19).
    """
    grade_values = _GRADES[SLOTS[slot].kind] if slot != "inc-type" else _grade_incident
    grade = max(grade_values(value, given) for value in key.values for given in response.values[:1])
    asked = CORRECT if SLOTS[slot].kind is Kind.ELEMENT else PARTIAL  # people were milder with strings and numbers
    if grade == CORRECT and key.references and not _same_reference(key, response, asked):
        return PARTIAL
    return grade


def _same_reference(key: Filler, response: Filler, asked: float = PARTIAL) -> bool:
    """Whether both refer to the same filler, as far as their strings tell."""
    return any(_grade_strings(one, other) >= asked for one in key.references for other in response.references[:1])


def _grade_incident(key: str, response: str) -> float:
    """A general ATTACK is partly right of any incident (3.2.4)."""
    return CORRECT if key == response else PARTIAL if response == "ATTACK" else INCORRECT


_BROADER: dict[str, tuple[str, ...]] = {
    "SUSPECTED OR ACCUSED BY AUTHORITIES": ("SUSPECTED OR ACCUSED",),  # 3.2.11
    "FORMER GOVERNMENT OFFICIAL": ("GOVERNMENT OFFICIAL",),  # 3.2.20
    "GOVERNMENT OFFICIAL": ("POLITICAL FIGURE",),
    "FORMER ACTIVE MILITARY": ("ACTIVE MILITARY",),
    "NO INJURY OR DEATH": ("NO INJURY", "NO DEATH"),  # 3.2.23
    "GOVERNMENT OFFICE OR RESIDENCE": ("POLITICAL FIGURE OFFICE OR RESIDENCE",),  # 3.2.13
    "SOME DAMAGE": ("DESTROYED",),  # 3.2.16
}
"""What is partly right of an item, since it says less."""


def _grade_elements(key: str, response: str) -> float:
    if key == response:
        return CORRECT
    return PARTIAL if response in _BROADER.get(key, ()) else INCORRECT


def _grade_numbers(key: str, response: str) -> float:
    """A single number is partly right of a range that begins or ends with it, and of about that number (3.2.21)."""
    if key == response:
        return CORRECT
    try:
        wanted, given = parse_muc4(key), parse_muc4(response)
    except ValueError:
        return INCORRECT
    if wanted == given:
        return CORRECT
    single = given.low is not None and given.low == given.high
    return PARTIAL if single and given.low in (wanted.low, wanted.best, wanted.high) else INCORRECT


_NONESSENTIAL = frozenset(
    "a the an this that these those one two three four five six seven eight nine ten more most many several some all "
    "few any another other others certain of at least about alleged "
    "salvadoran colombian peruvian chilean bolivian ecuadoran guatemalan honduran argentine nicaraguan panamanian "
    "venezuelan cuban american north u.s us spanish soviet german french british italian".upper().split()
)
"""Words that change nothing: articles, quantifiers, adjectives of nationality (3.1.1.1)."""


_FUNCTION_WORDS = frozenset("and or who whom that which with in on at from for by to was were is are".upper().split())
"""Words that two strings may share by chance."""


def _grade_strings(key: str, response: str) -> float:
    """Grade a string by its words (3.1.1).

    Right: the words of the key, with nonessential ones more or less, or with modifiers before them. Partly right:
    any other string that shares a word that matters, such as part of a name, or the key's noun with more behind it.
    """
    wanted, given = _words(key), _words(response)
    if key == response or (wanted and given[-len(wanted) :] == wanted):
        return CORRECT
    return PARTIAL if (set(wanted) & set(given)) - _FUNCTION_WORDS else INCORRECT


@lru_cache(maxsize=100_000)
def _words(text: str) -> tuple[str, ...]:
    """The words of a string that matter."""
    words = [word.strip(".'-") for word in re.findall(r"[A-Z0-9.'-]+", text.upper())]
    return tuple(word for word in words if word and word not in _NONESSENTIAL and not word.isdigit())


def _grade_conversions(key: str, response: str) -> float:
    """Dates and places; the right country alone is partly right (3.2.3)."""
    if key == response:
        return CORRECT
    return PARTIAL if key.split(":")[0].strip() == response.split(":")[0].strip() else INCORRECT


_GRADES: Mapping[Kind, Callable[[str, str], float]] = {
    Kind.STRING: _grade_strings,
    Kind.ELEMENT: _grade_elements,
    Kind.NUMBER: _grade_numbers,
    Kind.CONVERSION: _grade_conversions,
}


def read_official_scores(path: Path) -> Scores:
    """Read an official score report of 1992: its totals of all templates.

    Raises:
        ValueError: if the report has no totals.
    """
    _, found, totals = path.read_text(encoding="latin-1").partition("TOTAL SLOT SCORES")
    scores: dict[str, SlotScore] = {}
    for line in totals.split("\n"):
        name, *numbers = re.findall(r"[a-z-]+|\d+", line.split("|REC")[0]) or [""]
        if name in SCORED and name not in scores and len(numbers) >= 9:
            correct, partial, incorrect, spurious, missing = (int(numbers[place]) for place in (2, 3, 4, 7, 8))
            scores[name] = SlotScore(correct, partial, incorrect, spurious, missing)
    if not found or len(scores) < len(SCORED):
        raise ValueError(f"{path} is no score report of MUC-4: it has no totals of every slot")
    return scores
