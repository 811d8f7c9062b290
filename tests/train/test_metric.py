"""The metric as ``evaluate`` loads it: from its folder, without a network."""

from __future__ import annotations

import socket
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn, TypedDict

import pytest

from casualties.report import Mention
from casualties.scoring.evaluation import mention_values
from casualties.scoring.mentions import score_mentions

if TYPE_CHECKING:
    from evaluate import EvaluationModule

evaluate = pytest.importorskip("evaluate", reason="the metric needs casualties[train]")

FOLDER = Path(__file__).parents[2] / "train" / "metric"


def no_network(*_: object) -> NoReturn:
    raise AssertionError("the metric must load without a network")


@pytest.fixture(scope="module")
def metric(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EvaluationModule]:
    """The loaded metric; everything that loading it writes goes to a temporary folder."""
    cache = tmp_path_factory.mktemp("huggingface")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(evaluate.config, "HF_MODULES_CACHE", cache / "modules")
        patch.setattr(evaluate.config, "HF_EVALUATE_OFFLINE", True)
        patch.setattr(sys, "path", [*sys.path])
        patch.setattr(socket.socket, "connect", no_network)
        yield evaluate.load(str(FOLDER), cache_dir=str(cache / "metrics"))


class Span(TypedDict):
    """A mention in the form that the metric takes."""

    start: int
    end: int
    label: str


def span(start: int, end: int, label: str) -> Span:
    return {"start": start, "end": end, "label": label}


def mentions(spans: list[Span]) -> list[Mention]:
    return [Mention(id="", text="", **one) for one in spans]


def test_scores_are_those_of_the_library(metric: EvaluationModule) -> None:
    references: list[list[Span]] = [[span(0, 5, "KILLED"), span(9, 12, "CLAIMED")], [], [span(3, 8, "PLACE")]]
    predictions: list[list[Span]] = [[span(9, 11, "CLAIMED"), span(0, 5, "KILLED")], [span(0, 2, "WOUNDED")], []]
    result = metric.compute(predictions=predictions, references=references)
    pairs = [(mentions(gold), mentions(found)) for gold, found in zip(references, predictions, strict=True)]
    assert result == mention_values(score_mentions(pairs))
    assert result["KILLED.exact.f1"] == 1.0
    assert result["CLAIMED.exact.f1"] == 0.0
    assert result["main"] == pytest.approx((2 / 3 + 1) / 2)


def test_batches_add_up(metric: EvaluationModule) -> None:
    metric.add_batch(predictions=[[span(0, 5, "KILLED")]], references=[[span(0, 5, "KILLED")]])
    metric.add_batch(predictions=[[]], references=[[span(0, 5, "KILLED")]])
    assert metric.compute()["KILLED.exact.recall"] == 0.5


def test_texts_without_mentions_score_zero(metric: EvaluationModule) -> None:
    assert metric.compute(predictions=[[], []], references=[[], []])["main"] == 0.0
