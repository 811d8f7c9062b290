"""Learn how tags follow each other, the values of ``casualties.decode.Chain``: ``python -m train.chain MODEL``.

They make the labels of the dev articles likeliest, given what a model says of each word by itself.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, NamedTuple

import numpy as np
import typer
from rich.progress import track
from scipy.optimize import minimize
from tokenizers import Tokenizer

from casualties.decode import (
    INSIDE,
    LEAST_PROBABILITY,
    STEPS,
    SURELY_OUTSIDE,
    Chain,
    Doubles,
    forward_backward,
    potentials_of,
    stretches,
)
from casualties.engine import Floats, onnx_model, score
from casualties.extractor import EMBEDDED, MODEL_FILE, TOKENIZER_FILE, Manifest
from casualties.labels import TAGS
from casualties.windows import Booleans, Integers
from train.command_line import command_line
from train.data import load_articles, select
from train.features import label_words

MOST = 10.0
"""No value of a chain is farther from 0, as that of a step would be which no article takes."""


class Stretch(NamedTuple):
    """Words between two that are surely outside."""

    probabilities: Floats
    """Of each tag by itself, (words, tags)."""
    begins: Booleans
    """Where no mention may go on, (words,)."""
    tags: Integers
    """What the labels say, (words,)."""


def main(
    model: Annotated[str, typer.Argument(help="A model folder that train.export wrote, or an embedded model.")],
    data: Annotated[Path | None, typer.Option(help="Folder of the third-party texts; without it, ours alone.")] = None,
) -> None:
    """Print the values that suit a model best."""
    with command_line():
        chain = fit(stretches_of(EMBEDDED.get(model, Path(model)), data))
        for name, value in asdict(chain).items():
            typer.echo(f"{name}: {value:.2f}")


def stretches_of(folder: Path, data: Path | None) -> list[Stretch]:
    """The stretches of the dev articles in which a model or the labels see anything.

    But for those in which a labelled mention goes on over a break between paragraphs, which the decoder never finds.
    """
    articles, windowing = select(load_articles(data), "dev"), Manifest.read(folder).windowing
    tokenizer, model = Tokenizer.from_file(str(folder / TOKENIZER_FILE)), onnx_model(folder / MODEL_FILE)
    tokenizer.no_truncation()
    tokenizer.no_padding()
    found: list[Stretch] = []
    for article in track(articles, "reading"):
        words = windowing.split(article.text, tokenizer)
        said = score(model, [words], 1, sure=0.0)[0].tags  # no vectors
        tags, _, _ = label_words(article, words)
        for first, end in stretches((said[:, 0] < SURELY_OUTSIDE) | (tags > 0)):
            part = slice(first, end)
            found.append(Stretch(said[part], words.begins[part], tags[part]))
    return [stretch for stretch in found if not np.isin(stretch.tags[stretch.begins], INSIDE).any()]


def fit(learnt: Sequence[Stretch]) -> Chain:
    """The chain under which the labels are likeliest, by L-BFGS from a chain that knows nothing.

    Raises:
        ValueError: if none is found.
    """
    names = list(asdict(Chain()))

    def loss(values: Doubles) -> tuple[float, Doubles]:
        return unlikelihood(Chain(**dict(zip(names, values.tolist(), strict=True))), learnt)

    start = [1.0 if name == "sharpness" else 0.0 for name in names]
    found = minimize(loss, start, jac=True, method="L-BFGS-B", bounds=[(-MOST, MOST)] * len(start))
    if not found.success:
        raise ValueError(f"no chain found that makes the labels likeliest: {found.message}")
    return Chain(**dict(zip(names, found.x.tolist(), strict=True)))


def unlikelihood(chain: Chain, learnt: Sequence[Stretch]) -> tuple[float, Doubles]:
    """The negative log-likelihood of the labels under a chain, and its gradient by the chain's values, in their order.

    The latter is how often the chain expects each step, less how often the labels take it (Lafferty et al. 2001).
    """
    weights = chain.weights()
    loss, sharper, surplus = 0.0, 0.0, np.zeros_like(weights)
    for stretch in learnt:
        potentials = potentials_of(stretch.probabilities, stretch.begins, chain)
        forward, backward, step = forward_backward(potentials, weights)
        outside = np.eye(1, len(TAGS)) * backward[-1, 0]  # at the word behind the stretch
        surplus += weights * (np.vstack([np.eye(1, len(TAGS)), forward]).T @ np.vstack([step * backward, outside]))
        path = np.pad(stretch.tags, 1)
        np.subtract.at(surplus, (path[:-1], path[1:]), 1)
        said = np.log(np.maximum(stretch.probabilities.astype(np.float64), LEAST_PROBABILITY))
        labelled = said[np.arange(len(said)), stretch.tags].sum()
        sharper += (forward * backward * said).sum() - labelled
        loss += np.log(potentials[:, 0] / step[:, 0]).sum() - np.log(backward[-1, 0])  # of all sequences together
        loss -= chain.sharpness * labelled + np.log(weights[path[:-1], path[1:]]).sum()
    return loss, np.array([sharper, *(surplus[steps].sum() for steps in STEPS.values())])


if __name__ == "__main__":
    typer.run(main)
