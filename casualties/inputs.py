"""Articles to read from wherever a person keeps them: text files, folders, JSON Lines, standard input.

What cannot be read is an ``InputError`` among the articles, so that the others are read all the same.
"""

from __future__ import annotations

import datetime as dt
import json
import os
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, TypeAlias

_LONGEST_CHARACTER = 4
"""Bytes, in UTF-8."""
_LONGEST_ESCAPE = 6
"""Bytes of a character in JSON that is escaped, such as ``\\u00e9``."""
_OTHER_FIELDS = 100_000
"""Bytes that a line of JSON may hold beside the text."""
_LONGEST_NAME = 200
"""Characters of a file's name that a message repeats."""


class InputError(ValueError):
    """An input that cannot be read; the message names it and says what is wrong."""


class MissingInputError(InputError):
    """There is no such input, or it holds nothing to read."""


File: TypeAlias = "Path | InputError | None"
"""A file to read, ``None`` for standard input, or why one cannot be."""


@dataclass(frozen=True, slots=True)
class Input:
    """An article to read."""

    id: str
    title: str
    """Where it is from, for people."""
    text: str
    """As it stands, line ends included, so that offsets hold."""
    published: dt.date | None
    """The day that it is from, where its file says so."""


def find_files(names: Sequence[str]) -> list[File]:
    """The files that some arguments name.

    Args:
        names: files; folders, which are searched for ``*.txt``, hidden files left out; ``-`` for standard input.

    Returns:
        The files in order, and an error for each folder that cannot be searched.

    Raises:
        MissingInputError: if there is no such file or folder, or a folder holds no text.
    """
    return [found for name in names for found in ([None] if name == "-" else _expand(name))]


def _expand(name: str) -> list[File]:
    path = Path(name)
    try:
        path.stat()
    except FileNotFoundError as error:
        raise MissingInputError(f"{path}: no such file or folder") from error
    except (OSError, ValueError) as error:  # such as a name that is too long to be one
        return [InputError(f"{name[:_LONGEST_NAME]}: {getattr(error, 'strerror', None) or error}")]
    if not path.is_dir():
        return [path]
    files: list[File] = []
    unread: list[OSError] = []
    for folder, folders, here in os.walk(path, onerror=unread.append):
        folders.sort()
        files += [Path(folder, file) for file in sorted(here) if file.lower().endswith(".txt") and file[0] != "."]
    if not files and not unread:
        raise MissingInputError(f"{path}: the folder holds no *.txt file")
    return [*files, *(InputError(f"{error.filename}: {error.strerror}") for error in unread)]


def read_inputs(files: Sequence[File], most: int) -> Iterator[Input | InputError]:
    """Read articles, one at a time.

    Args:
        files: what ``find_files`` found. A ``*.jsonl`` file holds an article a line, with a ``text`` and, if it is to
            have them, an ``id`` and the day when it was ``published``, as ``2021-09-06``.
        most: the characters that a text may have.

    Yields:
        Each article, or why it cannot be read.
    """
    paths = [file for file in files if not isinstance(file, InputError)]
    ids = iter(_ids(paths))
    for file in files:
        if isinstance(file, InputError):
            yield file
        elif file is not None and file.suffix.lower() == ".jsonl":
            yield from _read_lines(file, next(ids), most)
        else:
            yield _read_text(file, next(ids), most)


def _ids(paths: Sequence[Path | None]) -> list[str]:
    """What to call each article: its file's stem, or as much more of the path as tells it from all others."""
    names = [
        (path.stem, path.with_suffix("").as_posix(), path.as_posix()) if path else ("-", "-", "-") for path in paths
    ]
    often = [Counter(level) for level in zip(*names, strict=True)]
    return [
        next((name for name, times in zip(each, often, strict=True) if times[name] == 1), each[-1]) for each in names
    ]


def _read_text(path: Path | None, id: str, most: int) -> Input | InputError:
    """A text file, or standard input; an error if it cannot be read, is binary, is not UTF-8 or is too long."""
    name = "standard input" if path is None else str(path)
    if path is None and sys.stdin is None:
        return InputError("standard input is closed")
    try:
        with nullcontext(sys.stdin.buffer) if path is None else path.open("rb") as file:
            content = file.read(_LONGEST_CHARACTER * most + 1)
        return Input(id, name, _text(content, most), None)
    except OSError as error:
        return InputError(f"{name}: {error.strerror}")
    except InputError as error:
        return InputError(f"{name}: {error}")


def _read_lines(path: Path, name: str, most: int) -> Iterator[Input | InputError]:
    """The articles of a file of JSON Lines; one without an id is called after the file and its line."""
    try:
        with path.open("rb") as file:
            for number, line in enumerate(_lines(file, _LONGEST_ESCAPE * most + _OTHER_FIELDS), start=1):
                if line is None:
                    yield InputError(f"{path}, line {number}: {_too_long(most)}")
                elif line.strip():
                    try:
                        yield _article(line, f"{name}:{number}", most)
                    except InputError as error:
                        yield InputError(f"{path}, line {number}: {error}")
    except OSError as error:
        yield InputError(f"{path}: {error.strerror}")


def _lines(file: BinaryIO, longest: int) -> Iterator[bytes | None]:
    """The lines of a file; ``None`` for one of more than ``longest`` bytes, which is passed over."""
    while line := file.readline(longest):
        end, is_whole = line, True
        while not end.endswith(b"\n") and (end := file.readline(longest)):
            is_whole = False
        yield line if is_whole else None


def _article(line: bytes, name: str, most: int) -> Input:
    """An article of one line.

    Raises:
        InputError: if it is none.
    """
    try:
        record = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise InputError(f"not a line of JSON: {error}") from error
    if not isinstance(record, dict) or not isinstance(record.get("text"), str):
        raise InputError('no article: it needs a "text"')
    published = record.get("published")
    try:
        day = None if published is None else dt.date.fromisoformat(published)
    except (TypeError, ValueError) as error:
        shown = repr(published)[:_LONGEST_NAME]
        raise InputError(f"{shown} is no day; write it as 2021-09-06") from error
    id = str(record["id"]) if isinstance(record.get("id"), str | int) else name
    return Input(id, id, _checked(record["text"], most), day)


def _text(content: bytes, most: int) -> str:
    if (zero := content.find(0)) >= 0 and not content.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise InputError(f"byte {zero} is NUL, so this is a binary file; give plain text in UTF-8")
    try:
        return _checked(content.decode("utf-8"), most)
    except UnicodeDecodeError as error:
        if len(content) > _LONGEST_CHARACTER * most:  # cut within a character, perhaps
            raise _too_long(most) from error
        byte = f"byte {error.start} ({content[error.start]:#04x})"
        raise InputError(f"{byte} is not UTF-8; convert the file to UTF-8") from error


def _checked(text: str, most: int) -> str:
    if len(text) > most:
        raise _too_long(most)
    return text


def _too_long(most: int) -> InputError:
    return InputError(
        f"more than {most:,} characters are no article; split it into articles, or raise --max-characters"
    )
