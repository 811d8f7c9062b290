"""The labelled articles that the default model is trained and tested on, and their fixed split."""

from __future__ import annotations

import json
import logging
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Literal, get_args

from casualties.corpus.reader import read_labelled
from casualties.corpus.records import Article, RecordError, join_texts, read_records, sha256
from casualties.corpus.tables import SOURCES, read_texts

ANNOTATIONS = Path(__file__).parent / "annotations"
"""Stand-off labels of third-party texts, a file a collection."""
ARTICLES = Path(__file__).parent / "articles"
"""Articles that we wrote, labels in the text."""
SPLIT_FILE = Path(__file__).parent / "split.json"
WHOLE_ARTICLES = ("articles", "muc_articles")
"""The collections of whole articles; the others are short items."""

Part = Literal["train", "dev", "test"]
PARTS: tuple[Part, ...] = get_args(Part)
Split = dict[Part, list[str]]
"""The ids of each part."""

logger = logging.getLogger(__name__)


def load_articles(data: Path | None, folders: Iterable[Path] = ()) -> list[Article]:
    """Read all labelled articles: ours, the third-party ones whose text is in ``data``, and those of other folders.

    What is missing is logged by collection and number; nothing is left out silently.

    Args:
        data: folder of the third-party collections, or ``None`` to do without them.
        folders: more files or folders of labelled articles, with their texts.

    Raises:
        FileNotFoundError: if ``data`` is no folder.
        RecordError: if a file cannot be read, a folder holds none, or two articles have the same id.
    """
    if data and not data.is_dir():
        raise FileNotFoundError(f"{data} is no folder; --data takes that of the third-party texts")
    articles = list(read_labelled([ARTICLES, *folders]).articles)
    for source in SOURCES:
        records = list(read_records(ANNOTATIONS / f"{source}.jsonl"))
        joined = join_texts(records, read_texts(source, data) if data else {})
        articles += joined.articles
        if lost := len(joined.missing) + len(joined.changed):
            logger.warning(
                "%s: %d of %d articles left out: %d texts missing, %d not the text that was labelled",
                source,
                lost,
                len(records),
                len(joined.missing),
                len(joined.changed),
            )
    ids = Counter(article.id for article in articles)
    if twice := [id for id, times in ids.items() if times > 1]:
        raise RecordError(f"two articles have the id {twice[0]!r}; rename one")
    return articles


def read_split(file: Path = SPLIT_FILE) -> Split:
    """Read the ids of train, dev and test.

    Raises:
        ValueError: if the file does not hold them.
    """
    try:
        split: Split = json.loads(file.read_text(encoding="utf-8"))
    except ValueError as error:
        raise ValueError(f"{file} is no split file: {error}") from error
    if not isinstance(split, dict) or not split.keys() >= set(PARTS):
        raise ValueError(f"{file} is no split file: it holds no lists of ids named {', '.join(PARTS)}")
    return split


def select(articles: Iterable[Article], part: Part) -> list[Article]:
    """The articles of a part, in their order.

    Articles that the split file does not know, a user's own, are for training, and one in ten, by a hash of its id,
    for dev.
    """
    part_of = {id: its_part for its_part, ids in read_split().items() for id in ids}
    return [article for article in articles if part_of.get(article.id, _own_part(article.id)) == part]


def labelled_parts(
    data: Path | None, folders: Iterable[Path] = (), only: tuple[Path, Path] | None = None
) -> tuple[list[Article], list[Article]]:
    """The articles to learn from and those to choose by: of all labelled ones, or what two files hold in their place.

    Args:
        data: as in ``load_articles``.
        folders: as in ``load_articles``.
        only: a file or folder to learn from and one to choose by; then nothing else is read.
    """
    if only:
        learnt, chosen_by = (list(read_labelled([path]).articles) for path in only)
        return learnt, chosen_by
    labelled = load_articles(data, folders)
    return select(labelled, "train"), select(labelled, "dev")


def _own_part(id: str) -> Part:
    return "dev" if int(sha256(id)[:8], 16) % 10 == 0 else "train"
