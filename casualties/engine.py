"""Windows to scores: batches of like length through a model, in ONNX Runtime or whatever else is callable."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from casualties.labels import GROUPS, TAGS
from casualties.windows import Integers, Window, WindowedText

Floats = npt.NDArray[np.float32]

Model = Callable[[Integers, Integers], tuple[Floats, Floats]]
"""Token ids and attention mask, both (windows, tokens), to tag logits and group logits, (windows, tokens, ·)."""


@dataclass(frozen=True, slots=True)
class Scores:
    """What the model says of each word of a text."""

    tags: Floats
    """Probabilities of ``labels.TAGS``, shape (words, tags)."""
    groups: Floats
    """Probabilities of ``labels.GROUPS`` were the word part of a casualty mention, shape (words, groups)."""


def onnx_model(path: Path, providers: Sequence[str] | None = None, threads: int | None = None) -> Model:
    """Load a model that ``train.export`` wrote.

    Args:
        path: the ONNX file.
        providers: ONNX Runtime's execution providers in order of preference; by default the CPU's.
        threads: how many to use for one batch; by default one a core.

    Raises:
        ValueError: if a provider is not there.
    """
    import onnxruntime as ort

    options = ort.SessionOptions()
    options.intra_op_num_threads = threads or 0
    options.log_severity_level = 3
    wanted = list(providers or ["CPUExecutionProvider"])
    if missing := set(wanted) - set(ort.get_available_providers()):
        raise ValueError(f"no provider {min(missing)}; there are {', '.join(ort.get_available_providers())}")
    session = ort.InferenceSession(path, options, providers=wanted)

    def run(token_ids: Integers, mask: Integers) -> tuple[Floats, Floats]:
        tags, groups = session.run(["tags", "groups"], {"input_ids": token_ids, "attention_mask": mask})
        return tags, groups

    return run


def score(model: Model, texts: Sequence[WindowedText], batch_size: int) -> list[Scores]:
    """Score every word of some texts.

    Windows of all texts are sorted by length and read in batches, so that little of a batch is padding.

    Args:
        model: what to read them with.
        texts: the texts, cut into windows.
        batch_size: windows a batch.
    """
    scores = [
        Scores(
            np.zeros((len(text.starts), len(TAGS)), np.float32), np.zeros((len(text.starts), len(GROUPS)), np.float32)
        )
        for text in texts
    ]
    windows = [(window, scores[number]) for number, text in enumerate(texts) for window in text.windows]
    windows.sort(key=lambda pair: len(pair[0].token_ids))
    for batch in _batches(windows, batch_size):
        tags, groups = model(*pad([window.token_ids for window, _ in batch]))
        for row, (window, target) in enumerate(batch):
            read = window.positions[window.read.start - window.first_word : window.read.stop - window.first_word]
            target.tags[window.read] = _softmax(tags[row, read])
            target.groups[window.read] = _softmax(groups[row, read])
    return scores


def pad(sequences: Sequence[Integers]) -> tuple[Integers, Integers]:
    """Token ids side by side, with zeros behind the shorter ones, and the mask that tells them apart."""
    longest = max(map(len, sequences))
    token_ids = np.zeros((len(sequences), longest), np.int64)
    mask = np.zeros_like(token_ids)
    for row, sequence in enumerate(sequences):
        token_ids[row, : len(sequence)] = sequence
        mask[row, : len(sequence)] = 1
    return token_ids, mask


def _batches(windows: Sequence[tuple[Window, Scores]], batch_size: int) -> Iterator[Sequence[tuple[Window, Scores]]]:
    for start in range(0, len(windows), batch_size):
        yield windows[start : start + batch_size]


def _softmax(logits: Floats) -> Floats:
    exponents = np.exp(logits - logits.max(axis=-1, keepdims=True))
    probabilities: Floats = exponents / exponents.sum(axis=-1, keepdims=True)
    return probabilities
