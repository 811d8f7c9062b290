"""Measure the count reader on labelled text: ``python scripts/evaluate_counts.py FOLDER``.

FOLDER holds articles with inline marks: ``*.inline.txt``, each of many articles that begin with a line ``### id``, or
``*.txt``, each of one article. A mention counts as read where low, best and high all equal the label.
"""

from __future__ import annotations

import argparse
import hashlib
import re
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

from casualties.corpus.inline import InlineError, parse_inline, read_inline
from casualties.corpus.records import Article
from casualties.counts import read_count
from casualties.report import Casualty

_HEADING = re.compile(r"^### (\S+)\n", re.MULTILINE)


class Accuracy(NamedTuple):
    """How many of the casualty mentions are read as labelled."""

    right: int
    mentions: int

    def __str__(self) -> str:
        """The share and the numbers behind it."""
        share = f"{self.right / self.mentions:.2%}" if self.mentions else "none"
        return f"{share} ({self.right} of {self.mentions} casualty mentions)"


def read_folder(folder: Path) -> Iterator[Article]:
    """The articles of a folder, of either kind.

    Raises:
        InlineError: if a mark is malformed.
    """
    for path in sorted(folder.glob("*.txt")):
        if path.name.endswith(".inline.txt"):
            _, *parts = _HEADING.split(path.read_text(encoding="utf-8"))
            for name, body in zip(parts[::2], parts[1::2], strict=True):
                yield parse_inline(body.strip("\n"), id=name, source=path.name)
        else:
            yield read_inline(path)


def is_development(article: Article) -> bool:
    """Whether an article is of the half on which the reader was developed; the hash of its id decides."""
    return hashlib.sha256(article.id.encode()).digest()[0] % 2 == 0


def accuracy(articles: Iterable[Article]) -> Accuracy:
    """How well ``read_count`` does on the casualty mentions of these articles."""
    mentions = [mention for article in articles for mention in article.mentions if isinstance(mention, Casualty)]
    return Accuracy(sum(read_count(mention.text) == mention.count for mention in mentions), len(mentions))


def main() -> None:
    """Print the accuracy on both halves; exit with 1 where there is nothing to measure."""
    parser = argparse.ArgumentParser(description="Measure the count reader on labelled articles.")
    parser.add_argument("folder", type=Path, help="folder of *.inline.txt files or of single articles with marks")
    folder = parser.parse_args().folder
    try:
        articles = list(read_folder(folder))
    except (InlineError, UnicodeDecodeError) as error:
        sys.exit(f"cannot read {folder}: {error}")
    development = accuracy(filter(is_development, articles))
    held_out = accuracy(article for article in articles if not is_development(article))
    if not development.mentions + held_out.mentions:
        sys.exit(f"{folder} has no casualty mentions in *.txt files; give a folder such as train/articles")
    sys.stdout.write(f"development half  {development}\nheld-out half     {held_out}\n")


if __name__ == "__main__":
    main()
