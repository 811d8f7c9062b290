"""Label the articles of MUC-4 by its own templates: ``python -m train.muc4 DATA OUTPUT``.

A key says which strings of the text name the victims and the perpetrators of each relevant incident, how many there
were, what happened to them and how sure the attribution is, but not where. A model that reads everything that an
article claims says where: of its mentions those are kept that a template tells of, with the template's label, group
and incident, and what it missed is looked up in the text. All else, incidents that the key passes over as irrelevant
and whole articles without a template among it, is then what a model of MUC-4 must learn to pass over.
"""

from __future__ import annotations

import json
import logging
import os
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any, NamedTuple

import typer
from rich.progress import track

from casualties.corpus.muc4 import PLURAL, Filler, Template, read_articles, read_templates
from casualties.corpus.records import Article
from casualties.counts import read_count
from casualties.extractor import Extractor
from casualties.labels import MUC4_CONFIDENCE
from casualties.report import Attribution, Casualty, Mention
from casualties.resolve import same_actor
from casualties.templates import EFFECTS, QUANTITY, number_of, split_name
from train.command_line import command_line

PARTS: dict[str, tuple[str, ...]] = {"train": ("dev",), "dev": ("tst1", "tst2")}
"""The folders of the release to learn from, and to choose by; ``tst3`` is for testing."""

_STATUSES = {name: label for label, name in MUC4_CONFIDENCE.items()} | {"POSSIBLE": "SUSPECTED"}
_GROUPS = {
    "ACTIVE MILITARY": "security",
    "LAW ENFORCEMENT": "security",
    "SECURITY GUARD": "security",
    "CIVILIAN": "civilian",
}
"""By slot 20; its other items are officials of some kind."""
_LABELS = {effect: label for label, effect in EFFECTS.items()} | {
    "NO INJURY": "UNHARMED",
    "NO DEATH": "UNHARMED",
    "ESCAPED": "UNHARMED",
}

logger = logging.getLogger(__name__)


class Target(NamedTuple):
    """People whom a template tells of."""

    incident: str
    strings: tuple[str, ...]
    """All that the key calls them."""
    label: str
    group: str
    numbers: tuple[str, ...]


class Organisation(NamedTuple):
    """A perpetrator that a template tells of."""

    incident: str
    strings: tuple[str, ...]
    status: str


def main(
    data: Annotated[Path, typer.Argument(help="Folder of the MUC-3/4 release, with dev, tst1 and tst2.")],
    output: Annotated[Path, typer.Argument(help="Folder to write train.jsonl and dev.jsonl to.")],
    model: Annotated[str, typer.Option(help="What says where: a model folder.")] = "default",
) -> None:
    """Write labelled articles, texts inside, for train.finetune to learn from and to choose by."""
    with command_line():
        output.mkdir(parents=True, exist_ok=True)
        extractor = Extractor(model)
        for part, folders in PARTS.items():
            articles = [article for folder in folders for article in label_folder(data / folder, extractor)]
            scratch = output / f"{part}.tmp"
            scratch.write_text("".join(json.dumps(each.to_record()) + "\n" for each in articles), encoding="utf-8")
            os.replace(scratch, output / f"{part}.jsonl")
            mentions = Counter(mention.label for article in articles for mention in article.mentions)
            logger.info("%s: %d articles, %s", part, len(articles), dict(mentions))


def label_folder(folder: Path, extractor: Extractor) -> Iterator[Article]:
    """Label the articles of one folder of the release.

    Raises:
        FileNotFoundError: if the folder has no key, or no articles.
    """
    keys, texts = sorted(folder.glob("key-*")), sorted(folder.glob("*-muc[34]*"))
    if not keys or not texts:
        raise FileNotFoundError(f"{folder} holds no {'articles' if keys else 'answer key'} of MUC-3/4")
    templates = [template for key in keys for template in read_templates(key)[0]]
    articles = [article for path in texts for article in read_articles(path)]
    for id, text in track(articles, folder.name):
        told = [template for template in templates if template.message == id and template.number is not None]
        yield label(id, text, told, extractor.extract(text).mentions)


def label(id: str, text: str, templates: Sequence[Template], found: Sequence[Mention]) -> Article:
    """Label an article by its templates.

    Args:
        id: of the article.
        text: of the article.
        templates: of the article, the relevant ones.
        found: the mentions that a model has found in the text.
    """
    targets = [target for template in templates for target in _targets(template)]
    organisations = [each for template in templates for each in _organisations(template)]
    kept: list[Mention] = []
    met: set[Target | Organisation] = set()
    for mention in found:
        if isinstance(mention, Casualty):
            told = [target for target in targets if tells_of(target, mention)]
            if told:
                kept.append(replace(mention, incidents=_incidents(told), label=told[0].label, group=told[0].group))
                met.update(told)
        elif isinstance(mention, Attribution):
            meant = [each for each in organisations if _is_one_of(mention.text, each.strings)]
            if meant:
                kept.append(replace(mention, incidents=_incidents(meant), label=meant[0].status))
                met.update(meant)
        elif templates:
            kept.append(mention)
    told_of: list[Target | Organisation] = [*targets, *organisations]
    for missed in [each for each in told_of if each not in met]:
        kept = _add(text, kept, missed)
    kept.sort(key=lambda mention: mention.start)
    numbered = [_unlinked(mention, f"m{number}") for number, mention in enumerate(kept, 1)]
    incidents = tuple(dict.fromkeys(incident for mention in numbered for incident in mention.incidents))
    return Article(id=id, source="muc4", text=text, mentions=tuple(numbered), incidents=incidents)


def _unlinked(mention: Mention, id: str) -> Mention:
    """The mention under a new id, without links to the old ones."""
    return replace(mention.with_links(mention.incidents, None, None), id=id, confidence=1.0)


def _incidents(told: Sequence[Target] | Sequence[Organisation]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(each.incident for each in told))


def _targets(template: Template) -> Iterator[Target]:
    """The human targets of a template, each once, named or described."""
    descriptions = {reference: filler for filler in template["hum-tgt-desc"] for reference in filler.references}
    for filler in (*template["hum-tgt-name"], *template["hum-tgt-desc"]):
        if filler.references:  # the description of a name, which has its own
            continue
        more = [descriptions[value] for value in filler.values if value in descriptions]
        effect = _said_of(template, "hum-tgt-effect", filler)
        kidnapped = any("KIDNAPPING" in each.values for each in template["inc-type"])
        label = "ABDUCTED" if kidnapped and effect in ("", "REGAINED FREEDOM") else _LABELS.get(effect, "CASUALTY")
        yield Target(
            incident=f"i{template.number}",
            strings=(*filler.values, *(value for each in more for value in each.values)),
            label=label,
            group=_GROUPS.get(_said_of(template, "hum-tgt-type", filler) or "CIVILIAN", "official"),
            numbers=tuple(v for each in template["hum-tgt-num"] if _refers(each, filler) for v in each.values),
        )


def _organisations(template: Template) -> Iterator[Organisation]:
    """The perpetrator organisations of a template."""
    for filler in template["perp-org-id"]:
        status = _STATUSES.get(_said_of(template, "perp-org-conf", filler), "STATED")
        yield Organisation(f"i{template.number}", filler.values, status)


def _said_of(template: Template, slot: str, filler: Filler) -> str:
    """The first alternative of what a slot says of a filler; empty if it says nothing."""
    return next((each.values[0] for each in template[slot] if _refers(each, filler)), "")


def _refers(filler: Filler, other: Filler) -> bool:
    return bool(set(filler.references) & set(other.values))


def tells_of(target: Target, casualty: Casualty) -> bool:
    """Whether a mention tells of a target: the same harm, and the same name or head noun; numbers must not differ."""
    if casualty.label != target.label and "CASUALTY" not in (casualty.label, target.label):
        return False
    number = number_of(casualty.count)
    if target.numbers and PLURAL not in (*target.numbers, number) and number not in target.numbers:
        return False
    name, description = split_name(casualty)
    said = [_words(part) for part in (name, description) if part]
    known = [_words(string) for string in target.strings]
    return any(_ends_alike(one, other) for one in said for other in known)


def _ends_alike(one: Sequence[str], other: Sequence[str]) -> bool:
    """Whether two noun phrases have a head in common, or one is the beginning of the other's modifiers."""
    if not one or not other:
        return False
    short, long = sorted((one, other), key=len)
    return any(long[start : start + len(short)] == short for start in range(len(long) - len(short) + 1))


def _words(string: str) -> list[str]:
    return re.findall(r"[\w'-]+", string.casefold())


def _is_one_of(name: str, strings: Sequence[str]) -> bool:
    return any(same_actor(name, string) for string in strings)


def _add(text: str, mentions: list[Mention], missed: Target | Organisation) -> list[Mention]:
    """The mentions and, if the text holds one of the strings, the first place where it does, with its number."""
    for string in missed.strings:
        quantity = rf"(?:(?!(?:and|or|to)\b){QUANTITY}+)?" if isinstance(missed, Target) else ""
        pattern = rf"(?<!\w){quantity}" + r"\s+".join(map(re.escape, string.split())) + r"(?!\w)"
        for match in re.finditer(pattern, text, re.I):
            start, end = match.span()
            if any(mention.start < end and start < mention.end for mention in mentions):
                continue
            common: dict[str, Any] = {
                "id": "",
                "start": start,
                "end": end,
                "text": match[0],
                "incidents": (missed.incident,),
            }
            if isinstance(missed, Organisation):
                return [*mentions, Attribution(**common, label=missed.status)]
            count = read_count(match[0])
            return [*mentions, Casualty(**common, label=missed.label, group=missed.group, count=count)]
    return mentions


if __name__ == "__main__":
    typer.run(main)
