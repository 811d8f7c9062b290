"""The command line: ``casualties extract``, ``casualties muc4``, ``casualties evaluate`` and ``casualties tune``.

Exit codes: 0 all is well; 1 an input or a model could not be read; 2 the command was used wrongly; 130 it was stopped.
"""

from __future__ import annotations

import csv
import io
import json
import os
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from contextlib import nullcontext
from datetime import datetime
from enum import Enum
from pathlib import Path
from typing import Annotated, NoReturn, TypeVar

import typer
from rich.console import Console
from rich.progress import track

import casualties
from casualties.confidence import tune as learn_tuning
from casualties.corpus.muc4 import article_files, read_articles, write_templates
from casualties.corpus.reader import read_labelled
from casualties.corpus.records import Joined, RecordError
from casualties.dates import MissingExtraError
from casualties.extractor import Extractor, ModelError, copy_model, write_tuning
from casualties.relevance import relevant_to
from casualties.report import Report
from casualties.rows import COLUMNS
from casualties.scoring import evaluate as score_pairs
from casualties.templates import to_templates
from casualties.view import plain, print_evaluation, print_report, print_tuning

DATA_ERROR, USAGE_ERROR, INTERRUPTED = 1, 2, 130

_LARGEST_FILE = 100_000_000
"""Bytes, of a file of MUC's articles; the release has 3 million in all."""
_LONGEST_CHARACTER = 4
"""Bytes, in UTF-8."""
_LONGEST_NAME = 200
"""Characters of a file's name that a message repeats."""

T = TypeVar("T")
Write = Callable[[str, Path | None, Report], None]
"""Prints the report on the article of an id and a file."""

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


class Rows(str, Enum):
    """The data sets that incidents can be written for."""

    GTD = "gtd"
    UCDP = "ucdp"


@app.command()
def extract(
    inputs: Annotated[
        list[str], typer.Argument(metavar="FILE|FOLDER|-...", help="Texts, folders of *.txt, - for stdin.")
    ],
    as_json: Annotated[bool, typer.Option("--json", help="Everything, as one line of JSON an article.")] = False,
    as_record: Annotated[
        bool, typer.Option("--record", help="Labels with offsets, one line of JSON an article.")
    ] = False,
    rows: Annotated[
        Rows | None, typer.Option("--format", help="A row an incident, in this data set's columns; JSON lines or CSV.")
    ] = None,
    as_csv: Annotated[bool, typer.Option("--csv", help="With --format: CSV with a header.")] = False,
    explain: Annotated[bool, typer.Option(help="Say why each total is this figure, and what it rests on.")] = False,
    published: Annotated[
        datetime | None,
        typer.Option(formats=["%Y-%m-%d"], help="The articles' day, to read dates such as Sunday by."),
    ] = None,
    model: Annotated[str, typer.Option(help="A model folder that train.export wrote.")] = "default",
    most: Annotated[int, typer.Option("--max-characters", help="Refuse longer texts.", min=1)] = 1_000_000,
) -> None:
    """Say what each article claims: a table for people, JSON, or rows for a data set of events."""
    if as_json + as_record + bool(rows) > 1:
        _fail("choose one of --json, --record and --format", USAGE_ERROR)
    if explain and (as_json or as_record or rows):
        _fail("--explain goes with the table; --json holds the rule of each total", USAGE_ERROR)
    if as_csv and not rows:
        _fail("--csv goes with --format gtd or --format ucdp", USAGE_ERROR)
    paths = [path for name in inputs for path in _expand(name)]
    extractor = _load(model)
    write = _writer("record" if as_record else "json" if as_json else "table", rows, as_csv, explain, len(paths) > 1)
    unread = 0
    for id, path in _progress(list(zip(_ids(paths), paths, strict=True)), "reading"):
        try:
            write(id, path, extractor.extract(_read(path, most), published.date() if published else None))
        except InputError as error:
            unread += 1
            _complain(str(error))
        except MissingExtraError as error:
            _fail(str(error), USAGE_ERROR)
    if unread:
        raise typer.Exit(DATA_ERROR)


def _writer(kind: str, rows: Rows | None, as_csv: bool, explain: bool, titled: bool) -> Write:
    """What prints a report: as rows, as JSON, or as a table, titled where there are several."""
    if rows:
        return _csv_rows(rows.value) if as_csv else _json_rows(rows.value)
    if kind == "record":
        return lambda id, _, report: typer.echo(json.dumps(report.to_record(id)))
    if kind == "json":
        return lambda id, _, report: typer.echo(json.dumps({"id": id, **report.to_dict()}))
    return lambda _, path, report: print_report(report, Console(), str(path) if titled else "", explain)


def _json_rows(dataset: str) -> Write:
    def write(id: str, _: Path | None, report: Report) -> None:
        for row in report.to_rows(dataset):
            typer.echo(json.dumps({"article": id, **row}))

    return write


def _csv_rows(dataset: str) -> Write:
    writer = csv.DictWriter(sys.stdout, ["article", "incident", *COLUMNS[dataset]], lineterminator="\n")
    writer.writeheader()

    def write(id: str, _: Path | None, report: Report) -> None:
        for row in report.to_rows(dataset):
            writer.writerow({name: _cell(value) for name, value in {"article": id, **row}.items()})

    return write


def _cell(value: str | int | None) -> str | int | None:
    """A value that no spreadsheet takes for a formula, whatever the article says."""
    if not isinstance(value, str):
        return value
    return f"'{plain(value)}" if value.startswith(("=", "+", "-", "@", "\t", "\r")) else plain(value)


GOLD = Annotated[list[Path], typer.Argument(help="Labelled articles: *.jsonl of records, *.txt with marks, folders.")]
DATA = Annotated[Path | None, typer.Option(help="Folder of the third-party texts that stand-off labels need.")]


@app.command()
def evaluate(
    gold: GOLD,
    data: DATA = None,
    model: Annotated[str, typer.Option(help="A model folder that train.export wrote.")] = "default",
    as_json: Annotated[bool, typer.Option("--json", help="All scores as JSON.")] = False,
) -> None:
    """Score a model on labelled articles, with 95 % bootstrap intervals."""
    labelled = _labelled(gold, data)
    texts = [article.text for article in labelled.articles]
    reports = _progress(_load(model).extract_many(texts), "reading", total=len(texts))
    pairs = [(article.mentions, report.mentions) for article, report in zip(labelled.articles, reports, strict=True)]
    evaluation = score_pairs(pairs)
    if as_json:
        typer.echo(json.dumps(evaluation.to_dict(), indent=1))
    else:
        print_evaluation(evaluation, Console(), f"{len(pairs)} articles")
    _complain_of_left_out(labelled)


@app.command()
def muc4(
    articles: Annotated[
        list[Path], typer.Argument(help="Files of MUC-3/4 articles, or folders with files named like tst3-muc4.")
    ],
    output: Annotated[Path, typer.Option("--output", "-o", help="The file to write the templates to.")],
    model: Annotated[str, typer.Option(help="The model that judges which are relevant.")] = "muc4",
    finder: Annotated[str, typer.Option(help="The model that finds claims.")] = "default",
) -> None:
    """Answer MUC-4: templates in its own format, from articles of the Message Understanding Conferences."""
    if output.is_dir() or not output.name or not output.parent.is_dir():
        _fail(f"{output}: no file can be written there; give a file in a folder that exists", USAGE_ERROR)
    texts = [article for path in articles for article in _muc_articles(path)]
    relevant = _load(finder).extract_many((text for _, text in texts), keep=relevant_to(_load(model)))
    reports = _progress(relevant, "reading", total=len(texts))
    templates = [
        template for (id, _), report in zip(texts, reports, strict=True) for template in to_templates(report, id)
    ]
    scratch = output.with_name(f"{output.name}.tmp")
    scratch.write_text(write_templates(templates), encoding="utf-8")
    os.replace(scratch, output)
    _say(f"{output}: {len(texts)} articles, {sum(each.number is not None for each in templates)} incidents")


def _muc_articles(path: Path) -> list[tuple[str, str]]:
    """The articles of a file of the MUC-3/4 release, or of those in a folder."""
    if not path.exists():
        _fail(f"{path}: no such file or folder", USAGE_ERROR)
    found: list[tuple[str, str]] = []
    for file in article_files(path) if path.is_dir() else [path]:
        try:
            if file.stat().st_size > _LARGEST_FILE or not file.is_file():
                _fail(f"{file}: not a file of at most {_LARGEST_FILE:,} bytes; split it", DATA_ERROR)
            found += read_articles(file)
        except UnicodeDecodeError as error:
            _fail(f"{file}: byte {error.start} is not ASCII, as MUC's articles are; convert the file", DATA_ERROR)
        except OSError as error:
            _fail(f"{file}: {error.strerror}", DATA_ERROR)
    if not found:
        _fail(f"{path}: no MUC-3/4 article; each begins with a line such as TST3-MUC4-0001", DATA_ERROR)
    return found


@app.command()
def tune(
    gold: GOLD,
    output: Annotated[Path, typer.Option(help="Where to write the tuned model; a folder that is not there yet.")],
    data: DATA = None,
    model: Annotated[str, typer.Option(help="The model folder to begin from.")] = "default",
) -> None:
    """Learn confidences and thresholds from your own labelled articles, none that the model was trained on."""
    if output.exists():
        _fail(f"{output} is there already; give a new folder", USAGE_ERROR)
    labelled = _labelled(gold, data)
    extractor = _load(model)
    found = _progress(
        extractor.decode_many(article.text for article in labelled.articles), "reading", total=len(labelled.articles)
    )
    pairs = [(article.mentions, mentions) for article, mentions in zip(labelled.articles, found, strict=True)]
    tuning = learn_tuning(pairs, extractor.manifest.tuning)
    copy_model(extractor.folder, output)
    write_tuning(output, tuning)
    print_tuning(extractor.manifest.tuning, tuning, pairs, Console())
    _complain_of_left_out(labelled)


def _labelled(gold: Sequence[Path], data: Path | None) -> Joined:
    """The labelled articles that a person names."""
    for path in (*gold, *([data] if data else [])):
        if not path.exists():
            _fail(f"{path}: no such file or folder", USAGE_ERROR)
    try:
        return read_labelled(gold, data)
    except RecordError as error:
        _fail(str(error), DATA_ERROR)


def _complain_of_left_out(labelled: Joined) -> None:
    """Name the articles that could not be used; exit code 1 if there are any."""
    for id in labelled.missing:
        _complain(f"{id}: left out, no text with this id in --data")
    for id in labelled.changed:
        _complain(f"{id}: left out, its text is not the one that was labelled")
    if labelled.missing or labelled.changed:
        raise typer.Exit(DATA_ERROR)


def _expand(name: str) -> list[Path | None]:
    """The files that an argument names; ``None`` is standard input."""
    if name == "-":
        return [None]
    path = Path(name)
    try:
        if not path.is_dir():
            path.stat()
            return [path]
        files = sorted(path.rglob("*.txt"))
    except FileNotFoundError:
        _fail(f"{path}: no such file or folder", USAGE_ERROR)
    except OSError as error:  # such as a name too long to be one
        _fail(f"{name[:_LONGEST_NAME]}: {error.strerror}", USAGE_ERROR)
    if not files:
        _fail(f"{path}: the folder holds no *.txt file", USAGE_ERROR)
    return list(files)


def _ids(paths: Sequence[Path | None]) -> list[str]:
    """What to call each article: its file's stem, or as much more of the path as tells it from all others."""
    names = [
        (path.stem, path.with_suffix("").as_posix(), path.as_posix()) if path else ("-", "-", "-") for path in paths
    ]
    often = [Counter(level) for level in zip(*names, strict=True)]
    return [
        next((name for name, times in zip(each, often, strict=True) if times[name] == 1), each[-1]) for each in names
    ]


def _read(path: Path | None, most: int) -> str:
    """A text as it stands, line ends included, so that offsets hold.

    Raises:
        InputError: if it cannot be read, is binary, is not UTF-8 or has more than ``most`` characters.
    """
    name = "standard input" if path is None else str(path)
    if path is None and sys.stdin is None:
        raise InputError("standard input is closed")
    try:
        with nullcontext(sys.stdin.buffer) if path is None else path.open("rb") as file:
            content = file.read(_LONGEST_CHARACTER * most + 1)
    except OSError as error:
        raise InputError(f"{name}: {error.strerror}") from error
    too_long = InputError(
        f"{name}: more than {most:,} characters are no article; split it into articles, or raise --max-characters"
    )
    if len(content) > _LONGEST_CHARACTER * most:
        raise too_long
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError as error:
        raise InputError(
            f"{name}: byte {error.start} ({content[error.start]:#04x}) is not UTF-8; convert the file to UTF-8"
        ) from error
    if (zero := content.find(0)) >= 0:
        raise InputError(f"{name}: byte {zero} is NUL, so this is a binary file; give plain text in UTF-8")
    if len(text) > most:
        raise too_long
    return text


def _load(model: str) -> Extractor:
    try:
        return Extractor(model)
    except ModelError as error:
        _fail(str(error), DATA_ERROR)


def _progress(items: Iterable[T], words: str, total: int | None = None) -> Iterable[T]:
    """The items, with a bar on standard error, if that is a terminal and no results are printed across it."""
    shown = _errors.is_terminal and not sys.stdout.isatty()
    return track(items, words, total, console=_errors, transient=True) if shown else items


def _complain(message: str) -> None:
    _say(f"casualties: {message}")


def _say(message: str) -> None:
    _errors.print(plain(message), markup=False, highlight=False, emoji=False, soft_wrap=True)


def _fail(message: str, code: int) -> NoReturn:
    _complain(message)
    raise typer.Exit(code)


def main() -> None:
    """Run the command line; what goes wrong ends in one line and an exit code."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")  # a terminal that cannot show a character is no reason to stop
    if sys.stdout is None:
        _complain("standard output is closed")
        sys.exit(DATA_ERROR)
    try:
        code = app(standalone_mode=False)
    except (KeyboardInterrupt, typer.Abort):
        _complain("stopped")
        code = INTERRUPTED
    except typer.TyperException as error:
        _complain(f"{error.format_message() or 'no command'}; see casualties --help")
        code = USAGE_ERROR
    except OSError as error:
        _complain(f"cannot write: {error.strerror}")
        code = DATA_ERROR
    sys.exit(code)
