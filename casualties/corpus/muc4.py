"""The articles of the Third and Fourth Message Understanding Conferences (NIST's public MUC-3/4 release)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

_HEADER = re.compile(r"^((?:DEV|TST\d)-MUC[34]-\d{4})\b.*$", re.MULTILINE)


def read_articles(path: Path) -> Iterator[tuple[str, str]]:
    """Read the articles of one file of the release.

    An article begins at a line with its id (a site in brackets may follow) and ends before the next. Its text keeps
    its line breaks; empty lines at both ends are dropped, then each line is stripped at its right.

    Yields:
        The MUC id and the text of each article.
    """
    content = path.read_text(encoding="ascii")
    headers = list(_HEADER.finditer(content))
    ends = [header.start() for header in headers[1:]] + [len(content)]
    for header, end in zip(headers, ends, strict=True):
        body = content[header.end() : end].strip("\n")
        yield header[1], "\n".join(line.rstrip() for line in body.split("\n"))
