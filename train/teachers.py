"""Trained models as teachers, and the texts without labels that a student learns from as they read them.

A student that imitates the mean of its teachers' probabilities on many texts learns more than labels alone tell it
(Hinton, Vinyals and Dean 2015, with temperature 1), the more so the longer it imitates and the more the texts differ
(Beyer et al. 2022, "Knowledge distillation: a good teacher is patient and consistent").
"""

from __future__ import annotations

import logging
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
from rich.progress import track
from transformers import AutoTokenizer

from casualties.corpus.records import Article
from casualties.corpus.tables import read_attack_items, read_dates, read_texts
from casualties.engine import Scores, score
from casualties.labels import ATTRIBUTION_LABELS, CASUALTY_LABELS, TAGS
from train.average import weights_of
from train.config import CONFIG, read_config
from train.data import read_split, select
from train.model import CasualtyModel, as_engine, fast_precision, fastest_device, plain_tokenizer
from train.split import same_event

SHARES = {"attack_items": 0.35, "news_items": 0.1, "muc_articles": 0.3, "terrorist_incidents": 0.25}
"""Of the words, where not all texts are read: short items of attacks, of all news, whole articles, incident reports."""
LONGEST = 1200
"""Words; longer texts are left out, so that a few do not fill a collection's share."""
PACK = (60, 320)
"""Words of a pack, at least; drawn anew for each between these."""
CHUNK = 1024
"""Texts read at once."""
BATCH = 64
"""Windows a batch."""
TOLD = 0.2
"""The probability of a word to be part of a casualty or an attribution from which on its text tells of one."""
QUIET = 0.08
"""The share that is kept of the texts that tell of neither: most news does not, and teaches little."""

logger = logging.getLogger(__name__)


class Teachers:
    """Models that say together what they make of each word of a text."""

    def __init__(self, runs: Sequence[Path]) -> None:
        """Load the best models of some training runs of one encoder, onto the fastest device.

        Raises:
            FileNotFoundError: if a run has none.
            ValueError: if they do not cut texts into the same tokens and windows.
        """
        self.weights = tuple(file for run in runs for file in weights_of(run / "best"))
        """What makes these teachers these."""
        tokenizers = [plain_tokenizer(AutoTokenizer.from_pretrained(run / "best")) for run in runs]
        self._tokenizer, self._windowing = tokenizers[0], read_config(runs[0] / CONFIG).windowing
        for run, tokenizer in zip(runs, tokenizers, strict=True):
            if tokenizer.to_str() != self._tokenizer.to_str() or read_config(run / CONFIG).windowing != self._windowing:
                raise ValueError(f"{run} has other tokens or windows than {runs[0]}; teachers are runs of one encoder")
        self._device = fastest_device()
        models = [CasualtyModel.load(run / "best").to(self._device) for run in runs]
        self._engines = [as_engine(model, with_vectors=False) for model in models]

    def read(self, articles: Sequence[Article]) -> Iterator[Scores]:
        """The mean of the teachers' probabilities for the words of each text; labels are not looked at."""
        for start in track(range(0, len(articles), CHUNK), "teachers read"):
            chunk = articles[start : start + CHUNK]
            words = [self._windowing.split(article.text, self._tokenizer) for article in chunk]
            with fast_precision(self._device):
                opinions = [score(engine, words, BATCH, sure=0.0) for engine in self._engines]  # no vectors
            for scores in zip(*opinions, strict=True):
                yield Scores(
                    np.mean([each.tags for each in scores], axis=0), np.mean([each.groups for each in scores], axis=0)
                )


def telling(
    articles: Sequence[Article], opinions: Iterable[Scores], random: np.random.Generator
) -> tuple[list[Article], list[Scores]]:
    """The texts that tell of a casualty or an attribution, by what teachers say, and a share of the others."""
    columns = [n for n, tag in enumerate(TAGS) if tag.partition("-")[2] in CASUALTY_LABELS + ATTRIBUTION_LABELS]
    kept = [
        (article, scores)
        for article, scores in zip(articles, opinions, strict=True)
        if scores.tags[:, columns].sum(axis=1).max(initial=0) >= TOLD or random.random() < QUIET
    ]
    logger.info("%d of %d texts without labels are learnt from", len(kept), len(articles))
    return [article for article, _ in kept], [scores for _, scores in kept]


def unlabelled_texts(
    data: Path, labelled: Sequence[Article], words: int | None, random: np.random.Generator
) -> list[Article]:
    """Third-party texts that nobody labelled, alone and then in packs, as paragraphs of one text.

    A short item that stands among others looks more like a part of an article. None is a near-duplicate of an article
    that is held out for choosing or testing; of MUC's only the development articles are among them.

    Args:
        data: folder of the third-party collections.
        labelled: all labelled articles.
        words: about how many to read, ``SHARES`` of each collection at random; ``None`` for all.
        random: decides which are read, and which are packed together.

    Raises:
        ValueError: if there are none.
    """
    attacks = read_attack_items(data)
    collections = {
        "attack_items": attacks,
        "news_items": {id: text for id, text in read_texts("current_events", data).items() if id not in attacks},
        "muc_articles": {id: text for id, text in read_texts("muc_articles", data).items() if id.startswith("DEV-")},
        "terrorist_incidents": read_texts("terrorist_incidents", data),
    }
    known = {article.id for article in labelled} | {id for ids in read_split().values() for id in ids}
    texts = {
        source: [
            Article(id=id, source=source, text=text, mentions=(), incidents=())
            for id, text in sorted(texts.items())
            if id not in known and 0 < len(text.split()) <= LONGEST
        ]
        for source, texts in collections.items()
    }
    chosen = without_near_duplicates(choose(texts, words, random), labelled, data)
    if not chosen:
        raise ValueError(f"{data} holds no text without labels; train/annotations/README.md says what belongs there")
    return [*chosen, *packs(chosen, random)]


def choose(
    collections: Mapping[str, Collection[Article]], words: int | None, random: np.random.Generator
) -> list[Article]:
    """Texts at random, until each collection has given its share of the words, or all that it has."""
    chosen: list[Article] = []
    for source, texts in collections.items():
        wanted = float("inf") if words is None else words * SHARES[source]
        ordered = list(texts)
        for number in random.permutation(len(ordered)).tolist():
            if wanted <= 0:
                break
            chosen.append(ordered[number])
            wanted -= len(ordered[number].text.split())
    return chosen


def without_near_duplicates(texts: Sequence[Article], labelled: Sequence[Article], data: Path) -> list[Article]:
    """The texts that tell of no event that an article held out for choosing or testing tells of."""
    held_out = select(labelled, "dev") + select(labelled, "test")
    reports = same_event(held_out, texts, read_dates(data))  # not near_duplicates: all pairs would not fit in memory
    return [text for number, text in enumerate(texts) if not reports[:, number].any()]


def packs(texts: Sequence[Article], random: np.random.Generator) -> Iterator[Article]:
    """The texts in random order, some at a time as the paragraphs of one; those left over are in none."""
    parts: list[str] = []
    wanted = int(random.integers(*PACK))
    for number in random.permutation(len(texts)).tolist():
        parts.append(texts[number].text)
        if sum(len(part.split()) for part in parts) >= wanted:
            yield replace(texts[number], id=f"{texts[number].id} and others", text="\n\n".join(parts))
            parts, wanted = [], int(random.integers(*PACK))
