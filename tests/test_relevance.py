"""Mentions that one model finds and another lets pass."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from casualties.engine import onnx_model, score
from casualties.extractor import Extractor
from casualties.labels import CONTEXT_LABELS
from casualties.relevance import RELEVANT, relevant_to
from casualties.report import Mention
from tests.conftest import TEXT


@pytest.fixture(scope="module")
def finder() -> Extractor:
    return Extractor()


@pytest.fixture(scope="module")
def judge(tiny_model: Path) -> Extractor:
    return Extractor(tiny_model)


def test_what_is_noticed_is_one_less_the_probability_of_no_mention(judge: Extractor) -> None:
    words = judge.manifest.windowing.split(TEXT, judge._tokenizer)
    tags = score(onnx_model(judge.folder / "model.onnx"), [words], 1)[0].tags
    ends = [(int(words.starts[n]), int(words.ends[n])) for n in range(len(words.starts))]
    mentions = [Mention(id="m", start=start, end=end, text=TEXT[start:end], label="PLACE") for start, end in ends]
    assert np.allclose(judge.noticed(TEXT, mentions), 1 - tags[:, 0], atol=1e-6)
    whole = Mention(id="m", start=0, end=len(TEXT), text=TEXT, label="PLACE")
    assert judge.noticed(TEXT, [whole]) == pytest.approx([1 - tags[:, 0].min()])
    nothing = Mention(id="m", start=len(TEXT), end=len(TEXT), text="", label="PLACE")
    assert judge.noticed(TEXT, [nothing]) == [0]
    assert judge.noticed(TEXT, []) == []


def test_claims_stay_where_the_judge_notices_something_and_all_context(finder: Extractor, judge: Extractor) -> None:
    (found,), (kept,) = finder.extract_many([TEXT]), finder.extract_many([TEXT], keep=relevant_to(judge))
    noticed = judge.noticed(TEXT, found.mentions)
    expected = [
        (mention.start, mention.label)
        for mention, surely in zip(found.mentions, noticed, strict=True)
        if mention.label in CONTEXT_LABELS or surely >= RELEVANT
    ]
    assert [(mention.start, mention.label) for mention in kept.mentions] == expected


@pytest.mark.parametrize(("surely", "stays"), [(RELEVANT, True), (RELEVANT - 0.01, False)])
def test_a_judge_decides_on_claims_alone(
    finder: Extractor, judge: Extractor, monkeypatch: pytest.MonkeyPatch, surely: float, stays: bool
) -> None:
    monkeypatch.setattr(Extractor, "noticed", lambda self, text, mentions: [surely] * len(mentions))
    (found,), (kept,) = finder.extract_many([TEXT]), finder.extract_many([TEXT], keep=relevant_to(judge))
    claims = {mention.id for mention in found.mentions if mention.label not in CONTEXT_LABELS}
    context = {mention.id for mention in found.mentions} - claims
    assert claims and context
    assert {mention.id for mention in kept.mentions} == (claims | context if stays else context)


def test_places_alone_are_no_incident(finder: Extractor) -> None:
    (kept,) = finder.extract_many([TEXT], keep=lambda text, mentions: [m for m in mentions if m.label == "PLACE"])
    assert kept.mentions and not kept.incidents


def test_a_model_that_judges_itself_keeps_what_it_is_sure_of(finder: Extractor) -> None:
    (found,), (kept,) = finder.extract_many([TEXT]), finder.extract_many([TEXT], keep=relevant_to(finder))
    assert found.mentions and found.mentions == kept.mentions
