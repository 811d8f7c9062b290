"""The scripts, called as a person calls them, on our own articles and the tiny model."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

import scripts.benchmark
import scripts.evaluate
import scripts.prepare_data
import train.card
from casualties.corpus.records import read_records
from train.data import load_articles, select


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


def test_the_card_is_written_from_the_scores(scores: Path, tiny_model: Path, tmp_path: Path) -> None:
    (tmp_path / "metrics.jsonl").write_text('{"epoch": 0, "loss": 0.5, "main": 0.25, "seconds": 60}\n')
    card = tmp_path / "card.md"
    code, _, _ = run(train.card.main, tmp_path, tiny_model, scores, "--float-scores", scores, "--output", card)
    text = card.read_text()
    (groups,) = json.loads(scores.read_text())["models"].values()
    assert code == 0
    assert text.startswith("# tiny, version 0\n")
    assert f"{100 * groups['all']['casualty.overlap.f1']:.1f}" in text
    assert "| 0 | 0.5000 | 25.0 | 60 |" in text
    assert "$" not in text


def test_prepare_data_names_every_missing_text(tmp_path: Path) -> None:
    code, _, errors = run(scripts.prepare_data.main, tmp_path)
    lines = errors.splitlines()
    assert code == 1
    assert len(lines) == 1754
    assert "current_events 2021-03-30-109259: no such text" in lines


def test_prepare_data_writes_records_with_their_texts(shared: Path, tmp_path: Path) -> None:
    path = tmp_path / "joined.jsonl"
    code, _, errors = run(scripts.prepare_data.main, shared / "data", "--output", path)
    assert (code, errors) == (0, "")
    records = list(read_records(path))
    assert len(records) == 1754
    assert all(record["text"] for record in records)


def test_the_benchmark_measures_a_model(tiny_model: Path) -> None:
    code, output, _ = run(scripts.benchmark.main, tiny_model, "--measure")
    assert code == 0
    assert all(value > 0 for value in json.loads(output).values())
