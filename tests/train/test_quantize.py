"""Weights in eight bits."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.typing import NDArray
from onnx import ModelProto, TensorProto, helper, numpy_helper
from transformers import BertConfig, BertModel

from casualties.engine import INPUTS, Floats, onnx_model
from casualties.labels import TAGS
from casualties.windows import TOKEN_TYPES, Integers
from train.export import write_graph
from train.model import CasualtyModel, as_engine
from train.quantize import (
    FACTORS,
    FAINTEST,
    MIGRATION,
    early_contractions,
    in_blocks,
    largest_inputs,
    quantize_weights,
    smooth,
)

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


@pytest.fixture(scope="module")
def float_graph(model: CasualtyModel, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("graph") / "float.onnx"
    write_graph(model, path)
    return path


def examples(seed: int) -> list[dict[str, Integers]]:
    ids = np.random.default_rng(seed).integers(0, WORDS, (2, 20))
    return [dict(zip(INPUTS, (ids, np.ones_like(ids), ids % TOKEN_TYPES), strict=True))]


def tags(graph: Path, seed: int) -> Floats:
    [example] = examples(seed)
    return onnx_model(graph)(*(example[name] for name in INPUTS))[0]


def test_the_quantised_graph_says_nearly_what_the_model_says(
    model: CasualtyModel, float_graph: Path, tmp_path: Path
) -> None:
    quantize_weights(float_graph, tmp_path / "int8.onnx", HIDDEN, examples(1))
    [example] = examples(0)
    one, other = as_engine(model)(*(example[name] for name in INPUTS))[0], tags(tmp_path / "int8.onnx", 0)
    assert one.shape == other.shape == (2, 20, len(TAGS))
    assert np.abs(one - other).max() < 0.2 * np.abs(one).max()
    assert (tmp_path / "int8.onnx").stat().st_size < 0.6 * float_graph.stat().st_size


def test_attention_is_exported_without_guards_against_windows_without_tokens(float_graph: Path) -> None:
    assert "IsNaN" not in {node.op_type for node in onnx.load(float_graph).graph.node}


@pytest.mark.parametrize(("version", "fused"), [("1.29.1", True), ("1.30.0", False), ("2.0", False)])
def test_sum_and_norm_stay_apart_where_that_is_faster(
    version: str, fused: bool, float_graph: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    session = onnxruntime.InferenceSession

    def watched(path: Path, options: onnxruntime.SessionOptions, **others: object) -> onnxruntime.InferenceSession:
        options.optimized_model_filepath = str(tmp_path / "optimised.onnx")
        return session(path, options, **others)

    monkeypatch.setattr(onnxruntime, "InferenceSession", watched)
    monkeypatch.setattr(onnxruntime, "__version__", version)
    onnx_model(float_graph)
    kinds = {node.op_type for node in onnx.load(tmp_path / "optimised.onnx").graph.node}
    assert ("SkipLayerNormalization" in kinds) == fused


def test_the_feed_forward_layers_of_the_first_half_are_found(float_graph: Path, tmp_path: Path) -> None:
    assert len(early_contractions(onnx.load(float_graph), HIDDEN)) == LAYERS // 2  # one a layer, of half the layers
    quantize_weights(float_graph, tmp_path / "int8.onnx", HIDDEN, examples(0))
    nodes = onnx.load(tmp_path / "int8.onnx").graph.node
    kinds = [node.op_type for node in nodes]
    activations = [node.output[0] for node in nodes if node.op_type == "Gelu"]
    by_block = [node.input[0] for node in nodes if node.op_type == "MatMulNBits"]
    assert by_block == activations[: LAYERS // 2]  # the second products of the first layers, as they are, not smoothed
    assert kinds.count("GatherBlockQuantized") == 1
    assert kinds.count("MatMulInteger") > LAYERS


def test_smoothing_alone_changes_nothing(float_graph: Path, tmp_path: Path) -> None:
    graph = onnx.load(float_graph)
    before = {each.name for each in graph.graph.initializer}
    smooth(graph, largest_inputs(graph, examples(1)), early_contractions(graph, HIDDEN))
    onnx.save(graph, tmp_path / "smooth.onnx")
    one, other = tags(float_graph, 0), tags(tmp_path / "smooth.onnx", 0)
    assert np.abs(one - other).max() < 1e-4
    after = {each.name for each in graph.graph.initializer}
    assert len(before - after) > 4 * LAYERS  # the matrices as they were are gone
    assert {name for node in graph.graph.node for name in node.input} >= after


def one_product(matrix: NDArray[np.float32]) -> ModelProto:
    shapes = [
        helper.make_tensor_value_info(name, TensorProto.FLOAT, ["n", size])
        for name, size in zip("xy", matrix.shape, strict=True)
    ]
    product = helper.make_node("MatMul", ["x", "w"], ["y"], name="product")
    graph = helper.make_graph([product], "one", shapes[:1], shapes[1:], [numpy_helper.from_array(matrix, "w")])
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 20)], ir_version=10)


def smoothed(matrix: NDArray[np.float32], reached: list[float]) -> tuple[Floats, Floats]:
    """Factors of an input's channels, and the matrix behind them."""
    graph = one_product(matrix)
    smooth(graph, {"x": np.array(reached, np.float32)}, [])
    factors, weights = (numpy_helper.to_array(each) for each in graph.graph.initializer)
    return factors, weights


def test_a_channel_that_outgrows_the_others_is_shared_out() -> None:
    factors, weights = smoothed(np.ones((3, 2), np.float32), [1, 100, 1])
    inputs = np.array([1, 100, 1]) * factors
    assert inputs.max() / inputs.min() == pytest.approx(100 ** (1 - MIGRATION))
    assert weights.max() / weights.min() == pytest.approx(100**MIGRATION)


def test_large_weights_take_over_less() -> None:
    _, weights = smoothed(np.array([[1, 1], [-50, 2], [1, 1]], np.float32), [1, 1, 1])
    large, small, _ = np.sort(np.abs(weights).max(axis=1))[::-1]
    assert large / small == pytest.approx(50**MIGRATION)


def test_products_of_one_input_share_its_factors() -> None:
    model = one_product(np.ones((2, 2), np.float32))
    model.graph.initializer.append(numpy_helper.from_array(np.array([[1], [50]], np.float32), "v"))
    model.graph.node.append(helper.make_node("MatMul", ["x", "v"], ["z"], name="other"))
    model.graph.output.append(helper.make_tensor_value_info("z", TensorProto.FLOAT, ["n", 1]))
    smooth(model, {"x": np.ones(2, np.float32)}, [])
    (factors,) = (numpy_helper.to_array(each) for each in model.graph.initializer if each.name.endswith(FACTORS))
    assert factors[1] / factors[0] == pytest.approx(50 ** (1 - MIGRATION))


def test_a_channel_reaches_what_it_does_in_any_example_whatever_the_sign() -> None:
    given = [{"x": np.array(rows, np.float32)} for rows in ([[1, -5, 0], [0, 1, 0]], [[-2, 3, 0]])]
    assert largest_inputs(one_product(np.ones((3, 2), np.float32)), given)["x"].tolist() == [2, 5, 0]


def test_without_examples_nothing_is_quantised(float_graph: Path, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="no examples"):
        quantize_weights(float_graph, tmp_path / "int8.onnx", HIDDEN, [])
    assert not (tmp_path / "int8.onnx").exists()


def test_a_channel_that_outgrows_the_others_does_not_coarsen_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    chance = np.random.default_rng(0)
    matrix, inputs = chance.normal(size=(32, 16)).astype(np.float32), chance.normal(size=(50, 32)).astype(np.float32)
    inputs[:, 5] = 100
    onnx.save(one_product(matrix), tmp_path / "float.onnx")

    def error(migration: float) -> float:
        monkeypatch.setattr("train.quantize.MIGRATION", migration)
        quantize_weights(tmp_path / "float.onnx", tmp_path / "int8.onnx", 64, [{"x": inputs}])
        [answer] = onnxruntime.InferenceSession(tmp_path / "int8.onnx").run(None, {"x": inputs})
        return float(np.abs(answer - inputs @ matrix).mean())

    assert error(MIGRATION) < error(0) / 2


@pytest.mark.parametrize("reached", [[0, 0, 0], [0, 5, 0], [1e-9, 5, 1]])
def test_channels_that_no_example_uses_stay_usable(reached: list[float]) -> None:
    matrix = np.array([[1, 2], [0, 0], [3, 4]], np.float32)
    factors, weights = smoothed(matrix, reached)
    assert np.isfinite(factors).all()
    assert factors.max() <= factors.min() / FAINTEST
    np.testing.assert_allclose(factors[:, None] * weights, matrix, rtol=1e-6)


@given(arrays(np.float32, (3, 32), elements=st.floats(-100, 100, width=32)))
def test_a_value_is_off_by_half_a_step_at_most(table: NDArray[np.float32]) -> None:
    quantized, scales = in_blocks(table, 16)
    steps = scales.repeat(16, axis=1)
    again = (quantized.astype(np.float32) - 128) * steps
    assert (np.abs(again - table) <= 0.5001 * steps).all()
