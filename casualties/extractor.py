"""Text to report: windows, engine, decoder and links in one call."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import os
import shutil
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import islice, repeat
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from tokenizers import Tokenizer

from casualties.confidence import Tuning
from casualties.decode import decode
from casualties.engine import Floats, Vectors, mention_vectors, onnx_model, score
from casualties.labels import GROUPS, TAGS
from casualties.link import link, onnx_link_model
from casualties.report import Mention, Report
from casualties.rules import Sentences
from casualties.windows import WindowedText, Windowing

DEFAULT_MODEL = Path(__file__).parent / "weights"
EMBEDDED: dict[str, Path] = {"default": DEFAULT_MODEL, "muc4": DEFAULT_MODEL / "muc4"}
"""The models that come with the package, by name."""
MODEL_FILE, TOKENIZER_FILE, MANIFEST_FILE = "model.onnx", "tokenizer.json", "config.json"
LINKS_FILE = "links.onnx"
"""The link model; a folder without one links by rules, and groups are those of the encoder's head."""
FORMAT = 3
"""Of a model folder; raised when an older package could no longer read what ``train.export`` writes."""
TUNED_FORMAT = 3
"""The first whose tuning is of the confidence that ``decode`` gives now. What an older folder was tuned to is passed
over, as if nobody had measured what its probabilities are worth."""


class ModelError(RuntimeError):
    """A model folder that cannot be used; the message says what is wrong and what to do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """What a model folder says of itself, in ``config.json``."""

    name: str
    version: str
    windowing: Windowing
    tuning: Tuning
    """What the model's probabilities are worth; empty if nobody has measured it."""
    learns_links: bool
    """Whether the folder holds a link model."""

    @classmethod
    def read(cls, folder: Path) -> Manifest:
        """Read and check a model folder.

        Raises:
            ModelError: if a file is missing or damaged, or the folder is of a newer format or another label set.
        """
        if not folder.is_dir():
            raise ModelError(f"{folder}: no such folder; name one that train.export wrote, or {' or '.join(EMBEDDED)}")
        if not (folder / MANIFEST_FILE).is_file():
            raise ModelError(f"{folder / MANIFEST_FILE} is missing; {_remedy(folder)}")
        try:
            manifest: dict[str, Any] = json.loads((folder / MANIFEST_FILE).read_text(encoding="utf-8"))
            if manifest["format"] > FORMAT:
                raise ModelError(
                    f"{folder} has format {manifest['format']}, this version of casualties reads up to {FORMAT}; "
                    "install a newer version of the package"
                )
            if manifest["labels"] != list(TAGS) or manifest["groups"] != list(GROUPS):
                raise ModelError(f"{folder} was trained with other labels than this version's; train it again")
            learns_links = LINKS_FILE in manifest["sha256"]
            for name in (MODEL_FILE, TOKENIZER_FILE, *([LINKS_FILE] if learns_links else [])):
                if not (folder / name).is_file():
                    raise ModelError(f"{folder / name} is missing; {_remedy(folder)}")
                if file_digest(folder / name) != manifest["sha256"][name]:
                    raise ModelError(f"{folder / name} is damaged (its SHA-256 differs); {_remedy(folder)}")
            return cls(
                name=manifest["name"],
                version=manifest["version"],
                windowing=Windowing(**manifest["windows"]),
                tuning=Tuning.from_dict(manifest.get("tuning", {}) if manifest["format"] >= TUNED_FORMAT else {}),
                learns_links=learns_links,
            )
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
            raise ModelError(f"{folder / MANIFEST_FILE} cannot be read ({error}); {_remedy(folder)}") from error


Keep = Callable[[str, Sequence[Mention]], Sequence[Mention]]
"""Chooses some of a text's mentions: those that it returns, in their order."""


@dataclass(frozen=True, slots=True)
class _Reading:
    """A text and its mentions, not yet linked."""

    text: str
    words: WindowedText
    mentions: tuple[Mention, ...]
    vectors: Vectors


class Extractor:
    """Reads articles with one model, loaded once."""

    def __init__(
        self, model: str | Path = "default", providers: Sequence[str] | None = None, threads: int | None = None
    ) -> None:
        """Load a model.

        Args:
            model: one of ``EMBEDDED``, or a folder that ``train.export`` wrote.
            providers: ONNX Runtime's execution providers in order of preference; by default the processor.
            threads: how many the encoder uses for one batch; by default one a core.

        Raises:
            ModelError: if the model cannot be used.
        """
        folder = EMBEDDED.get(str(model), Path(model))
        self.folder = folder
        self.manifest = Manifest.read(folder)
        try:
            self._tokenizer = Tokenizer.from_file(str(folder / TOKENIZER_FILE))
            self._model = onnx_model(folder / MODEL_FILE, providers, threads)
            self._links = onnx_link_model(folder / LINKS_FILE) if self.manifest.learns_links else None
        except Exception as error:  # the libraries raise nothing narrower
            raise ModelError(f"{folder} cannot be loaded ({error}); {_remedy(folder)}") from error
        self._tokenizer.no_truncation()
        self._tokenizer.no_padding()

    def extract(self, text: str, published: dt.date | None = None, min_confidence: float = 0.0) -> Report:
        """Read one article.

        Args:
            text: any text; offsets in the report count its characters as it stands.
            published: the day that it is from, if "Sunday" and "last July" are to become dates (extra ``dates``);
                "5 May 2020" does in any case.
            min_confidence: leave out mentions of which the model is less sure, 0 to 1.

        Returns:
            What the article claims; empty for a text that claims nothing.

        Raises:
            MissingExtraError: if ``published`` is given and dateparser is not installed.
            ValueError: if ``min_confidence`` is not from 0 to 1.
        """
        _check(min_confidence)
        return self._link(next(self._read(iter([text]), 1)), published, min_confidence)

    def extract_many(
        self,
        texts: Iterable[str],
        batch_size: int = 1,
        min_confidence: float = 0.0,
        keep: Keep | None = None,
        published: Iterable[dt.date | None] | None = None,
    ) -> Iterator[Report]:
        """Read many articles, some at a time, in their order.

        Args:
            texts: the articles; an endless iterable is fine.
            batch_size: how many articles are held and how many windows the model reads at once. More than one is
                worth it on a GPU; on a processor it gains little, and an int8 model, which scales its activations by
                the batch, then scores a text slightly differently beside others than alone.
            min_confidence: leave out mentions of which the model is less sure, 0 to 1.
            keep: chooses the mentions of a text that are linked and reported; by default all.
            published: the day that each article is from, as for ``extract``.

        Raises:
            MissingExtraError: if a day is given and dateparser is not installed.
            ValueError: if ``batch_size`` is less than 1, or ``min_confidence`` not from 0 to 1.
        """
        if batch_size < 1:
            raise ValueError(f"batch_size must be at least 1, not {batch_size}")
        _check(min_confidence)
        days = repeat(None) if published is None else published
        reads = zip(self._read(iter(texts), batch_size), days, strict=published is not None)
        return (self._link(read, day, min_confidence, keep) for read, day in reads)

    def decode_many(self, texts: Iterable[str]) -> Iterator[tuple[Mention, ...]]:
        """The mentions of some articles as the encoder alone gives them, groups too: not tuned, not linked."""
        return (read.mentions for read in self._read(iter(texts), 1))

    def _read(self, remaining: Iterator[str], batch_size: int) -> Iterator[_Reading]:
        while some := list(islice(remaining, batch_size)):
            windowed = [self.manifest.windowing.split(text, self._tokenizer) for text in some]
            for text, words, scores in zip(some, windowed, score(self._model, windowed, batch_size), strict=True):
                yield _Reading(text, words, decode(text, words, scores), scores.vectors)

    def _link(
        self, read: _Reading, published: dt.date | None, min_confidence: float, keep: Keep | None = None
    ) -> Report:
        mentions = self.manifest.tuning.apply(read.mentions, min_confidence)
        mentions = tuple(keep(read.text, mentions)) if keep else mentions
        vectors = mention_vectors(mentions, Sentences(read.text), read.words, read.vectors) if self._links else None
        return self.link(read.text, mentions, published, vectors, classify_groups=True)

    def link(
        self,
        text: str,
        mentions: Sequence[Mention],
        published: dt.date | None = None,
        vectors: Floats | None = None,
        *,
        classify_groups: bool = False,
    ) -> Report:
        """Link mentions that are known already, such as those that people marked.

        Args:
            text: the text.
            mentions: its mentions, sorted and disjoint; what links they already have is replaced.
            published: the day that the text is from.
            vectors: what ``vectors`` gives for them; if ``None``, the model reads the text for them.
            classify_groups: let the link model, where there is one, say which group each casualty is of; else their
                groups stay.
        """
        if vectors is None and self._links:
            vectors = self.vectors(text, mentions)
        name = f"{self.manifest.name} {self.manifest.version}"
        return link(text, mentions, name, published, self._links, vectors, classify_groups=classify_groups)

    def vectors(self, text: str, mentions: Sequence[Mention]) -> Floats:
        """What the encoder makes of mentions of a text; see ``engine.mention_vectors``."""
        words = self.manifest.windowing.split(text, self._tokenizer)
        return mention_vectors(mentions, Sentences(text), words, score(self._model, [words], 1, sure=2)[0].vectors)

    def noticed(self, text: str, mentions: Sequence[Mention]) -> list[float]:
        """How surely the model finds something of any label where mentions stand, such as those of another model.

        Args:
            text: the text.
            mentions: mentions of the text.

        Returns:
            Of each mention the probability, 0 to 1 and before tuning, that the likeliest of its words is part of a
            mention, a place or a source as well as a claim; 0 where it touches no word.
        """
        if not mentions:
            return []
        words = self.manifest.windowing.split(text, self._tokenizer)
        outside = score(self._model, [words], 1)[0].tags[:, 0]
        spans = [words.between(mention.start, mention.end) for mention in mentions]
        return [float(1 - outside[span].min()) if span else 0.0 for span in spans]


def extract(text: str, published: dt.date | None = None, min_confidence: float = 0.0) -> Report:
    """Read one article with the embedded model, which is loaded at the first call.

    Args:
        text: any text.
        published: the day that it is from, if "Sunday" and "last July" are to become dates (extra ``dates``).
        min_confidence: leave out mentions of which the model is less sure, 0 to 1.

    Returns:
        What the article claims.

    Raises:
        ModelError: if the embedded model cannot be used.
        MissingExtraError: if ``published`` is given and dateparser is not installed.
        ValueError: if ``min_confidence`` is not from 0 to 1.
    """
    return _default_extractor().extract(text, published, min_confidence)


def _check(min_confidence: float) -> None:
    if not 0 <= min_confidence <= 1:
        raise ValueError(f"min_confidence must be from 0 to 1, not {min_confidence}")


@cache
def _default_extractor() -> Extractor:
    return Extractor()


def copy_model(folder: Path, target: Path) -> None:
    """Copy the files of a model to a folder that is not there yet, whole or not at all."""
    target.parent.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(dir=target.parent) as scratch:
        staged = Path(scratch) / "model"
        staged.mkdir()
        for name in (MODEL_FILE, TOKENIZER_FILE, LINKS_FILE, MANIFEST_FILE):
            if (folder / name).exists():
                shutil.copyfile(folder / name, staged / name)
        os.replace(staged, target)


def write_tuning(folder: Path, tuning: Tuning) -> None:
    """Put into a model's manifest what was learnt about it, whole or not at all.

    Raises:
        ModelError: if the folder holds no model that can be used.
    """
    Manifest.read(folder)
    _change_manifest(folder, {"tuning": tuning.to_dict(), "format": FORMAT})


def add_link_model(folder: Path, graph: Path) -> None:
    """Move a link model into a model folder, in the place of the one that may be there, damaged or not.

    Raises:
        ModelError: if the folder holds no model that can be used.
    """
    drop_link_model(folder)
    hashes = json.loads((folder / MANIFEST_FILE).read_text(encoding="utf-8"))["sha256"]
    digest = file_digest(graph)
    os.replace(graph, folder / LINKS_FILE)
    _change_manifest(folder, {"sha256": {**hashes, LINKS_FILE: digest}})


def drop_link_model(folder: Path) -> None:
    """Make a model folder link by rules.

    Raises:
        ModelError: if the folder holds no model that can be used.
    """
    if (folder / MANIFEST_FILE).is_file():
        hashes = json.loads((folder / MANIFEST_FILE).read_text(encoding="utf-8"))["sha256"]
        _change_manifest(folder, {"sha256": {name: value for name, value in hashes.items() if name != LINKS_FILE}})
    (folder / LINKS_FILE).unlink(missing_ok=True)
    Manifest.read(folder)


def _change_manifest(folder: Path, changes: dict[str, Any]) -> None:
    manifest = json.loads((folder / MANIFEST_FILE).read_text(encoding="utf-8"))
    scratch = folder / f"{MANIFEST_FILE}.tmp"
    scratch.write_text(json.dumps(manifest | changes, indent=1) + "\n", encoding="utf-8")
    os.replace(scratch, folder / MANIFEST_FILE)


def file_digest(path: Path) -> str:
    """SHA-256 of a file, in hexadecimal."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _remedy(folder: Path) -> str:
    if folder in EMBEDDED.values():
        return "install the package again: pip install --force-reinstall --no-deps, with what you installed it from"
    return "make the model again with: python -m train.export, then python -m train.links"
