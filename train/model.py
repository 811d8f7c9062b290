"""The model: one encoder, a tag head and a group head on its token vectors."""

from __future__ import annotations

from pathlib import Path

import torch
from safetensors.torch import load_file, save_file
from torch import Tensor, nn
from transformers import AutoModelForTokenClassification

from casualties.engine import Floats, Model
from casualties.labels import GROUPS, TAGS
from casualties.windows import Integers
from train.features import IGNORED

_GROUP_HEAD = "group_head.safetensors"


class CasualtyModel(nn.Module):
    """A transformers token classifier for the tags, and beside it a linear head for the victim group.

    The classifier alone is what ``save`` writes in transformers' own layout, so that
    ``transformers.pipeline("token-classification", folder)`` reads it.
    """

    def __init__(self, encoder: str, dropout: float = 0.1) -> None:
        """Load an encoder.

        Dropout is applied to the token vectors, not to the attention weights: there it slows training by a third on
        a processor, whose fused attention has none.

        Args:
            encoder: a folder or an id of the Hugging Face hub; or a folder that ``save`` wrote.
            dropout: on the token vectors, in the encoder and before the heads.
        """
        super().__init__()
        self.tagger = AutoModelForTokenClassification.from_pretrained(
            encoder,
            id2label=dict(enumerate(TAGS)),
            label2id={tag: number for number, tag in enumerate(TAGS)},
            hidden_dropout_prob=dropout,
            attention_probs_dropout_prob=0.0,
            classifier_dropout=dropout,
        )
        self.dropout = nn.Dropout(dropout)
        self.group_head = nn.Linear(self.tagger.config.hidden_size, len(GROUPS))
        if (saved := Path(encoder) / _GROUP_HEAD).exists():
            self.group_head.load_state_dict(load_file(saved))

    def forward(self, input_ids: Tensor, attention_mask: Tensor) -> tuple[Tensor, Tensor]:
        """Read windows.

        Args:
            input_ids: (windows, tokens).
            attention_mask: (windows, tokens), 0 on padding.

        Returns:
            Tag logits (windows, tokens, tags) and group logits (windows, tokens, groups).
        """
        output = self.tagger(input_ids=input_ids, attention_mask=attention_mask, output_hidden_states=True)
        return output.logits, self.group_head(self.dropout(output.hidden_states[-1]))

    def heads(self) -> list[nn.Parameter]:
        """The parameters that are not pre-trained."""
        encoder = {id(parameter) for parameter in self.tagger.base_model.parameters()}
        return [parameter for parameter in self.parameters() if id(parameter) not in encoder]

    def save(self, folder: Path) -> None:
        """Write configuration and weights, as safetensors."""
        self.tagger.save_pretrained(folder)
        save_file(self.group_head.state_dict(), folder / _GROUP_HEAD)


class Loss(nn.Module):
    """Cross-entropy of the tags, weighted against their imbalance, plus that of the groups."""

    def __init__(self, tags: Tensor, balance: float, group_weight: float) -> None:
        """Weigh the tags.

        Args:
            tags: all tags of the training data, ``IGNORED`` among them, any shape.
            balance: the power of the inverse frequency by which a tag weighs; 0 treats all words alike, 1 all tags.
                Weights are scaled so that the mean over the words is 1.
            group_weight: of the groups' loss beside the tags'.
        """
        super().__init__()
        counts = torch.bincount(tags[tags != IGNORED], minlength=len(TAGS)).clamp(min=1).float()
        weights = (counts.sum() / counts) ** balance
        self.tags = nn.CrossEntropyLoss(weights * counts.sum() / (weights * counts).sum(), ignore_index=IGNORED)
        self.groups = nn.CrossEntropyLoss(ignore_index=IGNORED, reduction="sum")
        self.group_weight = group_weight

    def forward(self, logits: tuple[Tensor, Tensor], tags: Tensor, groups: Tensor) -> Tensor:
        """The loss of a batch, a scalar; tags and groups are (windows, tokens)."""
        tag_loss = self.tags(logits[0].flatten(0, 1), tags.flatten())
        group_loss = self.groups(logits[1].flatten(0, 1), groups.flatten()) / (groups != IGNORED).sum().clamp(min=1)
        loss: Tensor = tag_loss + self.group_weight * group_loss
        return loss


def as_engine(model: CasualtyModel) -> Model:
    """The torch model as ``casualties.engine.score`` calls it, on the device where it is."""
    device = next(model.parameters()).device

    @torch.inference_mode()
    def run(token_ids: Integers, mask: Integers) -> tuple[Floats, Floats]:
        model.eval()
        tags, groups = model(torch.from_numpy(token_ids).to(device), torch.from_numpy(mask).to(device))
        return tags.float().cpu().numpy(), groups.float().cpu().numpy()

    return run
