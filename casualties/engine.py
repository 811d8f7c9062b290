"""Windows to scores: batches of like length through a model, in ONNX Runtime or whatever else is callable."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import numpy.typing as npt

from casualties.labels import GROUPS, TAGS
from casualties.report import Mention
from casualties.rules import Sentences
from casualties.windows import Integers, Window, WindowedText

Floats = npt.NDArray[np.float32]
Vectors = dict[int, npt.NDArray[np.float16]]
"""The encoder's vectors, (length,), of some words of a text, by the word's number; in half precision to save memory."""

Model = Callable[[Integers, Integers, Integers], tuple[Floats, Floats, Floats]]
"""Token ids, attention mask and token types, each (windows, tokens), to tag logits, group logits and the encoder's
vectors, each (windows, tokens, ·). A model that does not give its vectors away has the vector [0] for all."""

INPUTS = ("input_ids", "attention_mask", "token_type_ids")
"""What a graph calls a model's inputs, in order."""
SLOWER_FUSED, SLOWER_SINCE = ("SkipLayerNormFusion",), (1, 30)
"""Optimisations of ONNX Runtime that its CPU is slower with, since a version: a fused sum and norm takes five times as
long as both apart. In versions 1.27 to 1.29 it was the norm by itself that took long, before them neither."""
_CPU = "CPUExecutionProvider"
LONGEST_SENTENCE = 256
"""Words; of a longer one, which hostile texts have, the mean is that of its beginning."""
SURE = 0.999
"""The vectors of a window are not kept if every word is in no mention, with at least this probability."""


@dataclass(frozen=True, slots=True)
class Scores:
    """What the model says of each word of a text."""

    tags: Floats
    """Probabilities of ``labels.TAGS``, shape (words, tags)."""
    groups: Floats
    """Probabilities of ``labels.GROUPS`` were the word part of a casualty mention, shape (words, groups)."""
    vectors: Vectors = field(default_factory=dict)
    """Those of words that may be part of a mention, and of the words around them."""


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
    wanted = list(providers or [_CPU])
    if missing := set(wanted) - set(ort.get_available_providers()):
        raise ValueError(f"no provider {min(missing)}; there are {', '.join(ort.get_available_providers())}")
    version = tuple(map(int, ort.__version__.split(".")[:2]))
    left_out = list(SLOWER_FUSED) if wanted == [_CPU] and version >= SLOWER_SINCE else []
    session = ort.InferenceSession(path, options, providers=wanted, disabled_optimizers=left_out)
    inputs = {each.name for each in session.get_inputs()}
    gives_vectors = "vectors" in {each.name for each in session.get_outputs()}

    def run(token_ids: Integers, mask: Integers, types: Integers) -> tuple[Floats, Floats, Floats]:
        given = dict(zip(INPUTS, (token_ids, mask, types), strict=True))
        outputs = ["tags", "groups", *(["vectors"] if gives_vectors else [])]
        tags, groups, *vectors = session.run(outputs, {name: given[name] for name in inputs})
        return tags, groups, vectors[0] if vectors else np.zeros((*token_ids.shape, 1), np.float32)

    return run


def score(model: Model, texts: Sequence[WindowedText], batch_size: int, sure: float = SURE) -> list[Scores]:
    """Score every word of some texts.

    Windows of all texts are sorted by length and read in batches, so that little of a batch is padding.

    Args:
        model: what to read them with.
        texts: the texts, cut into windows.
        batch_size: windows a batch.
        sure: windows without a mention, of each word with this probability, give no vectors; above 1, all do.
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
        tags, groups, vectors = model(*pad([window for window, _ in batch]))
        for row, (window, target) in enumerate(batch):
            read = window.positions[window.read.start - window.first_word : window.read.stop - window.first_word]
            target.tags[window.read] = _softmax(tags[row, read])
            target.groups[window.read] = _softmax(groups[row, read])
            kept = len(read) if (target.tags[window.read, 0] < sure).any() else 1  # one, so that their length is known
            known = vectors[row, read[:kept]].astype(np.float16)
            target.vectors.update(zip(range(window.read.start, window.read.start + kept), known, strict=False))
    return scores


def mention_vectors(mentions: Sequence[Mention], sentences: Sentences, words: WindowedText, vectors: Vectors) -> Floats:
    """What the encoder makes of mentions and of their sentences.

    Args:
        mentions: of a text.
        sentences: of the text.
        words: of the text.
        vectors: of the words; of some, none may be known.

    Returns:
        Of each mention the mean vector of its words and that of its sentence's, side by side, (mentions, 2 length);
        zero where none is known.
    """
    length = len(next(iter(vectors.values()), ()))
    found = np.zeros((len(mentions), 2, length), np.float32)
    of_sentence: dict[int, Floats] = {}
    for number, mention in enumerate(mentions):
        found[number, 0] = _mean(words.between(mention.start, mention.end), vectors, length)
        sentence = sentences.number(mention.start)
        if sentence not in of_sentence:
            of_sentence[sentence] = _mean(words.between(*sentences.span(sentence))[:LONGEST_SENTENCE], vectors, length)
        found[number, 1] = of_sentence[sentence]
    return found.reshape(len(mentions), 2 * length)


def _mean(words: Iterable[int], vectors: Vectors, length: int) -> Floats:
    known = [vectors[word] for word in words if word in vectors]
    return np.mean(known, axis=0, dtype=np.float32) if known else np.zeros(length, np.float32)


def pad(windows: Sequence[Window]) -> tuple[Integers, Integers, Integers]:
    """Windows side by side as a ``Model`` takes them, with zeros behind the shorter ones."""
    longest = max(len(window.token_ids) for window in windows)
    token_ids = np.zeros((len(windows), longest), np.int64)
    mask, types = np.zeros_like(token_ids), np.zeros_like(token_ids)
    for row, window in enumerate(windows):
        length = len(window.token_ids)
        token_ids[row, :length], mask[row, :length], types[row, :length] = window.token_ids, 1, window.token_types
    return token_ids, mask, types


def _batches(windows: Sequence[tuple[Window, Scores]], batch_size: int) -> Iterator[Sequence[tuple[Window, Scores]]]:
    for start in range(0, len(windows), batch_size):
        yield windows[start : start + batch_size]


def _softmax(logits: Floats) -> Floats:
    exponents = np.exp(logits - logits.max(axis=-1, keepdims=True))
    probabilities: Floats = exponents / exponents.sum(axis=-1, keepdims=True)
    return probabilities
