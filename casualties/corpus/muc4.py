"""The Third and Fourth Message Understanding Conferences: articles, answer keys and system responses.

Reads and writes the format of NIST's public MUC-3/4 release. A template has 25 slots (``template-doc-part1.v7`` of the
release defines each); keys may offer alternatives (``/``), optional fillers (``?``) and optional templates.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path
from typing import NamedTuple

from casualties.counts import parse_muc4

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
    ends = [*(header.start() for header in headers[1:]), len(content)][: len(headers)]
    for header, end in zip(headers, ends, strict=True):
        body = content[header.end() : end].strip("\n")
        yield header[1], "\n".join(line.rstrip() for line in body.split("\n"))


def article_files(folder: Path) -> list[Path]:
    """The files of articles in a folder of the release, such as ``tst3``."""
    return sorted(folder.glob("*-muc[34]*"))


def read_key(folder: Path) -> tuple[list[Template], list[Problem]]:
    """Read the answer key in a folder of the release, as ``read_templates`` does.

    Raises:
        FileNotFoundError: if there is none, or it speaks of articles that are not there, or not of all that are.
    """
    files, articles = sorted(folder.glob("key-*")), article_files(folder)
    if not files or not articles:
        raise FileNotFoundError(f"{folder} holds no {'articles' if files else 'answer key'} of MUC-3/4")
    read = [read_templates(path) for path in files]
    templates = [template for found, _ in read for template in found]
    told, there = {each.message for each in templates}, {id for path in articles for id, _ in read_articles(path)}
    if lost := sorted(told ^ there):
        lacking = "articles" if lost[0] in told else "key"
        raise FileNotFoundError(f"{folder}: {lost[0]} is missing in the {lacking}, {len(lost)} such in all")
    return templates, [problem for _, found in read for problem in found]


class Kind(Enum):
    """What fills a slot (section 3 of ``template-doc-part1.v7``)."""

    STRING = "a text string, in double quotes"
    ELEMENT = "an item of a finite list"
    NUMBER = "a number of things or people, or PLURAL"
    CONVERSION = "a canonical form, such as a date"


class Slot(NamedTuple):
    """A slot of a template."""

    header: str
    """As a template writes it, behind its number."""
    kind: Kind
    refers_to: tuple[str, ...] = ()
    """The slots whose fillers its own refer to."""


_HUMAN = ("hum-tgt-name", "hum-tgt-desc")
SLOTS: dict[str, Slot] = {
    "message-id": Slot("MESSAGE: ID", Kind.CONVERSION),
    "template-id": Slot("MESSAGE: TEMPLATE", Kind.CONVERSION),
    "inc-date": Slot("INCIDENT: DATE", Kind.CONVERSION),
    "inc-loc": Slot("INCIDENT: LOCATION", Kind.CONVERSION),
    "inc-type": Slot("INCIDENT: TYPE", Kind.ELEMENT),
    "inc-stage": Slot("INCIDENT: STAGE OF EXECUTION", Kind.ELEMENT),
    "inc-instr-id": Slot("INCIDENT: INSTRUMENT ID", Kind.STRING),
    "inc-instr-type": Slot("INCIDENT: INSTRUMENT TYPE", Kind.ELEMENT, ("inc-instr-id",)),
    "perp-inc-cat": Slot("PERP: INCIDENT CATEGORY", Kind.ELEMENT),
    "perp-ind-id": Slot("PERP: INDIVIDUAL ID", Kind.STRING),
    "perp-org-id": Slot("PERP: ORGANIZATION ID", Kind.STRING),
    "perp-org-conf": Slot("PERP: ORGANIZATION CONFIDENCE", Kind.ELEMENT, ("perp-org-id",)),
    "phys-tgt-id": Slot("PHYS TGT: ID", Kind.STRING),
    "phys-tgt-type": Slot("PHYS TGT: TYPE", Kind.ELEMENT, ("phys-tgt-id",)),
    "phys-tgt-num": Slot("PHYS TGT: NUMBER", Kind.NUMBER, ("phys-tgt-id",)),
    "phys-tgt-nation": Slot("PHYS TGT: FOREIGN NATION", Kind.ELEMENT, ("phys-tgt-id",)),
    "phys-tgt-effect": Slot("PHYS TGT: EFFECT OF INCIDENT", Kind.ELEMENT, ("phys-tgt-id",)),
    "phys-tgt-total-num": Slot("PHYS TGT: TOTAL NUMBER", Kind.NUMBER),
    "hum-tgt-name": Slot("HUM TGT: NAME", Kind.STRING),
    "hum-tgt-desc": Slot("HUM TGT: DESCRIPTION", Kind.STRING, ("hum-tgt-name",)),
    "hum-tgt-type": Slot("HUM TGT: TYPE", Kind.ELEMENT, _HUMAN),
    "hum-tgt-num": Slot("HUM TGT: NUMBER", Kind.NUMBER, _HUMAN),
    "hum-tgt-nation": Slot("HUM TGT: FOREIGN NATION", Kind.ELEMENT, _HUMAN),
    "hum-tgt-effect": Slot("HUM TGT: EFFECT OF INCIDENT", Kind.ELEMENT, _HUMAN),
    "hum-tgt-total-num": Slot("HUM TGT: TOTAL NUMBER", Kind.NUMBER),
}
"""The slots by the names that the scorer of 1992 gave them, in their order; a slot's number is its place."""

PLURAL = "PLURAL"
"""The number of things or people of which the text says only that there were several."""


@dataclass(frozen=True, slots=True)
class Filler:
    """What fills a slot, or one of several that do."""

    values: tuple[str, ...]
    """The alternatives, any of which is right: strings without their quotes, items of lists, numbers."""
    references: tuple[str, ...] = ()
    """The alternatives of the filler that this one refers to; ``-`` refers to none."""
    optional: bool = False
    """Whether leaving it out is right, too."""


@dataclass(frozen=True, slots=True)
class Template:
    """An incident, as a key or a system describes it."""

    message: str
    """The id of its article."""
    number: int | None
    """Which of the article's incidents it is; ``None`` where the article tells of no relevant one."""
    fillers: Mapping[str, tuple[Filler, ...]] = field(default_factory=dict)
    """By the name of the slot; a slot that is null or inapplicable is missing."""
    optional: bool = False
    """Whether leaving it out is right, too."""

    def __getitem__(self, slot: str) -> tuple[Filler, ...]:
        """The fillers of a slot; none where it is null."""
        return self.fillers.get(slot, ())


class Problem(NamedTuple):
    """What is malformed in a file of templates."""

    path: Path
    line: int
    """Counted from 1."""
    what: str

    def __str__(self) -> str:
        """File, line and what is wrong there."""
        return f"{self.path}:{self.line}: {self.what}"


_LONGEST_LINE = 2000
"""Characters; longer than any of the release, and a bound on the work that a hostile one can make."""
_SHOWN = 80
_SLOT_LINE = re.compile(r"(\d\d?)\.\s+([A-Z]+(?: [A-Z]+)*: [A-Z]+(?: [A-Z]+)*)(?:\s\s+|\t\s*|$)(.*)")
_COMMENT = ";"
_NULL = "-* "
"""The signs of a slot that is null or inapplicable; some systems wrote several."""


def read_templates(path: Path) -> tuple[list[Template], list[Problem]]:
    """Read a file of templates: an answer key, or what a system answered.

    Returns:
        The templates in their order, and all that is malformed. Nothing is passed over in silence: what cannot be
        read is a problem, and what can be read in spite of a slip is both.
    """
    templates: list[Template] = []
    problems: list[Problem] = []
    for slots in _blocks(path, problems):
        templates.append(_template(path, slots, problems))
    return templates, problems


_Lines = list[tuple[int, str]]


def _blocks(path: Path, problems: list[Problem]) -> Iterator[dict[str, _Lines]]:
    """The numbered lines of each slot, template by template."""
    names, block, current = list(SLOTS), dict[str, _Lines](), ""
    for number, line in enumerate(path.read_text(encoding="latin-1").split("\n"), 1):
        stripped = line.strip()
        if not stripped or stripped.startswith(_COMMENT):
            continue
        if len(line) > _LONGEST_LINE:
            problems.append(Problem(path, number, f"a line of {len(line):,} characters is left out: {line[:_SHOWN]!r}"))
            continue
        if match := _SLOT_LINE.match(line):
            current, (place, header, stripped) = "", match.groups()
            if int(place) < len(names) and SLOTS[names[int(place)]].header == header:
                current = names[int(place)]
            if current == names[0] and block:
                yield block
                block = {}
            if current in block:
                problems.append(Problem(path, number, f"slot {place} stands twice in its template"))
        if not current or not (block or current == names[0]):
            problems.append(Problem(path, number, f"no slot of a template: {line.strip()[:_SHOWN]!r}"))
            continue
        block.setdefault(current, []).append((number, stripped.strip()))
    if block:
        yield block


def _template(path: Path, slots: Mapping[str, _Lines], problems: list[Problem]) -> Template:
    """Read the slots of a template."""
    start, message = slots["message-id"][0]
    if missing := [name for name in SLOTS if name not in slots]:
        problems.append(Problem(path, start, f"the template lacks {', '.join(missing)}"))
    for name in ("message-id", "template-id"):
        problems += [
            Problem(path, line, f"{name} has a second line: {text[:_SHOWN]!r}")
            for line, text in slots.get(name, [])[1:]
        ]
    line, text = slots.get("template-id", [(start, "")])[0]
    identity = re.fullmatch(r"(\d{1,9}|\*)\s*(\(OPTIONAL\))?", text)
    if not identity:
        problems.append(Problem(path, line, f"the template has no number: {text[:_SHOWN]!r}"))
    fillers: dict[str, tuple[Filler, ...]] = {}
    read: list[tuple[int, str, Filler]] = []
    for name in list(SLOTS)[2:]:
        found = [(line, _filler(path, line, text, name, problems)) for line, text in slots.get(name, [])]
        if filled := tuple(filler for _, filler in found if filler):
            fillers[name] = filled
        read += [(line, name, filler) for line, filler in found if filler]
    _check_references(path, read, problems)
    return Template(
        message=message.split()[0] if message else "",
        number=int(identity[1]) if identity and identity[1] != "*" else None,
        fillers=fillers,
        optional=bool(identity and identity[2]),
    )


_TOKEN = re.compile(r'\s*(?:"(?P<string>.*?)(?<!\\)"(?=\s*(?:[/:)]|$))|(?P<mark>[/:?()])|(?P<bare>[^/:?()]+))')


def _filler(path: Path, number: int, line: str, name: str, problems: list[Problem]) -> Filler | None:
    """Read a filler; nothing if the slot is null or inapplicable."""
    kind = SLOTS[name].kind
    if not line.strip(_NULL):
        return None
    if kind is Kind.CONVERSION:  # dates and places have signs of their own
        alternatives = re.split(r"\s*/\s*", line.removeprefix("?"))
        return Filler(tuple(_bare(each) for each in alternatives if each.strip(_NULL)), optional=line.startswith("?"))
    parts: tuple[list[str], list[str]] = ([], [])
    marks, slips = "", False
    for token in _TOKEN.finditer(line):
        marks += token["mark"] or ""
        text = (token["bare"] or "").strip() if token["string"] is None else token["string"].replace('\\"', '"')
        if text:
            slips |= _is_slip(token, text, kind, ":" in marks)
            parts[":" in marks].append(text if token["string"] is not None else text.strip('"').strip())
    values = [value for value in parts[0] if value.strip(_NULL)]
    if kind is Kind.NUMBER:
        values = [value.replace(" ", "") for value in values]
    what = (
        f"{name} refers to a filler and says nothing of it"
        if not values
        else f"{name} is no number"
        if kind is Kind.NUMBER and not all(map(_is_number, values))
        else f"{name} has a filler with a slip"
        if slips
        else ""
    )
    if what:
        problems.append(Problem(path, number, f"{what}: {line[:_SHOWN]!r}"))
    return Filler(tuple(values), tuple(parts[1]), "?" in marks) if values else None


def _bare(text: str) -> str:
    """A date or place without the brackets that may stand around it."""
    text = text.strip()
    return text[1:-1].strip() if text.startswith("(") and text.endswith(")") else text


def _is_slip(token: re.Match[str], text: str, kind: Kind, behind_colon: bool) -> bool:
    """Whether quotes are missing, or left over."""
    if token["string"] is None:
        return '"' in text or ((kind is Kind.STRING or behind_colon) and bool(text.strip(_NULL)))
    return '"' in token["string"].replace('\\"', "")


def _is_number(value: str) -> bool:
    try:
        return value == PLURAL or bool(parse_muc4(value))
    except ValueError:
        return False


def _check_references(path: Path, read: Sequence[tuple[int, str, Filler]], problems: list[Problem]) -> None:
    """List the fillers that refer to what is not there."""
    values: dict[str, set[str]] = defaultdict(set)
    for _, name, filler in read:
        values[name].update(filler.values)
    for line, name, filler in read:
        places = [values[other] for other in SLOTS[name].refers_to]
        lost = [each for each in filler.references if each != "-" and not any(each in known for known in places)]
        if lost and len(lost) == len(filler.references):
            problems.append(Problem(path, line, f"{name} refers to no filler: {lost[0]!r}"))


def write_templates(templates: Iterable[Template]) -> str:
    """Templates in the format of the release, as its scorer read them; the inverse of ``read_templates``."""
    return "\n".join(_written(template) for template in templates)


_FIRST_COLUMN = 36
"""Where fillers begin, in characters."""


def _written(template: Template) -> str:
    optional = " (OPTIONAL)" if template.optional else ""
    shown: dict[str, list[str]] = defaultdict(lambda: ["*" if template.number is None else "-"])
    shown["message-id"] = [template.message]
    if template.number is not None:
        shown["template-id"] = [f"{template.number}{optional}"]
    for name, fillers in template.fillers.items():
        shown[name] = [_shown(filler, SLOTS[name].kind) for filler in fillers]
    lines: list[str] = []
    for place, (name, slot) in enumerate(SLOTS.items()):
        first, *others = shown[name]
        lines.append(f"{f'{place}.':<4}{slot.header}".ljust(_FIRST_COLUMN) + first)
        lines += [" " * _FIRST_COLUMN + other for other in others]
    return "\n".join(lines) + "\n"


def _shown(filler: Filler, kind: Kind) -> str:
    values = [_quoted(value) for value in filler.values] if kind is Kind.STRING else filler.values
    references = ": " + " / ".join(map(_quoted, filler.references)) if filler.references else ""
    return ("? " if filler.optional else "") + " / ".join(values) + references


def _quoted(text: str) -> str:
    """A string in quotes; a backslash at its end would escape the closing one, and is left out."""
    return '"' + text.rstrip("\\").replace('"', '\\"') + '"'
