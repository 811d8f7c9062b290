"""The flat scores, their intervals, and the main metric."""

import json
from random import Random

import pytest

from casualties.labels import LABELS
from casualties.report import Attribution, Casualty, Count, Mention
from casualties.scoring import MAIN_METRIC, evaluate
from casualties.scoring.mentions import Pair


def killed(start: int, end: int, number: int = 3) -> Casualty:
    count = Count.exactly(number)
    return Casualty(id="", start=start, end=end, text="", label="KILLED", group="unknown", count=count)


def actor(start: int, end: int, status: str = "CLAIMED") -> Attribution:
    return Attribution(id="", start=start, end=end, text="", label=status)


def noisy_pairs(seed: int, texts: int = 40) -> list[Pair]:
    """Texts with four mentions each, of which the prediction misses, shifts and mistakes some."""
    random = Random(seed)
    pairs: list[Pair] = []
    for _ in range(texts):
        gold: list[Mention] = [killed(0, 10), killed(20, 30), actor(40, 50), actor(60, 70)]
        predicted: list[Mention] = [
            killed(start + random.choice([0, 0, 1]), start + 10, random.choice([3, 3, 4]))
            for start in (0, 20, 80)
            if random.random() < 0.7
        ]
        predicted += [actor(start, start + 10, random.choice(["CLAIMED", "DENIED"])) for start in (40, 60)]
        pairs.append((gold, predicted))
    return pairs


def test_main_is_the_mean_of_its_parts() -> None:
    gold = [killed(0, 10), killed(20, 30), actor(40, 50), actor(60, 70)]
    predicted = [killed(0, 10), killed(20, 29), actor(40, 49), actor(60, 70, "DENIED")]
    evaluation = evaluate([(gold, predicted)], resamples=0)
    scores = evaluation.to_dict()
    assert scores["casualty.exact.f1"] == scores["KILLED.exact.f1"] == 0.5
    assert scores["casualty.overlap.f1"] == 1.0
    assert scores["attribution.exact.f1"] == 0.0
    assert scores["attribution.overlap.f1"] == 0.5
    assert scores[MAIN_METRIC] == evaluation.main == 0.5
    assert (scores["KILLED.gold"], scores["attribution.gold"], scores["all.gold"]) == (2, 2, 4)
    assert (scores["counts"], scores["groups"], scores["statuses"], scores["texts"]) == (1.0, 1.0, 0.5, 1.0)
    assert (scores["counts.total"], scores["texts.total"]) == (2, 1)


@pytest.mark.parametrize("seed", range(5))
def test_intervals_contain_the_figures_of_which_they_are(seed: int) -> None:
    evaluation = evaluate(noisy_pairs(seed), resamples=300, seed=seed)
    scores = evaluation.to_dict()
    assert {MAIN_METRIC, "KILLED.exact.f1", "all.overlap.recall", "counts", "texts"} <= evaluation.intervals.keys()
    for key in evaluation.intervals:
        assert 0.0 <= scores[f"{key}.low"] <= scores[key] <= scores[f"{key}.high"] <= 1.0
    assert scores["main.low"] < scores["main.high"]


def test_what_has_no_support_has_no_interval() -> None:
    evaluation = evaluate(noisy_pairs(0), resamples=20)
    assert evaluation.to_dict()["WOUNDED.exact.f1"] == 0.0
    assert "WOUNDED.exact.f1" not in evaluation.intervals


def test_intervals_depend_on_the_seed_alone() -> None:
    pairs = noisy_pairs(3)
    once = evaluate(pairs, resamples=100, seed=5)
    assert once == evaluate(pairs, resamples=100, seed=5)
    assert once.intervals != evaluate(pairs, resamples=100, seed=6).intervals
    assert once.mentions == evaluate(pairs, resamples=100, seed=6).mentions


def test_scores_are_json_without_intervals_when_not_resampled() -> None:
    scores = evaluate(noisy_pairs(1), resamples=0).to_dict()
    assert not [key for key in scores if key.endswith((".low", ".high"))]
    assert json.loads(json.dumps(scores)) == scores


def test_no_texts_score_nothing() -> None:
    evaluation = evaluate([])
    assert evaluation.main == 0.0
    assert not evaluation.intervals


def test_rows_hold_the_scores_of_each_label_and_family() -> None:
    evaluation = evaluate(noisy_pairs(2), resamples=0)
    scores = evaluation.to_dict()
    rows = {row.label: row for row in evaluation.rows()}
    assert list(rows)[:7] == [*LABELS[:6], "casualty"]
    assert list(rows)[-1] == "all"
    for label, row in rows.items():
        assert row.gold == scores[f"{label}.gold"]
        for agreement in ("exact", "overlap"):
            for measure in ("precision", "recall", "f1"):
                assert getattr(row, f"{agreement}_{measure}") == scores[f"{label}.{agreement}.{measure}"]
