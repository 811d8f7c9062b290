"""Train the model that links mentions, and put it into a model folder: ``python -m train.links FOLDER --data DATA``.

It learns from the links that people marked between the mentions that people marked, of the train articles: a small
network on the features of a pair (``casualties.pairs``) and on the encoder's vectors of both and of their sentences.
That takes some half an hour on a processor, a third of it for the vectors. What is kept is the running mean of its
weights (Polyak and Juditsky 1992): two long incidents joined or not make a single epoch's scores jump. One layer beside
it learns which group each casualty counts, from the same vectors, in seconds.
"""

from __future__ import annotations

import json
import logging
import math
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated

import numpy as np
import torch
import typer
from rich.progress import track
from torch import Tensor, nn
from torch.nn.functional import binary_cross_entropy_with_logits, cross_entropy
from torch.optim.lr_scheduler import LinearLR, OneCycleLR
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn
from torch.utils.data import DataLoader, TensorDataset
from transformers import set_seed

from casualties.corpus.records import Article
from casualties.extractor import Extractor, Manifest, add_link_model, copy_model, drop_link_model
from casualties.labels import GROUPS
from casualties.link import OUTPUTS, LinkModel, can_attribute, link, within
from casualties.pairs import FEATURES, Floats, pair_features
from casualties.report import Attribution, Casualty, Mention
from casualties.rules import Sentences, link_by_rules
from casualties.scoring.links import Accounts, Tally, compare_accounts, measure, tally, unlinked
from train.command_line import command_line
from train.data import WHOLE_ARTICLES, labelled_parts
from train.export import write_onnx
from train.link_network import GroupLayer, LinkGraph, LinkNetwork

EPOCHS = 10
LEARNING_RATE = 4e-3
WEIGHT_DECAY = 0.02
DECAY = 0.995
"""Of the running mean, a step."""
STEEPEST = 5.0
"""Norm of a gradient."""
BATCH = 8
"""Articles a step, by whose number its loss is divided; of short ones more."""
LARGEST_BATCH = 32
MOST_PAIRS = 9000
"""Pairs of mentions a step, unless one article has more."""
SHIFTS = (-0.5, -0.25, 0.0, 0.25, 0.5, 0.75, 1.0, 1.5)
"""Of the log-odds of a link, to choose from."""
CHOSEN_BY = (("same_incident", "b_cubed", "ceaf_e", "accounts"), ("sources",), ("parts",))
"""The scores that each of ``link.SCORES`` is shifted by; that of several incidents by the first."""
GROUP_EPOCHS = 4
GROUP_STEPS = 300
"""At least: from a hundred casualties that many steps learn nearly as much as from all, and a few steps nothing."""
GROUP_LEARNING_RATE = 1e-3
GROUP_BATCH = 128
"""Casualties a step."""
MOST = 100
"""Mentions of an article that are learnt from together; a longer one is cut."""

logger = logging.getLogger(__name__)


def main(
    folder: Annotated[Path, typer.Argument(help="A model folder that train.export wrote.")],
    data: Annotated[Path | None, typer.Option(help="Folder of the third-party texts; without it, ours alone.")] = None,
    articles: Annotated[list[Path] | None, typer.Option(help="More folders of labelled articles.")] = None,
    only: Annotated[
        tuple[Path, Path] | None, typer.Option(help="Articles to learn from, and to choose by, in place of all these.")
    ] = None,
    seed: Annotated[int, typer.Option(help="Of the weights, the order of articles and dropout.")] = 0,
) -> None:
    """Train a link model, which tells groups too, and put it into a model folder."""
    with command_line():
        Manifest.read(folder)  # before the work, not after it
        learnt, chosen_by = labelled_parts(data, articles or [], only)
        vectors = vectors_of(without_links(folder), [*learnt, *chosen_by])
        network, groups = train_links(learnt, chosen_by, vectors, seed), train_groups(learnt, vectors, seed)
        scratch = folder / "links.tmp"
        write_graph(network, groups, scratch)
        add_link_model(folder, scratch)


@dataclass(frozen=True, slots=True)
class Example:
    """The mentions of an article, or of a part of it, and how people linked them."""

    features: Tensor
    """(mentions, mentions, features)."""
    vectors: Tensor
    """(mentions, length)."""
    same: Tensor
    """Whether two speak of one incident, (mentions, mentions)."""
    several: Tensor
    """Whether each speaks of several, (mentions,)."""
    targets: tuple[Tensor, Tensor]
    """The column of each mention's source and of its larger figure; the number of mentions where there is none."""
    rows: tuple[Tensor, Tensor]
    """Which mentions may have a source, and which a larger figure, (mentions,)."""
    columns: tuple[Tensor, Tensor]
    """Which may be a source, and which a larger figure, (mentions,)."""


def without_links(folder: Path) -> Extractor:
    """A model without its link model, which may be one that this version cannot load."""
    with TemporaryDirectory() as scratch:
        copy = Path(scratch) / "model"
        copy_model(folder, copy)
        drop_link_model(copy)
        return Extractor(copy)


def vectors_of(extractor: Extractor, articles: Sequence[Article]) -> dict[str, Floats]:
    """What ``Extractor.vectors`` gives of the mentions that people marked, by article."""
    return {article.id: extractor.vectors(article.text, article.mentions) for article in track(articles, "vectors")}


def train_links(
    train: Sequence[Article],
    dev: Sequence[Article],
    vectors: Mapping[str, Floats],
    seed: int,
    epochs: int = EPOCHS,
) -> LinkNetwork:
    """Train on some articles; the whole articles among others choose how readily links are made.

    Args:
        train: articles to learn from.
        dev: articles to choose by.
        vectors: what ``vectors_of`` gives for both.
        seed: of the weights, the order of articles and dropout.
        epochs: passes over the articles.
    """
    set_seed(seed)
    examples = [example for article in train for example in make_examples(article, vectors[article.id])]
    network = LinkNetwork(max(each.shape[1] for each in vectors.values()))
    mean = AveragedModel(network, multi_avg_fn=get_ema_multi_avg_fn(DECAY))  # type: ignore[no-untyped-call]
    optimizer = torch.optim.AdamW(network.parameters(), lr=LEARNING_RATE, weight_decay=WEIGHT_DECAY)
    plan = [make_batches(examples, np.random.default_rng([seed, epoch])) for epoch in range(epochs)]
    schedule = OneCycleLR(optimizer, LEARNING_RATE, total_steps=sum(map(len, plan)))
    for epoch, batches in enumerate(plan):
        network.train()
        for batch in track(batches, f"epoch {epoch}"):
            optimizer.zero_grad()
            (loss_of(network, [examples[number] for number in batch]) / BATCH).backward()  # type: ignore[no-untyped-call]
            nn.utils.clip_grad_norm_(network.parameters(), STEEPEST)
            optimizer.step()
            schedule.step()
            mean.update_parameters(network)
    trained = mean.module.eval()
    assert isinstance(trained, LinkNetwork)
    shift_bias(trained, [article for article in dev if article.source in WHOLE_ARTICLES] or dev, vectors)
    return trained


def train_groups(train: Sequence[Article], vectors: Mapping[str, Floats], seed: int) -> GroupLayer | None:
    """Train the layer that tells groups.

    Args:
        train: articles to learn from.
        vectors: what ``vectors_of`` gives for them.
        seed: of the weights, the order of casualties and dropout.

    Returns:
        The layer; nothing if no article has a casualty.
    """
    casualties = [
        (vector, GROUPS.index(mention.group))
        for article in train
        for mention, vector in zip(article.mentions, vectors[article.id], strict=True)
        if isinstance(mention, Casualty)
    ]
    if not casualties:
        return None
    set_seed(seed)
    read = torch.from_numpy(np.stack([vector for vector, _ in casualties]))
    groups = torch.tensor([group for _, group in casualties])
    batches = DataLoader(TensorDataset(read, groups), GROUP_BATCH, shuffle=True)
    epochs = max(GROUP_EPOCHS, math.ceil(GROUP_STEPS / len(batches)))
    layer = GroupLayer(read.shape[1])
    optimizer = torch.optim.AdamW(layer.parameters(), lr=GROUP_LEARNING_RATE)
    schedule = LinearLR(optimizer, 1.0, 0.0, total_iters=epochs * len(batches))
    for _ in range(epochs):
        for some, group in batches:
            optimizer.zero_grad()
            cross_entropy(layer(some), group).backward()  # type: ignore[no-untyped-call]
            optimizer.step()
            schedule.step()
    return layer.eval()


def make_batches(examples: Sequence[Example], generator: np.random.Generator) -> list[list[int]]:
    """The numbers of the examples in batches of as many mentions each, in random order; none of it is padding."""
    by_size: dict[int, list[int]] = defaultdict(list)
    for number in generator.permutation(len(examples)).tolist():
        by_size[len(examples[number].same)].append(number)
    batches = []
    for mentions, numbers in by_size.items():
        size = min(LARGEST_BATCH, max(1, MOST_PAIRS // mentions**2))
        batches += [numbers[start : start + size] for start in range(0, len(numbers), size)]
    return [batches[number] for number in generator.permutation(len(batches)).tolist()]


@torch.no_grad()
def shift_bias(network: LinkNetwork, dev: Sequence[Article], vectors: Mapping[str, Floats]) -> None:
    """Put the point from which each kind of link is made where some articles come out best.

    A network that is right about most pairs still joins too few groups, or too many, since a group's errors add up;
    and of links that are rare, too few are more likely than not.
    """
    if not dev:
        return
    several, links = network.several.bias, network.scores.bias
    for bias, names in [(links[output], names) for output, names in enumerate(CHOSEN_BY)] + [(several, CHOSEN_BY[0])]:
        first, values = bias.clone(), {}
        for shift in SHIFTS:
            bias.copy_(first + shift)
            scores = dev_scores(as_link_model(network), dev, vectors)
            values[shift] = sum(scores[name] for name in names)
        bias.copy_(first + max(SHIFTS, key=values.__getitem__))
    scores = dev_scores(as_link_model(network), dev, vectors)
    logger.info("dev: %s", json.dumps({name: round(value, 3) for name, value in scores.items()}))


def make_examples(article: Article, vectors: Floats) -> list[Example]:
    """What an article, its mentions with some vectors, teaches; nothing if it has fewer than two mentions."""
    sentences = Sentences(article.text)
    by_rule = link_by_rules(article.text, unlinked(article))
    blocks = [slice(start, start + MOST) for start in range(0, len(article.mentions), MOST)]
    return [
        _example(article.text, article.mentions[block], by_rule[block], vectors[block], sentences)
        for block in blocks
        if len(article.mentions[block]) > 1
    ]


def _example(
    text: str, gold: Sequence[Mention], by_rule: Sequence[Mention], vectors: Floats, sentences: Sentences
) -> Example:
    places = {mention.id: number for number, mention in enumerate(gold)}
    incidents = [set(mention.incidents) for mention in gold]
    casualties = torch.tensor([isinstance(mention, Casualty) for mention in gold])
    attributions = torch.tensor([isinstance(mention, Attribution) for mention in gold])
    return Example(
        features=torch.from_numpy(pair_features(text, within(by_rule), sentences)),
        vectors=torch.from_numpy(vectors),
        same=torch.tensor([[float(bool(one & other)) for other in incidents] for one in incidents]),
        several=torch.tensor([float(len(each) > 1) for each in incidents]),
        targets=(_targets(gold, "source", places), _targets(gold, "part_of", places)),
        rows=(casualties | attributions, casualties),
        columns=(torch.tensor([can_attribute(mention) for mention in gold]), casualties),
    )


def _targets(mentions: Sequence[Mention], attribute: str, places: dict[str, int]) -> Tensor:
    none = len(mentions)
    return torch.tensor([places.get(getattr(mention, attribute, None) or "", none) for mention in mentions])


def loss_of(network: nn.Module, examples: Sequence[Example]) -> Tensor:
    """Cross-entropies: of pairs being one incident, of mentions being of several, of their sources and larger figures.

    The score of having none is fixed at 0. Long articles weigh more than short ones, but not by their pairs.

    Args:
        network: what to score.
        examples: of as many mentions each.

    Returns:
        The sum over the examples, a scalar.
    """
    features, vectors, same, speaks_of_several = (
        torch.stack([getattr(example, name) for example in examples])
        for name in ("features", "vectors", "same", "several")
    )
    scores, several = network(features, vectors)
    count = same.shape[-1]
    upper = torch.triu(torch.ones(count, count, dtype=torch.bool), diagonal=1)
    both_ways = (scores[..., 0] + scores[..., 0].mT) / 2
    loss = binary_cross_entropy_with_logits(both_ways[:, upper], same[:, upper])
    loss = (loss + binary_cross_entropy_with_logits(several, speaks_of_several)) * len(examples) * min(count, 30) / 15
    for kind in range(2):
        target, rows, columns = (
            torch.stack([getattr(example, name)[kind] for example in examples])
            for name in ("targets", "rows", "columns")
        )
        closed = ~columns[:, None] | torch.eye(count, dtype=torch.bool)
        none = torch.zeros(len(examples), count, 1)
        choices = torch.cat([scores[..., kind + 1].masked_fill(closed, -1e4), none], dim=-1)
        learnt = rows & ((target == count) | columns.gather(1, target.clamp(max=count - 1)))
        each = cross_entropy(choices.mT, target, reduction="none") * learnt
        number = learnt.sum(1)
        loss = loss + (each.sum(1) / number.clamp(min=1) * number.clamp(max=15) / 10).sum()
    return loss


def as_link_model(network: nn.Module) -> LinkModel:
    """The network, or a ``LinkGraph``, as ``casualties.link`` calls it."""

    @torch.inference_mode()
    def run(features: Floats, vectors: Floats) -> tuple[Floats, Floats, Floats | None]:
        network.eval()
        scores, several, *groups = network(torch.from_numpy(features), torch.from_numpy(vectors))
        return scores.numpy(), several.numpy(), groups[0].numpy() if groups else None

    return run


def dev_scores(model: LinkModel, articles: Sequence[Article], vectors: Mapping[str, Floats]) -> dict[str, float]:
    """The scores of links, as ``casualties.scoring.links`` names them, and ``accounts``."""
    reports = [link(each.text, unlinked(each), links=model, vectors=vectors[each.id]) for each in articles]
    read = list(zip(articles, reports, strict=True))
    sums = np.sum([tally(article.mentions, report.mentions) for article, report in read], axis=0)
    accounts = Accounts(*np.sum([compare_accounts(article, report) for article, report in read], axis=0))
    return measure(Tally(*sums)) | {"accounts": accounts.rates()["accounts"].value}


def write_graph(network: LinkNetwork, groups: GroupLayer | None, path: Path) -> None:
    """Write both as one ONNX graph from ``features`` and ``vectors`` to ``OUTPUTS``; see ``LinkGraph``."""
    inputs = {"features": torch.zeros(3, 3, FEATURES), "vectors": torch.zeros(3, network.vectors.in_features)}
    outputs = list(OUTPUTS if groups else OUTPUTS[:-1])
    write_onnx(LinkGraph(network, groups), path, inputs, outputs, [{0: "mentions", 1: "mentions"}, {0: "mentions"}])


if __name__ == "__main__":
    typer.run(main)
