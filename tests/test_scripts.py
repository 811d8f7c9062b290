"""The scripts, called as a person calls them, on our own articles and the tiny model."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

import casualties
import scripts.agreement
import scripts.benchmark
import scripts.evaluate
import scripts.leaderboard
import scripts.learning_curve
import scripts.prepare_data
import scripts.robustness
import train.card
import train.muc4_card
from casualties.corpus.muc4 import Filler, Template, write_templates
from casualties.corpus.records import read_records
from casualties.corpus.tables import SOURCES
from casualties.extractor import DEFAULT_MODEL
from casualties.labels import LABELS
from casualties.scoring.links import BASELINES, Accounts
from casualties.scoring.muc4 import SCORED, score_articles
from tests.conftest import REPOSITORY
from train.card import example
from train.data import ANNOTATIONS, load_articles, select
from train.finetune import DEFAULT_CONFIG


def run(main: object, *arguments: str | Path) -> tuple[int, str, str]:
    """Exit code, standard output and standard error of one script."""
    app = typer.Typer()
    app.command()(main)  # type: ignore[type-var]
    result = CliRunner().invoke(app, [str(argument) for argument in arguments])
    return result.exit_code, result.stdout, result.stderr


@pytest.fixture(scope="module")
def scores(tiny_model: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("scores") / "scores.json"
    code, output, _ = run(scripts.evaluate.main, tiny_model, "--output", path)
    assert code == 0
    assert "casualty mentions, exact F1" in output
    return path


def test_evaluate_reports_whole_articles_apart(scores: Path) -> None:
    (groups,) = json.loads(scores.read_text())["models"].values()
    assert list(groups) == ["all", "whole articles", "articles"]
    held_out = select(load_articles(None), "test")
    assert groups["all"]["texts.total"] == len(held_out) >= 20


def test_evaluate_reports_texts_unlike_any_training_text_apart() -> None:
    articles = select(load_articles(None), "test")[:3]
    read = [(each, scripts.agreement.report_of(each)) for each in articles]
    groups = scripts.evaluate.grouped(read, {articles[1].id})
    assert groups["all"] == read
    assert groups["unlike any training text"] == [read[0], read[2]]


def test_the_card_and_the_readme_are_written_from_the_scores(scores: Path, tiny_model: Path, tmp_path: Path) -> None:
    (tmp_path / "metrics.jsonl").write_text('{"epoch": 0, "loss": 0.5, "main": 0.25, "seconds": 60}\n')
    shutil.copyfile(DEFAULT_CONFIG, tmp_path / "config.toml")
    differences = {"float.max_difference": 1e-6, "exported.max_difference": 0.25, "exported.mean_difference": 1e-3}
    (tmp_path / "export.json").write_text(json.dumps(differences))
    (tmp_path / "speed.json").write_text('{"tiny": {"words/s": 6912.6}, "float": {"words/s": 3454.3}}')
    (tmp_path / "README.md").write_text(
        "a <!-- accuracy --> old <!-- /accuracy --> <!-- example --> <!-- /example --> z"
    )
    code, _, _ = run(scripts.robustness.main, tiny_model, "--output", tmp_path / "robustness.json")
    assert code == 0
    options = {
        "robustness": tmp_path / "robustness.json",
        "exported": tmp_path,
        "model": tiny_model,
        "scores": scores,
        "float-scores": scores,
        "benchmark": tmp_path / "speed.json",
        "output": tmp_path / "card.md",
        "readme": tmp_path / "README.md",
    }
    arguments = [word for name, value in options.items() for word in (f"--{name}", value)]
    code, _, _ = run(train.card.main, tmp_path, *arguments)
    card, readme = (tmp_path / "card.md").read_text(), (tmp_path / "README.md").read_text()
    (groups,) = json.loads(scores.read_text())["models"].values()
    figure = f"| {100 * groups['all']['casualty.exact.f1']:.1f} ["
    assert code == 0
    assert card.startswith("# tiny, version 0\n")
    assert figure in card and figure in readme
    assert "| 1 | 1 | 0 | 25.0 |" in card
    assert "| float | 3,450 (×0.50) |" in card
    assert "1.0e-06 in float, 0.25 in int8" in card
    assert "$" not in card
    assert "added: 0 test texts are near-duplicates" in card
    assert train.card.chance_error([[10**7, 0.5, 0.4]]) < 1e-3 < train.card.chance_error([[40, 0.5, 0.5]]) < 0.1
    assert readme.startswith("a <!-- accuracy -->") and readme.endswith("<!-- /example --> z") and " old " not in readme


def test_accounts_have_an_interval_as_the_other_figures() -> None:
    accounts = [Accounts(1, 1, 0), Accounts(0, 1, 1)] * 20
    scores = scripts.evaluate.account_scores(accounts)
    assert scores["accounts"] == 0.5 and scores["accounts.strict"] == pytest.approx(1 / 3)
    assert (scores["accounts.total"], scores["accounts.strict.total"]) == (40, 60)
    for key in ("accounts", "accounts.strict"):
        assert 0 < scores[f"{key}.low"] < scores[key] < scores[f"{key}.high"] < 1
    others = dict.fromkeys(scripts.evaluate.MAIN_FIGURES, 0.25) | {"texts.total": 40}
    row = train.card.group_table({"model": {"all": others | scores}}).splitlines()[-1]
    assert re.search(r"\| 50\.0 \[3\d\.\d–6\d\.\d\] \| 33\.3 \[\d\d\.\d–\d\d\.\d\] \|$", row)


@pytest.mark.parametrize("text", ["nothing", "<!-- a --> old", "old <!-- /a -->", "<!-- /a --> old <!-- a -->"])
def test_a_section_without_its_marks_is_refused(text: str) -> None:
    assert train.card.fill_in("1 <!-- a --> old <!-- /a --> 2", {"a": "new"}) == "1 <!-- a -->\nnew\n<!-- /a --> 2"
    with pytest.raises(ValueError, match="no section between <!-- a --> and <!-- /a -->"):
        train.card.fill_in(text, {"a": "new"})


def test_numbers_have_three_digits() -> None:
    assert [scripts.benchmark.three_digits(value) for value in (0.13456, 1.0, 260.4, 3454.3)] == [
        "0.135",
        "1",
        "260",
        "3,450",
    ]


def test_the_readme_shows_what_its_first_command_prints() -> None:
    """The incidents, where each figure stands, and the totals.

    Confidences, and a link that hangs by a hair, may differ between processors, whose products of integers differ.
    """
    shown = re.compile(r"^Incident.*|^Reported.*|\d+–\d+$", re.M)
    readme = (REPOSITORY / "README.md").read_text(encoding="utf-8")
    printed = shown.findall(example(DEFAULT_MODEL).replace("```", ""))
    assert len(printed) > 20
    assert printed == shown.findall(readme.partition("<!-- example -->")[2].partition("<!-- /example -->")[0])


def test_the_readme_cites_the_version_that_it_comes_with() -> None:
    assert f"version {casualties.__version__}," in (REPOSITORY / "README.md").read_text(encoding="utf-8")


def test_prepare_data_names_every_missing_text(tmp_path: Path) -> None:
    code, _, errors = run(scripts.prepare_data.main, tmp_path)
    lines = errors.splitlines()
    assert code == 1
    assert len(lines) == labelled_third_party_texts()
    assert "current_events 2021-03-30-109259: no such text" in lines


def test_prepare_data_writes_records_with_their_texts(shared: Path, tmp_path: Path) -> None:
    path = tmp_path / "joined.jsonl"
    code, _, errors = run(scripts.prepare_data.main, shared / "data", "--output", path)
    assert (code, errors) == (0, "")
    records = list(read_records(path))
    assert len(records) == labelled_third_party_texts()
    assert all(record["text"] for record in records)


@pytest.mark.parametrize("name", scripts.robustness.CHANGES)
def test_changed_articles_keep_their_labels(name: str) -> None:
    articles = select(load_articles(None), "test")
    all_changed = [scripts.robustness.CHANGES[name](article) for article in articles]
    assert (all_changed == articles) is (name == "as it is")
    for article, changed in zip(articles, all_changed, strict=True):
        assert [mention.label for mention in changed.mentions] == [mention.label for mention in article.mentions]
        for mention in changed.mentions:
            assert changed.text[mention.start : mention.end] == mention.text


def labelled_third_party_texts() -> int:
    return sum(1 for source in SOURCES for _ in read_records(ANNOTATIONS / f"{source}.jsonl"))


def test_agreement_of_two_readers(shared: Path) -> None:
    code, output, _ = run(scripts.agreement.main, "--data", shared / "data")
    assert code == 0
    assert "all: 652 texts labelled twice" in output
    assert "left out" not in output
    values = [float(value) for value in re.findall(r"(?:same incident|sources|parts|accounts): ([\d.]+) %", output)]
    assert len(values) >= 4 and min(values[:4]) > 80


def test_a_folder_of_texts_that_is_not_there_is_named_in_one_line(tmp_path: Path) -> None:
    error = failure(scripts.agreement.main, "--data", tmp_path / "absent")
    assert (
        error == f"FileNotFoundError: {tmp_path / 'absent'} is no folder; --data takes that of the third-party texts\n"
    )


def test_agreement_says_what_is_missing() -> None:
    code, output, _ = run(scripts.agreement.main)
    assert code == 0
    assert "604 texts left out" in output


def test_the_benchmark_measures_a_model(tiny_model: Path) -> None:
    code, output, _ = run(scripts.benchmark.main, tiny_model, "--measure")
    assert code == 0
    assert all(value > 0 for value in json.loads(output).values())


@pytest.mark.parametrize(
    ("main", "options"),
    [
        (scripts.evaluate.main, []),
        (scripts.robustness.main, []),
        (scripts.benchmark.main, ["--measure"]),
    ],
)
def test_a_model_that_is_not_there_is_named_in_one_line(main: object, options: list[str], tmp_path: Path) -> None:
    error = failure(main, tmp_path / "absent", *options)
    assert error.startswith(f"ModelError: {tmp_path / 'absent'}") and error.count("\n") == 1


def test_the_benchmark_says_why_a_model_could_not_be_measured(tmp_path: Path) -> None:
    error = failure(scripts.benchmark.main, tmp_path / "absent")
    assert f"absent ended with exit code 1: ModelError: {tmp_path}/absent: no such folder" in error


@pytest.fixture
def release(tmp_path: Path) -> Path:
    """A set of one article, with its key, a system that answers by the key, and one that says nothing."""
    template = Template(
        "TST9-MUC4-0001",
        1,
        {
            "inc-type": (Filler(("ATTACK",)),),
            "hum-tgt-desc": (Filler(("PRIESTS",)),),
            "hum-tgt-num": (Filler(("6",), ("PRIESTS",)),),
        },
    )
    (tmp_path / "tst9").mkdir()
    (tmp_path / "tst9" / "tst9-muc4").write_text("TST9-MUC4-0001\n\n   SIX PRIESTS WERE KILLED IN TOLVA.\n")
    (tmp_path / "tst9" / "key-tst9").write_text(write_templates([template]))
    answers = tmp_path / "results-tst9" / "responses"
    answers.mkdir(parents=True)
    (answers / "ALL.tst9").write_text(write_templates([template]))
    (answers / "NONE.tst9").write_text(write_templates([Template("TST9-MUC4-0001", None)]))
    (tmp_path / "results-tst9" / "scores").mkdir()
    rows = "".join(f"{slot} 1 1| 1 0 0| 0 0| 0 0 0|100 100 0\n" for slot in SCORED)
    (tmp_path / "results-tst9" / "scores" / "ALL.tst9").write_text(f"TOTAL SLOT SCORES\n{rows}")
    return tmp_path


def test_the_leaderboard_scores_all_systems_and_ours(release: Path, tmp_path: Path, tiny_model: Path) -> None:
    options: list[str | Path] = ["--test", "tst9", "--model", tiny_model, "--model", "default", "--ablate"]
    outputs: list[str | Path] = ["--output", tmp_path / "board.json", "--picture", tmp_path / "board.svg"]
    code, output, errors = run(scripts.leaderboard.main, release, *options, *outputs)
    board = json.loads((tmp_path / "board.json").read_text())
    assert code == 0 and "casualties" in output and "0 fillers" in errors
    assert board["systems"]["ALL"]["hum-tgt-num"] == board["ours"]["default"]["hum-tgt-num"] == 100
    assert board["systems"]["NONE"]["hum-tgt-num"] == 0
    assert board["official"] == {"ALL": {slot: 100.0 for slot in SCORED}}
    assert board["margins"].keys() == set(SCORED)
    assert board["margins"]["hum-tgt-desc"]["points"] <= 0  # no system can be above ALL
    baselines = [f"learned links, but {name}" for name in BASELINES]
    assert list(board["without"]) == ["training on MUC-4", "the finder: the judge finds as well", *baselines]
    assert (tmp_path / "board.svg").read_text().startswith("<svg")

    (tmp_path / "card.md").write_text("".join(f"<!-- {name} --> <!-- /{name} -->\n" for name in CARD_SECTIONS))
    assert run(train.muc4_card.main, tmp_path / "board.json", "--card", tmp_path / "card.md")[0] == 0
    card = (tmp_path / "card.md").read_text()
    assert "| ALL | 100.0 (100.0) |" in card and "| training on MUC-4 |" in card
    assert re.search(r"\| 100\.0 ALL \| [+-]\d+\.\d(?: \[[+-]\d+\.\d to [+-]\d+\.\d\])? \|", card)
    (tmp_path / "board.json").write_text(json.dumps(board | {"without": {}}))
    code, _, errors = run(train.muc4_card.main, tmp_path / "board.json", "--card", tmp_path / "card.md")
    assert code == 1 and "has no without" in errors


CARD_SECTIONS = ("leaderboard", "margins", "ablation")


def answers(*numbers: int) -> scripts.leaderboard.Articles:
    """The scores of a system that answers these of twenty articles, each with one incident, by the key."""
    fillers = {"inc-type": (Filler(("ATTACK",)),), "hum-tgt-desc": (Filler(("PRIESTS",)),)}
    key = [Template(f"TST9-MUC4-{number:04}", 1, fillers) for number in range(20)]
    return score_articles(key, [key[number] for number in numbers])


ALL, EVEN, ODD = answers(*range(20)), answers(*range(0, 20, 2)), answers(*range(1, 20, 2))


def test_the_margin_over_an_equal_system_is_nothing() -> None:
    assert margin([ALL], [ALL]) == margin([EVEN], [EVEN]) == {"points": 0}  # in every draw, so without an interval
    otherwise_right = margin([EVEN], [ODD])
    assert otherwise_right["points"] == 0
    assert otherwise_right["low"] < 0 < otherwise_right["high"]


def test_who_is_right_everywhere_is_above_beyond_chance() -> None:
    above = margin([ALL], [EVEN, answers()])
    assert above["points"] == pytest.approx(100 - 200 / 3)
    assert 0 < above["low"] < above["points"] < above["high"]


def test_a_margin_is_of_the_mean_run_over_the_best_system_of_each_draw() -> None:
    assert margin([ALL, answers()], [EVEN, answers()])["points"] == pytest.approx(50 - 200 / 3)
    beside_another = margin([EVEN], [EVEN, ODD])
    assert beside_another["low"] < beside_another["points"] == beside_another["high"] == 0


def test_margins_are_reproducible() -> None:
    assert scripts.leaderboard.margins([ALL], [EVEN]) == scripts.leaderboard.margins([ALL], [EVEN])


def margin(ours: list[scripts.leaderboard.Articles], systems: list[scripts.leaderboard.Articles]) -> dict[str, float]:
    """That of descriptions."""
    return scripts.leaderboard.margins(ours, systems)["hum-tgt-desc"]


def test_the_leaderboard_says_what_is_missing(release: Path) -> None:
    (release / "tst9" / "tst9-muc4").write_text("TST9-MUC4-0002\n\n   NOTHING.\n")
    code, _, errors = run(scripts.leaderboard.main, release, "--test", "tst9")
    assert code == 1 and "TST9-MUC4-0001 is missing in the articles" in errors
    code, _, errors = run(scripts.leaderboard.main, release, "--test", "tst8")
    assert code == 1 and "holds no answer key" in errors


def test_the_leaderboard_needs_responses_of_different_systems(release: Path) -> None:
    answers = release / "results-tst9" / "responses"
    (answers / "ALL.v2").write_text((answers / "ALL.tst9").read_text())
    code, _, errors = run(scripts.leaderboard.main, release, "--test", "tst9")
    assert code == 1 and "two responses of ALL" in errors
    code, _, errors = run(scripts.leaderboard.main, release, "--test", "tst9", "--responses", release / "absent")
    assert code == 1 and "holds no responses" in errors


def learnt(folder: Path, share: float, *values: float) -> Path:
    """A run that learnt from a share of the articles, with the same F1 for everything in an epoch."""
    folder.mkdir()
    settings = DEFAULT_CONFIG.read_text(encoding="utf-8")
    (folder / "config.toml").write_text(f"{settings}again = {share}\n", encoding="utf-8")
    names = ["main", *scripts.learning_curve.DRAWN.values(), *scripts.learning_curve.OF_LABELS.values()]
    gold = {f"{label}.gold": 7 for label in LABELS}
    epochs = [json.dumps(dict.fromkeys(names, value) | gold) + "\n" for value in values]
    (folder / "metrics.jsonl").write_text("".join(epochs), encoding="utf-8")
    return folder


def test_the_learning_curve_takes_the_best_epoch_of_each_run(tmp_path: Path) -> None:
    runs = [
        learnt(tmp_path / "all", 1.0, 0.8, 0.75),
        learnt(tmp_path / "half", 0.5, 0.6),
        learnt(tmp_path / "half too", 0.5, 0.1, 0.7),
    ]
    code, output, _ = run(scripts.learning_curve.main, *runs, "--picture", tmp_path / "curve.svg")
    assert code == 0
    assert "|  | on dev | 50 % | 100 % | gain a step |" in output
    assert "| KILLED | 7 | 65.0 (60.0–70.0) | 80.0 (80.0–80.0) | +15.0 |" in output
    assert "<svg" in (tmp_path / "curve.svg").read_text(encoding="utf-8")


def test_a_learning_curve_needs_finished_runs_of_several_shares(tmp_path: Path) -> None:
    assert "absent" in failure(scripts.learning_curve.main, tmp_path / "absent")
    assert "one share" in failure(scripts.learning_curve.main, learnt(tmp_path / "half", 0.5, 0.6))
    assert "holds no epoch" in failure(scripts.learning_curve.main, learnt(tmp_path / "begun", 0.5))


def failure(main: object, *arguments: str | Path) -> str:
    """The line that a script which fails on bad input leaves."""
    code, _, error = run(main, *arguments)
    assert code == 1
    return error
