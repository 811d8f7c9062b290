"""Links and accounts: which mentions belong together, who gives a figure, what an incident comes to.

Links are scored on the mentions that people marked, so that they do not depend on how well mentions are found;
accounts on whatever mentions a report has. Needs scipy (extra ``train``).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import combinations
from typing import NamedTuple

import numpy as np

from casualties.actors import same_actor
from casualties.corpus.records import Article
from casualties.report import Actor, Incident, Mention, Report
from casualties.resolve import gather_incidents
from casualties.rules import Sentences, link_by_rules
from casualties.scoring.bootstrap import RESAMPLES, Floats, Interval, intervals, resample_sums
from casualties.scoring.mentions import match
from casualties.scoring.rate import Rate

OUTCOMES = ("KILLED", "WOUNDED")
"""The totals that an account must have right."""

Linker = Callable[[str, Sequence[Mention]], Sequence[Mention]]
"""Gives the mentions of a text their incidents, sources and parts."""


class Tally(NamedTuple):
    """What a text adds to the scores of links; every field adds up over texts."""

    pairs_right: float
    pairs_found: float
    pairs_gold: float
    b_cubed_precision: float
    b_cubed_recall: float
    mentions: float
    similarity: float
    incidents_found: float
    incidents_gold: float
    sources_right: float
    sources_found: float
    sources_gold: float
    parts_right: float
    parts_found: float
    parts_gold: float


@dataclass(frozen=True, slots=True)
class LinkEvaluation:
    """The scores of links by name, fractions from 0 to 1, and the 95 % bootstrap interval of each.

    ``same_incident`` is the F1 of pairs of mentions that share an incident; ``b_cubed`` is B³ (Bagga and Baldwin
    1998), a mention of several incidents counting with all that share one with it; ``ceaf_e`` is CEAF with φ4 over
    incidents (Luo 2005); ``sources`` and ``parts`` are F1s of links to a source and to a larger figure.
    """

    scores: Mapping[str, float]
    intervals: Mapping[str, Interval]


def evaluate_links(
    articles: Sequence[Article], linker: Linker, *, resamples: int = RESAMPLES, seed: int = 0
) -> LinkEvaluation:
    """Score a way to link on the mentions that people marked.

    Args:
        articles: with gold links.
        linker: what to score; it is given the mentions without their links.
        resamples: how often to resample the articles for the intervals.
        seed: of the resampling.
    """
    tallies = np.array([tally(article.mentions, linker(article.text, unlinked(article))) for article in articles])
    tallies = tallies.reshape(len(articles), len(Tally._fields))
    scores = measure(Tally(*tallies.sum(axis=0)))
    if not articles or not resamples:
        return LinkEvaluation(scores, {})
    drawn = [measure(Tally(*sums)) for sums in resample_sums(tallies, resamples=resamples, seed=seed)]
    return LinkEvaluation(scores, intervals({name: np.array([each[name] for each in drawn]) for name in scores}))


def unlinked(article: Article) -> list[Mention]:
    """The mentions of an article without incidents, sources and parts."""
    return [mention.with_links((), None, None) for mention in article.mentions]


def all_one_incident(text: str, mentions: Sequence[Mention]) -> Sequence[Mention]:
    """A baseline: every mention speaks of one incident; sources and parts by rule."""
    return [replace(mention, incidents=("i1",)) for mention in link_by_rules(text, mentions)]


def an_incident_a_paragraph(text: str, mentions: Sequence[Mention]) -> Sequence[Mention]:
    """A baseline: each paragraph speaks of an incident of its own; sources and parts by rule."""
    sentences = Sentences(text)
    return [
        replace(mention, incidents=(f"i{sentences.paragraph(mention.start) + 1}",))
        for mention in link_by_rules(text, mentions)
    ]


BASELINES: dict[str, Linker] = {
    "rules": link_by_rules,
    "one incident": all_one_incident,
    "one a paragraph": an_incident_a_paragraph,
}


def tally(gold: Sequence[Mention], linked: Sequence[Mention]) -> Tally:
    """Compare two sets of links between the same mentions.

    Raises:
        ValueError: if they are not the same mentions in the same order.
    """
    if [mention.id for mention in gold] != [mention.id for mention in linked]:
        raise ValueError("links can only be compared between the same mentions")
    together = list(zip(_together(gold), _together(linked), strict=True))
    clusters = _clusters(gold), _clusters(linked)
    return Tally(
        *_compare(_pairs(gold), _pairs(linked)),
        sum(len(one & other) / len(other) for one, other in together),
        sum(len(one & other) / len(one) for one, other in together),
        len(gold),
        _aligned_similarity(*clusters),
        len(clusters[1]),
        len(clusters[0]),
        *_compare(_links(gold, "source"), _links(linked, "source")),
        *_compare(_links(gold, "part_of"), _links(linked, "part_of")),
    )


def measure(sums: Tally) -> dict[str, float]:
    """The scores of a tally, as ``LinkEvaluation`` names them; 0.0 where there was nothing to be right about."""
    return {
        "same_incident": _f1(sums.pairs_right, sums.pairs_found, sums.pairs_right, sums.pairs_gold),
        "b_cubed": _f1(sums.b_cubed_precision, sums.mentions, sums.b_cubed_recall, sums.mentions),
        "ceaf_e": _f1(sums.similarity, sums.incidents_found, sums.similarity, sums.incidents_gold),
        "sources": _f1(sums.sources_right, sums.sources_found, sums.sources_right, sums.sources_gold),
        "parts": _f1(sums.parts_right, sums.parts_found, sums.parts_right, sums.parts_gold),
    }


def _f1(right: float, found: float, recalled: float, gold: float) -> float:
    """The harmonic mean of the precision right / found and the recall recalled / gold."""
    precision, recall = right / found if found else 0.0, recalled / gold if gold else 0.0
    return 2 * precision * recall / (precision + recall) if precision + recall else 0.0


def _compare(gold: set[tuple[str, str]], found: set[tuple[str, str]]) -> tuple[int, int, int]:
    return len(gold & found), len(found), len(gold)


def _pairs(mentions: Sequence[Mention]) -> set[tuple[str, str]]:
    """The ids of each two mentions that share an incident."""
    return {(one.id, other.id) for one, other in combinations(mentions, 2) if set(one.incidents) & set(other.incidents)}


def _links(mentions: Sequence[Mention], attribute: str) -> set[tuple[str, str]]:
    return {(mention.id, target) for mention in mentions if (target := getattr(mention, attribute, None))}


def _together(mentions: Sequence[Mention]) -> list[set[str]]:
    """For each mention the ids of those that share an incident with it, itself among them."""
    return [
        {other.id for other in mentions if other is mention or set(other.incidents) & set(mention.incidents)}
        for mention in mentions
    ]


def _clusters(mentions: Sequence[Mention]) -> list[set[str]]:
    """The ids of the mentions of each incident."""
    incidents: dict[str, set[str]] = {}
    for mention in mentions:
        for incident in mention.incidents:
            incidents.setdefault(incident, set()).add(mention.id)
    return list(incidents.values())


def _aligned_similarity(gold: Sequence[set[str]], found: Sequence[set[str]]) -> float:
    """The sum of φ4 over the best one-to-one alignment of incidents."""
    phi = np.array([[2 * len(one & other) / (len(one) + len(other)) for other in found] for one in gold])
    return float(sum(phi[row, column] for row, column in _align(phi)))


def _align(similarity: Floats) -> list[tuple[int, int]]:
    """The pairs of a one-to-one alignment with the largest sum of similarities (Kuhn 1955)."""
    from scipy.optimize import linear_sum_assignment

    if not similarity.size:
        return []
    rows, columns = linear_sum_assignment(similarity, maximize=True)
    return [(int(row), int(column)) for row, column in zip(rows, columns, strict=True) if similarity[row, column]]


class Accounts(NamedTuple):
    """How the incidents of a text come out; every field adds up over texts."""

    right: int
    gold: int
    """Incidents that the text tells of."""
    invented: int
    """Incidents of the report that are none of the text's."""

    def rates(self) -> dict[str, Rate]:
        """``accounts``, the text's incidents that are right, and ``accounts.strict``, of invented ones as well."""
        return {
            "accounts": Rate(self.right, self.gold),
            "accounts.strict": Rate(self.right, self.gold + self.invented),
        }


def compare_accounts(article: Article, report: Report) -> Accounts:
    """Compare the incidents of a report with those of the article.

    Incidents are aligned by the mentions that they share. One is right if the totals of ``OUTCOMES``, militants' apart,
    are the same in low, best and high, and if the same actors have the same status. The gold totals and statuses are
    those that ``casualties.resolve`` makes of the mentions and links that people marked.
    """
    gold = list(gather_incidents(article.text, article.mentions))
    same = match(article.mentions, report.mentions, exact=False, same_label=True)
    found_by_gold = {article.mentions[one].id: report.mentions[other].id for one, other in same}
    members = [{found_by_gold.get(mention.id) for mention in _mentions(incident)} for incident in gold]
    theirs = [{mention.id for mention in _mentions(incident)} for incident in report.incidents]
    shared = np.array([[float(len(one & other)) for other in theirs] for one in members])
    aligned = _align(shared)
    right = sum(_same_account(gold[row], report.incidents[column]) for row, column in aligned)
    return Accounts(right, len(gold), len(report.incidents) - len(aligned))


def _mentions(incident: Incident) -> tuple[Mention, ...]:
    return (*incident.places, *incident.dates, *incident.casualties, *incident.attributions)


def _same_account(one: Incident, other: Incident) -> bool:
    totals = [
        [[side[label].count if label in side else None for label in OUTCOMES] for side in (each.totals, each.militants)]
        for each in (one, other)
    ]
    return totals[0] == totals[1] and _same_actors(one.actors, other.actors)


def _same_actors(one: Sequence[Actor], other: Sequence[Actor]) -> bool:
    """Whether each actor of one side is on the other, with the same status."""
    return len(one) == len(other) and all(
        any(actor.status == each.status and same_actor(actor.name, each.name) for each in other) for actor in one
    )
