"""Mentions to a report: a learned model, or rules alone, say which belong together; then each incident is resolved.

From what ``casualties.pairs`` tells of two mentions and from the encoder's vectors of both, the model scores each pair
three times: do they speak of one incident, is the second the source of the first, is the first part of the second. It
also scores whether a mention speaks of several incidents, as a total over two attacks does.
Incidents are found by average linkage of the first score (UPGMA, Sokal and Michener 1958): of the mentions of one
incident, the two groups that fit best are joined as long as they are rather the same than not. A mention of several
then belongs to each group that it rather fits than not. Two groups side by side, one of attributions without a figure
and one of figures without an attribution, are joined more readily: each is half an account.

Where a model found the figures, the link model also says which group of people each counts: it reads the vectors of the
whole mention and of its sentence, the encoder's own head the words of the mention one by one.
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from casualties.counts import read_count, read_share
from casualties.labels import GROUPS
from casualties.pairs import FEATURES, Floats, pair_features
from casualties.report import Attribution, Casualty, Mention, Report
from casualties.resolve import VAGUE, gather_incidents
from casualties.rules import Sentences, link_by_rules

LinkModel = Callable[[Floats, Floats], tuple[Floats, Floats, Floats | None]]
"""Features (mentions, mentions, ``FEATURES``) and the encoder's vectors (mentions, length) to the log-odds of links
(mentions, mentions, 3), see ``SCORES``, and of speaking of several incidents (mentions,), and to the logits of the
group that a mention counts, were it a casualty (mentions, ``GROUPS``): ``None`` from a model that tells no groups."""

SCORES = ("same incident", "source of", "part of")
"""What a link model scores of pairs, in its order. The first is the mean of both directions."""

OUTPUTS = ("scores", "several", "groups")
"""Of the graph of a link model, in the order of what a ``LinkModel`` gives; one that tells no groups lacks the last."""

HALF_ACCOUNTS = -1.0
"""Mean score from which a group of attributions alone is joined with one of casualties alone beside it."""

BLOCK = 200
"""Mentions that are linked together at most; no link leads from one block of a very long text to another."""


def onnx_link_model(path: Path) -> LinkModel:
    """Load a link model that ``train.links`` wrote.

    Args:
        path: the ONNX file.

    Raises:
        ValueError: if it reads other features or gives other outputs than this version's.
    """
    import onnxruntime as ort

    options = ort.SessionOptions()
    options.intra_op_num_threads = 1  # others would wait for work in a loop, on the cores that the encoder uses
    options.log_severity_level = 3
    session = ort.InferenceSession(path, options, providers=["CPUExecutionProvider"])
    if (read := session.get_inputs()[0].shape[-1]) != FEATURES:
        raise ValueError(f"it reads {read} features of a pair, this version gives {FEATURES}; run train.links again")
    given = [each.name for each in session.get_outputs()]
    if given not in (list(OUTPUTS), list(OUTPUTS[:-1])):
        raise ValueError(f"it gives {given}, this version reads {list(OUTPUTS)}; run train.links again")

    def run(features: Floats, vectors: Floats) -> tuple[Floats, Floats, Floats | None]:
        scores, several, *groups = session.run(given, {"features": features, "vectors": vectors})
        return scores, several, groups[0] if groups else None

    return run


def link(
    text: str,
    mentions: Sequence[Mention],
    model: str = "",
    published: dt.date | None = None,
    links: LinkModel | None = None,
    vectors: Floats | None = None,
    *,
    classify_groups: bool = False,
) -> Report:
    """Link the mentions of a text, count those that tell a share of a larger figure, and gather the incidents.

    Args:
        text: the text.
        mentions: its mentions, sorted and disjoint; what links they already have is replaced.
        model: what found them.
        published: the day that the article is from, if expressions of time are to be read.
        links: what to link them with; rules alone if ``None``.
        vectors: the encoder's, of the mentions, (mentions, length), if ``links`` reads them.
        classify_groups: let ``links``, if it tells groups, say which each casualty counts, as it should where a model
            found the mentions, not people.
    """
    linked_blocks = [link_by_rules(text, mentions)]
    if links:
        sentences = Sentences(text)
        (linked,) = linked_blocks
        known = np.zeros((len(linked), 0), np.float32) if vectors is None else vectors
        blocks = [slice(start, start + BLOCK) for start in range(0, len(linked), BLOCK)]
        linked_blocks = [
            _link_block(text, linked[block], known[block], sentences, links, classify_groups) for block in blocks
        ]
    linked = list(_with_shares(list(_numbered(linked_blocks))))
    incidents = tuple(gather_incidents(text, linked, published))
    return Report(text=text, mentions=tuple(linked), incidents=incidents, model=model)


def _with_shares(mentions: Sequence[Mention]) -> Iterator[Mention]:
    """The mentions, those that tell a share of a larger figure ("most of them") with what that makes of their count.

    A count that is not what the words alone say, since a person gave it, stays.
    """
    by_id = {mention.id: mention for mention in mentions}
    for mention in mentions:
        whole = by_id.get(mention.part_of or "") if isinstance(mention, Casualty) else None
        if isinstance(mention, Casualty) and isinstance(whole, Casualty) and mention.count == read_count(mention.text):
            by_id[mention.id] = replace(mention, count=read_share(mention.text, whole.count) or mention.count)
        yield by_id[mention.id]


def _link_block(
    text: str,
    mentions: list[Mention],
    vectors: Floats,
    sentences: Sentences,
    links: LinkModel,
    classify_groups: bool,
) -> list[Mention]:
    """The mentions with the links that a model gives them; incidents are numbered within the block."""
    # The features are of the groups that the encoder gave: what the model says of groups it says in the same call.
    scores, several, group_logits = links(pair_features(text, within(mentions), sentences), vectors)
    if classify_groups and group_logits is not None:
        mentions = _with_groups(mentions, group_logits)
    same = (scores[..., 0] + scores[..., 0].T) / 2
    incidents = join_half_accounts(overlapping_groups(same, several > 0), same, mentions, sentences)
    sources = _best(scores[..., 1], np.array([[can_attribute(mention) for mention in mentions]] * len(mentions)))
    wholes = _best(scores[..., 2], _can_include(mentions, sentences))
    ids = [mention.id for mention in mentions]
    return [
        mention.with_links(
            tuple(f"i{group}" for group in groups),
            ids[source] if source >= 0 else None,
            ids[whole] if whole >= 0 else None,
        )
        for mention, groups, source, whole in zip(mentions, incidents, sources, wholes, strict=True)
    ]


def _with_groups(mentions: Sequence[Mention], logits: Floats) -> list[Mention]:
    """The mentions, each casualty of the group that is likeliest by the logits, (mentions, ``GROUPS``)."""
    return [
        replace(mention, group=GROUPS[int(best)]) if isinstance(mention, Casualty) else mention
        for mention, best in zip(mentions, logits.argmax(axis=-1), strict=True)
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


def overlapping_groups(scores: npt.NDArray[np.floating[Any]], several: npt.NDArray[np.bool_]) -> list[list[int]]:
    """Group mentions, of which some belong to several groups.

    Args:
        scores: of each pair, symmetric, (mentions, mentions).
        several: which mentions may belong to several groups, (mentions,); the others are grouped without them.

    Returns:
        The numbers of each mention's groups, in ascending order; at least one.
    """
    single = np.flatnonzero(~several | several.all())
    grouped = np.array(average_linkage(scores[np.ix_(single, single)]), dtype=np.int64)
    names = np.unique(grouped)
    groups: list[list[int]] = [[] for _ in scores]
    for mention, group in zip(single.tolist(), grouped.tolist(), strict=True):
        groups[mention] = [group]
    for mention in np.setdiff1d(np.arange(len(scores)), single).tolist():
        fits = np.array([scores[mention, single[grouped == name]].mean() for name in names])
        groups[mention] = names[(fits > 0) | (fits == fits.max())].tolist()
    return groups


def join_half_accounts(
    groups: Sequence[Sequence[int]],
    scores: npt.NDArray[np.floating[Any]],
    mentions: Sequence[Mention],
    sentences: Sentences,
) -> list[list[int]]:
    """Join each group of attributions alone with a group of casualties alone in the same or an adjacent sentence.

    "Red Dawn claimed a blast in Tolva. The attack on the market killed 30" tells of one attack, by two names.

    Args:
        groups: the numbers of each mention's groups.
        scores: of each pair, symmetric, (mentions, mentions).
        mentions: of the text, sorted.
        sentences: of the text.

    Returns:
        The numbers of each mention's groups, in ascending order.
    """
    members: dict[int, list[int]] = defaultdict(list)
    for number, names in enumerate(groups):
        for name in names:
            members[name].append(number)
    kinds = {name: {type(mentions[number]) for number in numbers} - {Mention} for name, numbers in members.items()}
    at = np.array([sentences.number(mention.start) for mention in mentions], dtype=np.int64)
    joined: dict[int, int] = {}
    for name in (name for name, kind in kinds.items() if kind == {Attribution}):
        fits = {
            other: float(scores[np.ix_(members[name], members[other])].mean())
            for other, kind in kinds.items()
            if kind == {Casualty} and np.abs(at[members[name], None] - at[members[other]]).min() <= 1
        }
        best = max(fits, key=fits.__getitem__, default=name)
        if fits.get(best, -np.inf) > HALF_ACCOUNTS:
            joined[name] = best
    return [sorted({joined.get(name, name) for name in names}) for names in groups]


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
    """The mentions of all blocks, their incidents numbered from 1 in the order of the text, those of no claim last."""
    claimed: dict[tuple[int, str], bool] = {}
    for block, mentions in enumerate(blocks):
        for mention in mentions:
            for id in mention.incidents:
                is_claim = isinstance(mention, Casualty | Attribution)
                claimed[block, id] = claimed.get((block, id), False) or is_claim
    ranked = sorted(claimed, key=lambda incident: not claimed[incident])
    numbers = {incident: f"i{number}" for number, incident in enumerate(ranked, start=1)}
    for block, mentions in enumerate(blocks):
        for mention in mentions:
            yield replace(mention, incidents=tuple(numbers[block, id] for id in mention.incidents))
