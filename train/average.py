"""Average the weights of runs that began alike: ``python -m train.average RUN… --output RUN``.

Models fine-tuned from one start, be it the bare encoder with heads that begin alike whatever the seed, lie close enough
together for the mean of their weights to be a model as well, often one that generalises better than each (Wortsman et
al. 2022, "Model soups"). Models of different encoders do not.
"""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import torch
import typer
from safetensors.torch import load_file, save_file
from torch import Tensor

from train.command_line import command_line
from train.config import CONFIG


def main(
    runs: Annotated[list[Path], typer.Argument(help="Folders of finished runs.")],
    output: Annotated[Path, typer.Option(help="Folder of the run to write, for train.export.")],
) -> None:
    """Write a run whose best model is the mean of those of some runs."""
    with command_line():
        average(runs, output)


def average(runs: Sequence[Path], output: Path) -> None:
    """Average the best models of some runs; settings and tokenizer are the first one's.

    Raises:
        FileExistsError: if there is something at ``output`` already.
        FileNotFoundError: if a run has no best model.
        ValueError: if the runs' models are not of one shape.
    """
    if output.exists():
        raise FileExistsError(f"{output} is there already; give another folder")
    first, *others = [run / "best" for run in runs]
    means = {path.name: mean_of([folder / path.name for folder in (first, *others)]) for path in weights_of(first)}
    output.mkdir(parents=True)
    shutil.copyfile(runs[0] / CONFIG, output / CONFIG)
    shutil.copytree(first, output / "best")
    for name, tensors in means.items():
        save_file(tensors, output / "best" / name, metadata={"format": "pt"})


def weights_of(folder: Path) -> list[Path]:
    """The files of weights of a model."""
    if not (found := sorted(folder.glob("*.safetensors"))):
        raise FileNotFoundError(f"{folder} holds no weights; is it a finished run?")
    return found


def mean_of(files: Sequence[Path]) -> dict[str, Tensor]:
    """The mean of each tensor over some files."""
    loaded = [load_file(path) for path in files]
    shapes = [{name: tensor.shape for name, tensor in tensors.items()} for tensors in loaded]
    for path, shape in zip(files, shapes, strict=True):
        if shape != shapes[0]:
            raise ValueError(f"{path} is not of the shape of {files[0]}; only models of one encoder can be averaged")
    return {name: torch.stack([tensors[name] for tensors in loaded]).mean(dim=0) for name in shapes[0]}


if __name__ == "__main__":
    typer.run(main)
