"""Fine-tune a model on labelled articles: ``python -m train.finetune RUN --data DATA``.

Runs on a GPU where there is one, in bfloat16 where the hardware is faster for it. An interrupted run that is started
again with the same command goes on after its last finished epoch and ends as if it had never stopped.
"""

from __future__ import annotations

import hashlib
import json
import logging
import os
import shutil
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any, NamedTuple

import evaluate
import numpy as np
import torch
import typer
from datasets import Dataset
from evaluate import EvaluationModule
from rich.progress import track
from tokenizers import Tokenizer
from torch import Tensor
from torch.nn.functional import one_hot
from torch.nn.utils.rnn import pad_sequence
from torch.optim import AdamW
from torch.optim.lr_scheduler import LambdaLR
from transformers import AutoTokenizer, PreTrainedTokenizerBase, get_linear_schedule_with_warmup, set_seed

from casualties.corpus.records import Article, sha256
from casualties.labels import GROUPS, TAGS
from casualties.report import Mention
from casualties.scoring.evaluation import MAIN_METRIC
from train.augment import Fillers, fillers_of, lower, swap_mentions
from train.average import weights_of
from train.command_line import command_line
from train.config import CONFIG, Config, TrainingConfig, read_config
from train.data import labelled_parts, load_articles, read_split
from train.encoders import encoder_location
from train.features import IGNORED, make_dataset, make_taught_dataset
from train.model import (
    CasualtyModel,
    Loss,
    as_engine,
    fast_precision,
    fastest_device,
    plain_tokenizer,
    predict,
)
from train.teachers import Teachers, telling, unlabelled_texts

METRIC = Path(__file__).parent / "metric"
DEFAULT_CONFIG = Path(__file__).parent / "configs" / "default.toml"
CHECKPOINT = "checkpoint.pt"
EVALUATION_BATCH = 16

Epoch = dict[str, float]
"""An epoch's number, training loss, seconds and dev metrics."""


class Lesson(NamedTuple):
    """What a student learns from beside labels."""

    teachers: Teachers
    texts: Sequence[Article]
    """Without labels."""


logger = logging.getLogger(__name__)


def main(
    run: Annotated[Path, typer.Argument(help="Folder of the run: the best model, its metrics, where to resume.")],
    data: Annotated[Path | None, typer.Option(help="Folder of the third-party texts; without it, ours alone.")] = None,
    articles: Annotated[list[Path] | None, typer.Option(help="More folders of labelled articles.")] = None,
    only: Annotated[
        tuple[Path, Path] | None, typer.Option(help="Articles to learn from, and to choose by, in place of all these.")
    ] = None,
    known: Annotated[
        Path | None, typer.Option(help="A split file of before: only a share of its training articles is learnt from.")
    ] = None,
    teacher: Annotated[
        list[Path] | None, typer.Option(help="A finished run to learn from as well; several teach together.")
    ] = None,
    words: Annotated[
        int | None, typer.Option(help="How many words without labels the teachers read, about; by default all of DATA.")
    ] = None,
    config: Annotated[Path, typer.Option(help="Settings of the run.")] = DEFAULT_CONFIG,
    start: Annotated[Path | None, typer.Option(help="A finished run to go on from, not from the encoder.")] = None,
    seed: Annotated[int, typer.Option(help="Decides the order of windows, dropout and swaps.")] = 0,
) -> None:
    """Fine-tune a model and keep the epoch that is best on the dev articles."""
    with command_line():
        settings = read_config(config)
        learnt, chosen_by = labelled_parts(data, articles or [], only)
        if known:
            learnt = without_some(learnt, read_split(known)["train"], settings.training.again, seed)
        lesson = lesson_of(teacher, data, words) if teacher else None
        finetune(settings, learnt, chosen_by, run, seed, lesson, start)
        if not (run / CONFIG).exists():
            shutil.copyfile(config, run / CONFIG)


def finetune(
    config: Config,
    train: Sequence[Article],
    dev: Sequence[Article],
    run: Path,
    seed: int,
    lesson: Lesson | None = None,
    start: Path | None = None,
) -> list[Epoch]:
    """Train on some articles and choose the epoch by others.

    Args:
        config: the settings.
        train: articles to learn from.
        dev: articles to choose by.
        run: where to keep ``best/`` (model and tokenizer in transformers' layout), ``checkpoint.pt`` and
            ``metrics.jsonl`` (a line an epoch).
        seed: of everything random but the heads, which begin alike.
        lesson: teachers to learn from as well, and texts without labels for them to read.
        start: a finished run whose best model to go on from, instead of the bare encoder.

    Returns:
        The history, an entry an epoch.
    """
    run.mkdir(parents=True, exist_ok=True)
    device, settings = fastest_device(), config.training
    model, tokenizer = begin(config, start, device)
    plain = plain_tokenizer(tokenizer)
    dataset = make_dataset(train, config.windowing, plain)
    taught = read_unlabelled(lesson, config, plain, seed) if lesson else None
    logger.info(
        "%d windows of %d articles to train on, and %d without labels; %d articles to choose by",
        *(len(dataset), len(train), len(taught or []), len(dev)),
    )

    loss_function = Loss(torch.tensor(np.concatenate(dataset["tags"])), settings.balance, settings.group_weight)
    loss_function.to(device)
    steps = settings.epochs * len(batches_of(dataset, taught, settings, np.random.default_rng(seed)))
    optimizer, schedule = make_optimizer(model, settings, steps)
    files = [*(lesson.teachers.weights if lesson else ()), *(weights_of(start / "best") if start else ())]
    identity = run_identity(config, [*train, *(lesson.texts if lesson else ())], dev, seed, files)
    history = load_checkpoint(run, identity, model, optimizer, schedule)
    fillers, metric = fillers_of(train), evaluate.load(str(METRIC))

    while len(history) < settings.epochs and epochs_since_best(history) < settings.patience:
        epoch, started = len(history), time.monotonic()
        set_seed(seed + 1000 * (epoch + 1))  # an epoch depends on its number alone, so a resumed run repeats it
        random = np.random.default_rng([seed, epoch])
        labelled = read_labelled_articles(augmented(train, fillers, settings, random), lesson, config, plain)
        numbered = batches_of(labelled, taught, settings, random)
        batches = (collate(part[batch], device) for part, batch in track(numbered, f"epoch {epoch}"))
        loss = train_epoch(model, loss_function, optimizer, schedule, batches, settings.max_gradient_norm)
        metrics = dev_metrics(metric, predict(as_engine(model), dev, config.windowing, plain, EVALUATION_BATCH), dev)
        history.append({"epoch": epoch, "loss": loss, "seconds": time.monotonic() - started, **metrics})
        logger.info("epoch %d: loss %.4f, dev %s %.4f", epoch, loss, MAIN_METRIC, metrics[MAIN_METRIC])
        if epochs_since_best(history) == 0:
            model.save(run / "best")
            tokenizer.save_pretrained(run / "best")
        save_checkpoint(run, identity, model, optimizer, schedule, history)
    return history


def begin(config: Config, start: Path | None, device: torch.device) -> tuple[CasualtyModel, PreTrainedTokenizerBase]:
    """The model and the tokenizer to begin with: those of a finished run, or a bare encoder with fresh heads."""
    folder = str(start / "best") if start else encoder_location(config.encoder)
    set_seed(0)  # heads begin alike whatever the seed, so that seeds differ in what they learn from alone
    model = CasualtyModel.load(Path(folder), config.dropout) if start else CasualtyModel(folder, config.dropout)
    model.tagger.get_input_embeddings().requires_grad_(not config.freeze_embeddings)
    return model.to(device), AutoTokenizer.from_pretrained(folder)


def read_unlabelled(lesson: Lesson, config: Config, plain: Tokenizer, seed: int) -> Dataset:
    """The windows of the texts without labels that are worth learning from, with what the teachers say of them."""
    others = telling(lesson.texts, lesson.teachers.read(lesson.texts), np.random.default_rng(seed))
    return make_taught_dataset(*others, 1.0, config.windowing, plain)


def read_labelled_articles(
    articles: Sequence[Article], lesson: Lesson | None, config: Config, plain: Tokenizer
) -> Dataset:
    """The windows of labelled articles with their labels, mixed with what the teachers say where there are any."""
    if not lesson:
        return make_dataset(articles, config.windowing, plain)
    opinions = list(lesson.teachers.read(articles))
    return make_taught_dataset(articles, opinions, config.training.trust, config.windowing, plain)


def augmented(
    articles: Sequence[Article], fillers: Fillers, settings: TrainingConfig, random: np.random.Generator
) -> list[Article]:
    """The articles as an epoch reads them: some mentions have traded places, some articles are in lower case."""
    swapped = [swap_mentions(article, fillers, settings.swap, random) for article in articles]
    return [lower(article) if random.random() < settings.lower else article for article in swapped]


def without_some(articles: Sequence[Article], known: Iterable[str], again: float, seed: int) -> list[Article]:
    """The articles that are new, and a share of those that are known, drawn anew for each seed."""
    ids, random = set(known), np.random.default_rng(seed)
    return [article for article in articles if article.id not in ids or random.random() < again]


def lesson_of(teachers: Sequence[Path], data: Path | None, words: int | None) -> Lesson:
    """The teachers of some runs, and texts for them to read, the same whatever the student's seed.

    Raises:
        ValueError: if there is no ``data``.
        FileNotFoundError: if a run of a teacher is not there.
    """
    if not data:
        raise ValueError("teachers read texts without labels; --data FOLDER says where they are")
    loaded = Teachers(teachers)  # before the slow part
    return Lesson(loaded, unlabelled_texts(data, load_articles(data), words, np.random.default_rng(0)))


def batches_of(
    labelled: Dataset, taught: Dataset | None, settings: TrainingConfig, random: np.random.Generator
) -> list[tuple[Dataset, list[int]]]:
    """The batches of an epoch, each of one of the two data sets: the labelled rows, those without labels."""
    batches = [(labelled, batch) for batch in make_batches(labelled, settings.batch_tokens, random)]
    if taught:
        read = make_batches(taught, settings.batch_tokens, random)
        batches += [(taught, batch) for batch in read[: round(settings.unlabelled * len(read))]]
    return [batches[number] for number in random.permutation(len(batches))]


def make_batches(dataset: Dataset, tokens: int, random: np.random.Generator) -> list[list[int]]:
    """The rows of each batch of an epoch: like lengths together, at most ``tokens`` with padding, shuffled."""
    lengths = np.array([len(row) for row in dataset["input_ids"]])
    batches: list[list[int]] = []
    longest = 0
    for row in np.argsort(lengths * random.uniform(0.9, 1.1, len(lengths))).tolist():
        longest = max(longest, int(lengths[row]))
        if not batches or (len(batches[-1]) + 1) * longest > tokens:
            batches.append([])
            longest = int(lengths[row])
        batches[-1].append(row)
    return [batches[number] for number in random.permutation(len(batches))]


def collate(columns: Mapping[str, Sequence[Any]], device: torch.device) -> dict[str, Tensor]:
    """Rows side by side as tensors.

    Returns:
        ``input_ids``, ``token_type_ids`` and ``attention_mask`` (windows, tokens), and the probabilities to learn,
        ``tags`` (windows, tokens, tags) and ``groups`` (windows, tokens, groups): all zero where there is nothing to
        learn.
    """

    def side_by_side(sequences: Iterable[Tensor]) -> Tensor:
        return pad_sequence(list(sequences), batch_first=True).to(device)

    return {
        "input_ids": side_by_side(torch.as_tensor(ids) for ids in columns["input_ids"]),
        "token_type_ids": side_by_side(torch.as_tensor(types) for types in columns["token_type_ids"]),
        "attention_mask": side_by_side(torch.ones(len(ids), dtype=torch.long) for ids in columns["input_ids"]),
        "tags": side_by_side(probabilities(tags, len(TAGS)) for tags in columns["tags"]),
        "groups": side_by_side(probabilities(groups, len(GROUPS)) for groups in columns["groups"]),
    }


def probabilities(labels: Sequence[int] | Sequence[Sequence[float]], classes: int) -> Tensor:
    """Labels, or the probabilities that they already are, as probabilities (tokens, classes); zero if ``IGNORED``."""
    given = torch.as_tensor(labels)
    if given.dim() > 1:
        return given
    return one_hot(given.clamp(min=0), classes).float() * (given != IGNORED).float().unsqueeze(-1)


def make_optimizer(model: CasualtyModel, settings: TrainingConfig, steps: int) -> tuple[AdamW, LambdaLR]:
    """AdamW (Loshchilov and Hutter 2019) under a linear schedule; biases and norms are not decayed."""
    heads = {id(parameter) for parameter in model.heads()}
    groups: list[dict[str, Any]] = []
    for rate, of_heads in ((settings.learning_rate, False), (settings.head_learning_rate, True)):
        learnt = [each for each in model.parameters() if each.requires_grad and (id(each) in heads) == of_heads]
        matrices = [each for each in learnt if each.dim() > 1]
        vectors = [each for each in learnt if each.dim() <= 1]
        groups.append({"params": matrices, "lr": rate, "weight_decay": settings.weight_decay})
        groups.append({"params": vectors, "lr": rate, "weight_decay": 0.0})
    optimizer = AdamW(groups, fused=True)
    return optimizer, get_linear_schedule_with_warmup(optimizer, int(settings.warmup * steps), steps)


def train_epoch(
    model: CasualtyModel,
    loss_function: Loss,
    optimizer: AdamW,
    schedule: LambdaLR,
    batches: Iterable[dict[str, Tensor]],
    max_gradient_norm: float,
) -> float:
    """Learn from each batch once; returns the mean loss of the batches."""
    model.train()
    losses: list[float] = []
    for batch in batches:
        with fast_precision(batch["tags"].device):
            tags, groups, _ = model(batch["input_ids"], batch["attention_mask"], batch["token_type_ids"])
        loss = loss_function((tags.float(), groups.float()), batch["tags"], batch["groups"])
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), max_gradient_norm)
        optimizer.step()
        schedule.step()
        losses.append(loss.item())
    return float(np.mean(losses))


def dev_metrics(metric: EvaluationModule, predicted: Sequence[Sequence[Mention]], dev: Sequence[Article]) -> Epoch:
    """The metrics of ``train/metric`` on the dev articles."""
    found: Epoch = metric.compute(
        predictions=[spans_of(mentions) for mentions in predicted],
        references=[spans_of(article.mentions) for article in dev],
    )
    return found


def spans_of(mentions: Iterable[Mention]) -> list[dict[str, Any]]:
    """Mentions as the metric takes them."""
    return [{"start": mention.start, "end": mention.end, "label": mention.label} for mention in mentions]


def epochs_since_best(history: Sequence[Epoch]) -> int:
    """How many epochs ago the dev metric was at its best; 0 before the first."""
    if not history:
        return 0
    values = [epoch[MAIN_METRIC] for epoch in history]
    return len(values) - 1 - values.index(max(values))


def run_identity(
    config: Config, train: Sequence[Article], dev: Sequence[Article], seed: int, files: Sequence[Path]
) -> str:
    """What makes a run this run: a hash of its settings, seed, articles and other files it learns from."""
    articles = [[article.to_record() for article in part] for part in (train, dev)]
    hashes = [hashlib.sha256(file.read_bytes()).hexdigest() for file in files]
    return sha256(json.dumps([asdict(config), seed, articles, hashes]))


def save_checkpoint(
    run: Path, identity: str, model: CasualtyModel, optimizer: AdamW, schedule: LambdaLR, history: list[Epoch]
) -> None:
    """Write where to resume, whole or not at all, and the history in lines."""
    state = {
        "identity": identity,
        "model": model.state_dict(),
        "optimizer": optimizer.state_dict(),
        "schedule": schedule.state_dict(),
        "history": history,
    }
    torch.save(state, run / "checkpoint.tmp")
    os.replace(run / "checkpoint.tmp", run / CHECKPOINT)
    lines = [json.dumps(epoch) + "\n" for epoch in history]
    (run / "metrics.jsonl").write_text("".join(lines), encoding="utf-8")


def load_checkpoint(
    run: Path, identity: str, model: CasualtyModel, optimizer: AdamW, schedule: LambdaLR
) -> list[Epoch]:
    """Go back to where the run stopped; the history is empty if it had not begun.

    Raises:
        ValueError: if the folder holds a run with other settings, another seed or other articles.
    """
    if not (run / CHECKPOINT).exists():
        return []
    state = torch.load(run / CHECKPOINT, map_location="cpu", weights_only=True)  # tensors and plain values, no code
    if state["identity"] != identity:
        raise ValueError(f"{run} holds a run with other settings, seed or articles; give another folder")
    model.load_state_dict(state["model"])
    optimizer.load_state_dict(state["optimizer"])
    schedule.load_state_dict(state["schedule"])
    history: list[Epoch] = state["history"]
    logger.info("going on after epoch %d", len(history) - 1)
    return history


if __name__ == "__main__":
    typer.run(main)
