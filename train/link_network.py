"""The network that scores links, and the layer that scores groups beside it; ``train.links`` trains both."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from casualties.labels import GROUPS
from casualties.link import SCORES
from casualties.pairs import FEATURES

HIDDEN = 64
"""Numbers that describe a pair."""
WIDTH = 96
"""Numbers that describe a mention."""
RANK = 32
"""Numbers of those that are read to score a pair."""
LAYERS = 2
HEADS = 4
THIRDS = 24
"""Numbers that a pair learns of a third mention."""
DROPOUT = 0.1
VECTOR_DROPOUT = 0.2


class Attention(nn.Module):
    """A layer in which mentions learn of each other: attention, biased by what is known of each pair, and a network.

    The attention is written out, since the exporter cannot translate torch's own for any number of mentions.
    """

    def __init__(self) -> None:
        """Make one."""
        super().__init__()
        self.attended, self.fed = nn.LayerNorm(WIDTH), nn.LayerNorm(WIDTH)
        self.projections, self.output = nn.Linear(WIDTH, 3 * WIDTH), nn.Linear(WIDTH, WIDTH)
        self.bias = nn.Linear(HIDDEN, HEADS)
        self.network = nn.Sequential(nn.Linear(WIDTH, 2 * WIDTH), nn.GELU(), nn.Linear(2 * WIDTH, WIDTH))
        self.dropout = nn.Dropout(DROPOUT)

    def forward(self, mentions: Tensor, pairs: Tensor) -> Tensor:
        """What is known of each mention after it has seen the others.

        Args:
            mentions: (…, mentions, ``WIDTH``).
            pairs: (…, mentions, mentions, ``HIDDEN``).

        Returns:
            (…, mentions, ``WIDTH``).
        """
        projected = self.projections(self.attended(mentions)).unflatten(-1, (3, HEADS, WIDTH // HEADS))
        query, key, value = projected.movedim((-3, -2), (0, -3)).unbind()
        weights = query @ key.mT * (WIDTH // HEADS) ** -0.5 + self.bias(pairs).movedim(-1, -3)
        seen = (weights.softmax(-1) @ value).movedim(-3, -2).flatten(-2)
        mentions = mentions + self.dropout(self.output(seen))
        fed: Tensor = mentions + self.dropout(self.network(self.fed(mentions)))
        return fed


class Triangle(nn.Module):
    """A layer in which each pair learns of the pairs that its two mentions make with any third.

    Two mentions that are of one incident with a third are of one incident: the multiplicative update of Jumper et al.
    2021 (AlphaFold, supplement, algorithms 11 and 12), here the same in both directions.
    """

    def __init__(self) -> None:
        """Make one."""
        super().__init__()
        self.normed, self.joined, self.fed = nn.LayerNorm(HIDDEN), nn.LayerNorm(THIRDS), nn.LayerNorm(HIDDEN)
        self.sides, self.side_gates = nn.Linear(HIDDEN, 2 * THIRDS), nn.Linear(HIDDEN, 2 * THIRDS)
        self.output, self.gate = nn.Linear(THIRDS, HIDDEN), nn.Linear(HIDDEN, HIDDEN)
        self.network = nn.Sequential(nn.Linear(HIDDEN, 2 * HIDDEN), nn.ReLU(), nn.Linear(2 * HIDDEN, HIDDEN))
        self.dropout = nn.Dropout(DROPOUT)

    def forward(self, pairs: Tensor) -> Tensor:
        """What is known of each pair after it has seen the others; in and out (…, mentions, mentions, ``HIDDEN``)."""
        normed = self.normed(pairs)
        sides = (self.sides(normed) * self.side_gates(normed).sigmoid()).movedim(-1, -3)
        one, other = (sides + sides.mT).split(THIRDS, dim=-3)
        joined = self.joined((one @ other).movedim(-3, -1))
        pairs = pairs + self.dropout(self.output(joined) * self.gate(normed).sigmoid())
        fed: Tensor = pairs + self.dropout(self.network(self.fed(pairs)))
        return fed


class LinkNetwork(nn.Module):
    """From the features of pairs and the vectors of mentions to the scores of links.

    What is known of a mention, its vectors and its own features, passes ``LAYERS`` layers of attention. Of the result
    ``RANK`` numbers are read as a row and as many as a column; with their products, a bilinear form of low rank, and
    with the features of the pair they pass a layer of triangles and are scored.
    """

    def __init__(self, length: int) -> None:
        """Make a network for vectors of some length, the mention's and its sentence's together."""
        super().__init__()
        self.features = nn.Linear(FEATURES, HIDDEN)
        self.reading = normed_vectors(length)
        self.vectors, self.own_features = nn.Linear(length, WIDTH), nn.Linear(FEATURES, WIDTH)
        self.layers = nn.ModuleList(Attention() for _ in range(LAYERS))
        self.row, self.column = nn.Linear(WIDTH, RANK), nn.Linear(WIDTH, RANK)
        self.rows, self.columns, self.products = (nn.Linear(RANK, HIDDEN, bias=False) for _ in range(3))
        self.triangle = Triangle()
        self.dropout = nn.Dropout(DROPOUT)
        self.scores, self.several = nn.Linear(HIDDEN, len(SCORES)), nn.Linear(WIDTH, 1)

    def forward(self, features: Tensor, vectors: Tensor) -> tuple[Tensor, Tensor]:
        """Score each ordered pair of mentions, and each mention.

        Args:
            features: (…, mentions, mentions, features).
            vectors: (…, mentions, length).

        Returns:
            Log-odds (…, mentions, mentions, 3), see ``casualties.link.SCORES``, and of speaking of several incidents
            (…, mentions).
        """
        each = torch.arange(features.shape[-2])
        pairs = self.features(features)
        mentions = self.vectors(self.reading(vectors)) + self.own_features(features[..., each, each, :])
        for layer in self.layers:
            mentions = layer(mentions, pairs.relu())
        row, column = self.row(mentions)[..., :, None, :], self.column(mentions)[..., None, :, :]
        pairs = pairs + self.rows(row) + self.columns(column) + self.products(row * column)
        return self.scores(self.dropout(self.triangle(pairs).relu())), self.several(mentions)[..., 0]


class GroupLayer(nn.Module):
    """From a mention's vector and its sentence's to the scores of the groups that it may count."""

    def __init__(self, length: int) -> None:
        """Make one for vectors of some length, the mention's and its sentence's together."""
        super().__init__()
        self.reading, self.scores = normed_vectors(length), nn.Linear(length, len(GROUPS))

    def forward(self, vectors: Tensor) -> Tensor:
        """Logits (…, ``GROUPS``) of vectors (…, length)."""
        logits: Tensor = self.scores(self.reading(vectors))
        return logits


class LinkGraph(nn.Module):
    """What a model folder's link model is: a network and, if it tells groups, a layer beside it."""

    def __init__(self, links: LinkNetwork, groups: GroupLayer | None) -> None:
        """Join the two."""
        super().__init__()
        self.links, self.groups = links, groups

    def forward(self, features: Tensor, vectors: Tensor) -> tuple[Tensor, ...]:
        """What ``LinkNetwork`` gives and, if there is a layer for them, the logits of the groups."""
        scores: tuple[Tensor, ...] = self.links(features, vectors)
        return scores if self.groups is None else (*scores, self.groups(vectors))


def normed_vectors(length: int) -> nn.Sequential:
    """A mention's vector and its sentence's, of ``length`` together, each normed, with dropout."""
    half = length // 2
    return nn.Sequential(nn.Unflatten(-1, (2, half)), nn.LayerNorm(half), nn.Flatten(-2), nn.Dropout(VECTOR_DROPOUT))
