"""The mean of models."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file

from train.average import average
from train.config import CONFIG
from train.finetune import DEFAULT_CONFIG
from train.model import CasualtyModel


@pytest.fixture
def runs(tiny_checkpoint: Path, tmp_path: Path) -> list[Path]:
    folders = [tmp_path / "a", tmp_path / "b"]
    for number, run in enumerate(folders):
        shutil.copytree(tiny_checkpoint, run / "best")
        shutil.copyfile(DEFAULT_CONFIG, run / CONFIG)
        for path in (run / "best").glob("*.safetensors"):
            tensors = {name: tensor + 2 * number for name, tensor in load_file(path).items()}
            save_file(tensors, path, metadata={"format": "pt"})
    return folders


def test_each_weight_is_the_mean(runs: list[Path], tmp_path: Path) -> None:
    average(runs, tmp_path / "mean")
    first = CasualtyModel.load(runs[0] / "best").state_dict()
    mean = CasualtyModel.load(tmp_path / "mean" / "best").state_dict()
    assert first.keys() == mean.keys()
    assert all(torch.allclose(mean[name], first[name] + 1, atol=1e-6) for name in first)
    assert (tmp_path / "mean" / CONFIG).read_bytes() == DEFAULT_CONFIG.read_bytes()


def test_what_cannot_be_averaged_is_refused(runs: list[Path], tmp_path: Path) -> None:
    with pytest.raises(FileExistsError, match="another folder"):
        average(runs, runs[0])
    path = runs[1] / "best" / "model.safetensors"
    save_file({name: tensor[:1] for name, tensor in load_file(path).items()}, path)
    with pytest.raises(ValueError, match="one encoder"):
        average(runs, tmp_path / "mean")
    shutil.rmtree(runs[1] / "best")
    with pytest.raises(FileNotFoundError):
        average([runs[1]], tmp_path / "mean")
    assert not (tmp_path / "mean").exists()
