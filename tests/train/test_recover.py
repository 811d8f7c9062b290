"""Runs recovered from exported models."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
import torch
from transformers import BertConfig, BertModel, MPNetConfig, MPNetModel, PretrainedConfig, PreTrainedModel

from casualties.engine import INPUTS
from casualties.labels import TAGS
from casualties.windows import TOKEN_TYPES, Windowing
from train.config import CONFIG
from train.export import write_graph, write_manifest
from train.finetune import DEFAULT_CONFIG
from train.model import CasualtyModel
from train.quantize import largest_inputs, quantize_weights, smooth
from train.recover import load_graph, read_weights, recover

HIDDEN = 64
SIZES: dict[str, Any] = {
    "vocab_size": 1200,  # enough words for their table to be quantised
    "hidden_size": HIDDEN,
    "num_hidden_layers": 2,
    "num_attention_heads": 2,
    "intermediate_size": 160,  # no multiple of the weights that share a scale
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

    ids = torch.randint(SIZES["vocab_size"], (2, 20)).numpy()
    examples = [dict(zip(INPUTS, (ids, ids**0, ids % TOKEN_TYPES), strict=True))]
    graph = onnx.load(tmp_path / "float.onnx")
    smooth(graph, largest_inputs(graph, examples), [])
    smoothed = read_weights(graph)
    for name, value in model.state_dict().items():
        np.testing.assert_allclose(smoothed[name], value, rtol=1e-5, err_msg=name)

    quantize_weights(tmp_path / "float.onnx", tmp_path / "int8.onnx", HIDDEN, examples)
    load_graph(recovered, tmp_path / "int8.onnx")
    rounded = recovered.state_dict()
    for name, value in model.state_dict().items():
        step = value.abs().max() / 63  # seven bits at least, one of them the sign
        assert (value - rounded[name]).abs().mean() <= 2 * step, name  # more where smoothing made a weight small


def test_the_graph_of_another_encoder_is_refused(tmp_path: Path) -> None:
    model = fresh(BertModel, BertConfig(**SIZES), tmp_path / "one", 1)
    wider = fresh(BertModel, BertConfig(**SIZES | {"intermediate_size": 96}), tmp_path / "wider", 1)
    write_graph(model, tmp_path / "float.onnx")
    with pytest.raises(ValueError, match="name its own with --config"):
        load_graph(wider, tmp_path / "float.onnx")


def test_a_run_is_recovered_whole_and_once(tmp_path: Path, tiny_encoder: Path) -> None:
    model = CasualtyModel(str(tiny_encoder)).eval()
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.normal_()
    exported = tmp_path / "model"
    exported.mkdir()
    write_graph(model, exported / "model.onnx")
    (exported / "tokenizer.json").write_bytes((tiny_encoder / "tokenizer.json").read_bytes())
    write_manifest(exported, "tiny", "0", Windowing(256, 64))
    config = tmp_path / "config.toml"
    settings = DEFAULT_CONFIG.read_text().replace("all-MiniLM-L6-v2", str(tiny_encoder))
    config.write_text(settings)
    recover(exported, tmp_path / "run", config, favour=2.0)
    recovered = CasualtyModel.load(tmp_path / "run" / "best")
    added = recovered.tagger.classifier.bias - model.tagger.classifier.bias
    assert torch.allclose(added, torch.tensor([0.0] + [2.0] * (len(TAGS) - 1)), atol=1e-5)
    assert torch.equal(recovered.group_head.weight, model.group_head.weight)
    assert (tmp_path / "run" / CONFIG).read_text() == settings
    with pytest.raises(FileExistsError, match="another folder"):
        recover(exported, tmp_path / "run", config)
    config.write_text(settings.replace("size = 256", "size = 512"))
    with pytest.raises(ValueError, match="other windows than the model"):
        recover(exported, tmp_path / "other", config)
