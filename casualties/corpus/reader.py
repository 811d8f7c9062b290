"""Labelled articles from wherever a person keeps them: files with marks, files of records, folders of both."""

from __future__ import annotations

import csv
import zlib
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from casualties.corpus.inline import read_inline
from casualties.corpus.records import Article, Joined, RecordError, join_texts, read_records
from casualties.corpus.tables import SOURCES, read_texts


def read_labelled(paths: Iterable[Path], data: Path | None = None) -> Joined:
    """Read labelled articles.

    Args:
        paths: ``*.txt`` files with marks, ``*.jsonl`` files of records, and folders, searched through, of either.
        data: folder of the third-party texts that stand-off records need.

    Returns:
        The articles, and the ids of the stand-off records whose texts are missing or not those that were labelled.

    Raises:
        RecordError: if a file cannot be read, or there is none; the message names it.
    """
    articles: list[Article] = []
    missing: list[str] = []
    changed: list[str] = []
    for file in _files(paths):
        try:
            joined = Joined((read_inline(file),), (), ()) if file.suffix == ".txt" else _join(file, data)
        except UnicodeDecodeError as error:
            raise RecordError(f"{file}: byte {error.start} is not UTF-8") from error
        except (OSError, EOFError, csv.Error, zlib.error) as error:
            raise RecordError(f"{file}: {error}") from error
        except ValueError as error:
            raise RecordError(f"{file}: {error}" if str(file) not in str(error) else str(error)) from error
        articles += joined.articles
        missing += joined.missing
        changed += joined.changed
    return Joined(tuple(articles), tuple(missing), tuple(changed))


def _files(paths: Iterable[Path]) -> Iterator[Path]:
    for path in paths:
        files = [path] if path.is_file() else [each for each in path.rglob("*") if each.suffix in (".txt", ".jsonl")]
        if not files:
            raise RecordError(f"{path}: no labelled articles there (*.txt with marks, or *.jsonl of records)")
        yield from sorted(files)


def _join(file: Path, data: Path | None) -> Joined:
    records: list[dict[str, Any]] = list(read_records(file))
    texts: dict[str, str] = {}
    for source in sorted({str(record["source"]) for record in records if record.get("text") is None}):
        if data is None or source not in SOURCES:
            raise RecordError(f"the labels are stand-off, from {source!r}; give the folder of its texts with --data")
        texts |= read_texts(source, data)
    return join_texts(records, texts)
