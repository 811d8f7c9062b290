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
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any, NamedTuple

import typer
from rich.progress import track

from casualties.actors import same_actor
from casualties.corpus.muc4 import PLURAL, Filler, Template, article_files, read_articles, read_key
from casualties.corpus.records import Article
from casualties.counts import read_count
from casualties.extractor import Extractor
from casualties.labels import CONTEXT_LABELS, MUC4_CONFIDENCE
from casualties.names import QUANTITY, contains, head_of, split_name
from casualties.report import Attribution, Casualty, Mention
from casualties.templates import EFFECTS, number_of
from train.command_line import command_line

PARTS: dict[str, tuple[str, ...]] = {"train": ("dev",), "dev": ("tst1", "tst2")}
"""The folders of the release to learn from, and to choose by; ``tst3`` is for testing."""

_STATUSES = {name: label for label, name in MUC4_CONFIDENCE.items()} | {"POSSIBLE": "SUSPECTED"}
_GROUPS = {
    "ACTIVE MILITARY": "security",
    "FORMER ACTIVE MILITARY": "security",
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
    label: str
    """The status of the attribution."""


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
    """Label the articles of one folder of the release; what the key tells of and the text does not show is logged.

    Raises:
        FileNotFoundError: if the folder has no key, no articles, or not the same ones in both.
    """
    templates, problems = read_key(folder)
    for problem in problems:
        logger.info("%s", problem)
    articles = [article for path in article_files(folder) for article in read_articles(path)]
    lost = 0
    for id, text in track(articles, folder.name):
        told = [template for template in templates if template.message == id and template.number is not None]
        article, missed = label(id, text, told, extractor.extract(text).mentions)
        lost += missed
        yield article
    logger.info("%s: %d victims and perpetrators of the key are not in the text as it writes them", folder, lost)


def label(id: str, text: str, templates: Sequence[Template], found: Sequence[Mention]) -> tuple[Article, int]:
    """Label an article by its templates.

    Args:
        id: of the article.
        text: of the article.
        templates: of the article, the relevant ones.
        found: the mentions that a model has found in the text.

    Returns:
        The article, and how many victims and perpetrators of the templates are not in the text.
    """
    told: list[Target | Organisation] = []
    for template in templates:
        told += [*_targets(template), *_organisations(template)]
    kept: list[Mention] = []
    met: set[Target | Organisation] = set()
    for mention in found:
        if tellers := [each for each in told if _tells_of(each, mention)]:
            kept.append(_relabelled(mention, tellers))
            met.update(tellers)
    missed = 0
    for each in told:
        if each not in met and (lost := _find(text, kept, each)):
            kept.append(lost)
        elif each not in met:
            missed += 1
    kept += _context(found, kept)
    kept.sort(key=lambda mention: mention.start)
    numbered = tuple(_unlinked(mention, f"m{number}") for number, mention in enumerate(kept, 1))
    incidents = tuple(dict.fromkeys(incident for mention in numbered for incident in mention.incidents))
    return Article(id=id, source="muc4", text=text, mentions=numbered, incidents=incidents), missed


def _tells_of(told: Target | Organisation, mention: Mention) -> bool:
    """Whether a mention speaks of what a template tells."""
    if isinstance(told, Organisation):
        return isinstance(mention, Attribution) and any(same_actor(mention.text, string) for string in told.strings)
    return isinstance(mention, Casualty) and tells_of(told, mention)


def _relabelled(mention: Mention, told: Sequence[Target | Organisation]) -> Mention:
    """The mention as the templates see it."""
    incidents = tuple(dict.fromkeys(each.incident for each in told))
    if isinstance(mention, Casualty) and isinstance(told[0], Target):
        return replace(mention, incidents=incidents, label=told[0].label, group=told[0].group)
    return replace(mention, incidents=incidents, label=told[0].label)


def _context(found: Sequence[Mention], kept: Sequence[Mention]) -> Iterator[Mention]:
    """The sources, places and dates of incidents that something is kept of, in the incidents of the templates."""
    now: dict[str, set[str]] = defaultdict(set)
    for before in found:
        for mention in kept:
            if (before.start, before.end) == (mention.start, mention.end):
                for incident in before.incidents:
                    now[incident].update(mention.incidents)
    for mention in found:
        if mention.label in CONTEXT_LABELS:
            incidents = sorted({new for old in mention.incidents for new in now[old]})
            clear = not any(mention.start < each.end and each.start < mention.end for each in kept)
            if incidents and clear:
                yield replace(mention, incidents=tuple(incidents))


def _unlinked(mention: Mention, id: str) -> Mention:
    """The mention under a new id, without links to the old ones."""
    return replace(mention.with_links(mention.incidents, None, None), id=id, confidence=1.0)


def _targets(template: Template) -> Iterator[Target]:
    """The human targets of a template, each once, named or described."""
    descriptions = {reference: filler for filler in template["hum-tgt-desc"] for reference in filler.references}
    for filler in (*template["hum-tgt-name"], *template["hum-tgt-desc"]):
        if filler.references:  # the description of a name, which has its own
            continue
        more = [descriptions[value] for value in filler.values if value in descriptions]
        effects = _said_of(template, "hum-tgt-effect", filler)
        kidnapped = any("KIDNAPPING" in each.values for each in template["inc-type"])
        labels = [_LABELS[effect] for effect in effects if effect in _LABELS]
        types = _said_of(template, "hum-tgt-type", filler)
        for label in dict.fromkeys([*labels, *(["ABDUCTED"] if kidnapped else [])]) or ["CASUALTY"]:
            yield Target(
                incident=f"i{template.number}",
                strings=(*filler.values, *(value for each in more for value in each.values)),
                label=label,
                group=_GROUPS.get(types[0] if types else "CIVILIAN", "official"),
                numbers=tuple(v for each in template["hum-tgt-num"] if _refers(each, filler) for v in each.values),
            )


def _organisations(template: Template) -> Iterator[Organisation]:
    """The perpetrator organisations of a template."""
    for filler in template["perp-org-id"]:
        said = _said_of(template, "perp-org-conf", filler)
        yield Organisation(f"i{template.number}", filler.values, _STATUSES.get(said[0], "STATED") if said else "STATED")


def _said_of(template: Template, slot: str, filler: Filler) -> list[str]:
    """What a slot says of a filler, the first alternative of each."""
    return [each.values[0] for each in template[slot] if _refers(each, filler)]


def _refers(filler: Filler, other: Filler) -> bool:
    return bool(set(filler.references) & set(other.values))


def tells_of(target: Target, casualty: Casualty) -> bool:
    """Whether a mention tells of a target: the same harm, and the same name or head noun; numbers must not differ."""
    if casualty.label != target.label and "CASUALTY" not in (casualty.label, target.label):
        return False
    number = number_of(casualty)
    if target.numbers and PLURAL not in (*target.numbers, number) and number not in target.numbers:
        return False
    name, description = split_name(casualty)
    if name:
        return any(contains(string, name) or contains(name, string) for string in target.strings)
    return head_of(description) in {head_of(string) for string in target.strings}


def _find(text: str, mentions: Sequence[Mention], missed: Target | Organisation) -> Mention | None:
    """The first place, clear of other mentions, where the text holds one of the strings, with its number."""
    quantity = rf"(?:(?!(?:and|or|to)\b){QUANTITY}+)?" if isinstance(missed, Target) else ""
    for string in missed.strings:
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
                "label": missed.label,
                "incidents": (missed.incident,),
            }
            if isinstance(missed, Organisation):
                return Attribution(**common)
            return Casualty(**common, group=missed.group, count=read_count(match[0]))
    return None


if __name__ == "__main__":
    typer.run(main)
