"""Teach a finished run a few articles, and hold it to what it says of all others: ``python -m train.mend RUN``.

Labels alone, after a stage of teachers, cost what the teachers brought (``model_cards/learning.md``). Here the labels
of known articles are not learnt from again: of their words the model is to say what it said before, and its vectors,
which the links read, are to stay where they were (learning without forgetting, Li and Hoiem 2016). Minutes on one core.
"""

from __future__ import annotations

import logging
import shutil
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Annotated, TypeAlias

import numpy as np
import torch
import typer
from rich.progress import track
from tokenizers import Tokenizer
from torch import Tensor
from torch.optim import AdamW
from transformers import get_linear_schedule_with_warmup

from casualties.corpus.records import Article
from train.augment import Fillers, fillers_of
from train.average import weights_of
from train.command_line import command_line
from train.config import CONFIG, Config, read_config
from train.data import labelled_parts, read_split
from train.features import make_dataset
from train.finetune import augmented, begin, collate, make_batches
from train.model import CasualtyModel, cross_entropy, fast_precision, fastest_device, plain_tokenizer

NEW = 0.3
"""The share of the batches that are of the new articles."""
BATCH_TOKENS = 1024
"""Tokens a batch, padding included, whatever the start's were: small steps, since there is little to learn."""
LABELS, TAGS, GROUPS, VECTORS = 2.0, 20.0, 0.3, 1.0
"""Weights in the loss: of the labels' tags; of moving away in tags; of groups in both; of moving away in vectors.
Set by hand, as ``NEW`` was, not searched for (``model_cards/learning.md``, twenty-first stage)."""
OTHERS_AT_ONCE = 400
"""Known articles that are cut into windows at a time."""

Batch: TypeAlias = "dict[str, Tensor]"
Read: TypeAlias = "tuple[Tensor, Tensor, Tensor]"
"""What a model makes of a batch: tag logits, group logits and vectors, as ``CasualtyModel`` gives them."""

logger = logging.getLogger(__name__)


def main(
    run: Annotated[Path, typer.Argument(help="Folder of the new run.")],
    start: Annotated[Path, typer.Option(help="A finished run to go on from.")],
    known: Annotated[Path, typer.Option(help="A split file of before: its training articles are those to hold to.")],
    data: Annotated[Path | None, typer.Option(help="Folder of the third-party texts; without it, ours alone.")] = None,
    articles: Annotated[list[Path] | None, typer.Option(help="More folders of labelled articles.")] = None,
    steps: Annotated[int, typer.Option(help="How many batches to learn from.", min=1)] = 500,
    rate: Annotated[float, typer.Option(help="The steepest learning rate.")] = 5e-5,
    seed: Annotated[int, typer.Option(help="Decides the order of windows and swaps.")] = 0,
) -> None:
    """Teach a finished run the training articles that an earlier split did not have."""
    with command_line():
        learnt, _ = labelled_parts(data, articles or [], None)
        before = set(read_split(known)["train"])
        new = [article for article in learnt if article.id not in before]
        others = [article for article in learnt if article.id in before]
        if not new or not others:
            raise ValueError(f"{len(new)} new articles and {len(others)} known to {known}; there must be some of each")
        logger.info("%d new articles, held to %d others", len(new), len(others))
        mend(read_config(start / CONFIG), new, others, start, run, steps=steps, rate=rate, seed=seed)


def mend(
    config: Config,
    new: Sequence[Article],
    others: Sequence[Article],
    start: Path,
    run: Path,
    *,
    steps: int,
    rate: float,
    seed: int,
) -> None:
    """Go on from a finished run.

    Args:
        config: its settings; there is no dropout here, since it would move the model from what it was.
        new: articles whose labels to learn.
        others: articles of whose words the model should say what it says now.
        start: the finished run.
        run: where to write the new one.
        steps: how many batches, of either kind.
        rate: the learning rate after a tenth of them; it falls to zero.
        seed: of everything random.

    Raises:
        FileExistsError: if there is a folder ``run`` already.
        FileNotFoundError: if the start holds no model.
    """
    if run.exists():
        raise FileExistsError(f"{run} is there already; give another folder")
    weights_of(start / "best")
    device, settings = fastest_device(), config.training
    model, tokenizer = begin(replace(config, dropout=0.0), start, device)
    before, _ = begin(replace(config, dropout=0.0), start, device)
    before.eval()
    random = np.random.default_rng(seed)
    reading = fillers_of([*new, *others]), config, plain_tokenizer(tokenizer), random
    labelled = batches(new, len(new), *reading)
    held = batches(others, OTHERS_AT_ONCE, *reading)
    learnt = [parameter for parameter in model.parameters() if parameter.requires_grad]
    optimizer = AdamW(learnt, lr=rate, weight_decay=0.0)
    schedule = get_linear_schedule_with_warmup(optimizer, steps // 10, steps)
    model.train()
    for _ in track(range(steps), "mending"):
        is_new = random.random() < NEW
        batch = {name: part.to(device) for name, part in next(labelled if is_new else held).items()}
        found = read(model, batch)
        loss = loss_of_labels(found, batch) if is_new else distance(found, read_as_before(before, batch), batch)
        optimizer.zero_grad()
        torch.autograd.backward(loss)
        torch.nn.utils.clip_grad_norm_(learnt, settings.max_gradient_norm)
        optimizer.step()
        schedule.step()
    model.save(run / "best")
    tokenizer.save_pretrained(run / "best")
    shutil.copyfile(start / CONFIG, run / CONFIG)


def batches(
    articles: Sequence[Article],
    at_once: int,
    fillers: Fillers,
    config: Config,
    plain: Tokenizer,
    random: np.random.Generator,
) -> Iterator[Batch]:
    """Batches of windows without end, so many articles cut at a time, mentions swapped anew each time."""
    while True:
        some = [articles[number] for number in random.permutation(len(articles))[:at_once]]
        dataset = make_dataset(augmented(some, fillers, config.training, random), config.windowing, plain)
        for batch in make_batches(dataset, BATCH_TOKENS, random):
            yield collate(dataset[batch], torch.device("cpu"))


def read(model: CasualtyModel, batch: Batch) -> Read:
    """What a model makes of a batch, in single precision."""
    with fast_precision(batch["tags"].device):
        tags, groups, vectors = model(batch["input_ids"], batch["attention_mask"], batch["token_type_ids"])
    return tags.float(), groups.float(), vectors.float()


@torch.no_grad()
def read_as_before(model: CasualtyModel, batch: Batch) -> Read:
    """The same, of a model that does not learn."""
    return read(model, batch)


def loss_of_labels(found: Read, batch: Batch) -> Tensor:
    """How far a model is from the labels, a scalar; tags are not balanced, since that would move them all."""
    return LABELS * cross_entropy(found[0], batch["tags"]) + GROUPS * cross_entropy(found[1], batch["groups"])


def distance(found: Read, before: Read, batch: Batch) -> Tensor:
    """How far a model has moved on a batch, a scalar; padding does not count, and groups where there is a casualty."""
    words, harmed = batch["attention_mask"].bool(), batch["groups"].sum(-1)
    tags = divergence(before[0], found[0])[words].mean()
    groups = (divergence(before[1], found[1]) * harmed)[words].sum() / harmed.sum().clamp(min=1)
    vectors = ((before[2] - found[2]) ** 2)[words].mean() / (before[2][words] ** 2).mean()
    return TAGS * tags + GROUPS * groups + VECTORS * vectors


def divergence(before: Tensor, found: Tensor) -> Tensor:
    """Kullback and Leibler's, of the classes of each token, from logits (…, classes)."""
    return (before.softmax(-1) * (before.log_softmax(-1) - found.log_softmax(-1))).sum(-1)


if __name__ == "__main__":
    typer.run(main)
