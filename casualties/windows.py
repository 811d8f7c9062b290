"""Text to overlapping token windows, so that no text is too long and no word is unread.

The unit of reading is the *word*: the tokens between two places where a mention may begin or end. A boundary lies at
white space and beside every character that is neither letter, digit, combining mark nor the separator of a number
("1,200"), so it depends on the text and not on the encoder's tokenizer.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from tokenizers import Tokenizer

Integers = npt.NDArray[np.int64]
Booleans = npt.NDArray[np.bool_]

LONGEST_WORD = 64
"""Tokens; a longer run without boundary (hostile input, a script without spaces) is cut into words of this length."""

CASINGS = ("lower", "Capitalised", "CAPITALS")
"""How a word may be written; the second is any word with a capital that is not of capitals alone. A text with more
capitals than small letters counts as lower: there they say nothing."""
TOKEN_TYPES = 2 * len(CASINGS)
"""A token's type is its word's casing, plus ``len(CASINGS)`` where the word begins a paragraph: an uncased
vocabulary knows neither capitals nor line breaks. 0 is what encoders take where nothing is known."""

_LONGEST_CHARACTER = 18
"""Tokens; compatibility decomposition makes at most 18 characters of one (Unicode Standard Annex 15)."""

_SURROGATE = re.compile("[\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class Window:
    """Some consecutive words of a text as the encoder reads them."""

    token_ids: Integers
    """The tokens with the encoder's special tokens, shape (tokens,)."""
    token_types: Integers
    """The type of each token, below ``TOKEN_TYPES``, shape (tokens,)."""
    positions: Integers
    """The first token of each word of the window, shape (words in the window,)."""
    first_word: int
    """The number, in the text, of the window's first word."""
    read: slice
    """The words of the text whose scores this window gives: those with more context here than in its neighbours."""


@dataclass(frozen=True, slots=True)
class WindowedText:
    """A text's words and the windows that cover them."""

    starts: Integers
    """Where each word begins, in characters of the text, shape (words,)."""
    ends: Integers
    """Where each word ends, shape (words,)."""
    begins: Booleans
    """Which words begin a paragraph: a blank line stands before them, shape (words,)."""
    windows: tuple[Window, ...]

    def between(self, start: int, end: int) -> range:
        """The numbers of the words that some characters of the text touch."""
        first = np.searchsorted(self.ends, start, side="right")
        return range(int(first), int(np.searchsorted(self.starts, end, side="left")))


@dataclass(frozen=True, slots=True)
class Windowing:
    """How to cut a text: windows of at most ``size`` tokens, special tokens included, sharing about ``overlap``.

    Raises:
        ValueError: if a window could not hold a longest word beside the overlap.
    """

    size: int = 256
    overlap: int = 64

    def __post_init__(self) -> None:
        """Refuse a setting under which the windows would not advance."""
        if self.overlap < 0 or self.size < self.overlap + LONGEST_WORD + _LONGEST_CHARACTER + 2:
            raise ValueError(f"windows of {self.size} tokens are too small for an overlap of {self.overlap}")

    def split(self, text: str, tokenizer: Tokenizer) -> WindowedText:
        """Cut a text into windows.

        Args:
            text: any text; lone surrogates are read as U+FFFD.
            tokenizer: the encoder's, without truncation and padding.
        """
        encoding = tokenizer.encode(_encodable(text), add_special_tokens=False)
        offsets = encoding.offsets
        first_tokens = _first_tokens(text, offsets)
        bounds = np.array([*first_tokens, len(offsets)], dtype=np.int64)
        token_ids = np.array(encoding.ids, dtype=np.int64)
        starts = [_skip_space(text, *offsets[token]) for token in first_tokens]
        ends = [
            start + len(text[start : offsets[token - 1][1]].rstrip())
            for start, token in zip(starts, bounds[1:].tolist(), strict=True)
        ]
        begins = np.array(
            [text.count("\n", end, start) > 1 for end, start in zip([0, *ends], starts, strict=False)], dtype=bool
        )
        types = np.zeros_like(token_ids)
        types[bounds[:1].sum() :] = np.repeat(_casings(text, starts, ends) + len(CASINGS) * begins, np.diff(bounds))
        prefix, suffix = _special_tokens(tokenizer)
        spans = _cover(bounds, self.size - len(prefix) - len(suffix), self.overlap)
        windows = []
        for number, (first, last) in enumerate(spans):
            read_from = (spans[number - 1][1] + first) // 2 if number else 0
            read_to = (last + spans[number + 1][0]) // 2 if number + 1 < len(spans) else last
            windows.append(
                Window(
                    token_ids=np.concatenate([prefix, token_ids[bounds[first] : bounds[last]], suffix]),
                    token_types=np.pad(types[bounds[first] : bounds[last]], (len(prefix), len(suffix))),
                    positions=bounds[first:last] - bounds[first] + len(prefix),
                    first_word=first,
                    read=slice(read_from, read_to),
                )
            )
        return WindowedText(np.array(starts, dtype=np.int64), np.array(ends, dtype=np.int64), begins, tuple(windows))


def _encodable(text: str) -> str:
    """The text with each lone surrogate replaced, character for character, so that UTF-8 can hold it."""
    return _SURROGATE.sub("\ufffd", text)


def _casings(text: str, starts: Sequence[int], ends: Sequence[int]) -> Integers:
    """The number, in ``CASINGS``, of how each word is written, (words,)."""
    upper = sum(map(str.isupper, text))
    if upper > sum(map(str.islower, text)):
        return np.zeros(len(starts), np.int64)
    words = (text[start:end] for start, end in zip(starts, ends, strict=True))
    return np.array([_casing(word) for word in words], np.int64)


def _casing(word: str) -> int:
    if word == word.lower():
        return 0
    return 2 if len(word) > 1 and word.isupper() else 1


def _special_tokens(tokenizer: Tokenizer) -> tuple[Integers, Integers]:
    """The ids that the encoder wants before and after a text, such as [CLS] and [SEP]."""
    encoding = tokenizer.encode("a")
    inner = [place for place, special in enumerate(encoding.special_tokens_mask) if not special]
    ids = np.array(encoding.ids, dtype=np.int64)
    return ids[: inner[0]], ids[inner[-1] + 1 :]


def _first_tokens(text: str, offsets: Sequence[tuple[int, int]]) -> list[int]:
    """The numbers of the tokens that begin a word."""
    first: list[int] = []
    for number, (start, end) in enumerate(offsets):
        if not text[start:end].strip():
            continue  # white space of its own, as some tokenizers keep it, belongs to no word
        behind = offsets[number - 1][1] if number else 0
        too_long = bool(first) and number - first[-1] >= LONGEST_WORD and start >= behind  # never inside a character
        if not first or too_long or _boundary(text, behind, start):
            first.append(number)
    return first


def _boundary(text: str, end: int, start: int) -> bool:
    """Whether a mention may end at ``end`` and the next begin at ``start``, the edges of adjacent tokens."""
    if start < end:  # two tokens of one character
        return False
    if text[end:start].isspace():  # most are told apart by this alone
        return True
    return not all(_inside_word(text, at) for at in range(end - 1, start + 1))


def _inside_word(text: str, at: int) -> bool:
    character = text[at]
    if character in ".,":
        return 0 < at < len(text) - 1 and text[at - 1].isdigit() and text[at + 1].isdigit()
    return character.isalnum() or unicodedata.category(character).startswith("M")


def _skip_space(text: str, start: int, end: int) -> int:
    """Where a token's first character that is not white space stands; some tokenizers count the space before."""
    return start + len(text[start:end]) - len(text[start:end].lstrip())


def _cover(bounds: Integers, size: int, overlap: int) -> list[tuple[int, int]]:
    """Spans of words, of at most ``size`` tokens each, that cover all words and share at least ``overlap`` tokens.

    Args:
        bounds: the first token of each word, and the number of tokens, shape (words + 1,).
        size: tokens a window holds.
        overlap: tokens that neighbours share, rounded up to whole words.
    """
    spans: list[tuple[int, int]] = []
    words, first, last = len(bounds) - 1, 0, 0
    while last < words:
        last = int(np.searchsorted(bounds, bounds[first] + size, side="right")) - 1
        spans.append((first, last))
        first = max(first + 1, int(np.searchsorted(bounds, bounds[last] - overlap, side="right")) - 1)
    return spans
