"""The command line: ``casualties extract`` and ``casualties evaluate``.

Exit codes: 0 all is well; 1 an input or a model could not be read; 2 the command was used wrongly.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Annotated, NoReturn, TypeVar

import typer
from rich.console import Console
from rich.progress import track

import casualties
from casualties.corpus.inline import read_inline
from casualties.corpus.records import Article, RecordError, join_texts, read_records
from casualties.corpus.tables import SOURCES, read_texts
from casualties.extractor import Extractor, ModelError
from casualties.scoring import evaluate as score_pairs
from casualties.view import print_evaluation, print_report

DATA_ERROR, USAGE_ERROR = 1, 2

T = TypeVar("T")

app = typer.Typer(add_completion=False, no_args_is_help=True, pretty_exceptions_enable=False)
_errors = Console(stderr=True)


class InputError(ValueError):
    """An input that cannot be read; the message names it and says what is wrong."""


@app.callback(invoke_without_command=True)
def _root(
    version: Annotated[bool, typer.Option("--version", help="Print the version and stop.", is_eager=True)] = False,
) -> None:
    """Read news articles about attacks: who was harmed, according to whom, and who is said to have done it."""
    if version:
        typer.echo(f"casualties {casualties.__version__}")
        raise typer.Exit


@app.command()
def extract(
    inputs: Annotated[
        list[str], typer.Argument(metavar="FILE|FOLDER|-...", help="Texts, folders of *.txt, - for stdin.")
    ],
    as_json: Annotated[bool, typer.Option("--json", help="Everything, as one line of JSON an article.")] = False,
    as_record: Annotated[
        bool, typer.Option("--record", help="Labels with offsets, one line of JSON an article.")
    ] = False,
    model: Annotated[str, typer.Option(help="A model folder that train.export wrote.")] = "default",
) -> None:
    """Say what each article claims: a table for people, or JSON."""
    if as_json and as_record:
        _fail("choose one of --json and --record", USAGE_ERROR)
    paths = [path for name in inputs for path in _expand(name)]
    extractor = _load(model)
    unread = 0
    for path in _progress(paths, "reading"):
        try:
            report = extractor.extract(_read(path))
        except InputError as error:
            unread += 1
            _complain(str(error))
            continue
        id = "-" if path is None else path.stem
        if as_record:
            typer.echo(json.dumps(report.to_record(id)))
        elif as_json:
            typer.echo(json.dumps({"id": id, **report.to_dict()}))
        else:
            print_report(report, Console(), title=str(path) if len(paths) > 1 else "")
    if unread:
        raise typer.Exit(DATA_ERROR)


@app.command()
def evaluate(
    gold: Annotated[
        list[Path], typer.Argument(help="Labelled articles: *.jsonl of records, *.txt with marks, folders.")
    ],
    data: Annotated[
        Path | None, typer.Option(help="Folder of the third-party texts that stand-off labels need.")
    ] = None,
    model: Annotated[str, typer.Option(help="A model folder that train.export wrote.")] = "default",
    as_json: Annotated[bool, typer.Option("--json", help="All scores as JSON.")] = False,
) -> None:
    """Score a model on labelled articles, with 95 % bootstrap intervals."""
    articles = _read_gold(gold, data)
    texts = [article.text for article in articles]
    reports = _progress(_load(model).extract_many(texts), "reading", total=len(texts))
    pairs = [(article.mentions, report.mentions) for article, report in zip(articles, reports, strict=True)]
    evaluation = score_pairs(pairs)
    if as_json:
        typer.echo(json.dumps(evaluation.to_dict(), indent=1))
    else:
        print_evaluation(evaluation, Console(), f"{len(articles)} articles")


def _expand(name: str) -> list[Path | None]:
    """The files that an argument names; ``None`` is standard input."""
    if name == "-":
        return [None]
    path = Path(name)
    if path.is_dir():
        files = sorted(path.rglob("*.txt"))
        if not files:
            _fail(f"{path}: the folder holds no *.txt file", USAGE_ERROR)
        return list(files)
    if not path.exists():
        _fail(f"{path}: no such file or folder", USAGE_ERROR)
    return [path]


def _read(path: Path | None) -> str:
    """A text as it stands, line ends included, so that offsets hold.

    Raises:
        InputError: if it cannot be read, is binary or is not UTF-8.
    """
    name = "standard input" if path is None else str(path)
    try:
        content = sys.stdin.buffer.read() if path is None else path.read_bytes()
    except OSError as error:
        raise InputError(f"{name}: {error.strerror}") from error
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError as error:
        raise InputError(
            f"{name}: byte {error.start} ({content[error.start]:#04x}) is not UTF-8; convert the file to UTF-8"
        ) from error
    if (zero := content.find(0)) >= 0:
        raise InputError(f"{name}: byte {zero} is NUL, so this is a binary file; give plain text in UTF-8")
    return text


def _read_gold(paths: Sequence[Path], data: Path | None) -> list[Article]:
    """The labelled articles of some files and folders; stops the command where they cannot all be read."""
    articles: list[Article] = []
    try:
        for path in paths:
            files = sorted([*path.glob("*.txt"), *path.glob("*.jsonl")]) if path.is_dir() else [path]
            for file in files:
                articles += [read_inline(file)] if file.suffix == ".txt" else _join(file, data)
    except (OSError, ValueError) as error:
        _fail(str(error), DATA_ERROR)
    if not articles:
        _fail(f"{', '.join(map(str, paths))}: no labelled articles there", DATA_ERROR)
    return articles


def _join(file: Path, data: Path | None) -> Sequence[Article]:
    records = list(read_records(file))
    texts: dict[str, str] = {}
    for source in sorted({record["source"] for record in records if record.get("text") is None}):
        if data is None or source not in SOURCES:
            raise RecordError(
                f"{file}: the labels are stand-off, from {source!r}; give the folder of its texts with --data"
            )
        texts |= read_texts(source, data)
    joined = join_texts(records, texts)
    if lost := len(joined.missing) + len(joined.changed):
        first = [*joined.missing, *joined.changed][0]
        _complain(
            f"{file}: {lost} of {len(records)} texts are missing or not those that were labelled, such as {first}"
        )
    return joined.articles


def _load(model: str) -> Extractor:
    try:
        return Extractor(model)
    except ModelError as error:
        _fail(str(error), DATA_ERROR)


def _progress(items: Iterable[T], words: str, total: int | None = None) -> Iterable[T]:
    """The items, with a bar on standard error from the second second on."""
    return track(items, words, total, console=_errors, transient=True, disable=not _errors.is_terminal)


def _complain(message: str) -> None:
    _errors.print(f"casualties: {message}", markup=False, highlight=False, soft_wrap=True)


def _fail(message: str, code: int) -> NoReturn:
    _complain(message)
    raise typer.Exit(code)


def main() -> None:
    """Run the command line; an interruption and a closed pipe end it quietly."""
    try:
        app()
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # or the interpreter's own flush complains
