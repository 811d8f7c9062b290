"""Scores to mentions: the one decoder, in training, evaluation and use alike.

The encoder says of each word by itself how likely each tag is. A chain makes of that how likely each span is to be a
mention, with its neighbours considered: a linear-chain conditional random field (Lafferty et al. 2001), its marginals
by the forward-backward algorithm (Rabiner 1989). Of the spans those are reported that are together the best bet, which
is not the most probable sequence: decoding by least risk (Goel and Byrne 2000), the risk being to report in vain or to
pass over.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, fields
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from casualties.counts import read_count
from casualties.engine import Floats, Scores
from casualties.labels import ATTRIBUTION_LABELS, CASUALTY_LABELS, GROUPS, LABELS, TAGS
from casualties.report import Attribution, Casualty, Mention
from casualties.windows import Booleans, WindowedText

Doubles = npt.NDArray[np.float64]

SURELY_OUTSIDE = 0.9995
"""A word that is in no mention with this probability parts what is left of it from what is right of it."""
LEAST_PROBABILITY = 1e-12
"""Of a tag; no word is surer of anything."""

OUTSIDE = 0
BEGIN, INSIDE = np.arange(1, len(TAGS), 2), np.arange(2, len(TAGS), 2)
"""The ``B-`` and the ``I-`` tags by their numbers, in the order of ``LABELS``."""
STEPS = {
    "second": (BEGIN, INSIDE),
    "further": (INSIDE, INSIDE),
    "end_of_one": np.ix_(BEGIN, np.array([OUTSIDE])),
    "next_to_one": np.ix_(BEGIN, BEGIN),
    "next_to_more": np.ix_(INSIDE, BEGIN),
}
"""From which tags to which each step of a ``Chain`` goes; an ``I-`` follows its own label alone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Chain:
    """How much likelier a tag is for the one before it, in log-odds, alike for all labels.

    A word outside weighs nothing, nor does the beginning of a mention after it, nor the end of one of several words:
    with values of their own for these, different chains would be the same. The values here make the labels of the dev
    articles likeliest (``train.chain``). A mention's words largely repeat each other, so that what they say counts for
    less than its sum, and a longer mention for more.
    """

    sharpness: float = 0.59
    """What the log-probabilities of a word's tags are multiplied by."""
    second: float = -0.31
    """The second word of a mention."""
    further: float = 0.44
    """Each further word of a mention."""
    end_of_one: float = -1.2
    """A word outside, after a mention of one word."""
    next_to_one: float = -2.02
    """A mention, right after one of one word."""
    next_to_more: float = -1.75
    """A mention, right after one of more words."""

    def weights(self) -> Doubles:
        """By what each tag, a row, multiplies each that may come next, (tags, tags); 0 for those that may not."""
        weights = np.zeros((len(TAGS), len(TAGS)))
        weights[OUTSIDE, OUTSIDE] = 1
        weights[OUTSIDE, BEGIN] = 1
        weights[INSIDE, OUTSIDE] = 1
        for name, steps in STEPS.items():
            weights[steps] = np.exp(getattr(self, name))
        return weights


class Span(NamedTuple):
    """Words that may be a mention."""

    first: int
    end: int
    """The word behind the last."""
    label: int
    """Its number in ``LABELS``."""
    probability: float
    """That it is a mention, of this label, and neither longer nor shorter."""


DEFAULT_CHAIN = Chain()
LEAST = 0.25
"""The probability from which a span is worth reporting. The best F1 of exact spans would want half that F1, some 0.43
(Lipton et al. 2014); it is less, since a span that is not quite the right one is worth something as well."""


def decode(text: str, words: WindowedText, scores: Scores) -> tuple[Mention, ...]:
    """Find the mentions of a text.

    Args:
        text: the text that was scored.
        words: its words.
        scores: what the model says of them.

    Returns:
        The mentions, sorted and disjoint, named ``m1``, ``m2``, … in the order of the text. The confidence of each,
        before tuning, is the highest probability that one of its words is of its label: not the span's own, which is
        lower, since a mention counts as right if it overlaps with what is there (``confidence.judge``).
    """
    mentions: list[Mention] = []
    for span in best_bet(likely_spans(scores.tags, words.begins)):
        start, end = int(words.starts[span.first]), int(words.ends[span.end - 1])
        of_label = scores.tags[span.first : span.end, [BEGIN[span.label], INSIDE[span.label]]]
        found = Mention(
            id=f"m{len(mentions) + 1}",
            start=start,
            end=end,
            text=text[start:end],
            label=LABELS[span.label],
            confidence=min(1.0, float(of_label.sum(axis=1).max())),
        )
        mentions.append(_specify(found, scores.groups[span.first : span.end]))
    return tuple(mentions)


def _specify(mention: Mention, groups: Floats) -> Mention:
    """The mention as what its label makes it; ``groups`` are the probabilities at its words, (words, groups)."""
    common: dict[str, Any] = {field.name: getattr(mention, field.name) for field in fields(mention)}
    if mention.label in CASUALTY_LABELS:
        group = GROUPS[int(groups.mean(axis=0).argmax())]
        return Casualty(**common, group=group, count=read_count(mention.text))
    return Attribution(**common) if mention.label in ATTRIBUTION_LABELS else mention


def likely_spans(
    probabilities: Floats, begins: Booleans, chain: Chain = DEFAULT_CHAIN, least: float = LEAST
) -> Iterator[Span]:
    """The spans that a chain gives some probability.

    Args:
        probabilities: of each tag at each word by itself, shape (words, tags).
        begins: at which words no mention may go on, shape (words,).
        chain: how tags follow each other.
        least: the probability that a span must have.
    """
    weights = chain.weights()
    for first, end in stretches(probabilities[:, OUTSIDE] < SURELY_OUTSIDE):
        potentials = potentials_of(probabilities[first:end], begins[first:end], chain)
        for span in _spans_of_stretch(potentials, weights, least):
            yield span._replace(first=span.first + first, end=span.end + first)


def stretches(open_words: Booleans) -> Iterator[tuple[int, int]]:
    """The first word, and the word behind the last, of each run of words that are open."""
    edges = np.flatnonzero(np.diff(open_words.astype(np.int8), prepend=0, append=0))
    yield from zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True)


def potentials_of(probabilities: Floats, begins: Booleans, chain: Chain) -> Doubles:
    """How much each word by itself speaks for each tag, (words, tags); see ``likely_spans``."""
    potentials: Doubles = np.maximum(probabilities.astype(np.float64), LEAST_PROBABILITY) ** chain.sharpness
    potentials[np.ix_(begins, INSIDE)] = 0
    return potentials


def _spans_of_stretch(potentials: Doubles, weights: Doubles, least: float) -> Iterator[Span]:
    """The likely spans among words between two that are surely outside; ``potentials`` is (words, tags)."""
    forward, backward, step = forward_backward(potentials, weights)
    likely = forward[:, BEGIN] * backward[:, BEGIN] >= least
    for first, label in zip(*(each.tolist() for each in likely.nonzero()), strict=True):
        tag, inside = BEGIN[label], INSIDE[label]
        so_far = forward[first, tag]
        for word in range(first, len(potentials)):
            goes_on = weights[tag, inside] * step[word + 1, inside] if word + 1 < len(potentials) else 0.0
            longer = so_far * goes_on * backward[word + 1, inside] if goes_on else 0.0
            if (probability := so_far * backward[word, tag] - longer) >= least:
                yield Span(first, word + 1, label, float(probability))
            if longer < least:
                break
            so_far, tag = so_far * goes_on, inside


def forward_backward(potentials: Doubles, weights: Doubles) -> tuple[Doubles, Doubles, Doubles]:
    """How likely each tag is at each word, given those before and those after, each (words, tags).

    The product of the first two is the probability of each tag at each word. The third is the potentials, scaled so
    that it is.
    """
    forward, backward, step = (np.empty_like(potentials) for _ in range(3))
    coming = weights[OUTSIDE]
    for word, potential in enumerate(potentials):
        step[word] = potential / (coming @ potential)
        forward[word] = coming * step[word]
        coming = forward[word] @ weights
    backward[-1] = weights[:, OUTSIDE] / coming[OUTSIDE]
    for word in range(len(potentials) - 1, 0, -1):
        backward[word - 1] = weights @ (step[word] * backward[word])
    return forward, backward, step


def best_bet(spans: Iterable[Span], least: float = LEAST) -> list[Span]:
    """The disjoint spans whose probabilities, less ``least`` each, have the greatest sum; in the order of the text."""
    ordered = sorted(spans, key=lambda span: span.end)
    ends = [span.end for span in ordered]
    before = [bisect_right(ends, span.first) for span in ordered]  # how many end where each begins, or earlier
    sums = [0.0]
    for number, span in enumerate(ordered):
        sums.append(max(sums[-1], sums[before[number]] + span.probability - least))
    chosen: list[Span] = []
    left = len(ordered)
    while left:
        if sums[left] > sums[left - 1]:
            chosen.append(ordered[left - 1])
            left = before[left - 1]
        else:
            left -= 1
    return chosen[::-1]
