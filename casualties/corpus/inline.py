"""Labels written in running text, ``⟦span⟧{LABEL attributes}``, and the article that they stand for.

The attributes are, in any order: a group and a count in MUC-4's notation (on casualties), ``#a`` an id for this
mention, ``<a`` the larger figure it is part of, ``@a`` the source that gives it, ``i1,i2`` its incidents. This is
section 8 of the annotation guide (``train/annotations/guide.md``).
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from casualties.corpus.records import Article
from casualties.counts import parse_muc4
from casualties.labels import ATTRIBUTION_LABELS, CASUALTY_LABELS, GROUPS, LABELS

_MARK = re.compile(r"⟦([^⟦⟧]+)⟧\{([^{}]*)\}")
_STRAY = re.compile(r"[⟦⟧]")
_REFERENCES = {"#": "id", "<": "part_of", "@": "source"}
_INCIDENTS = re.compile(r"i\d+(,i\d+)*")


_ALLOWED = {label: {"group", "low", "best", "high", "part_of", "source"} for label in CASUALTY_LABELS} | {
    label: {"source"} for label in ATTRIBUTION_LABELS
}


class InlineError(ValueError):
    """A mark that cannot be read; the message names the article, the line and what was expected."""


def read_inline(path: Path) -> Article:
    """Read a file that holds one article; its id is the file's stem, its source the folder's name."""
    return parse_inline(path.read_text(encoding="utf-8").strip("\n"), id=path.stem, source=path.parent.name)


def parse_inline(marked: str, *, id: str, source: str) -> Article:
    """Read an article with marks in its text.

    Args:
        marked: the text with its marks.
        id: the article's id.
        source: the collection that it belongs to.

    Raises:
        InlineError: if a mark is malformed or refers to a mention that is not there.
    """
    text = ""
    mentions: list[dict[str, Any]] = []
    end = 0
    for match in _MARK.finditer(marked):
        where = f"{id}, line {marked.count(chr(10), 0, match.start()) + 1}"
        text += marked[end : match.start()]
        attributes = _read_attributes(match[2].split(), where)
        mentions.append({"start": len(text), "end": len(text) + len(match[1]), **attributes})
        text += match[1]
        end = match.end()
    text += marked[end:]
    if stray := _STRAY.search(text):
        raise InlineError(f"{id}: a {stray[0]} without its mark near {text[stray.start() : stray.start() + 30]!r}")
    _name_mentions(mentions, id)
    incidents = sorted({incident for mention in mentions for incident in mention["incidents"]}, key=_number)
    record = {"id": id, "source": source, "mentions": mentions, "incidents": incidents}
    return Article.from_record(record, text)


def _read_attributes(words: list[str], where: str) -> dict[str, Any]:
    """What stands between the braces, by name."""
    if not words or words[0] not in LABELS:
        raise InlineError(f"{where}: {' '.join(words)!r} begins with no label; the labels are {', '.join(LABELS)}")
    label = words[0]
    found: dict[str, Any] = {"label": label}
    for word in words[1:]:
        attribute = _read_attribute(word, where)
        if twice := found.keys() & attribute.keys():
            raise InlineError(f"{where}: the {min(twice)} is given twice: {' '.join(words)!r}")
        found |= attribute
    if label in CASUALTY_LABELS and not {"group", "low"} <= found.keys():
        raise InlineError(f"{where}: a casualty needs a group and a count: {' '.join(words)!r}")
    if surplus := found.keys() - _ALLOWED.get(label, set()) - {"id", "label", "incidents"}:
        raise InlineError(f"{where}: {label} has no {min(surplus)}: {' '.join(words)!r}")
    defaults = {"part_of": None, "source": None} if label in CASUALTY_LABELS else {}
    return {**defaults, "incidents": ["i1"], **found}


def _read_attribute(word: str, where: str) -> dict[str, Any]:
    """One word between the braces, by the name of what it says."""
    if word in GROUPS:
        return {"group": word}
    if word[0] in _REFERENCES and word[1:]:
        return {_REFERENCES[word[0]]: word[1:]}
    if _INCIDENTS.fullmatch(word):
        return {"incidents": word.split(",")}
    try:
        return dict(parse_muc4(word).to_dict())
    except ValueError as error:
        raise InlineError(f"{where}: {word!r} is no group, count, #id, <part, @source or incident") from error


def _name_mentions(mentions: list[dict[str, Any]], article: str) -> None:
    """Give an id to the mentions that have none, and check that each reference finds its mention."""
    named = Counter(mention["id"] for mention in mentions if "id" in mention)
    if twice := [name for name, times in named.items() if times > 1]:
        raise InlineError(f"{article}: two mentions have the id {twice[0]!r}")
    fresh = _fresh_names(set(named))
    for mention in mentions:
        if "id" not in mention:
            mention["id"] = next(fresh)
        for key in ("part_of", "source"):
            if mention.get(key) and (mention[key] not in named or mention[key] == mention["id"]):
                raise InlineError(
                    f"{article}: {mention[key]!r} names no other mention; give the one you mean #{mention[key]}"
                )


def _fresh_names(taken: set[str]) -> Iterator[str]:
    number = 0
    while True:
        number += 1
        if f"m{number}" not in taken:
            yield f"m{number}"


def _number(incident: str) -> int:
    return int(incident[1:])
