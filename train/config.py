"""The settings of a training run, read from TOML; what a file leaves out has the default that stands here."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path

from casualties.windows import Windowing

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib


CONFIG = "config.toml"
"""The settings of a run, in its folder."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainingConfig:
    """How to optimise."""

    epochs: int
    patience: int
    """Epochs without a better dev metric before training stops."""
    batch_tokens: int
    """Tokens a batch, padding included."""
    learning_rate: float
    """The encoder's peak: AdamW's rate rises linearly to it and falls linearly to zero."""
    head_learning_rate: float
    """The heads' peak, higher since they begin at random."""
    warmup: float = 0.06
    """Share of the steps in which the rate rises."""
    weight_decay: float = 0.01
    max_gradient_norm: float = 1.0
    balance: float = 0.1
    """Power of the inverse tag frequency in the loss; see ``train.model.Loss``."""
    group_weight: float = 0.3
    """Of the groups' loss beside the tags'."""
    swap: float
    """The share of mentions that others of their label replace, anew in each epoch; see ``train.augment``."""
    lower: float
    """The share of the articles that are read in lower case, others in each epoch, so that a text without capitals
    is understood as well."""
    again: float = 1.0
    """The share of the articles that an earlier stage knew (``--known``) which a run learns from again."""
    unlabelled: float = 0.5
    """The share of the windows without labels, which only teachers have read, that an epoch takes, others in each."""
    trust: float = 0.5
    """The teachers' share, where there are any, in what is learnt of labelled articles; the labels have the rest."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """A model and how to train it."""

    encoder: str
    """A key of ``train.encoders.PACKAGED``, a folder, or an id of the Hugging Face hub."""
    dropout: float = 0.1
    """On the token vectors; see ``train.model.CasualtyModel``."""
    freeze_embeddings: bool = True
    """Leave the word embeddings as pre-trained: half of a small encoder's parameters, too many for few articles."""
    windowing: Windowing
    training: TrainingConfig


def read_config(path: Path) -> Config:
    """Read a config file.

    Raises:
        ValueError: if it is not TOML, or a setting is missing or unknown.
    """
    try:
        settings = tomllib.loads(path.read_text(encoding="utf-8"))
        windowing = Windowing(**settings.pop("windows"))
        training = TrainingConfig(**settings.pop("training"))
        return Config(**settings, windowing=windowing, training=training)
    except KeyError as error:
        raise ValueError(f"{path}: the table [{error.args[0]}] is missing") from error
    except (TypeError, ValueError) as error:
        raise ValueError(f"{path}: {error}") from error
