"""The command line: ``casualties extract``, ``casualties muc4``, ``casualties evaluate`` and ``casualties tune``.

Exit codes: 0 all is well; 1 an input or a model could not be read; 2 the command was used wrongly; 130 it was stopped.
"""

from __future__ import annotations

import csv
import io
import json
import os
import sys
from collections.abc import Callable, Iterable, Sequence
from datetime import date, datetime
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
from casualties.dates import MissingExtraError, resolve_date
from casualties.extractor import Extractor, ModelError, copy_model, write_tuning
from casualties.inputs import InputError, MissingInputError, find_files, read_inputs
from casualties.relevance import relevant_to
from casualties.report import Report
from casualties.rows import COLUMNS
from casualties.scoring import evaluate as score_pairs
from casualties.templates import to_templates
from casualties.view import plain, print_evaluation, print_report, print_tuning

DATA_ERROR, USAGE_ERROR, INTERRUPTED = 1, 2, 130

_LARGEST_FILE = 100_000_000
"""Bytes, of a file of MUC's articles; the release has 3 million in all."""
_STDOUT = Path("-")

T = TypeVar("T")
Write = Callable[[str, str, Report], None]
"""Prints the report on the article of an id and a title."""

app = typer.Typer(add_completion=False, no_args_is_help=True, pretty_exceptions_enable=False)
_errors = Console(stderr=True)


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
        list[str],
        typer.Argument(
            metavar="FILE|FOLDER|-...",
            help="Texts, folders of *.txt, - for stdin, *.jsonl with an article a line (text, id, published).",
        ),
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
    least: Annotated[
        float, typer.Option("--min-confidence", help="Leave out mentions that are less sure.", min=0, max=1)
    ] = 0.0,
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
    try:
        files = find_files(inputs)
    except MissingInputError as error:
        _fail(str(error), USAGE_ERROR)
    day = published.date() if published else None
    if day:
        _check_dates(day)
    extractor = _load(model)
    write = _writer("record" if as_record else "json" if as_json else "table", rows, as_csv, explain)
    total = None if any(isinstance(file, Path) and file.suffix.lower() == ".jsonl" for file in files) else len(files)
    unread = 0
    for article in _progress(read_inputs(files, most), "reading", total):
        if isinstance(article, InputError):
            unread += 1
            _complain(str(article))
            continue
        try:
            report = extractor.extract(article.text, article.published or day, least)
        except MissingExtraError as error:
            _fail(str(error), USAGE_ERROR)
        write(article.id, article.title if total != 1 else "", report)
    if unread:
        raise typer.Exit(DATA_ERROR)


def _check_dates(day: date) -> None:
    """Stop before anything is printed if dates cannot be read."""
    try:
        resolve_date("yesterday", day)
    except MissingExtraError as error:
        _fail(str(error), USAGE_ERROR)


def _writer(kind: str, rows: Rows | None, as_csv: bool, explain: bool) -> Write:
    """What prints a report: as rows, as JSON, or as a table under its title."""
    if rows:
        return _csv_rows(rows.value) if as_csv else _json_rows(rows.value)
    if kind == "record":
        return lambda id, _, report: typer.echo(json.dumps(report.to_record(id)))
    if kind == "json":
        return lambda id, _, report: typer.echo(json.dumps({"id": id, **report.to_dict()}))
    return lambda _, title, report: print_report(report, Console(), title, explain)


def _json_rows(dataset: str) -> Write:
    def write(id: str, _: str, report: Report) -> None:
        for row in report.to_rows(dataset):
            typer.echo(json.dumps({"article": id, **row}))

    return write


def _csv_rows(dataset: str) -> Write:
    writer = csv.DictWriter(sys.stdout, ["article", "incident", *COLUMNS[dataset]], lineterminator="\n")
    writer.writeheader()

    def write(id: str, _: str, report: Report) -> None:
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
    output: Annotated[Path, typer.Option("--output", "-o", help="The file to write the templates to; - for stdout.")],
    model: Annotated[str, typer.Option(help="The model that judges which are relevant.")] = "muc4",
    finder: Annotated[str, typer.Option(help="The model that finds claims.")] = "default",
) -> None:
    """Answer MUC-4: templates in its own format, from articles of the Message Understanding Conferences."""
    if output != _STDOUT and (output.is_dir() or not output.name or not output.parent.is_dir()):
        _fail(f"{output}: no file can be written there; give a file in a folder that exists", USAGE_ERROR)
    texts = [article for path in articles for article in _muc_articles(path)]
    relevant = _load(finder).extract_many((text for _, text in texts), keep=relevant_to(_load(model)))
    reports = _progress(relevant, "reading", total=len(texts))
    templates = [
        template for (id, _), report in zip(texts, reports, strict=True) for template in to_templates(report, id)
    ]
    _write(output, write_templates(templates))
    _say(f"{output}: {len(texts)} articles, {sum(each.number is not None for each in templates)} incidents")


def _write(output: Path, content: str) -> None:
    """Write a file, whole or not at all; a link's target, and a device or pipe as it is."""
    if output == _STDOUT:
        typer.echo(content, nl=False)
    elif output.exists() and not output.is_file():
        output.write_text(content, encoding="utf-8")
    else:
        target = Path(os.path.realpath(output))
        scratch = target.with_name(f"{target.name}.tmp")
        scratch.write_text(content, encoding="utf-8")
        os.replace(scratch, target)


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
        labelled = read_labelled(gold, data)
    except RecordError as error:
        _fail(str(error), DATA_ERROR)
    if labelled.articles and not any(article.mentions for article in labelled.articles):
        names = ", ".join(map(str, gold))
        _fail(f"{names}: nothing is labelled there; mark mentions as ⟦nine people⟧{{KILLED civilian 9}}", DATA_ERROR)
    return labelled


def _complain_of_left_out(labelled: Joined) -> None:
    """Name the articles that could not be used; exit code 1 if there are any."""
    for id in labelled.missing:
        _complain(f"{id}: left out, no text with this id in --data")
    for id in labelled.changed:
        _complain(f"{id}: left out, its text is not the one that was labelled")
    if labelled.missing or labelled.changed:
        raise typer.Exit(DATA_ERROR)


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
