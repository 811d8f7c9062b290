"""Mending: new articles are learnt, and what the model says of others stays."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch
import typer
from transformers import AutoTokenizer

import train.mend
from casualties.corpus.inline import parse_inline
from train.config import CONFIG, read_config
from train.features import make_dataset
from train.finetune import collate
from train.mend import distance, divergence, loss_of_labels, mend, read_as_before
from train.model import CasualtyModel, plain_tokenizer

NEW = [parse_inline("⟦Nine men⟧{KILLED unknown 9} died in ⟦Tolva⟧{PLACE}.", id="new", source="tests")]
OTHERS = [
    parse_inline(f"⟦{number} women⟧{{WOUNDED unknown {number}}} were hurt, ⟦police⟧{{SOURCE}} said.", id=f"{number}", source="tests")
    for number in range(2, 8)
]  # fmt: skip
SETTINGS = """
encoder = "none"
[windows]
size = 96
overlap = 8
[training]
epochs = 1
patience = 1
batch_tokens = 256
learning_rate = 1e-3
head_learning_rate = 1e-3
swap = 0.0
lower = 0.0
"""


@pytest.fixture
def start(tiny_checkpoint: Path, tmp_path: Path) -> Path:
    """A finished run."""
    folder = tmp_path / "start"
    folder.mkdir()
    (folder / "best").symlink_to(tiny_checkpoint)
    (folder / CONFIG).write_text(SETTINGS, encoding="utf-8")
    return folder


def test_new_articles_are_learnt_and_others_keep_what_was_said_of_them(
    start: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = read_config(start / CONFIG)
    plain = plain_tokenizer(AutoTokenizer.from_pretrained(start / "best"))
    new, others = (
        collate(make_dataset(part, config.windowing, plain)[:], torch.device("cpu")) for part in (NEW, OTHERS)
    )
    mend(config, NEW, OTHERS, start, tmp_path / "held", steps=60, rate=2e-3, seed=0)
    monkeypatch.setattr(train.mend, "distance", lambda found, before, batch: 0 * found[0].sum())
    mend(config, NEW, OTHERS, start, tmp_path / "free", steps=60, rate=2e-3, seed=0)
    before, held, free = (
        CasualtyModel.load(run / "best").eval() for run in (start, tmp_path / "held", tmp_path / "free")
    )
    labels = [float(loss_of_labels(read_as_before(model, new), new)) for model in (before, held)]
    assert labels[1] < 0.8 * labels[0]
    moved = [
        float(distance(read_as_before(model, others), read_as_before(before, others), others)) for model in (held, free)
    ]
    assert moved[0] < 0.5 * moved[1]
    assert (tmp_path / "held" / CONFIG).read_text() == SETTINGS


def test_nothing_has_moved_from_itself(start: Path) -> None:
    config = read_config(start / CONFIG)
    plain = plain_tokenizer(AutoTokenizer.from_pretrained(start / "best"))
    batch = collate(make_dataset(OTHERS, config.windowing, plain)[:], torch.device("cpu"))
    found = read_as_before(CasualtyModel.load(start / "best").eval(), batch)
    assert float(distance(found, found, batch)) == pytest.approx(0, abs=1e-5)


def test_the_divergence_is_kullback_and_leiblers() -> None:
    one, other = torch.tensor([[2.0, 0.0, -1.0]]), torch.tensor([[0.0, 1.0, 0.0]])
    expected = torch.distributions.kl_divergence(
        torch.distributions.Categorical(logits=one), torch.distributions.Categorical(logits=other)
    )
    assert torch.allclose(divergence(one, other), expected)


def test_there_must_be_something_new(start: Path, tmp_path: Path) -> None:
    (tmp_path / "split.json").write_text(json.dumps({"train": [], "dev": [], "test": []}), encoding="utf-8")
    with pytest.raises(typer.Exit) as error:
        train.mend.main(tmp_path / "run", start, tmp_path / "split.json")
    assert error.value.exit_code == 1
