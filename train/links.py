"""Train the model that links mentions, and put it into a model folder: ``python -m train.links FOLDER --data DATA``.

It learns from the links that people marked between the mentions that people marked, of the train articles: a small
network on the features of a pair (``casualties.pairs``) and on the encoder's vectors of both. That takes some twenty
minutes on a processor, half of them for the vectors. What is kept is the running mean of its weights (Polyak and
Juditsky 1992): two long incidents joined or not make a single epoch's scores jump.
"""

from __future__ import annotations

import json
import logging
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
from torch.optim.lr_scheduler import OneCycleLR
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn
from transformers import set_seed

from casualties.corpus.records import Article
from casualties.extractor import Extractor, Manifest, add_link_model, copy_model, drop_link_model
from casualties.link import SCORES, LinkModel, can_attribute, link, within
from casualties.pairs import FEATURES, Floats, pair_features
from casualties.report import Attribution, Casualty, Mention
from casualties.rules import Sentences, link_by_rules
from casualties.scoring.links import Tally, measure, tally, unlinked
from train.command_line import command_line
from train.data import WHOLE_ARTICLES, labelled_parts
from train.export import write_onnx

HIDDEN = 64
RANK = 32
"""Numbers that are read off a mention's vector."""
DROPOUT = 0.1
VECTOR_DROPOUT = 0.2
EPOCHS = 12
LEARNING_RATE = 5e-3
WEIGHT_DECAY = 0.02
DECAY = 0.995
"""Of the running mean, a step."""
BATCH = 8
"""Articles a step."""
SHIFTS = (-0.5, 0.0, 0.25, 0.5, 0.75, 1.0, 1.5)
"""Of the log-odds of a link, to choose from."""
CHOSEN_BY = (("same_incident", "b_cubed", "ceaf_e"), ("sources",), ("parts",))
"""The scores that each of ``SCORES`` is shifted by."""
MOST = 100
"""Mentions of an article that are learnt from together; a longer one is cut."""

logger = logging.getLogger(__name__)


def main(
    folder: Annotated[Path, typer.Argument(help="A model folder that train.export wrote.")],
    data: Annotated[Path | None, typer.Option(help="Folder of the third-party texts; without it, ours alone.")] = None,
    only: Annotated[
        tuple[Path, Path] | None, typer.Option(help="Articles to learn from, and to choose by, in place of all these.")
    ] = None,
    seed: Annotated[int, typer.Option(help="Of the weights, the order of articles and dropout.")] = 0,
) -> None:
    """Train a link model and put it into a model folder."""
    with command_line():
        Manifest.read(folder)  # before the work, not after it
        learnt, chosen_by = labelled_parts(data, [], only)
        vectors = vectors_of(without_links(folder), [*learnt, *chosen_by])
        network = train_links(learnt, chosen_by, vectors, seed)
        scratch = folder / "links.tmp"
        write_graph(network, scratch)
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
    targets: tuple[Tensor, Tensor]
    """The column of each mention's source and of its larger figure; the number of mentions where there is none."""
    rows: tuple[Tensor, Tensor]
    """Which mentions may have a source, and which a larger figure, (mentions,)."""
    columns: tuple[Tensor, Tensor]
    """Which may be a source, and which a larger figure, (mentions,)."""


class LinkNetwork(nn.Module):
    """One hidden layer from the features of a pair, and the vectors of both, to its three scores.

    Of each vector the network reads ``RANK`` numbers as a row and as many as a column, and their products: a bilinear
    form of low rank.
    """

    def __init__(self, length: int) -> None:
        """Make a network for vectors of some length."""
        super().__init__()
        self.features = nn.Linear(FEATURES, HIDDEN)
        self.reading = nn.Sequential(nn.LayerNorm(length), nn.Dropout(VECTOR_DROPOUT))
        self.row, self.column = nn.Linear(length, RANK), nn.Linear(length, RANK)
        self.rows, self.columns, self.products = (nn.Linear(RANK, HIDDEN, bias=False) for _ in range(3))
        self.dropout = nn.Dropout(DROPOUT)
        self.scores = nn.Linear(HIDDEN, len(SCORES))

    def forward(self, features: Tensor, vectors: Tensor) -> Tensor:
        """Score each ordered pair of mentions.

        Args:
            features: (mentions, mentions, features).
            vectors: (mentions, length).

        Returns:
            (mentions, mentions, 3), log-odds; see ``casualties.link.SCORES``.
        """
        read = self.reading(vectors)
        row, column = self.row(read)[:, None], self.column(read)[None]
        hidden = self.features(features) + self.rows(row) + self.columns(column) + self.products(row * column)
        scores: Tensor = self.scores(self.dropout(hidden.relu()))
        return scores


def without_links(folder: Path) -> Extractor:
    """A model without its link model, which may be one that this version cannot load."""
    with TemporaryDirectory() as scratch:
        copy = Path(scratch) / "model"
        copy_model(folder, copy)
        drop_link_model(copy)
        return Extractor(copy)


def vectors_of(extractor: Extractor, articles: Sequence[Article]) -> dict[str, Floats]:
    """The encoder's vectors of the mentions that people marked, by article."""
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
    schedule = OneCycleLR(optimizer, LEARNING_RATE, total_steps=epochs * -(-len(examples) // BATCH))
    for epoch in range(epochs):
        network.train()
        order = np.random.default_rng([seed, epoch]).permutation(len(examples)).tolist()
        for start in track(range(0, len(order), BATCH), f"epoch {epoch}"):
            losses = [loss_of(network, examples[number]) for number in order[start : start + BATCH]]
            optimizer.zero_grad()
            torch.stack(losses).mean().backward()  # type: ignore[no-untyped-call]
            optimizer.step()
            schedule.step()
            mean.update_parameters(network)
    trained = mean.module.eval()
    assert isinstance(trained, LinkNetwork)
    shift_bias(trained, [article for article in dev if article.source in WHOLE_ARTICLES] or dev, vectors)
    return trained


def shift_bias(network: LinkNetwork, dev: Sequence[Article], vectors: Mapping[str, Floats]) -> None:
    """Put the point from which each kind of link is made where some articles come out best.

    A network that is right about most pairs still joins too few groups, or too many, since a group's errors add up;
    and of links that are rare, too few are more likely than not.
    """
    if not dev:
        return
    bias = network.scores.bias
    with torch.no_grad():
        for output, names in enumerate(CHOSEN_BY):
            first = float(bias[output])
            values: dict[float, float] = {}
            for shift in SHIFTS:
                bias[output] = first + shift
                scores = dev_scores(as_link_model(network), dev, vectors)
                values[shift] = sum(scores[name] for name in names)
            bias[output] = first + max(SHIFTS, key=values.__getitem__)
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
        targets=(_targets(gold, "source", places), _targets(gold, "part_of", places)),
        rows=(casualties | attributions, casualties),
        columns=(torch.tensor([can_attribute(mention) for mention in gold]), casualties),
    )


def _targets(mentions: Sequence[Mention], attribute: str, places: dict[str, int]) -> Tensor:
    none = len(mentions)
    return torch.tensor([places.get(getattr(mention, attribute, None) or "", none) for mention in mentions])


def loss_of(network: nn.Module, example: Example) -> Tensor:
    """Cross-entropies: of each pair being one incident, of each mention's source and of its larger figure.

    The score of having none is fixed at 0. Long articles weigh more than short ones, but not by their pairs.
    """
    scores = network(example.features, example.vectors)
    count = len(example.same)
    upper = torch.triu(torch.ones(count, count, dtype=torch.bool), diagonal=1)
    both_ways = (scores[..., 0] + scores[..., 0].T) / 2
    loss = binary_cross_entropy_with_logits(both_ways[upper], example.same[upper]) * min(count, 30) / 15
    for score, target, rows, columns in zip(
        scores.unbind(-1)[1:], example.targets, example.rows, example.columns, strict=True
    ):
        closed = ~columns[None, :] | torch.eye(count, dtype=torch.bool)
        choices = torch.cat([score.masked_fill(closed, -1e4), torch.zeros(count, 1)], dim=1)
        learnt = rows & ((target == count) | columns[target.clamp(max=count - 1)])
        if learnt.any():
            loss = loss + cross_entropy(choices[learnt], target[learnt]) * min(int(learnt.sum()), 15) / 10
    return loss


def as_link_model(network: nn.Module) -> LinkModel:
    """The network as ``casualties.link`` calls it."""

    @torch.inference_mode()
    def run(features: Floats, vectors: Floats) -> Floats:
        network.eval()
        scores: Floats = network(torch.from_numpy(features), torch.from_numpy(vectors)).numpy()
        return scores

    return run


def dev_scores(model: LinkModel, articles: Sequence[Article], vectors: Mapping[str, Floats]) -> dict[str, float]:
    """The scores of links, as ``casualties.scoring.links`` names them."""
    tallies = []
    for article in articles:
        linked = link(article.text, unlinked(article), links=model, vectors=vectors[article.id])
        tallies.append(tally(article.mentions, linked.mentions))
    return measure(Tally(*np.sum(tallies, axis=0)))


def write_graph(network: LinkNetwork, path: Path) -> None:
    """Write the network as an ONNX graph from ``features`` and ``vectors`` to ``scores``; see ``LinkNetwork``."""
    inputs = {"features": torch.zeros(3, 3, FEATURES), "vectors": torch.zeros(3, network.row.in_features)}
    write_onnx(network, path, inputs, ["scores"], [{0: "mentions", 1: "mentions"}, {0: "mentions"}])


if __name__ == "__main__":
    typer.run(main)
