"""The label set as data: every label name, tag and value of the annotation guide has its one place here.

The guide is ``train/annotations/guide.md``.
"""

from __future__ import annotations

CASUALTY_LABELS: tuple[str, ...] = ("KILLED", "WOUNDED", "MISSING", "ABDUCTED", "CASUALTY", "UNHARMED")
"""What happened to the people that a casualty mention stands for."""

ATTRIBUTION_LABELS: tuple[str, ...] = ("CLAIMED", "ACCUSED", "SUSPECTED", "STATED", "DENIED", "UNCLAIMED")
"""The status of an actor's responsibility."""

CONTEXT_LABELS: tuple[str, ...] = ("SOURCE", "PLACE", "DATE")
"""Who reports, where and when."""

LABELS: tuple[str, ...] = CASUALTY_LABELS + ATTRIBUTION_LABELS + CONTEXT_LABELS

FAMILIES: dict[str, tuple[str, ...]] = {
    "casualty": CASUALTY_LABELS,
    "attribution": ATTRIBUTION_LABELS,
    "context": CONTEXT_LABELS,
}
"""The labels by what they are about."""

TAGS: tuple[str, ...] = ("O", *(f"{prefix}-{label}" for label in LABELS for prefix in "BI"))
"""BIO tags (Ramshaw and Marcus 1995, as IOB2): ``TAGS[1 + 2 * k]`` begins ``LABELS[k]``, the next continues it."""

GROUPS: tuple[str, ...] = ("civilian", "security", "militant", "official", "unknown")
"""Who the people of a casualty mention were."""

MUC4_CONFIDENCE: dict[str, str] = {
    "CLAIMED": "CLAIMED OR ADMITTED",
    "ACCUSED": "SUSPECTED OR ACCUSED BY AUTHORITIES",
    "SUSPECTED": "SUSPECTED OR ACCUSED",
    "STATED": "REPORTED AS FACT",
    "DENIED": "ACQUITTED",
}
"""The status as slot 11 (perpetrator: organization confidence) of the MUC-4 templates names it."""

STATUS_PRECEDENCE: tuple[str, ...] = ("CLAIMED", "STATED", "ACCUSED", "SUSPECTED", "DENIED")
"""Which status an actor has whose mentions differ: its own word first, then the firmest that is said of it.

A denial does not undo what others say, so it decides only where nothing else is said; it stays beside the rest.
"""

UNCLAIMED_PRECEDENCE: tuple[str, ...] = ("CLAIMED", "ACCUSED", "SUSPECTED", "STATED", "DENIED")
"""The same in an incident that, as the text says, nobody (else) has claimed.

Who is blamed or suspected there has not been shown to have done it, however plainly another sentence tells it; a claim
still comes first.
"""
