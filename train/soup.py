"""Average the weights of several runs: ``python -m train.soup RUN RUN RUN --output RUN --data DATA``.

Runs that began alike and differ in the order of their data often end in one basin of the loss, and the mean of their
weights is then better than each, at the cost of one (model soups, Wortsman et al. 2022).
"""

from __future__ import annotations

import json
import logging
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import torch
import transformers
import typer
from torch import Tensor
from transformers import AutoTokenizer

from casualties.scoring import MAIN_METRIC
from train.config import read_config
from train.data import load_articles, select
from train.finetune import DEFAULT_CONFIG, dev_metrics, plain_tokenizer
from train.model import CasualtyModel


def main(
    runs: Annotated[list[Path], typer.Argument(help="Folders of training runs.")],
    output: Annotated[Path, typer.Option(help="Folder of the averaged run.")],
    data: Annotated[Path | None, typer.Option(help="Folder of the third-party texts.")] = None,
    config: Annotated[Path, typer.Option(help="Settings of the runs.")] = DEFAULT_CONFIG,
) -> None:
    """Average the best models of some runs, and compare them with the average on dev."""
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    transformers.logging.set_verbosity_error()
    transformers.logging.disable_progress_bar()
    dev, windowing = select(load_articles(data), "dev"), read_config(config).windowing
    tokenizer = plain_tokenizer(AutoTokenizer.from_pretrained(runs[0] / "best"))
    models = {str(run): CasualtyModel(str(run / "best")) for run in runs}
    soup = CasualtyModel(str(runs[0] / "best"))
    soup.load_state_dict(average([model.state_dict() for model in models.values()]))
    for name, model in {**models, "average": soup}.items():
        typer.echo(f"{name}: dev {MAIN_METRIC} {dev_metrics(model, dev, windowing, tokenizer)[MAIN_METRIC]:.4f}")
    shutil.copytree(runs[0] / "best", output / "best", dirs_exist_ok=True)
    soup.save(output / "best")
    (output / "averaged.json").write_text(json.dumps([str(run) for run in runs]) + "\n", encoding="utf-8")


def average(states: Sequence[dict[str, Tensor]]) -> dict[str, Tensor]:
    """The mean of each tensor; integers, such as position ids, are the same in all."""
    return {
        name: torch.stack([state[name] for state in states]).mean(dim=0) if first.is_floating_point() else first
        for name, first in states[0].items()
    }


if __name__ == "__main__":
    typer.run(main)
