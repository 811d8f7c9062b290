"""Mentions to incidents, sources and parts: deterministic rules on sentences, paragraphs and places.

A sentence goes to the incident that has its place; one that speaks of another attack, or gives a new place at the
head of a paragraph, begins an incident; any other stays with the incident before it. A figure or an attribution
belongs to the nearest source of its own sentence. A figure is part of a larger one where the words between say so.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace

from casualties.names import one_line
from casualties.report import Attribution, Casualty, Mention

_SENTENCE_END = re.compile(r"[.!?…][\"'”’)\]]*\s+(?=[\"'“‘(\[]*\w)|\n\s*\n|\n(?=[-•*])")
_ABBREVIATION = re.compile(
    r"(?:\b(?:Mr|Mrs|Ms|Dr|St|Gen|Col|Lt|Capt|Maj|Sgt|Gov|Sen|Rep|No|[A-Z])|\.[A-Z])\.\s*$", re.I
)
_BLANK_LINE = re.compile(r"\n[^\S\n]*\n")
_LINE_END = re.compile(r"\n")

ANOTHER = re.compile(
    r"\b(another|separate(?:ly)?|elsewhere|meanwhile|second|other|different|similar|also|earlier|previous(?:ly)?"
    r"|last (?:week|month|year|january|february|march|april|may|june|july|august|september|october|november|december)"
    r"|(?:days|weeks|months|years) (?:ago|earlier|before)|since|in (?:19|20)\d\d)\b",
    re.I,
)
THE_SAME = re.compile(
    r"\b(?:the|these|both)(?: (?!previous|earlier|other|last|latest|similar)\w+){0,2}"
    r" (?:attacks?|assaults?|blasts?|explosions?|bombings?|shootings?|raids?|ambush|assailants?|attackers?|gunm[ae]n"
    r"|bombers?|militants)\b",
    re.I,
)
PART = re.compile(
    r"\b(?:including|included|includes|among|of (?:them|whom|these|those))\b"
    r"|\bof the (?:dead|injured|wounded|victims|hostages)\b|:|—",
    re.I,
)
OF = re.compile(r"\s*of\s*", re.I)
_REACH = 50
"""How many figures back a larger one is looked for; bounds the work on hostile texts."""
ADDS = re.compile(r"\b(others?|another|more)\b", re.I)


def link_by_rules(text: str, mentions: Sequence[Mention]) -> list[Mention]:
    """Give mentions their incidents, sources and parts.

    Args:
        text: the text.
        mentions: its mentions, sorted and disjoint; what links they already have is replaced.
    """
    sentences = Sentences(text)
    return _link_parts(text, _link_sources(_assign_incidents(text, mentions, sentences), sentences), sentences)


class Sentences:
    """Where the sentences and paragraphs of a text begin."""

    def __init__(self, text: str) -> None:
        """Find them."""
        self._text = text
        self._with_words: dict[re.Pattern[str], list[bool]] = {}
        self._places: dict[re.Pattern[str], list[int]] = {}
        ends = [match.end() for match in _SENTENCE_END.finditer(text) if not _ends_in_abbreviation(text, match.end())]
        paragraph_end = (
            _BLANK_LINE if _BLANK_LINE.search(text) else _LINE_END
        )  # beside blank lines, line ends only wrap
        self.paragraphs = [0, *(match.end() for match in paragraph_end.finditer(text))]
        self.sentences = sorted({0, *ends, *self.paragraphs})
        self._length = len(text)

    def with_words(self, words: re.Pattern[str]) -> list[bool]:
        """Which sentences have certain words; looked for once."""
        if words not in self._with_words:
            spans = (self.span(number) for number in range(len(self.sentences)))
            self._with_words[words] = [words.search(self._text, *span) is not None for span in spans]
        return self._with_words[words]

    def places_of(self, words: re.Pattern[str]) -> list[int]:
        """Where certain words begin; looked for once."""
        if words not in self._places:
            self._places[words] = [match.start() for match in words.finditer(self._text)]
        return self._places[words]

    def number(self, offset: int) -> int:
        """The number of the sentence at an offset."""
        return bisect_right(self.sentences, offset) - 1

    def span(self, number: int) -> tuple[int, int]:
        """Where a sentence begins and ends."""
        return self.sentences[number], [*self.sentences[number + 1 : number + 2], self._length][0]

    def paragraph(self, offset: int) -> int:
        """The number of the paragraph at an offset."""
        return bisect_right(self.paragraphs, offset) - 1


def _ends_in_abbreviation(text: str, end: int) -> bool:
    return _ABBREVIATION.search(text, max(0, end - 8), end) is not None


def name_of(mention: Mention) -> str:
    """What a mention says, on one line."""
    return one_line(mention.text)


def _assign_incidents(text: str, mentions: Sequence[Mention], sentences: Sentences) -> list[Mention]:
    """Give each mention the incident of its sentence."""
    by_sentence: dict[int, list[Mention]] = defaultdict(list)
    for mention in mentions:
        by_sentence[sentences.number(mention.start)].append(mention)
    linked: list[Mention] = []
    incident_at: dict[str, int] = {}  # the latest incident at each place
    placed: set[int] = set()  # the incidents that have a place
    current = latest = paragraph = 0
    for number, group in by_sentence.items():
        begins_paragraph = sentences.paragraph(group[0].start) != paragraph
        paragraph = sentences.paragraph(group[0].start)
        places = [name_of(mention).casefold() for mention in group if mention.label == "PLACE"]
        place = places[0] if places else None
        another, the_same = sentences.with_words(ANOTHER)[number], sentences.with_words(THE_SAME)[number]
        known = incident_at.get(place) if place else None
        if known and not (another and known == current):
            current = known
        elif not current or (place and current in placed and (another or (begins_paragraph and not the_same))):
            current = latest = latest + 1
        for name in places:
            incident_at[name] = current
            placed.add(current)
        linked += [replace(mention, incidents=(f"i{current}",)) for mention in group]
    return linked


def _link_sources(mentions: Sequence[Mention], sentences: Sentences) -> list[Mention]:
    """Give each figure and attribution the nearest source of its sentence."""
    sources = [mention for mention in mentions if mention.label == "SOURCE"]
    starts = [source.start for source in sources]
    linked: list[Mention] = []
    for mention in mentions:
        if isinstance(mention, Casualty | Attribution):
            at, sentence = bisect_left(starts, mention.start), sentences.number(mention.start)
            around = sources[max(0, at - 1) : at + 1]
            near = [source for source in around if sentences.number(source.start) == sentence]
            nearest = min(near, key=lambda source: _gap(source, mention), default=None)
            linked.append(replace(mention, source=nearest.id if nearest else None))
        else:
            linked.append(mention)
    return linked


def _gap(one: Mention, other: Mention) -> int:
    """The characters between two mentions."""
    return max(one.start - other.end, other.start - one.end)


def _link_parts(text: str, mentions: Sequence[Mention], sentences: Sentences) -> list[Mention]:
    """Give each figure the larger one that it is part of."""
    casualties = [mention for mention in mentions if isinstance(mention, Casualty)]
    markers = sentences.places_of(PART)
    wholes: dict[str, str] = {}
    for number, part in enumerate(casualties):
        following = casualties[number + 1] if number + 1 < len(casualties) else None
        if following and OF.fullmatch(text, part.end, following.start):  # "three of the twelve"
            wholes[part.id] = following.id
        elif whole := _whole(part, casualties[max(0, number - _REACH) : number], markers, sentences):
            wholes[part.id] = whole.id
    return [
        replace(mention, part_of=wholes.get(mention.id)) if isinstance(mention, Casualty) else mention
        for mention in mentions
    ]


def _whole(part: Casualty, before: Sequence[Casualty], markers: Sequence[int], sentences: Sentences) -> Casualty | None:
    """The larger figure, among some before it, that another is part of; ``markers`` is where words that say so stand.

    It counts if "including", "among them" and the like stand between the two or in the part; or, in a later sentence,
    if it is of the same outcome and the same known group, and the part adds nobody ("another", "more").
    """
    repeats = part.group != "unknown" and not ADDS.search(part.text)
    for whole in reversed(before):
        if (
            whole.label not in (part.label, "CASUALTY")
            or whole.incidents != part.incidents
            or whole.count.magnitude <= part.count.magnitude
        ):
            continue
        distance = sentences.number(part.start) - sentences.number(whole.start)
        clause = max(whole.end, sentences.span(sentences.number(part.start))[0])
        marker = bisect_left(markers, clause)
        if distance <= 1 and marker < len(markers) and markers[marker] < part.end:
            return whole
        if repeats and distance >= 1 and whole.group == part.group:
            return whole
    return None
