"""The scorer of mentions as a module for ``evaluate.load("train/metric")``.

``evaluate`` copies this file to its cache and reads the imports line by line, so each has a line to itself.
"""

from __future__ import annotations

from typing import TypedDict

import datasets
import evaluate

from casualties.report import Mention
from casualties.scoring.evaluation import mention_values
from casualties.scoring.mentions import score_mentions

_DESCRIPTION = """\
Precision, recall and F1 of labelled mentions in articles about attacks, for each label, for each family of labels
(casualty, attribution, context) and for all. Predicted mentions are matched one to one with gold ones of the same
label, either with the same start and end (exact) or with at least one character in common (overlap).
"""

_USAGE = """\
Args:
    predictions: for each text the list of its predicted mentions, {"start": int, "end": int, "label": str}; start
        and end count characters, mentions of one list do not overlap.
    references: the gold mentions, in the same form.

Returns:
    fractions from 0 to 1 by name: "main" (the mean of "casualty.exact.f1" and "attribution.overlap.f1"),
    "KILLED.exact.precision", "all.overlap.recall" and so on; and numbers of gold mentions, "KILLED.gold" and so on.

Example:
    >>> metric = evaluate.load("train/metric")
    >>> mentions = [[{"start": 0, "end": 12, "label": "KILLED"}]]
    >>> metric.compute(predictions=mentions, references=mentions)["KILLED.exact.f1"]
    1.0
"""


class Span(TypedDict):
    """A mention as predictions and references give it."""

    start: int
    end: int
    label: str


class MentionMetric(evaluate.Metric):  # type: ignore[misc]  # evaluate has no types
    """Scores predicted against gold mentions, as ``casualties.scoring`` does."""

    def _info(self) -> evaluate.MetricInfo:
        span = {
            "start": datasets.Value("int64"),
            "end": datasets.Value("int64"),
            "label": datasets.Value("string"),
        }
        return evaluate.MetricInfo(
            description=_DESCRIPTION,
            citation="",
            inputs_description=_USAGE,
            features=datasets.Features({"predictions": [span], "references": [span]}),
        )

    def _compute(self, predictions: list[list[Span]], references: list[list[Span]]) -> dict[str, float]:
        pairs = [(_mentions(gold), _mentions(found)) for gold, found in zip(references, predictions, strict=True)]
        return mention_values(score_mentions(pairs))


def _mentions(spans: list[Span]) -> list[Mention]:
    """The spans as mentions; their ids and texts play no part in the scores."""
    return [Mention(id="", text="", **span) for span in spans]
