"""A tiny model, built and exported offline, and texts to try it on."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import settings

os.environ["HF_HUB_OFFLINE"] = "1"
# The same examples in every run, and no deadline: a busy machine is no failure.
settings.register_profile("repeatable", derandomize=True, deadline=None)
settings.load_profile("repeatable")

REPOSITORY = Path(__file__).parents[1]
SHARED = REPOSITORY.parent / "shared"

WINDOW_SIZE, WINDOW_OVERLAP = 96, 8
"""Of the tiny model: small, so that short texts take several windows."""

TEXT = """Bomb kills three in Harrow Bay

A bomb killed three people, including a child, in Harrow Bay on Monday, police said. No group claimed it.
"""


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of shared third-party data; tests that need it are skipped where it is missing."""
    if not SHARED.is_dir():
        pytest.skip("needs the folder ../shared with the third-party data")
    return SHARED


@pytest.fixture(scope="session")
def tiny_encoder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An untrained one-layer BERT with a word-piece vocabulary of single letters, in transformers' layout."""
    import torch
    from transformers import BertConfig, BertModel, BertTokenizer

    folder = tmp_path_factory.mktemp("encoder")
    letters = "abcdefghijklmnopqrstuvwxyz0123456789.,!?'\"-()$%:;"
    vocabulary = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *letters, *(f"##{letter}" for letter in letters)]
    (folder / "vocab.txt").write_text("\n".join(vocabulary), encoding="utf-8")
    torch.manual_seed(0)
    config = BertConfig(
        vocab_size=len(vocabulary),
        hidden_size=32,
        num_hidden_layers=1,
        num_attention_heads=2,
        intermediate_size=64,
        max_position_embeddings=256,
    )
    BertModel(config).save_pretrained(folder)
    BertTokenizer(str(folder / "vocab.txt")).save_pretrained(folder)
    return folder


@pytest.fixture(scope="session")
def tiny_checkpoint(tiny_encoder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An untrained model on the tiny encoder, as training saves it; its heads are loud, so that it finds mentions."""
    import torch
    from transformers import AutoTokenizer

    from train.model import CasualtyModel

    folder = tmp_path_factory.mktemp("checkpoint")
    torch.manual_seed(1)
    model = CasualtyModel(str(tiny_encoder))
    with torch.no_grad():
        for parameter in model.heads():
            parameter.normal_(std=1.0)
    model.save(folder)
    AutoTokenizer.from_pretrained(tiny_encoder).save_pretrained(folder)
    return folder


@pytest.fixture(scope="session")
def tiny_model(tiny_checkpoint: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The tiny checkpoint exported as a model folder."""
    from casualties.corpus.records import Article
    from casualties.windows import Windowing
    from train.export import export

    folder = tmp_path_factory.mktemp("model")
    article = Article(id="a", source="tests", text=TEXT, mentions=(), incidents=())
    export(tiny_checkpoint, folder, Windowing(WINDOW_SIZE, WINDOW_OVERLAP), [article], "tiny", "0")
    return folder
