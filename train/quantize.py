"""Weights in eight bits or fewer, each kind in the format that loses least for what it costs.

Most products take dynamic quantisation: weights by channel, in seven bits, since sums of full eight-bit products
saturate on processors without VNNI (ONNX Runtime's ``reduce_range``); inputs with one scale for all words. That one
scale is what hurts, most in the feed-forward layers of the encoder's first half (measured layer by layer on dev); there
weights and inputs are scaled by blocks (``MatMulNBits``), which is slower. Embeddings are scaled by blocks as well.
"""

from __future__ import annotations

import logging
from pathlib import Path

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import ModelProto, NodeProto, helper, numpy_helper
from onnxruntime.quantization import QuantType, quantize_dynamic
from onnxruntime.quantization.matmul_nbits_quantizer import MatMulNBitsQuantizer

WEIGHT_BLOCK = 32
"""Weights that share a scale in ``MatMulNBits``."""
EMBEDDING_BLOCKS = (128, 64, 32, 16)
"""Values of an embedding that share a scale: the first of these that divides its width."""
LARGE = 1000
"""Rows from which a table is worth quantising: words, not positions."""

logging.getLogger("onnxruntime.quantization.matmul_nbits_quantizer").setLevel(logging.WARNING)


def quantize_weights(float_graph: Path, graph: Path, hidden_size: int) -> None:
    """Quantise the weights of a graph.

    Args:
        float_graph: what to read.
        graph: where to write.
        hidden_size: of the encoder, by which its feed-forward layers are known.
    """
    by_block = early_feed_forward(onnx.load(float_graph), hidden_size)
    quantize_dynamic(
        float_graph,
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
        nodes_to_include=by_block,
        op_types_to_quantize=("MatMul",),
    )
    quantizer.process()
    model = quantizer.model.model
    quantize_embeddings(model)
    onnx.save(model, graph)


def early_feed_forward(model: ModelProto, hidden_size: int) -> list[str]:
    """The names of the products of feed-forward layers in the first half of an encoder.

    Those are from or to vectors that are longer than the hidden ones; the heads' are shorter.
    """
    shapes = {each.name: tuple(each.dims) for each in model.graph.initializer}
    names = [
        node.name
        for node in model.graph.node
        if node.op_type == "MatMul"
        and hidden_size in (shape := shapes.get(node.input[1], ()))
        and max(shape) > hidden_size
    ]
    return names[: len(names) // 2]


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
