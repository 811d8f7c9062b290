"""The command line as a person uses it: what it prints, and how it fails."""

from __future__ import annotations

import csv
import io
import json
import os
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
from rich.console import Console
from typer.testing import CliRunner

import casualties
from casualties.cli import _cell, app
from casualties.corpus.inline import parse_inline
from casualties.corpus.muc4 import read_articles, read_templates, write_templates
from casualties.extractor import Extractor
from casualties.link import link
from casualties.relevance import relevant_to
from casualties.report import mention_from_dict
from casualties.rows import COLUMNS
from casualties.templates import to_templates
from casualties.view import print_report
from tests.conftest import REPOSITORY, TEXT

EXAMPLE = REPOSITORY / "tests" / "example.txt"
MARKED = "A mine killed ⟦nine people⟧{KILLED unknown 9} in ⟦Tolva⟧{PLACE}, ⟦police⟧{SOURCE} said."


def run(*arguments: str | Path, stdin: bytes = b"") -> tuple[int, str, str]:
    """Exit code, standard output and standard error of one command."""
    result = CliRunner(env={"COLUMNS": "120"}).invoke(app, [str(argument) for argument in arguments], input=stdin)
    return result.exit_code, result.stdout, result.stderr


def test_the_example_prints_a_table() -> None:
    code, output, errors = run("extract", EXAMPLE)
    assert (code, errors) == (0, "")
    for words in ("Incident 1: Tarsun", "At least 14", "Free Valley Front", "denies it", "claimed by nobody"):
        assert words in output
    assert "1,500" not in output


def test_a_record_reads_back(tiny_model: Path, tmp_path: Path) -> None:
    path = tmp_path / "article.txt"
    path.write_text(TEXT, encoding="utf-8")
    code, output, _ = run("extract", path, "--record", "--model", tiny_model)
    record = json.loads(output)
    assert (code, record["id"], record["text"]) == (0, "article", TEXT)
    assert record["mentions"]
    for mention in record["mentions"]:
        assert mention_from_dict(mention, TEXT).to_dict() == mention


def test_json_has_incidents_with_totals(tmp_path: Path) -> None:
    code, output, _ = run("extract", "-", "--json", stdin=b"Nine people were killed in Tolva.")
    (incident,) = json.loads(output)["incidents"]
    assert (code, incident["places"], incident["totals"]["KILLED"]["best"]) == (0, ["Tolva"], 9)


def test_files_and_folders_in_one_call(tiny_model: Path, tmp_path: Path) -> None:
    for name in ("b.txt", "a.txt", "deep/c.txt", "ignored.md"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(TEXT, encoding="utf-8")
    code, output, _ = run("extract", tmp_path, "--record", "--model", tiny_model)
    assert (code, [json.loads(line)["id"] for line in output.splitlines()]) == (0, ["a", "b", "c"])


def test_articles_of_one_name_are_told_apart_by_their_paths(tiny_model: Path, tmp_path: Path) -> None:
    for folder in ("x", "y"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "a.txt").write_text(TEXT, encoding="utf-8")
    _, output, _ = run("extract", tmp_path, "--record", "--model", tiny_model)
    assert [json.loads(line)["id"] for line in output.splitlines()] == [f"{tmp_path}/x/a", f"{tmp_path}/y/a"]


def test_articles_of_one_name_and_folder_keep_their_endings(tiny_model: Path, tmp_path: Path) -> None:
    for name in ("a.txt", "a.md"):
        (tmp_path / name).write_text(TEXT, encoding="utf-8")
    _, output, _ = run("extract", tmp_path / "a.txt", tmp_path / "a.md", "--record", "--model", tiny_model)
    assert [json.loads(line)["id"] for line in output.splitlines()] == [f"{tmp_path}/a.txt", f"{tmp_path}/a.md"]


def test_json_lines_give_each_article_its_id_and_day(tmp_path: Path) -> None:
    text = "Nine people were killed in Tolva on Sunday."
    lines = [
        {"id": 7, "text": text, "published": "2021-09-06", "language": "en"},
        {"text": text, "published": "2020-01-01"},
        {"text": text, "published": "yesterday"},
        {"body": text},
    ]
    content = "\n".join([*map(json.dumps, lines), "", "{", '"a string"'])
    (tmp_path / "news.jsonl").write_text(content, encoding="utf-8")
    code, output, errors = run("extract", tmp_path / "news.jsonl", "--format", "ucdp")
    rows = [json.loads(line) for line in output.splitlines()]
    assert code == 1
    assert [(row["article"], row["date_start"]) for row in rows] == [("7", "2021-09-05"), ("news:2", "2019-12-29")]
    assert [line.rsplit("news.jsonl, ")[1].split(":")[0] for line in errors.splitlines()] == [
        "line 3", "line 4", "line 6", "line 7",
    ]  # fmt: skip


def test_a_line_that_is_too_long_is_left_out(tiny_model: Path, tmp_path: Path) -> None:
    lines = [{"id": "long", "text": "x" * 500_000}, {"id": "short", "text": TEXT}]
    (tmp_path / "news.jsonl").write_text("\n".join(map(json.dumps, lines)), encoding="utf-8")
    arguments = ("--record", "--model", tiny_model, "--max-characters", "1000")
    code, output, errors = run("extract", tmp_path / "news.jsonl", *arguments)
    assert (code, json.loads(output)["id"], errors.count("\n")) == (1, "short", 1)
    assert "line 1: more than 1,000 characters" in errors


def test_a_folder_that_cannot_be_searched_is_said_and_the_rest_is_read(
    tiny_model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("a.TXT", ".hidden.txt", "locked/b.txt"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(TEXT, encoding="utf-8")
    scan = os.scandir

    def refuse(path: str) -> object:
        if Path(path).name == "locked":
            raise PermissionError(13, "Permission denied", str(path))
        return scan(path)

    monkeypatch.setattr(os, "scandir", refuse)
    code, output, errors = run("extract", tmp_path, "--record", "--model", tiny_model)
    assert (code, json.loads(output)["id"]) == (1, "a")
    assert "locked: Permission denied" in errors and errors.count("\n") == 1


def test_what_is_not_sure_enough_is_left_out() -> None:
    text = b"A bomb killed nine people in Tolva."
    assert run("extract", "-", "--min-confidence", "1", stdin=text)[1].startswith("No casualties")
    code, _, errors = run("extract", "-", "--min-confidence", "50", stdin=text)
    assert code == 2 and "--min-confidence" in errors


def test_offsets_count_line_ends_as_they_stand(tmp_path: Path) -> None:
    path = tmp_path / "crlf.txt"
    path.write_bytes(b"\xef\xbb\xbfHeadline\r\n\r\nNine people were killed in Tolva.\r\n")
    _, output, _ = run("extract", path, "--record")
    record = json.loads(output)
    assert "Nine people" in [record["text"][mention["start"] : mention["end"]] for mention in record["mentions"]]
    assert record["text"].count("\r\n") == 3


def test_an_empty_text_is_an_empty_report(tmp_path: Path) -> None:
    path = tmp_path / "empty.txt"
    path.write_bytes(b"")
    code, output, _ = run("extract", path)
    assert code == 0
    assert "No casualties" in output


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"Nine people\x00 killed", "bad.txt: byte 11 is NUL, so this is a binary file"),
        (b"Nine pe\xffple killed", "bad.txt: byte 7 (0xff) is not UTF-8"),
        ("Nine \ud800 killed".encode("utf-8", "surrogatepass"), "bad.txt: byte 5 (0xed) is not UTF-8"),
        ("Neuf tués".encode("utf-16"), "bad.txt: byte 0 (0xff) is not UTF-8"),
        (b"Nine people killed. " * 500_000, "bad.txt: more than 1,000,000 characters are no article"),
    ],
)
def test_a_file_that_is_no_text_is_one_line_and_the_others_are_read(
    content: bytes, message: str, tiny_model: Path, tmp_path: Path
) -> None:
    (tmp_path / "bad.txt").write_bytes(content)
    (tmp_path / "good.txt").write_text(TEXT, encoding="utf-8")
    code, output, errors = run("extract", tmp_path, "--record", "--model", tiny_model)
    assert code == 1
    assert [json.loads(line)["id"] for line in output.splitlines()] == ["good"]
    assert message.split(": ")[1] in errors
    assert errors.count("\n") == 1


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["extract", "nowhere.txt"], "nowhere.txt: no such file or folder"),
        (["extract", "{empty}"], "the folder holds no *.txt file"),
        (["extract", "-", "--json", "--record"], "choose one of --json, --record and --format"),
        (["extract", "-", "--csv"], "--csv goes with --format gtd or --format ucdp"),
    ],
)
def test_wrong_use_is_one_line_and_exit_code_2(arguments: list[str], message: str, tmp_path: Path) -> None:
    code, output, errors = run(*(argument.format(empty=tmp_path) for argument in arguments))
    assert (code, output) == (2, "")
    assert message in errors
    assert errors.count("\n") == 1


def test_a_missing_model_is_one_line(tmp_path: Path) -> None:
    code, _, errors = run("extract", "-", "--model", tmp_path / "nowhere", stdin=b"text")
    assert code == 1
    assert "nowhere: no such folder" in errors
    assert errors.count("\n") == 1


def test_no_escape_sequence_reaches_the_terminal(tmp_path: Path) -> None:
    text = "Nine \x1b[31mpeople\x1b]0;title\x07 were killed in [red]Tolva[/red]."
    _, output, _ = run("extract", "-", stdin=text.encode())
    assert not {"\x1b", "\x07"} & set(output)


def test_markup_in_a_text_is_printed_as_it_stands() -> None:
    marked = "⟦Thirteen [/b] people⟧{KILLED unknown 13 #a} died :bomb:, ⟦a [red] child⟧{KILLED civilian 1 <a}."
    article = parse_inline(marked, id="markup", source="tests")
    console = Console(file=io.StringIO(), width=200)
    print_report(link(article.text, article.mentions), console, title="[bold]title[/bold]")
    output = console.file.getvalue()  # type: ignore[attr-defined]
    for words in ("Thirteen [/b] people", "a [red] child", "[bold]title[/bold]"):
        assert words in output


def test_an_article_that_is_not_utf8_names_its_byte(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_bytes(b"Nine \xff killed")
    code, _, errors = run("evaluate", tmp_path)
    assert (code, errors.count("\n")) == (1, 1)
    assert "a.txt: byte 5 is not UTF-8" in errors


@pytest.mark.parametrize("arguments", [["extract"], ["extract", "--bogus"], ["nonsense"]])
def test_the_installed_command_says_wrong_use_in_one_line(arguments: list[str]) -> None:
    code = "from casualties.cli import main; main()"
    done = subprocess.run([sys.executable, "-c", code, *arguments], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.endswith("; see casualties --help\n")
    assert done.stderr.count("\n") == 1


def test_a_name_too_long_is_one_line() -> None:
    code, _, errors = run("extract", "n" * 5000)
    assert (code, errors.count("\n")) == (1, 1)
    assert len(errors) < 300


@pytest.mark.parametrize("command", ["evaluate", "tune"])
def test_texts_without_any_label_are_no_gold(command: str, tmp_path: Path) -> None:
    (tmp_path / "plain.txt").write_text("Nine people were killed.", encoding="utf-8")
    extra = ("--output", tmp_path / "tuned") if command == "tune" else ()
    code, output, errors = run(command, tmp_path, *extra)
    assert (code, output) == (1, "")
    assert "nothing is labelled there" in errors


def test_a_closed_output_is_one_line(tmp_path: Path) -> None:
    code = "from casualties.cli import main; main()"
    command = f"exec {shlex.quote(sys.executable)} -c {shlex.quote(code)} extract - >&-"
    done = subprocess.run(["sh", "-c", command], input="", capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (1, "casualties: standard output is closed\n")


def test_evaluate_scores_marked_articles_and_records(tmp_path: Path, tiny_model: Path) -> None:
    (tmp_path / "marked.txt").write_text(MARKED, encoding="utf-8")
    record = parse_inline(MARKED, id="record", source="tests").to_record()
    (tmp_path / "records.jsonl").write_text(json.dumps(record) + "\n", encoding="utf-8")
    code, output, _ = run("evaluate", tmp_path, "--json")
    scores = json.loads(output)
    assert (code, scores["KILLED.gold"], scores["casualty.exact.f1"], scores["counts"]) == (0, 2, 1.0, 1.0)
    code, output, _ = run("evaluate", tmp_path, "--model", tiny_model)
    assert code == 0
    assert "casualty mentions, exact F1" in output


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("a.jsonl", "{", "a.jsonl, line 1: not JSON"),
        ("a.txt", "⟦nine⟧{DEAD}", "begins with no label"),
        ("a.jsonl", '{"id": "x", "source": "s", "text": null, "text_sha256": "", "mentions": []}', "with --data"),
        ("a.md", "", "no labelled articles there"),
        ("a.jsonl", '{"id": "x", "source": "s", "text": "abc", "mentions": [1]}', "a.jsonl: x: "),
        ("a.jsonl", '{"id": "x", "source": "s", "text": "abc", "mentions": []}', "x: 'incidents' is missing"),
        ("a.jsonl", '{"id": "x", "text": "abc", "mentions": []}', "line 1: not a record"),
        ("a.txt", "⟦nine⟧{KILLED civilian 15-12}", "is no group, count"),
        ("a.txt", "⟦nine⟧{KILLED civilian security 1}", "the group is given twice"),
    ],
)
def test_gold_that_cannot_be_read_is_one_line(name: str, content: str, message: str, tmp_path: Path) -> None:
    (tmp_path / name).write_text(content, encoding="utf-8")
    code, _, errors = run("evaluate", tmp_path)
    assert code == 1
    assert message in errors
    assert errors.count("\n") == 1


def test_version_and_help() -> None:
    assert run("--version")[:2] == (0, f"casualties {casualties.__version__}\n")
    assert run()[0] in (0, 2)
    for arguments in (["--help"], ["extract", "--help"], ["evaluate", "--help"]):
        assert run(*arguments)[0] == 0


def test_the_installed_command() -> None:
    done = subprocess.run(
        [sys.executable, "-c", "from casualties.cli import main; main()", "extract", "-"],
        input="Nine people were killed in Tolva.",
        capture_output=True,
        text=True,
        check=True,
    )
    assert "9" in done.stdout


def test_totals_are_explained() -> None:
    marked = run("extract", "-", "--explain", "--published", "2021-09-06", stdin=TEXT.encode())[1]
    assert "3 killed: the figure that includes the others" in marked
    assert "“three people”, according to “police”" in marked
    assert "2021-09-06" in marked


def test_rows_as_csv_and_as_json(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text(TEXT, encoding="utf-8")
    (tmp_path / "b.txt").write_text("Nothing happened.", encoding="utf-8")
    code, output, _ = run("extract", tmp_path, "--format", "gtd", "--csv")
    row = next(csv.DictReader(output.splitlines()))
    assert (code, row["article"], row["incident"], row["nkill"], row["gname"]) == (0, "a", "i1", "3", "Unknown")
    assert list(row) == ["article", "incident", *COLUMNS["gtd"]]
    _, output, _ = run("extract", tmp_path, "--format", "ucdp", "--published", "2021-09-06")
    assert any(
        row.items() >= {"article": "a", "date_start": "2021-09-06"}.items()
        for row in map(json.loads, output.splitlines())
    )


def test_no_cell_is_a_formula() -> None:
    assert [_cell(value) for value in ("=1+1", "@x", "-5", "Tolva", -9, None)] == [
        "'=1+1",
        "'@x",
        "'-5",
        "Tolva",
        -9,
        None,
    ]


def test_a_model_is_tuned_to_ones_own_articles(tiny_model: Path, tmp_path: Path) -> None:
    (tmp_path / "gold").mkdir()
    for number in range(60):
        (tmp_path / "gold" / f"{number}.txt").write_text(MARKED, encoding="utf-8")
    arguments = ("tune", tmp_path / "gold", "--model", tiny_model, "--output", tmp_path / "new" / "model")
    code, output, errors = run(*arguments)
    assert (code, errors) == (0, "")
    assert "60 articles" in output and "casualty calibration error" in output
    tuned = json.loads((tmp_path / "new" / "model" / "config.json").read_text())
    assert tuned["tuning"].keys() == {"scalings", "thresholds"}
    assert run("extract", "-", "--record", "--model", tmp_path / "new" / "model", stdin=TEXT.encode())[0] == 0
    code, _, errors = run(*arguments)
    assert code == 2 and "is there already" in errors


def test_what_too_few_articles_tell_nothing_of_stays_as_it_was(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text(MARKED, encoding="utf-8")
    code, output, _ = run("tune", tmp_path, "--output", tmp_path / "tuned")
    assert code == 0 and "stay as they were: casualty, attribution, context" in output
    tuned = json.loads((tmp_path / "tuned" / "config.json").read_text())["tuning"]
    assert tuned == Extractor().manifest.tuning.to_dict()


ARTICLES = "TST9-MUC4-0001\n\n   TOLVA, 1 MAY 89 -- THREE PEOPLE DIED.\n\nTST9-MUC4-0002 (HERE)\n\n   NOTHING.\n"


def test_muc4_writes_templates(tiny_model: Path, tmp_path: Path) -> None:
    (tmp_path / "tst9-muc4").write_text(ARTICLES, encoding="ascii")
    code, output, errors = run(
        "muc4", tmp_path, "-o", tmp_path / "answers", "--model", tiny_model, "--finder", tiny_model
    )
    templates, problems = read_templates(tmp_path / "answers")
    assert (code, output, problems) == (0, "", [])
    assert list(dict.fromkeys(template.message for template in templates)) == ["TST9-MUC4-0001", "TST9-MUC4-0002"]
    assert "2 articles" in errors and errors.count("\n") == 1


def test_muc4_finds_with_one_model_and_judges_with_another(tiny_model: Path, tmp_path: Path) -> None:
    (tmp_path / "tst9-muc4").write_text(ARTICLES, encoding="ascii")
    articles = list(read_articles(tmp_path / "tst9-muc4"))
    answers: list[str] = []
    for finder, judge in (("default", str(tiny_model)), (str(tiny_model), "default")):
        run("muc4", tmp_path, "-o", tmp_path / "answers", "--model", judge, "--finder", finder)
        reports = Extractor(finder).extract_many((text for _, text in articles), keep=relevant_to(Extractor(judge)))
        expected = [
            each for (id, _), report in zip(articles, reports, strict=True) for each in to_templates(report, id)
        ]
        assert (tmp_path / "answers").read_text() == write_templates(expected)
        answers.append(write_templates(expected))
    assert answers[0] != answers[1]


@pytest.mark.parametrize(
    ("name", "content", "code", "said"),
    [
        ("tst9-muc4", b"no header", 1, "no MUC-3/4 article"),
        ("tst9-muc4", b"TST9-MUC4-0001\n\xff", 1, "tst9-muc4: byte 15 is not ASCII"),
        ("other", b"", 1, "no MUC-3/4 article"),
        (None, b"", 2, "no such file"),
    ],
)
def test_muc4_refuses_what_holds_no_articles(
    tiny_model: Path, tmp_path: Path, name: str | None, content: bytes, code: int, said: str
) -> None:
    folder = tmp_path / "release"
    if name:
        folder.mkdir()
        (folder / name).write_bytes(content)
    given, _, errors = run("muc4", folder, "-o", tmp_path / "answers", "--model", tiny_model)
    assert given == code and said in errors and errors.count("\n") == 1
    assert not (tmp_path / "answers").exists()


def test_muc4_writes_through_links_and_into_pipes(tiny_model: Path, tmp_path: Path) -> None:
    (tmp_path / "tst9-muc4").write_text(ARTICLES, encoding="ascii")
    models = ("--model", tiny_model, "--finder", tiny_model)
    code, output, _ = run("muc4", tmp_path, "-o", "-", *models)
    assert code == 0 and "TST9-MUC4-0001" in output
    (tmp_path / "link").symlink_to(tmp_path / "target")
    run("muc4", tmp_path, "-o", tmp_path / "link", *models)
    assert (tmp_path / "link").is_symlink() and (tmp_path / "target").read_text() == output
    os.mkfifo(tmp_path / "pipe")
    with subprocess.Popen(["cat", tmp_path / "pipe"], stdout=subprocess.PIPE, text=True) as reader:
        run("muc4", tmp_path, "-o", tmp_path / "pipe", *models)
        assert reader.communicate()[0] == output


@pytest.mark.parametrize("name", [".", "absent/answers"])
def test_muc4_says_before_it_reads_where_it_cannot_write(tmp_path: Path, name: str) -> None:
    (tmp_path / "tst9-muc4").write_text(ARTICLES, encoding="ascii")
    code, _, errors = run("muc4", tmp_path, "-o", tmp_path / name)
    assert code == 2 and "give a file in a folder that exists" in errors
