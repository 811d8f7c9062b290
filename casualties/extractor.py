"""Text to report: windows, engine, decoder and links in one call."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import islice
from pathlib import Path
from typing import Any

from tokenizers import Tokenizer

from casualties.decode import decode
from casualties.engine import onnx_model, score
from casualties.labels import GROUPS, TAGS
from casualties.link import link
from casualties.report import Mention, Report
from casualties.windows import Windowing

DEFAULT_MODEL = Path(__file__).parent / "weights"
MODEL_FILE, TOKENIZER_FILE, MANIFEST_FILE = "model.onnx", "tokenizer.json", "config.json"
FORMAT = 1
"""Of a model folder; raised when an older package could no longer read what ``train.export`` writes."""


class ModelError(RuntimeError):
    """A model folder that cannot be used; the message says what is wrong and what to do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """What a model folder says of itself, in ``config.json``."""

    name: str
    version: str
    windowing: Windowing

    @classmethod
    def read(cls, folder: Path) -> Manifest:
        """Read and check a model folder.

        Raises:
            ModelError: if a file is missing or damaged, or the folder is of a newer format or another label set.
        """
        for name in (MANIFEST_FILE, MODEL_FILE, TOKENIZER_FILE):
            if not (folder / name).is_file():
                raise ModelError(f"{folder / name} is missing; {_remedy(folder)}")
        try:
            manifest: dict[str, Any] = json.loads((folder / MANIFEST_FILE).read_text(encoding="utf-8"))
            if manifest["format"] > FORMAT:
                raise ModelError(
                    f"{folder} has format {manifest['format']}, this version of casualties reads up to {FORMAT}; "
                    "install a newer version of the package"
                )
            if manifest["labels"] != list(TAGS) or manifest["groups"] != list(GROUPS):
                raise ModelError(f"{folder} was trained with other labels than this version's; train it again")
            for name in (MODEL_FILE, TOKENIZER_FILE):
                if hashlib.sha256((folder / name).read_bytes()).hexdigest() != manifest["sha256"][name]:
                    raise ModelError(f"{folder / name} is damaged (its SHA-256 differs); {_remedy(folder)}")
            windowing = Windowing(**manifest["windows"])
            return cls(name=manifest["name"], version=manifest["version"], windowing=windowing)
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
            raise ModelError(f"{folder / MANIFEST_FILE} cannot be read ({error}); {_remedy(folder)}") from error


class Extractor:
    """Reads articles with one model, loaded once."""

    def __init__(
        self, model: str | Path = "default", providers: Sequence[str] | None = None, threads: int | None = None
    ) -> None:
        """Load a model.

        Args:
            model: ``"default"`` for the embedded one, or a folder that ``train.export`` wrote.
            providers: ONNX Runtime's execution providers in order of preference; by default the processor.
            threads: how many to use for one batch; by default one a core.

        Raises:
            ModelError: if the model cannot be used.
        """
        folder = DEFAULT_MODEL if model == "default" else Path(model)
        self.manifest = Manifest.read(folder)
        try:
            self._tokenizer = Tokenizer.from_file(str(folder / TOKENIZER_FILE))
            self._model = onnx_model(folder / MODEL_FILE, providers, threads)
        except Exception as error:  # the libraries raise nothing narrower
            raise ModelError(f"{folder} cannot be loaded ({error}); {_remedy(folder)}") from error
        self._tokenizer.no_truncation()
        self._tokenizer.no_padding()

    def extract(self, text: str, published: dt.date | None = None) -> Report:
        """Read one article.

        Args:
            text: any text; offsets in the report count its characters as it stands.
            published: the day that it is from, if "Sunday" and "last July" are to become dates (extra ``dates``).

        Returns:
            What the article claims; empty for a text that claims nothing.

        Raises:
            MissingExtraError: if ``published`` is given and dateparser is not installed.
        """
        return self._link(*next(self._read(iter([text]), 1)), published)

    def extract_many(self, texts: Iterable[str], batch_size: int = 1) -> Iterator[Report]:
        """Read many articles, some at a time, in their order.

        Args:
            texts: the articles; an endless iterable is fine.
            batch_size: how many articles are held and how many windows the model reads at once. More than one is
                worth it on a GPU; on a processor it gains little, and an int8 model, which scales its activations by
                the batch, then scores a text slightly differently beside others than alone.

        Raises:
            ValueError: if ``batch_size`` is less than 1.
        """
        if batch_size < 1:
            raise ValueError(f"batch_size must be at least 1, not {batch_size}")
        return (self._link(text, mentions) for text, mentions in self._read(iter(texts), batch_size))

    def _read(self, remaining: Iterator[str], batch_size: int) -> Iterator[tuple[str, tuple[Mention, ...]]]:
        """The texts and their mentions, not yet linked."""
        while some := list(islice(remaining, batch_size)):
            windowed = [self.manifest.windowing.split(text, self._tokenizer) for text in some]
            for text, words, scores in zip(some, windowed, score(self._model, windowed, batch_size), strict=True):
                yield text, decode(text, words, scores)

    def _link(self, text: str, mentions: Sequence[Mention], published: dt.date | None = None) -> Report:
        return link(text, mentions, f"{self.manifest.name} {self.manifest.version}", published)


def extract(text: str, published: dt.date | None = None) -> Report:
    """Read one article with the embedded model, which is loaded at the first call.

    Args:
        text: any text.
        published: the day that it is from, if "Sunday" and "last July" are to become dates (extra ``dates``).

    Returns:
        What the article claims.

    Raises:
        ModelError: if the embedded model cannot be used.
        MissingExtraError: if ``published`` is given and dateparser is not installed.
    """
    return _default_extractor().extract(text, published)


@cache
def _default_extractor() -> Extractor:
    return Extractor()


def _remedy(folder: Path) -> str:
    if folder == DEFAULT_MODEL:
        return "install the package again: pip install --force-reinstall --no-deps, with what you installed it from"
    return "export the model again with: python -m train.export"
