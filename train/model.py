"""The model: one encoder, a tag head and a group head on its token vectors."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from contextlib import AbstractContextManager
from pathlib import Path

import torch
from safetensors.torch import load_file, save_file
from tokenizers import Tokenizer
from torch import Tensor, nn
from transformers import AutoConfig, AutoModelForTokenClassification, PreTrainedModel, PreTrainedTokenizerBase

from casualties.corpus.records import Article
from casualties.decode import decode
from casualties.engine import Floats, Model, score
from casualties.labels import GROUPS, TAGS
from casualties.report import Mention
from casualties.windows import TOKEN_TYPES, Integers, Windowing
from train.features import IGNORED

_GROUP_HEAD = "group_head.safetensors"
_TOKEN_DROPOUTS = ("hidden_dropout_prob", "classifier_dropout", "dropout", "embedding_dropout", "mlp_dropout")
_ATTENTION_DROPOUTS = ("attention_probs_dropout_prob", "attention_dropout")


class CasualtyModel(nn.Module):
    """A transformers token classifier for the tags, and beside it a linear head for the victim group.

    The classifier alone is what ``save`` writes in transformers' own layout, so that
    ``transformers.pipeline("token-classification", folder)`` reads it.
    """

    def __init__(self, encoder: str, dropout: float = 0.1) -> None:
        """Begin from a pre-trained encoder, with fresh heads.

        Dropout is applied to the token vectors, not to the attention weights: there it slows training by a third on
        a processor, whose fused attention has none.

        Args:
            encoder: a folder or an id of the Hugging Face hub.
            dropout: on the token vectors, in the encoder and before the heads.
        """
        super().__init__()
        tags = dict(enumerate(TAGS))
        config = AutoConfig.from_pretrained(encoder, id2label=tags, label2id={tag: n for n, tag in tags.items()})
        for names, rate in ((_TOKEN_DROPOUTS, dropout), (_ATTENTION_DROPOUTS, 0.0)):
            for name in names:
                if hasattr(config, name):  # each family of encoders has its own names
                    setattr(config, name, rate)
        self.tagger = AutoModelForTokenClassification.from_pretrained(encoder, config=config)
        self.reads_types = read_token_types(self.tagger)
        self.dropout = nn.Dropout(dropout)
        self.group_head = nn.Linear(config.hidden_size, len(GROUPS))

    @classmethod
    def load(cls, folder: Path, dropout: float = 0.1) -> CasualtyModel:
        """Load what ``save`` wrote.

        Raises:
            FileNotFoundError: if the group head is missing.
        """
        model = cls(str(folder), dropout)
        model.group_head.load_state_dict(load_file(folder / _GROUP_HEAD))
        return model

    def forward(
        self, input_ids: Tensor, attention_mask: Tensor, token_type_ids: Tensor
    ) -> tuple[Tensor, Tensor, Tensor]:
        """Read windows.

        Args:
            input_ids: (windows, tokens).
            attention_mask: (windows, tokens), 0 on padding.
            token_type_ids: (windows, tokens), of ``casualties.windows.TOKEN_TYPES``; not read where ``reads_types``
                is false, since the encoder has no such input.

        Returns:
            Tag logits (windows, tokens, tags), group logits (windows, tokens, groups) and the encoder's vectors
            (windows, tokens, length).
        """
        types = {"token_type_ids": token_type_ids} if self.reads_types else {}
        output = self.tagger(input_ids=input_ids, attention_mask=attention_mask, output_hidden_states=True, **types)
        vectors = output.hidden_states[-1]
        return output.logits, self.group_head(self.dropout(vectors)), vectors

    def heads(self) -> list[nn.Parameter]:
        """The parameters that are not pre-trained."""
        encoder = {id(parameter) for parameter in self.tagger.base_model.parameters()}
        return [parameter for parameter in self.parameters() if id(parameter) not in encoder]

    @torch.no_grad()
    def favour(self, labels: Collection[str], log_odds: float) -> None:
        """Find mentions of some labels more readily, or less, by what is added to the log-odds of their tags."""
        for number, tag in enumerate(TAGS):
            if tag.partition("-")[2] in labels:
                self.tagger.classifier.bias[number] += log_odds

    def save(self, folder: Path) -> None:
        """Write configuration and weights, as safetensors."""
        self.tagger.save_pretrained(folder)
        save_file(self.group_head.state_dict(), folder / _GROUP_HEAD)


def read_token_types(tagger: PreTrainedModel) -> bool:
    """Make an encoder tell ``TOKEN_TYPES`` apart, if it embeds types; if it has another number, all begin as type 0."""
    embeddings = getattr(tagger.base_model, "embeddings", None)
    known = getattr(embeddings, "token_type_embeddings", None)
    if embeddings is None or known is None:
        return False
    if known.num_embeddings != TOKEN_TYPES:
        embeddings.token_type_embeddings = nn.Embedding(TOKEN_TYPES, known.embedding_dim)
        embeddings.token_type_embeddings.weight.data[:] = known.weight.data[0]
        tagger.config.type_vocab_size = TOKEN_TYPES
    return True


class Loss(nn.Module):
    """Cross-entropy of the tags, weighted against their imbalance, plus that of the groups."""

    def __init__(self, tags: Tensor, balance: float, group_weight: float) -> None:
        """Weigh the tags.

        Args:
            tags: all tags of the labelled articles, ``IGNORED`` among them, any shape.
            balance: the power of the inverse frequency by which a tag weighs; 0 treats all words alike, 1 all tags.
            group_weight: of the groups' loss beside the tags'.
        """
        super().__init__()
        counts = torch.bincount(tags[tags != IGNORED], minlength=len(TAGS)).clamp(min=1).float()
        self.tag_weights: Tensor
        self.register_buffer("tag_weights", (counts.sum() / counts) ** balance)
        self.group_weight = group_weight

    def forward(self, logits: tuple[Tensor, Tensor], tags: Tensor, groups: Tensor) -> Tensor:
        """The loss of a batch, a scalar.

        Args:
            logits: of tags (windows, tokens, tags) and groups (windows, tokens, groups).
            tags: the probability of each tag, as ``logits[0]``; all zero where there is nothing to learn.
            groups: the probability of each group, as ``logits[1]``.
        """
        return cross_entropy(logits[0], tags * self.tag_weights) + self.group_weight * cross_entropy(logits[1], groups)


def cross_entropy(logits: Tensor, targets: Tensor) -> Tensor:
    """The mean cross-entropy of logits (…, classes) to weighted target probabilities (…, classes); 0 without any."""
    return -(targets * logits.log_softmax(-1)).sum() / targets.sum().clamp(min=1e-6)


def as_engine(model: CasualtyModel, *, with_vectors: bool = True) -> Model:
    """The torch model as ``casualties.engine.score`` calls it, on the device where it is.

    Without vectors, all of them are [0]: carrying them from a GPU takes longer than finding them there.
    """
    device = next(model.parameters()).device

    @torch.inference_mode()
    def run(*inputs: Integers) -> tuple[Floats, Floats, Floats]:
        model.eval()
        tags, groups, vectors = model(*(torch.from_numpy(each).to(device) for each in inputs))
        if not with_vectors:
            vectors = torch.zeros((*tags.shape[:2], 1))
        return tags.float().cpu().numpy(), groups.float().cpu().numpy(), vectors.float().cpu().numpy()

    return run


def fastest_device() -> torch.device:
    """The GPU where there is one, else the processor."""
    return torch.device("cuda" if torch.cuda.is_available() else "cpu")


def fast_precision(device: torch.device) -> AbstractContextManager[object]:
    """Bfloat16 where the hardware multiplies it faster: GPUs that have it, processors with AMX or AVX512-BF16."""
    if device.type == "cuda":
        faster = torch.cuda.is_bf16_supported(including_emulation=False)
    else:
        known = torch.cpu.get_capabilities()
        faster = any(known.get(name) for name in ("amx_bf16", "avx512_bf16"))
    return torch.autocast(device.type, torch.bfloat16, enabled=faster)


def predict(
    model: Model, articles: Sequence[Article], windowing: Windowing, tokenizer: Tokenizer, batch_size: int = 1
) -> list[tuple[Mention, ...]]:
    """What a model finds in some articles, decoded as in use."""
    words = [windowing.split(article.text, tokenizer) for article in articles]
    scores = score(model, words, batch_size)
    return [
        decode(article.text, *read) for article, read in zip(articles, zip(words, scores, strict=True), strict=True)
    ]


def plain_tokenizer(tokenizer: PreTrainedTokenizerBase) -> Tokenizer:
    """The tokenizer as ``casualties.windows`` wants it: neither cutting nor padding."""
    plain = Tokenizer.from_str(tokenizer.backend_tokenizer.to_str())
    plain.no_truncation()
    plain.no_padding()
    return plain
