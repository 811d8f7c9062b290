"""Weights in eight bits, those that are near each other with a scale of their own.

Products take their inputs in eight bits as well, by the same blocks (``MatMulNBits``). One scale for all words of a
batch, which dynamic quantisation has, loses five times as much and is a little faster; and its sums saturate on
processors without VNNI, so that weights have to be cut to seven bits (`model_cards/learning.md`, twentieth stage).
Embeddings are scaled by blocks too.
"""

from __future__ import annotations

import logging
from pathlib import Path

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import ModelProto, NodeProto, helper, numpy_helper
from onnxruntime.quantization.matmul_nbits_quantizer import MatMulNBitsQuantizer

WEIGHT_BLOCK = 128
"""Weights, and inputs, that share a scale in ``MatMulNBits``; fewer are slower and hardly closer."""
EMBEDDING_BLOCKS = (128, 64, 32, 16)
"""Values of an embedding that share a scale: the first of these that divides its width."""
LARGE = 1000
"""Rows from which a table is worth quantising: words, not positions."""

logging.getLogger("onnxruntime.quantization.matmul_nbits_quantizer").setLevel(logging.WARNING)


def quantize_weights(float_graph: Path, graph: Path) -> None:
    """Quantise the weights of a graph.

    Args:
        float_graph: what to read.
        graph: where to write.
    """
    quantizer = MatMulNBitsQuantizer(
        onnx.load(float_graph),
        bits=8,
        block_size=WEIGHT_BLOCK,
        is_symmetric=True,
        accuracy_level=4,  # inputs in eight bits, by blocks
        op_types_to_quantize=("MatMul",),
    )
    quantizer.process()
    model = quantizer.model.model
    quantize_embeddings(model)
    onnx.save(model, graph)


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
