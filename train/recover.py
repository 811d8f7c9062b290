"""Make a run of an exported model, to go on training from: ``python -m train.recover RUN --model FOLDER``.

The weights are what the graph's integers stand for, so the recovered model differs from the one that was exported by
their rounding alone.
"""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import onnx
import torch
import typer
from numpy.typing import NDArray
from onnx import ModelProto, NodeProto, numpy_helper
from transformers import AutoTokenizer

from casualties.engine import Floats
from casualties.extractor import EMBEDDED, MODEL_FILE, Manifest
from casualties.labels import LABELS
from train.command_line import command_line
from train.config import CONFIG, read_config
from train.encoders import encoder_location
from train.finetune import DEFAULT_CONFIG
from train.model import CasualtyModel
from train.quantize import FACTORS

Stored = NDArray[Any]

_ZERO = 128
"""The byte that stands for zero where values are scaled by blocks."""
_BETWEEN = ("Cast", "Mul")
"""What stands between a quantised product and the sum with its bias."""


def main(
    run: Annotated[Path, typer.Argument(help="Folder of the run to write, for train.finetune's --start.")],
    model: Annotated[
        str, typer.Option(help="A model folder that train.export wrote, or an embedded model.")
    ] = "default",
    config: Annotated[Path, typer.Option(help="Settings that name the model's encoder.")] = DEFAULT_CONFIG,
    favour: Annotated[float, typer.Option(help="Log-odds to add to all tags, against what the export took off.")] = 0.0,
) -> None:
    """Write a run whose best model is an exported one."""
    with command_line():
        recover(EMBEDDED.get(model, Path(model)), run, config, favour)


def recover(folder: Path, run: Path, config: Path, favour: float = 0.0) -> None:
    """Write a run whose best model is an exported one.

    Args:
        folder: the model folder.
        run: folder of the run.
        config: settings that name the model's encoder and its windows; the run's from now on.
        favour: log-odds to add to the tags of all labels.

    Raises:
        FileExistsError: if there is something at ``run`` already.
        ModelError: if the folder holds no model that can be used.
        ValueError: if the settings have other windows, or another encoder, than the model.
    """
    if run.exists():
        raise FileExistsError(f"{run} is there already; give another folder")
    settings, manifest = read_config(config), Manifest.read(folder)
    if settings.windowing != manifest.windowing:
        raise ValueError(f"{config} has other windows than the model, {manifest.windowing}; give its own with --config")
    encoder = encoder_location(settings.encoder)
    recovered = CasualtyModel(encoder)
    load_graph(recovered, folder / MODEL_FILE)
    recovered.favour(LABELS, favour)
    recovered.save(run / "best")
    AutoTokenizer.from_pretrained(encoder).save_pretrained(run / "best")
    shutil.copyfile(config, run / CONFIG)


def load_graph(model: CasualtyModel, path: Path) -> None:
    """Load the weights of a graph that ``train.export`` wrote, float or quantised.

    Raises:
        ValueError: if the graph is not of this model's shape.
    """
    weights = read_weights(onnx.load(path))
    state = {name: torch.tensor(weights[name]) for name in model.state_dict() if name in weights}
    try:
        model.load_state_dict(state)
    except RuntimeError as error:
        raise ValueError(f"{path} is not of this encoder; name its own with --config: {error}") from error


def read_weights(graph: ModelProto) -> dict[str, Floats]:
    """The weights of a graph as floats, by their names in the model.

    The exporter keeps the names of all but the matrices of linear layers, which are known by the bias that is added to
    their product. (Of parameters that are equal, as before any training, it keeps one: such a graph cannot be read.)
    """
    stored = {each.name: numpy_helper.to_array(each) for each in graph.graph.initializer}
    readers = {name: node for node in graph.graph.node for name in node.input}
    writers = {name: node for node in graph.graph.node for name in node.output}
    weights = {name: value for name, value in stored.items() if value.dtype == np.float32}
    for node in graph.graph.node:
        if node.op_type == "GatherBlockQuantized":
            weights[node.input[0].removesuffix(".quantized")] = _from_blocks(node, stored)
        elif node.op_type in _MATRICES and (bias := _bias(node, readers)) in stored:
            matrix = _MATRICES[node.op_type](node, stored)
            weights[f"{bias.removesuffix('.bias')}.weight"] = matrix * _factors(node, writers, stored)
    return weights


def _bias(product: NodeProto, readers: Mapping[str, NodeProto]) -> str:
    """What is added to a product; nothing if that is no sum."""
    reader = readers.get(product.output[0])
    while reader is not None and reader.op_type in _BETWEEN:
        reader = readers.get(reader.output[0])
    return next((name for name in reader.input if name.endswith(".bias")), "") if reader is not None else ""


def _factors(product: NodeProto, writers: Mapping[str, NodeProto], stored: Mapping[str, Stored]) -> Stored:
    """What the channels of a product's input are multiplied by before it, (inputs,); see ``train.quantize.smooth``."""
    writer = writers.get(product.input[0])
    if writer is not None and writer.op_type == "DynamicQuantizeLinear":
        writer = writers.get(writer.input[0])
    factors = [name for name in writer.input if name.endswith(FACTORS)] if writer is not None else []
    return stored[factors[0]] if factors else np.ones(1, np.float32)


def _from_blocks(node: NodeProto, stored: Mapping[str, Stored]) -> Floats:
    """Bytes around ``_ZERO``, whose neighbours in a row share a scale: ``MatMulNBits``, ``GatherBlockQuantized``."""
    quantized, scales = (stored[name] for name in node.input if name in stored)
    if node.op_type == "GatherBlockQuantized":
        quantized = quantized.reshape(*scales.shape, -1)
    values = (quantized.astype(np.float32) - _ZERO) * scales[..., None]
    inputs = next((each.i for each in node.attribute if each.name == "K"), None)  # the last block is filled up
    return values.reshape(len(values), -1)[:, :inputs]


def _from_channels(node: NodeProto, stored: Mapping[str, Stored]) -> Floats:
    """Integers (inputs, outputs) with a scale and a zero point an output: ``MatMulInteger``."""
    zero_point, name = stored[node.input[3]], node.input[1]
    scales = stored[f"{name.removesuffix('_quantized')}_scale"]
    return np.ascontiguousarray(((stored[name].astype(np.float32) - zero_point) * scales).T)


def _from_floats(node: NodeProto, stored: Mapping[str, Stored]) -> Floats:
    """Floats (inputs, outputs): ``MatMul``."""
    return np.ascontiguousarray(stored[node.input[1]].T)


_MATRICES = {"MatMul": _from_floats, "MatMulInteger": _from_channels, "MatMulNBits": _from_blocks}
"""How each kind of product keeps its matrix."""

if __name__ == "__main__":
    typer.run(main)
