"""Weights in eight bits or fewer, each kind in the format that loses least for what it costs.

Most products take dynamic quantisation: weights by channel, in seven bits, since sums of full eight-bit products
saturate on processors without VNNI (ONNX Runtime's ``reduce_range``); inputs with one scale for all words. That one
scale is what hurts, as a few channels of an input are many times larger than the others. So channels are made alike
first, and their weights take over the difference (SmoothQuant, Xiao and others 2023). What no channel explains are
rare large values behind the activation function, most in the encoder's first half (measured layer by layer on dev);
there weights and inputs are scaled by blocks (``MatMulNBits``), which is slower. Embeddings are scaled by blocks too.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import onnxruntime
from numpy.typing import NDArray
from onnx import ModelProto, NodeProto, helper, numpy_helper
from onnxruntime.quantization import QuantType, quantize_dynamic
from onnxruntime.quantization.matmul_nbits_quantizer import MatMulNBitsQuantizer

from casualties.engine import Floats

Example = Mapping[str, NDArray[Any]]
"""A graph's inputs by name."""
MIGRATION = 0.7
"""How much of the difference between an input's channels goes over to the weights: SmoothQuant's alpha."""
FAINTEST = 0.01
"""The least that a channel, or a weight, is taken to reach, of what the largest does: other texts may use it more."""
FACTORS = ".factors"
"""How the names end of what an input's channels are multiplied by."""
WEIGHT_BLOCK = 64
"""Weights that share a scale in ``MatMulNBits``."""
EMBEDDING_BLOCKS = (128, 64, 32, 16)
"""Values of an embedding that share a scale: the first of these that divides its width."""
LARGE = 1000
"""Rows from which a table is worth quantising: words, not positions."""

logging.getLogger("onnxruntime.quantization.matmul_nbits_quantizer").setLevel(logging.WARNING)


def quantize_weights(float_graph: Path, graph: Path, hidden_size: int, examples: Iterable[Example]) -> None:
    """Quantise the weights of a graph.

    Args:
        float_graph: what to read.
        graph: where to write.
        hidden_size: of the encoder, by which its feed-forward layers are known.
        examples: what it may be given, which tells how large its channels are.

    Raises:
        ValueError: if there is no example.
    """
    model = onnx.load(float_graph)
    by_block = early_contractions(model, hidden_size)
    if not (largest := largest_inputs(model, examples)):
        raise ValueError("no examples, by which to tell how large what the graph multiplies is")
    smooth(model, largest, by_block)
    quantize_dynamic(
        model,
        graph,
        per_channel=True,
        reduce_range=True,
        weight_type=QuantType.QInt8,
        op_types_to_quantize=["MatMul"],
        nodes_to_exclude=by_block,
    )
    quantizer = MatMulNBitsQuantizer(
        onnx.load(graph),
        bits=8,
        block_size=WEIGHT_BLOCK,
        is_symmetric=True,
        accuracy_level=4,  # inputs in eight bits, by blocks
        op_types_to_quantize=("MatMul",),  # of which only those by block are left
    )
    quantizer.process()
    model = quantizer.model.model
    quantize_embeddings(model)
    onnx.save(model, graph)


def early_contractions(model: ModelProto, hidden_size: int) -> list[str]:
    """The names of the second products of feed-forward layers, in the first half of an encoder.

    Those are from vectors that are longer than the hidden ones; none of the heads' are.
    """
    matrices = _matrices(model)
    names = [
        node.name
        for node in _products(model)
        if matrices[node.input[1]].shape[0] > hidden_size == matrices[node.input[1]].shape[1]
    ]
    return names[: len(names) // 2]


def largest_inputs(model: ModelProto, examples: Iterable[Example]) -> dict[str, Floats]:
    """The largest absolute value of each channel of what is multiplied by a matrix, (channels,), by its name."""
    names = sorted({node.input[0] for node in _products(model)})
    watched = ModelProto()
    watched.CopyFrom(model)
    given = {each.name for each in model.graph.output}
    watched.graph.output.extend(helper.make_empty_tensor_value_info(name) for name in names if name not in given)
    session = onnxruntime.InferenceSession(watched.SerializeToString(), providers=["CPUExecutionProvider"])
    largest: dict[str, Floats] = {}
    for example in examples:
        for name, value in zip(names, session.run(names, example), strict=True):
            reached = np.abs(value).max(axis=tuple(range(value.ndim - 1)))
            largest[name] = np.maximum(reached, largest.get(name, reached))
    return largest


def smooth(model: ModelProto, largest: Mapping[str, Floats], left_alone: Sequence[str]) -> None:
    """Make the channels of inputs alike, in place: ``x W`` becomes ``(x / s) (s W)`` with an ``s`` for each channel.

    Args:
        model: a float graph.
        largest: what each channel of an input reaches, see ``largest_inputs``.
        left_alone: the names of products whose input stays as it is.
    """
    graph, matrices = model.graph, _matrices(model)
    products = [node for node in _products(model) if node.name not in left_alone]
    for name, reached in largest.items():
        readers = [node for node in products if node.input[0] == name]
        if not readers:
            continue
        weights = np.max([np.abs(matrices[node.input[1]]).max(axis=1) for node in readers], axis=0)
        scales = _not_faint(reached) ** MIGRATION / _not_faint(weights) ** (1 - MIGRATION)
        factors, smoothed = name + FACTORS, f"{name}.smooth"
        graph.initializer.append(numpy_helper.from_array((1 / scales).astype(np.float32), factors))
        first = min(number for number, node in enumerate(graph.node) if node in readers)
        for node in readers:
            matrix = (matrices[node.input[1]] * scales[:, None]).astype(np.float32)
            weights_name = f"{node.output[0]}.weights"
            graph.initializer.append(numpy_helper.from_array(matrix, weights_name))
            node.input[:] = [smoothed, weights_name]
        graph.node.insert(first, helper.make_node("Mul", [name, factors], [smoothed], name=smoothed))
    read = {name for node in graph.node for name in node.input}
    for matrix_name in matrices.keys() - read:
        graph.initializer.remove(next(each for each in graph.initializer if each.name == matrix_name))


def _not_faint(values: Floats) -> NDArray[np.float64]:
    """Values that are not negative, those below ``FAINTEST`` of the largest raised to that; ones where all are zero."""
    return np.maximum(values.astype(np.float64), FAINTEST * (values.max() or 1.0))


def _products(model: ModelProto) -> list[NodeProto]:
    """The products of an input and a matrix of the model, in order."""
    matrices = _matrices(model)
    return [node for node in model.graph.node if node.op_type == "MatMul" and node.input[1] in matrices]


def _matrices(model: ModelProto) -> dict[str, Floats]:
    """The matrices that a graph holds, (inputs, outputs), by name."""
    return {each.name: numpy_helper.to_array(each) for each in model.graph.initializer if len(each.dims) == 2}


def quantize_embeddings(model: ModelProto) -> None:
    """Put large tables of embeddings into eight bits, a scale a block, in place."""
    graph = model.graph
    tables = {each.name: each for each in graph.initializer}
    for number, node in enumerate(graph.node):
        table = tables.get(node.input[0]) if node.op_type == "Gather" else None
        if table is None or len(table.dims) != 2 or table.dims[0] < LARGE:
            continue
        block = next((size for size in EMBEDDING_BLOCKS if table.dims[1] % size == 0), None)
        if block:
            quantized, scales = in_blocks(numpy_helper.to_array(table), block)
            names = [f"{table.name}.quantized", f"{table.name}.scales"]
            graph.initializer.append(numpy_helper.from_array(quantized, names[0]))
            graph.initializer.append(numpy_helper.from_array(scales, names[1]))
            graph.initializer.remove(table)
            graph.node[number].CopyFrom(_gather_node(node, names, block))


def _gather_node(node: NodeProto, inputs: list[str], block: int) -> NodeProto:
    return helper.make_node(
        "GatherBlockQuantized",
        [inputs[0], node.input[1], inputs[1]],
        list(node.output),
        name=node.name,
        domain="com.microsoft",
        bits=8,
        block_size=block,
        gather_axis=0,
        quantize_axis=1,
    )


def in_blocks(table: NDArray[np.float32], block: int) -> tuple[NDArray[np.uint8], NDArray[np.float32]]:
    """Eight-bit values around 128, (rows, columns), and their scales, (rows, columns / block)."""
    blocks = table.reshape(len(table), -1, block)
    scales = np.abs(blocks).max(axis=-1) / 127
    scales[scales == 0] = 1
    quantized = np.rint(blocks / scales[..., None]) + 128
    return quantized.astype(np.uint8).reshape(table.shape), scales.astype(np.float32)
