"""Runs recovered from exported models."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from transformers import BertConfig, BertModel, MPNetConfig, MPNetModel, PretrainedConfig, PreTrainedModel

from train.export import write_graph
from train.model import CasualtyModel
from train.quantize import quantize_weights
from train.recover import load_graph

SIZES = {
    "vocab_size": 1200,  # enough words for their table to be quantised
    "hidden_size": 64,
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


@pytest.fixture(params=[(BertModel, BertConfig), (MPNetModel, MPNetConfig)], ids=["bert", "mpnet"])
def models(request: pytest.FixtureRequest, tmp_path: Path) -> tuple[CasualtyModel, CasualtyModel]:
    kind, config = request.param
    return fresh(kind, config(**SIZES), tmp_path / "one", 1), fresh(kind, config(**SIZES), tmp_path / "other", 2)


def test_a_float_graph_gives_the_weights_back(models: tuple[CasualtyModel, CasualtyModel], tmp_path: Path) -> None:
    model, recovered = models
    write_graph(model, tmp_path / "float.onnx")
    load_graph(recovered, tmp_path / "float.onnx")
    state = recovered.state_dict()
    assert all(torch.equal(value, state[name]) for name, value in model.state_dict().items())


def test_a_quantised_graph_gives_the_weights_back_but_for_rounding(
    models: tuple[CasualtyModel, CasualtyModel], tmp_path: Path
) -> None:
    model, recovered = models
    write_graph(model, tmp_path / "float.onnx")
    quantize_weights(tmp_path / "float.onnx", tmp_path / "int8.onnx", SIZES["hidden_size"])
    load_graph(recovered, tmp_path / "int8.onnx")
    state = recovered.state_dict()
    for name, value in model.state_dict().items():
        step = value.abs().max() / 63  # seven bits at least, with a sign
        assert (value - state[name]).abs().max() <= step, name


def test_the_graph_of_another_encoder_is_refused(models: tuple[CasualtyModel, CasualtyModel], tmp_path: Path) -> None:
    write_graph(models[0], tmp_path / "float.onnx")
    wider = fresh(BertModel, BertConfig(**SIZES | {"intermediate_size": 96}), tmp_path / "wider", 1)
    with pytest.raises(ValueError, match="name its own with --config"):
        load_graph(wider, tmp_path / "float.onnx")
