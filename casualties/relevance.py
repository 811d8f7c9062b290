"""What of an article MUC-4 asks about: mentions that one model finds, kept where another sees what it learnt to answer.

The keys of MUC-4 pass over much that an article claims: clashes of armies, old or vague reports, what is not terrorism
in its sense. A model trained on the keys alone has to find and to judge at once, from few labels; the default model
finds more surely, so the other only judges.
"""

from __future__ import annotations

from collections.abc import Sequence

from casualties.extractor import Extractor, Keep
from casualties.labels import CONTEXT_LABELS
from casualties.report import Mention

RELEVANT = 0.5
"""How surely the judge must find something where a mention stands, before tuning; chosen on ``tst1`` and ``tst2``.

For a judge that was exported as it was trained: one that finds mentions less readily would pass fewer.
"""


def relevant_to(judge: Extractor) -> Keep:
    """A ``Keep`` of the mentions where another model finds something as well, of any label.

    Places, dates and sources all stay.

    Args:
        judge: the model. It reads one text at a time, however many the finder reads at once.
    """

    def keep(text: str, mentions: Sequence[Mention]) -> Sequence[Mention]:
        claims = [mention for mention in mentions if mention.label not in CONTEXT_LABELS]
        noticed = judge.noticed(text, claims)
        passed = {claim.id for claim, surely in zip(claims, noticed, strict=True) if surely >= RELEVANT}
        return [mention for mention in mentions if mention.label in CONTEXT_LABELS or mention.id in passed]

    return keep
