"""Which texts may be kept: those that are known beforehand, and so tell nothing of a call."""

from __future__ import annotations

import unicodedata
from collections.abc import Collection
from dataclasses import dataclass, field


def phrases(text: str) -> frozenset[str]:
    """Return the clauses of a list written with commas between them, as they are compared."""
    return frozenset(_bare(phrase) for phrase in text.split(","))


@dataclass(frozen=True, kw_only=True)
class Openers:
    """A closed list: what a model says of its own is never in it, so names and numbers are not."""

    clauses: Collection[str] = frozenset()
    """How replies begin, made by `phrases`; compared without case and punctuation."""
    lines: Collection[str] = field(default_factory=frozenset[str])
    """What the bot says in its own words; compared to the letter."""

    def __contains__(self, text: str) -> bool:
        return text in self.lines or _bare(text) in self.clauses


def _bare(text: str) -> str:
    """Return a clause without case, apostrophes and punctuation."""
    joined = unicodedata.normalize("NFC", text).casefold().replace("’", "").replace("'", "")
    kept = (char if char.isalnum() else " " for char in joined)
    return " ".join("".join(kept).split())
