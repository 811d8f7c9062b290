"""Let trained models, the teachers, read texts that nobody labelled: ``python -m train.silver RUN … --output FILE``.

A student learns from the mean of their probabilities (``python -m train.finetune … --silver FILE``), which are right
more often than those of any of them. Texts are taken at random from the third-party collections, in fixed shares;
never one that is labelled, nor a near-duplicate of an article held out for choosing or testing. Those in which the
teachers find neither a casualty nor an attribution are left out: most news tells of neither, and teaches little.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Collection, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Annotated

import numpy as np
import typer
from datasets import Dataset
from rich.progress import track
from transformers import AutoTokenizer

from casualties.corpus.records import Article
from casualties.corpus.tables import read_attack_items, read_dates, read_texts
from casualties.engine import Floats, score
from casualties.labels import ATTRIBUTION_LABELS, CASUALTY_LABELS, TAGS
from train.command_line import command_line
from train.config import CONFIG, read_config
from train.data import load_articles, read_split, select
from train.model import CasualtyModel, as_engine, fast_precision, fastest_device, plain_tokenizer
from train.split import same_event

SHARES = {"attack_items": 0.35, "news_items": 0.1, "muc_articles": 0.3, "terrorist_incidents": 0.25}
"""Of the words that are read: short items of attacks, of all news, whole articles, incident reports."""
LONGEST = 1200
"""Words; longer texts are left out, so that a few do not fill a collection's share."""
CHUNK = 64
"""Texts read at once."""
BATCH = 32
"""Windows a batch."""
TOLD = 0.5
"""The probability of a word to be part of a casualty or an attribution from which on its text is kept."""

logger = logging.getLogger(__name__)


def main(
    teachers: Annotated[list[Path], typer.Argument(help="Folders of training runs of one encoder.")],
    output: Annotated[Path, typer.Option(help="The Parquet file to write.")],
    data: Annotated[Path, typer.Option(help="Folder of the third-party texts.")],
    words: Annotated[int, typer.Option(help="How many words to read, about.")] = 200_000,
    seed: Annotated[int, typer.Option(help="Decides which texts are read.")] = 0,
) -> None:
    """Write what teachers say of every word of unlabelled texts."""
    with command_line():
        labelled = load_articles(data)
        texts = choose(unlabelled(data, labelled), words, np.random.default_rng(seed))
        if not texts:
            raise ValueError(
                f"{data} holds no text without labels; train/annotations/README.md says what belongs there"
            )
        texts = without_near_duplicates(texts, labelled, data)
        logger.info("%d texts of %d words", len(texts), sum(len(text.text.split()) for text in texts))
        scratch = output.with_suffix(".tmp")
        silver = Dataset.from_list(list(read(teachers, texts)))
        if not len(silver):
            raise ValueError("the teachers find no casualty and no attribution in any text; are they trained?")
        logger.info("%d texts tell of a casualty or an attribution", len(silver))
        silver.to_parquet(str(scratch))
        os.replace(scratch, output)


def unlabelled(data: Path, labelled: Sequence[Article]) -> Mapping[str, Sequence[Article]]:
    """The texts that nobody labelled, by collection; of MUC's only the development articles."""
    attacks = read_attack_items(data)
    collections = {
        "attack_items": attacks,
        "news_items": {id: text for id, text in read_texts("current_events", data).items() if id not in attacks},
        "muc_articles": {id: text for id, text in read_texts("muc_articles", data).items() if id.startswith("DEV-")},
        "terrorist_incidents": read_texts("terrorist_incidents", data),
    }
    known = {article.id for article in labelled} | {id for ids in read_split().values() for id in ids}
    return {
        source: [
            Article(id=id, source=source, text=text, mentions=(), incidents=())
            for id, text in sorted(texts.items())
            if id not in known and 0 < len(text.split()) <= LONGEST
        ]
        for source, texts in collections.items()
    }


def choose(collections: Mapping[str, Sequence[Article]], words: int, random: np.random.Generator) -> list[Article]:
    """Texts at random, until each collection has given its share of the words."""
    chosen: list[Article] = []
    for source, texts in collections.items():
        wanted = words * SHARES[source]
        for number in random.permutation(len(texts)).tolist():
            if wanted <= 0:
                break
            chosen.append(texts[number])
            wanted -= len(texts[number].text.split())
    return chosen


def without_near_duplicates(texts: Sequence[Article], labelled: Sequence[Article], data: Path) -> list[Article]:
    """The texts that tell of no event that an article held out for choosing or testing tells of."""
    held_out = select(labelled, "dev") + select(labelled, "test")
    reports = same_event(held_out, texts, read_dates(data))  # not near_duplicates: all pairs would not fit in memory
    return [text for number, text in enumerate(texts) if not reports[:, number].any()]


def read(teachers: Sequence[Path], texts: Sequence[Article]) -> Iterator[dict[str, object]]:
    """What teachers say of each text that tells of a casualty or an attribution.

    Each comes as ``id``, ``text``, ``tags`` (words, tags) and ``groups`` (words, groups).

    Both are means of probabilities. The groups are weighted by the probability that the word is part of a casualty
    mention at all.
    """
    device = fastest_device()
    engines = [as_engine(CasualtyModel.load(teacher / "best").to(device)) for teacher in teachers]
    tokenizer = plain_tokenizer(AutoTokenizer.from_pretrained(teachers[0] / "best"))
    windowing = read_config(teachers[0] / CONFIG).windowing
    for start in track(range(0, len(texts), CHUNK), "reading"):
        chunk = texts[start : start + CHUNK]
        words = [windowing.split(text.text, tokenizer) for text in chunk]
        with fast_precision(device):
            opinions = zip(*(score(engine, words, BATCH, sure=0.0) for engine in engines), strict=True)  # no vectors
        for text, scores in zip(chunk, opinions, strict=True):
            tags = np.mean([each.tags for each in scores], axis=0)
            groups = np.mean([each.groups for each in scores], axis=0)
            if within(tags, CASUALTY_LABELS + ATTRIBUTION_LABELS).max(initial=0) >= TOLD:
                groups *= within(tags, CASUALTY_LABELS)[:, None]
                yield {"id": text.id, "text": text.text, "tags": list(tags), "groups": list(groups)}


def within(tags: Floats, labels: Collection[str]) -> Floats:
    """The probability of each word to be part of a mention of some labels, (words,), from its tags' (words, tags)."""
    columns = [number for number, tag in enumerate(TAGS) if tag.partition("-")[2] in labels]
    probability: Floats = tags[:, columns].sum(axis=1)
    return probability


if __name__ == "__main__":
    typer.run(main)
