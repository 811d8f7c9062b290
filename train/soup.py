"""Average the weights of several runs: ``python -m train.soup RUN RUN RUN --output RUN --data DATA``.

Runs that began alike and differ in the order of their data often end in one basin of the loss, and the mean of their
weights is then better than each, at the cost of one (model soups, Wortsman et al. 2022).
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import torch
import typer
from torch import Tensor
from transformers import AutoTokenizer

from casualties.scoring import MAIN_METRIC, evaluate
from train.command_line import command_line
from train.config import CONFIG, read_config
from train.data import load_articles, select
from train.model import CasualtyModel, as_engine, plain_tokenizer, predict

AVERAGE = "average.json"
"""The dev metric of each run and of their average, in the folder of the averaged run."""


def main(
    runs: Annotated[list[Path], typer.Argument(help="Folders of training runs.")],
    output: Annotated[Path, typer.Option(help="Folder of the averaged run.")],
    data: Annotated[Path | None, typer.Option(help="Folder of the third-party texts.")] = None,
) -> None:
    """Average the best models of some runs, and compare them with the average on dev."""
    with command_line():
        dev, windowing = select(load_articles(data), "dev"), read_config(runs[0] / CONFIG).windowing
        tokenizer = plain_tokenizer(AutoTokenizer.from_pretrained(runs[0] / "best"))
        models = {str(run): CasualtyModel.load(run / "best") for run in runs}
        soup = CasualtyModel.load(runs[0] / "best")
        soup.load_state_dict(average([model.state_dict() for model in models.values()]))
        scores: dict[str, float] = {}
        for name, model in {**models, "average": soup}.items():
            predicted = predict(as_engine(model), dev, windowing, tokenizer, batch_size=16)
            pairs = [(article.mentions, found) for article, found in zip(dev, predicted, strict=True)]
            scores[name] = evaluate(pairs, resamples=0).main
            typer.echo(f"{name}: dev {MAIN_METRIC} {scores[name]:.4f}")
        shutil.copytree(runs[0] / "best", output / "best", dirs_exist_ok=True)
        shutil.copyfile(runs[0] / CONFIG, output / CONFIG)
        soup.save(output / "best")
        (output / AVERAGE).write_text(json.dumps(scores, indent=1) + "\n", encoding="utf-8")


def average(states: Sequence[dict[str, Tensor]]) -> dict[str, Tensor]:
    """The mean of each tensor; integers, such as position ids, are the same in all."""
    return {
        name: torch.stack([state[name] for state in states]).mean(dim=0) if first.is_floating_point() else first
        for name, first in states[0].items()
    }


if __name__ == "__main__":
    typer.run(main)
