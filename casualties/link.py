"""Mentions to a report: a learned model, or rules alone, say which belong together; then each incident is resolved.

From what ``casualties.pairs`` tells of two mentions and from the encoder's vectors of both, the model scores each pair
three times: do they speak of one incident, is the second the source of the first, is the first part of the second.
Incidents are found by average linkage of the first score (UPGMA, Sokal and Michener 1958): the two groups of mentions
that fit best are joined as long as they are rather the same than not.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from casualties.pairs import FEATURES, Floats, pair_features
from casualties.report import Casualty, Mention, Report
from casualties.resolve import VAGUE, gather_incidents
from casualties.rules import Sentences, link_by_rules

if TYPE_CHECKING:
    import onnxruntime as ort

LinkModel = Callable[[Floats, Floats], Floats]
"""Features (mentions, mentions, ``FEATURES``) and the encoder's vectors (mentions, length) to scores (mentions,
mentions, 3), log-odds; see ``SCORES``."""

SCORES = ("same incident", "source of", "part of")
"""What a link model scores, in its order. The first is the mean of both directions."""

BLOCK = 200
"""Mentions that are linked together at most; no link leads from one block of a very long text to another."""


@dataclass(frozen=True, slots=True)
class OnnxLinkModel:
    """A ``LinkModel`` in ONNX Runtime."""

    session: ort.InferenceSession
    reads_vectors: bool
    """Whether the vectors matter to it; models of before version 7 read the features alone, as (pairs, features)."""

    def __call__(self, features: Floats, vectors: Floats) -> Floats:
        """Score each ordered pair of mentions."""
        count = len(features)
        if self.reads_vectors:
            inputs = {"features": features, "vectors": vectors}
        else:
            inputs = {"features": features.reshape(count * count, FEATURES)}
        scores: Floats = self.session.run(["scores"], inputs)[0]
        return scores.reshape(count, count, len(SCORES))


def onnx_link_model(path: Path, threads: int | None = None) -> OnnxLinkModel:
    """Load a link model that ``train.links`` wrote.

    Args:
        path: the ONNX file.
        threads: how many to use; by default one a core.

    Raises:
        ValueError: if it reads other features or gives other scores than this version's.
    """
    import onnxruntime as ort

    options = ort.SessionOptions()
    options.intra_op_num_threads = threads or 0
    options.log_severity_level = 3
    session = ort.InferenceSession(path, options, providers=["CPUExecutionProvider"])
    if (read := session.get_inputs()[0].shape[-1]) != FEATURES:
        raise ValueError(f"it reads {read} features of a pair, this version gives {FEATURES}; run train.links again")
    if (given := session.get_outputs()[0].shape[-1]) != len(SCORES):
        raise ValueError(f"it gives {given} scores of a pair, this version reads {len(SCORES)}; run train.links again")

    return OnnxLinkModel(session, "vectors" in {each.name for each in session.get_inputs()})


def link(
    text: str,
    mentions: Sequence[Mention],
    model: str = "",
    published: dt.date | None = None,
    links: LinkModel | None = None,
    vectors: Floats | None = None,
) -> Report:
    """Link the mentions of a text and gather its incidents.

    Args:
        text: the text.
        mentions: its mentions, sorted and disjoint; what links they already have is replaced.
        model: what found them.
        published: the day that the article is from, if expressions of time are to be read.
        links: what to link them with; rules alone if ``None``.
        vectors: the encoder's, of the mentions, (mentions, length), if ``links`` reads them.
    """
    linked = link_by_rules(text, mentions)
    if links:
        sentences = Sentences(text)
        known = np.zeros((len(linked), 0), np.float32) if vectors is None else vectors
        blocks = [slice(start, start + BLOCK) for start in range(0, len(linked), BLOCK)]
        linked = list(_numbered([_link_block(text, linked[block], known[block], sentences, links) for block in blocks]))
    incidents = tuple(gather_incidents(text, linked, published))
    return Report(text=text, mentions=tuple(linked), incidents=incidents, model=model)


def _link_block(
    text: str, mentions: list[Mention], vectors: Floats, sentences: Sentences, links: LinkModel
) -> list[Mention]:
    """The mentions with the links that a model gives them; incidents are numbered within the block."""
    scores = links(pair_features(text, within(mentions), sentences), vectors)
    incidents = average_linkage((scores[..., 0] + scores[..., 0].T) / 2)
    sources = _best(scores[..., 1], np.array([[can_attribute(mention) for mention in mentions]] * len(mentions)))
    wholes = _best(scores[..., 2], _can_include(mentions, sentences))
    ids = [mention.id for mention in mentions]
    return [
        mention.with_links((f"i{incident}",), ids[source] if source >= 0 else None, ids[whole] if whole >= 0 else None)
        for mention, incident, source, whole in zip(mentions, incidents, sources, wholes, strict=True)
    ]


def within(mentions: Sequence[Mention]) -> list[Mention]:
    """The mentions without links that lead to others than them."""
    ids = {mention.id for mention in mentions}
    targets = [[getattr(mention, link, None) for link in ("source", "part_of")] for mention in mentions]
    return [
        mention.with_links(mention.incidents, *(target if target in ids else None for target in both))
        for mention, both in zip(mentions, targets, strict=True)
    ]


def can_attribute(mention: Mention) -> bool:
    """Whether a mention may be a source: one that is labelled so, or an actor that speaks for itself."""
    return mention.label in ("SOURCE", "CLAIMED")


def _can_include(mentions: Sequence[Mention], sentences: Sentences) -> npt.NDArray[np.bool_]:
    """Whether the column's figure may include the row's: it is larger, or as large and first; so none in a circle.

    One that gives no number, such as the "dozens" of a headline, includes only what is said in the same sentence or the
    next: what is farther away may be of another incident, and a number must not bow to it.
    """
    figures = np.array([isinstance(mention, Casualty) for mention in mentions], dtype=bool)
    sizes = np.array([mention.count.magnitude if isinstance(mention, Casualty) else 0 for mention in mentions])
    order = np.arange(len(mentions))
    larger = sizes[None, :] > sizes[:, None]
    before = (sizes[None, :] == sizes[:, None]) & (order[None, :] < order[:, None])
    vague = np.array([isinstance(mention, Casualty) and bool(VAGUE.search(mention.text)) for mention in mentions], bool)
    numbers = np.array([sentences.number(mention.start) for mention in mentions], dtype=np.int64)
    near = np.abs(numbers[None, :] - numbers[:, None]) <= 1
    return np.asarray(figures[None, :] & figures[:, None] & (larger | before) & (near | ~vague[None, :]))


def _best(scores: Floats, allowed: npt.NDArray[np.bool_]) -> list[int]:
    """For each row the column of the highest score among the allowed ones, its own left out; -1 if none is above 0."""
    if not len(scores):
        return []
    open_to = np.where(allowed & ~np.eye(len(scores), dtype=bool), scores, -np.inf)
    columns = open_to.argmax(axis=1)
    return [int(column) if open_to[row, column] > 0 else -1 for row, column in enumerate(columns)]


def average_linkage(scores: npt.NDArray[np.floating[Any]]) -> list[int]:
    """Group mentions by joining, again and again, the two groups whose mean score is highest, while it is above 0.

    Args:
        scores: of each pair, symmetric, (mentions, mentions).

    Returns:
        The number of each mention's group.
    """
    groups: npt.NDArray[np.int64] = np.arange(len(scores))
    sizes = np.ones(len(scores))
    means = scores.astype(np.float64)
    np.fill_diagonal(means, -np.inf)
    while means.size and means.max() > 0:
        kept, joined = divmod(int(means.argmax()), len(means))
        merged = (means[kept] * sizes[kept] + means[joined] * sizes[joined]) / (sizes[kept] + sizes[joined])
        means[kept], means[:, kept] = merged, merged
        means[joined], means[:, joined] = -np.inf, -np.inf
        means[kept, kept] = -np.inf
        sizes[kept] += sizes[joined]
        groups[groups == joined] = kept
    return [int(group) for group in groups]


def _numbered(blocks: Sequence[Sequence[Mention]]) -> Iterator[Mention]:
    """The mentions of all blocks, their incidents numbered from 1 in the order of the text."""
    numbers: dict[tuple[int, str], str] = {}
    for block, mentions in enumerate(blocks):
        for mention in mentions:
            incidents = tuple(numbers.setdefault((block, id), f"i{len(numbers) + 1}") for id in mention.incidents)
            yield replace(mention, incidents=incidents)
