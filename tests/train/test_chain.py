"""How tags follow each other, learnt."""

from __future__ import annotations

from dataclasses import asdict

import numpy as np
import pytest
from scipy.optimize import approx_fprime

from casualties.decode import Chain, Doubles, likely_spans
from casualties.labels import TAGS
from train.chain import Stretch, fit, unlikelihood

B_KILLED, I_KILLED, B_PLACE = (TAGS.index(tag) for tag in ("B-KILLED", "I-KILLED", "B-PLACE"))
LABELLED = ((B_KILLED, I_KILLED, I_KILLED, 0), (0, B_PLACE, B_KILLED, 0), (B_PLACE,))


def stretches(noise: float) -> list[Stretch]:
    """What a model that is unsure might say of the words of some labels."""
    random = np.random.default_rng(0)
    said = [random.uniform(0, noise, (len(tags), len(TAGS))) + np.eye(len(TAGS))[list(tags)] for tags in LABELLED]
    said = [each / each.sum(axis=1, keepdims=True) for each in said]
    return [
        Stretch(each.astype(np.float32), np.zeros(len(tags), bool), np.array(tags))
        for each, tags in zip(said, LABELLED, strict=True)
    ]


def test_the_gradient_is_that_of_the_loss() -> None:
    learnt, values = stretches(0.3), np.array(list(asdict(Chain()).values()))

    def loss(values: Doubles) -> float:
        return unlikelihood(Chain(**dict(zip(asdict(Chain()), values.tolist(), strict=True))), learnt)[0]

    assert unlikelihood(Chain(), learnt)[1] == pytest.approx(approx_fprime(values, loss, 1e-5), abs=1e-3)


def test_the_loss_is_the_improbability_of_the_labels() -> None:
    one = stretches(0.3)[2]
    (place,) = [
        span for span in likely_spans(one.probabilities, one.begins, least=0.0) if TAGS[1 + 2 * span.label] == "B-PLACE"
    ]
    assert unlikelihood(Chain(), [one])[0] == pytest.approx(-np.log(place.probability), rel=1e-6)


def test_what_is_learnt_makes_the_labels_likelier_than_any_value_nearby() -> None:
    learnt = stretches(0.9) * 5 + [each._replace(tags=np.zeros_like(each.tags)) for each in stretches(0.9)]
    chain = fit(learnt)
    best, _ = unlikelihood(chain, learnt)
    assert best < unlikelihood(Chain(), learnt)[0]
    for name, value in asdict(chain).items():
        for other in (value - 0.1, value + 0.1):
            assert unlikelihood(Chain(**(asdict(chain) | {name: other})), learnt)[0] >= best - 1e-3
