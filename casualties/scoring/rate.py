"""The one form that every figure of the scorer has: so many right of so many."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Rate:
    """``right`` of ``total``; both add up over texts, which is what the bootstrap resamples."""

    right: int
    total: int

    @property
    def value(self) -> float:
        """The share as a fraction from 0 to 1; 0.0 where there was nothing to be right about."""
        return self.right / self.total if self.total else 0.0
