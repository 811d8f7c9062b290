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
from casualties.corpus.records import Article
from train.config import CONFIG, read_config
from train.data import labelled_parts
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


@pytest.fixture
def batch(start: Path) -> dict[str, torch.Tensor]:
    """Windows of unlike lengths, so that some are padded."""
    config = read_config(start / CONFIG)
    plain = plain_tokenizer(AutoTokenizer.from_pretrained(start / "best"))
    return collate(make_dataset([*NEW, *OTHERS], config.windowing, plain)[:], torch.device("cpu"))


def test_what_moves_is_distance_but_not_on_padding(start: Path, batch: dict[str, torch.Tensor]) -> None:
    found = read_as_before(CasualtyModel.load(start / "best").eval(), batch)
    padding = ~batch["attention_mask"].bool()
    assert padding.any() and batch["groups"].sum() > 0
    assert float(distance(found, found, batch)) == pytest.approx(0, abs=1e-5)
    for moved in range(3):
        changed = [each.clone() for each in found]
        changed[moved][padding] += torch.linspace(0, 9, changed[moved].shape[-1])
        assert float(distance((changed[0], changed[1], changed[2]), found, batch)) == pytest.approx(0, abs=1e-5)
        changed[moved] += torch.linspace(0, 9, changed[moved].shape[-1])
        assert float(distance((changed[0], changed[1], changed[2]), found, batch)) > 0.01


def test_the_labels_are_of_tags_and_of_groups(start: Path, batch: dict[str, torch.Tensor]) -> None:
    tags, groups, vectors = read_as_before(CasualtyModel.load(start / "best").eval(), batch)
    loss = float(loss_of_labels((tags, groups, vectors), batch))
    for changed in ((tags + torch.linspace(0, 9, tags.shape[-1]), groups), (tags, groups * 2)):
        assert float(loss_of_labels((*changed, vectors), batch)) != pytest.approx(loss)


def test_the_divergence_is_kullback_and_leiblers() -> None:
    one, other = torch.tensor([[2.0, 0.0, -1.0]]), torch.tensor([[0.0, 1.0, 0.0]])
    expected = torch.distributions.kl_divergence(
        torch.distributions.Categorical(logits=one), torch.distributions.Categorical(logits=other)
    )
    assert torch.allclose(divergence(one, other), expected)


def articles(folder: Path) -> Path:
    """A folder of an article of one's own, ``b``, that is for training."""
    folder.mkdir()
    (folder / "b.txt").write_text("⟦Nine men⟧{KILLED unknown 9} died.", encoding="utf-8")
    return folder


def split(path: Path, train: list[str]) -> Path:
    path.write_text(json.dumps({"train": train, "dev": [], "test": []}), encoding="utf-8")
    return path


def test_what_the_earlier_split_did_not_have_is_new(
    start: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    given: list[list[Article]] = []
    monkeypatch.setattr(train.mend, "mend", lambda config, new, others, *rest, **more: given.extend([new, others]))
    known = [article.id for article in labelled_parts(None, [], None)[0]]
    train.mend.main(
        tmp_path / "run", start, split(tmp_path / "split.json", known), articles=[articles(tmp_path / "own")]
    )
    assert {article.id for article in given[0]} == {"b"}
    assert {article.id for article in given[1]} == set(known)


@pytest.mark.parametrize("knows_all", [True, False])
def test_there_must_be_new_articles_and_known_ones(knows_all: bool, start: Path, tmp_path: Path) -> None:
    known = [article.id for article in labelled_parts(None, [], None)[0]] if knows_all else []
    with pytest.raises(typer.Exit) as error:
        train.mend.main(tmp_path / "run", start, split(tmp_path / "split.json", known))
    assert error.value.exit_code == 1
    assert not (tmp_path / "run").exists()


def test_no_run_is_written_over(start: Path) -> None:
    config = read_config(start / CONFIG)
    with pytest.raises(FileExistsError, match="is there already"):
        mend(config, NEW, OTHERS, start, start, steps=1, rate=1e-3, seed=0)
    with pytest.raises(FileNotFoundError, match="is it a finished run"):
        mend(config, NEW, OTHERS, start / "absent", start.with_name("new"), steps=1, rate=1e-3, seed=0)
