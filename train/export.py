"""Export a trained model to the folder that ``casualties.Extractor`` reads: ``python -m train.export RUN FOLDER``.

One ONNX graph in int8 (``train.quantize``). The exported model is checked against torch on the dev articles before any
file is replaced; a replacement that is cut short is noticed by the manifest's hashes. What its probabilities are worth
is then learnt on the same articles and put into the manifest.
"""

from __future__ import annotations

import json
import os
import shutil
import tempfile
import warnings
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import numpy as np
import onnx
import torch
import typer
from torch import Tensor, nn
from transformers import AutoTokenizer

from casualties.confidence import tune
from casualties.corpus.reader import read_labelled
from casualties.corpus.records import Article
from casualties.decode import decode
from casualties.engine import INPUTS, Model, Scores, onnx_model, pad, score
from casualties.extractor import (
    FORMAT,
    LINKS_FILE,
    MANIFEST_FILE,
    MODEL_FILE,
    TOKENIZER_FILE,
    Extractor,
    file_digest,
    write_tuning,
)
from casualties.labels import FAMILIES, GROUPS, TAGS
from casualties.report import Mention
from casualties.scoring import MAIN_METRIC, evaluate
from casualties.windows import TOKEN_TYPES, WindowedText, Windowing
from train.command_line import command_line
from train.config import CONFIG, read_config
from train.data import load_articles, select
from train.model import CasualtyModel, as_engine, plain_tokenizer
from train.quantize import Example, quantize_weights

TOLERANCE = 1e-3
"""How far a tag probability of the float graph may lie from torch's."""
MOST_LOST = 0.01
"""How much of the main metric quantisation may cost on dev."""


def main(
    run: Annotated[Path, typer.Argument(help="Folder of a training run.")],
    folder: Annotated[Path, typer.Argument(help="Where to write the model.")],
    data: Annotated[Path | None, typer.Option(help="Folder of the third-party texts, for the check.")] = None,
    articles: Annotated[
        list[Path] | None, typer.Option(help="More folders of labelled articles, for the check and to tune on.")
    ] = None,
    only: Annotated[
        Path | None, typer.Option(help="Labelled articles to check and tune on, in place of these.")
    ] = None,
    name: Annotated[str, typer.Option(help="What to call the model.")] = "casualties-minilm",
    version: Annotated[str, typer.Option(help="Its version.")] = "1",
    quantize: Annotated[bool, typer.Option(help="Write int8 weights; else float, four times the size.")] = True,
    favour_casualties: Annotated[float, typer.Option(help="Find casualties more readily, by these log-odds.")] = 0.0,
    favour_attributions: Annotated[float, typer.Option(help="Find attributions more readily.")] = 0.0,
    favour_context: Annotated[float, typer.Option(help="Find places, dates and sources more readily.")] = 0.0,
) -> None:
    """Export the best model of a run."""
    with command_line():
        dev = [*read_labelled([only]).articles] if only else select(load_articles(data, articles or []), "dev")
        windowing = read_config(run / CONFIG).windowing
        favour = {"casualty": favour_casualties, "attribution": favour_attributions, "context": favour_context}
        report = export(run / "best", folder, windowing, dev, name, version, quantize=quantize, favour=favour)
        tuning = tune([(article.mentions, found) for article, found in zip(dev, decode_all(folder, dev), strict=True)])
        write_tuning(folder, tuning)
        (run / "export.json").write_text(json.dumps(report, indent=1) + "\n", encoding="utf-8")
        typer.echo(json.dumps(report, indent=1))


def export(
    checkpoint: Path,
    folder: Path,
    windowing: Windowing,
    dev: Sequence[Article],
    name: str,
    version: str,
    *,
    quantize: bool = True,
    favour: Mapping[str, float] | None = None,
) -> dict[str, float]:
    """Export a checkpoint.

    Args:
        checkpoint: what ``CasualtyModel.save`` wrote, with the tokenizer.
        folder: the model folder to write; files of an earlier model are replaced.
        windowing: how the model reads long texts.
        dev: articles to check the export on, whose texts tell how to round it.
        name: what to call the model.
        version: its version.
        quantize: write int8 weights.
        favour: log-odds to add to the tags of a family of labels (``casualties.labels.FAMILIES``).

    Returns:
        The largest and the mean difference of tag probabilities from torch's, for the ``float`` graph and for the
        one that is ``exported``; and the main metric on ``dev`` of both and of ``torch``.

    Raises:
        ValueError: if the float graph differs from torch by more than ``TOLERANCE``, or the exported one loses more
            than ``MOST_LOST`` of the main metric.
    """
    tokenizer = plain_tokenizer(AutoTokenizer.from_pretrained(checkpoint))
    model = CasualtyModel.load(checkpoint).eval()
    for family, log_odds in (favour or {}).items():
        model.favour(FAMILIES[family], log_odds)
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent) as temporary:
        staged = Path(temporary)
        float_graph, graph = staged / "float.onnx", staged / MODEL_FILE
        write_graph(model, float_graph)
        words = [windowing.split(article.text, tokenizer) for article in dev]
        if quantize:
            quantize_weights(float_graph, graph, model.tagger.config.hidden_size, example_inputs(words))
        else:
            shutil.copyfile(float_graph, graph)
        contenders = {"torch": as_engine(model), "float": onnx_model(float_graph), "exported": onnx_model(graph)}
        report = compare(contenders, dev, words)
        check(report)
        tokenizer.save(str(staged / TOKENIZER_FILE))
        write_manifest(staged, name, version, windowing)
        folder.mkdir(exist_ok=True)
        (folder / LINKS_FILE).unlink(missing_ok=True)  # the new manifest does not know it; train.links makes it anew
        for file in (MODEL_FILE, TOKENIZER_FILE, MANIFEST_FILE):
            os.replace(staged / file, folder / file)
    return report


def example_inputs(texts: Iterable[WindowedText]) -> Iterator[Example]:
    """What the graph is given for each window of some texts."""
    return (dict(zip(INPUTS, pad([window]), strict=True)) for text in texts for window in text.windows)


def write_manifest(folder: Path, name: str, version: str, windowing: Windowing) -> None:
    """Say what the files of a model folder are and how they read; see ``casualties.extractor.Manifest``."""
    manifest = {
        "format": FORMAT,
        "name": name,
        "version": version,
        "windows": asdict(windowing),
        "labels": TAGS,
        "groups": GROUPS,
        "sha256": {file: file_digest(folder / file) for file in (MODEL_FILE, TOKENIZER_FILE)},
    }
    (folder / MANIFEST_FILE).write_text(json.dumps(manifest, indent=1) + "\n", encoding="utf-8")


def decode_all(folder: Path, articles: Sequence[Article]) -> list[tuple[Mention, ...]]:
    """What the exported model finds in some articles, as it stands before tuning."""
    return list(Extractor(folder).decode_many(article.text for article in articles))


def check(report: Mapping[str, float]) -> None:
    """Refuse an export that is not the model; see ``export``."""
    if report["float.max_difference"] > TOLERANCE:
        raise ValueError(f"graph and model differ by {report['float.max_difference']:.2g} in a probability")
    if report["torch.main"] - report["exported.main"] > MOST_LOST:
        before, after = report["torch.main"], report["exported.main"]
        raise ValueError(
            f"quantisation loses too much: {MAIN_METRIC} falls from {before:.3f} to {after:.3f}; use --no-quantize"
        )


def write_graph(model: CasualtyModel, path: Path) -> None:
    """Write the model as a float ONNX graph whose numbers of windows and of tokens are free.

    The model's attention is eager from then on: the exporter guards fused attention against rows without any token,
    which no window has, and these guards take an eighth of the time.
    """
    model.tagger.set_attn_implementation("eager")
    example = torch.ones((2, 8), dtype=torch.int64)
    mask = example.clone()
    mask[1, 4:] = 0  # a mask of ones alone would be traced as none
    free = {0: "windows", 1: "tokens"}
    inputs = dict(zip(INPUTS, (example, mask, example % TOKEN_TYPES), strict=True))
    write_onnx(model, path, inputs, ["tags", "groups", "vectors"], [free] * len(inputs))


def write_onnx(
    module: nn.Module,
    path: Path,
    inputs: Mapping[str, Tensor],
    outputs: Sequence[str],
    free: Sequence[Mapping[int, str]],
) -> None:
    """Write a module as an ONNX graph in one file.

    Args:
        module: what to write.
        path: where.
        inputs: an example of each input, by name.
        outputs: the outputs' names.
        free: of each input, the dimensions that differ from call to call, by number; those of one name are alike.
    """
    dimensions = {name: torch.export.Dim(name) for each in free for name in each.values()}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the exporter warns of its own internals
        torch.onnx.export(
            module,
            tuple(inputs.values()),
            path,
            input_names=list(inputs),
            output_names=list(outputs),
            dynamic_shapes=tuple({number: dimensions[name] for number, name in each.items()} for each in free),
            external_data=False,
            verbose=False,
        )
    written = onnx.load(path)
    for node in written.graph.node:
        del node.metadata_props[:]  # where in whose files each was made
    onnx.save(written, path)


def compare(
    contenders: dict[str, Model], articles: Sequence[Article], words: Sequence[WindowedText]
) -> dict[str, float]:
    """Differences of tag probabilities from the first contender's, and the main metric of each."""
    report: dict[str, float] = {}
    reference: list[Scores] = []
    for name, model in contenders.items():
        scores = score(model, words, batch_size=1)  # as in use
        reference = reference or scores
        difference = np.concatenate([np.abs(a.tags - b.tags).ravel() for a, b in zip(scores, reference, strict=True)])
        predicted = [
            decode(article.text, *read) for article, read in zip(articles, zip(words, scores, strict=True), strict=True)
        ]
        evaluation = evaluate(
            [(article.mentions, found) for article, found in zip(articles, predicted, strict=True)], resamples=0
        )
        report |= {f"{name}.main": evaluation.main}
        if name != "torch":
            report |= {
                f"{name}.max_difference": float(difference.max()),
                f"{name}.mean_difference": float(difference.mean()),
            }
    return report


if __name__ == "__main__":
    typer.run(main)
