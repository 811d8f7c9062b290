"""Weights in eight bits."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.typing import NDArray
from transformers import BertConfig, BertModel

from casualties.engine import onnx_model
from casualties.labels import TAGS
from casualties.windows import TOKEN_TYPES
from train.export import write_graph
from train.model import CasualtyModel, as_engine
from train.quantize import early_feed_forward, in_blocks, quantize_weights

HIDDEN, LAYERS, WORDS = 64, 4, 1200


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> CasualtyModel:
    folder = tmp_path_factory.mktemp("encoder")
    BertModel(
        BertConfig(
            vocab_size=WORDS, hidden_size=HIDDEN, num_hidden_layers=LAYERS, num_attention_heads=2, intermediate_size=128
        )
    ).save_pretrained(folder)
    return CasualtyModel(str(folder)).eval()


def test_the_quantised_graph_says_nearly_what_the_model_says(model: CasualtyModel, tmp_path: Path) -> None:
    write_graph(model, tmp_path / "float.onnx")
    quantize_weights(tmp_path / "float.onnx", tmp_path / "int8.onnx", HIDDEN)
    ids = np.random.default_rng(0).integers(0, WORDS, (2, 20))
    mask = np.ones_like(ids)
    given = ids, mask, ids % TOKEN_TYPES
    one, other = as_engine(model)(*given)[0], onnx_model(tmp_path / "int8.onnx")(*given)[0]
    assert one.shape == other.shape == (2, 20, len(TAGS))
    assert np.abs(one - other).max() < 0.2 * np.abs(one).max()
    assert (tmp_path / "int8.onnx").stat().st_size < 0.6 * (tmp_path / "float.onnx").stat().st_size


def test_the_feed_forward_layers_of_the_first_half_are_found(model: CasualtyModel, tmp_path: Path) -> None:
    write_graph(model, tmp_path / "float.onnx")
    graph = onnx.load(tmp_path / "float.onnx")
    assert len(early_feed_forward(graph, HIDDEN)) == LAYERS  # two a layer, of half the layers
    quantize_weights(tmp_path / "float.onnx", tmp_path / "int8.onnx", HIDDEN)
    kinds = [node.op_type for node in onnx.load(tmp_path / "int8.onnx").graph.node]
    assert kinds.count("MatMulNBits") == LAYERS
    assert kinds.count("GatherBlockQuantized") == 1
    assert kinds.count("MatMulInteger") > LAYERS


@given(arrays(np.float32, (3, 32), elements=st.floats(-100, 100, width=32)))
def test_a_value_is_off_by_half_a_step_at_most(table: NDArray[np.float32]) -> None:
    quantized, scales = in_blocks(table, 16)
    steps = scales.repeat(16, axis=1)
    again = (quantized.astype(np.float32) - 128) * steps
    assert (np.abs(again - table) <= 0.5001 * steps).all()
