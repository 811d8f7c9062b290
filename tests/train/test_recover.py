"""Runs recovered from exported models."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
from transformers import BertConfig, BertModel, MPNetConfig, MPNetModel, PretrainedConfig, PreTrainedModel

from train.export import write_graph
from train.model import CasualtyModel
from train.quantize import quantize_weights
from train.recover import load_graph

HIDDEN = 64
SIZES: dict[str, Any] = {
    "vocab_size": 1200,  # enough words for their table to be quantised
    "hidden_size": HIDDEN,
    "num_hidden_layers": 2,
    "num_attention_heads": 2,
    "intermediate_size": 128,
}


def fresh(kind: type[PreTrainedModel], config: PretrainedConfig, folder: Path, seed: int) -> CasualtyModel:
    """A model of some shape with random weights, biases and norms among them."""
    kind(config).save_pretrained(folder)
    model = CasualtyModel(str(folder)).eval()
    torch.manual_seed(seed)
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.normal_()
    return model


@pytest.mark.parametrize(("kind", "config"), [(BertModel, BertConfig), (MPNetModel, MPNetConfig)])
def test_a_graph_gives_the_weights_back(
    kind: type[PreTrainedModel], config: type[PretrainedConfig], tmp_path: Path
) -> None:
    model = fresh(kind, config(**SIZES), tmp_path / "one", 1)
    recovered = fresh(kind, config(**SIZES), tmp_path / "other", 2)
    write_graph(model, tmp_path / "float.onnx")
    load_graph(recovered, tmp_path / "float.onnx")
    exact = recovered.state_dict()
    assert all(torch.equal(value, exact[name]) for name, value in model.state_dict().items())

    quantize_weights(tmp_path / "float.onnx", tmp_path / "int8.onnx", HIDDEN)
    load_graph(recovered, tmp_path / "int8.onnx")
    rounded = recovered.state_dict()
    for name, value in model.state_dict().items():
        step = value.abs().max() / 63  # seven bits at least, one of them the sign
        assert (value - rounded[name]).abs().max() <= step, name


def test_the_graph_of_another_encoder_is_refused(tmp_path: Path) -> None:
    model = fresh(BertModel, BertConfig(**SIZES), tmp_path / "one", 1)
    wider = fresh(BertModel, BertConfig(**SIZES | {"intermediate_size": 96}), tmp_path / "wider", 1)
    write_graph(model, tmp_path / "float.onnx")
    with pytest.raises(ValueError, match="name its own with --config"):
        load_graph(wider, tmp_path / "float.onnx")
