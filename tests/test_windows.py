"""Words and windows: every word is read once, and offsets point at the text."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tokenizers import Tokenizer

from casualties.windows import CASINGS, LONGEST_WORD, TOKEN_TYPES, WindowedText, Windowing

TEXTS = st.text(alphabet=st.characters(), max_size=300) | st.text(alphabet="ab 1,.-’é\u0301\n漢\ud800", max_size=900)
SMALL = Windowing(size=LONGEST_WORD + 24, overlap=4)


@pytest.fixture(scope="module")
def tokenizer(tiny_encoder: Path) -> Tokenizer:
    return Tokenizer.from_file(str(tiny_encoder / "tokenizer.json"))


def words_of(text: str, windowed: WindowedText) -> list[str]:
    return [text[start:end] for start, end in zip(windowed.starts, windowed.ends, strict=True)]


def test_words_end_at_spaces_and_punctuation(tokenizer: Tokenizer) -> None:
    text = "Al-Qa'ida killed 1,200\npeople (école), 3 of 漢."
    found = words_of(text, Windowing().split(text, tokenizer))
    assert found == [
        "Al",
        "-",
        "Qa",
        "'",
        "ida",
        "killed",
        "1,200",
        "people",
        "(",
        "école",
        ")",
        ",",
        "3",
        "of",
        "漢",
        ".",
    ]


@settings(max_examples=200)
@given(text=TEXTS)
def test_every_word_is_read_by_exactly_one_window(tokenizer: Tokenizer, text: str) -> None:
    windowed = SMALL.split(text, tokenizer)
    read = [word for window in windowed.windows for word in range(window.read.start, window.read.stop)]
    assert read == list(range(len(windowed.starts)))
    for window in windowed.windows:
        assert len(window.token_ids) == len(window.token_types) <= SMALL.size
        assert all(0 <= type < TOKEN_TYPES for type in window.token_types)
        assert window.first_word <= window.read.start
        assert window.read.stop <= window.first_word + len(window.positions)


@settings(max_examples=200)
@given(text=TEXTS)
def test_words_are_sorted_disjoint_and_not_blank(tokenizer: Tokenizer, text: str) -> None:
    windowed = SMALL.split(text, tokenizer)
    assert np.all(windowed.starts < windowed.ends)
    assert np.all(windowed.ends[:-1] <= windowed.starts[1:])
    assert all(word == word.strip() for word in words_of(text, windowed))
    for number, (start, end) in enumerate(zip(windowed.starts, windowed.ends, strict=True)):
        assert list(windowed.between(start, end)) == list(windowed.between(end - 1, end)) == [number]


def types_of(text: str, tokenizer: Tokenizer) -> list[tuple[str, int]]:
    windowed = Windowing().split(text, tokenizer)
    return [
        (word, int(window.token_types[position]))
        for window in windowed.windows
        for word, position in zip(words_of(text, windowed), window.positions, strict=True)
    ]


def test_a_token_type_tells_capitals_and_paragraphs(tokenizer: Tokenizer) -> None:
    assert types_of("In Kos, ISIS\n\nmen shot A McDonald 5.\n\nUS", tokenizer) == [
        ("In", 1),
        ("Kos", 1),
        (",", 0),
        ("ISIS", 2),
        ("men", len(CASINGS)),
        ("shot", 0),
        ("A", 1),
        ("McDonald", 1),
        ("5", 0),
        (".", 0),
        ("US", 2 + len(CASINGS)),
    ]


def test_capitals_say_nothing_where_all_is_in_capitals(tokenizer: Tokenizer) -> None:
    assert {type for _, type in types_of("THE FMLN KILLED 3 IN San Salvador.", tokenizer)} == {0}
    assert {type for _, type in types_of("the fmln killed 3 in san salvador.", tokenizer)} == {0}


def test_windows_overlap_and_share_the_words_between_them(tokenizer: Tokenizer) -> None:
    windowed = Windowing(size=110, overlap=20).split("abc " * 200, tokenizer)
    for left, right in zip(windowed.windows, windowed.windows[1:], strict=False):
        shared = left.first_word + len(left.positions) - right.first_word
        assert shared >= 6  # twenty tokens of three-token words
        assert abs((left.read.stop - right.first_word) - shared / 2) <= 1


def test_a_word_without_end_is_cut(tokenizer: Tokenizer) -> None:
    windowed = SMALL.split("漢" * 1000, tokenizer)
    assert len(windowed.starts) == -(-1000 // LONGEST_WORD)


@pytest.mark.parametrize("text", ["", " \n ", "\x00\u200b"])
def test_a_text_without_words_has_no_windows(text: str, tokenizer: Tokenizer) -> None:
    assert Windowing().split(text, tokenizer).windows == ()


@pytest.mark.parametrize(("size", "overlap"), [(64, 16), (256, 250), (256, -1)])
def test_windows_that_cannot_advance_are_refused(size: int, overlap: int) -> None:
    with pytest.raises(ValueError, match="too small"):
        Windowing(size, overlap)
