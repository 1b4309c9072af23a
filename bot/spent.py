"""What was used and what it cost: of a session so far, or of a day. Numbers, and nothing else."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict, astuple, dataclass, fields
from typing import Any, cast

MICROS = 1_000_000
"""Of one unit of the price table's money."""
_MOST = 10**12
"""Of anything: more is no number that a session can have reached."""


@dataclass(frozen=True, kw_only=True)
class Spent:
    """Sums of everything that is billed."""

    call_ms: int = 0
    """Since the caller came."""
    prompt_tokens: int = 0
    completion_tokens: int = 0
    speech_chars: int = 0
    money_micros: int = 0

    @property
    def tokens(self) -> int:
        """What the language model read and wrote."""
        return self.prompt_tokens + self.completion_tokens

    @property
    def minutes(self) -> float:
        return self.call_ms / 60_000

    @property
    def money(self) -> float:
        return self.money_micros / MICROS

    def __add__(self, other: Spent) -> Spent:
        """Return both together."""
        return spent_of(a + b for a, b in zip(astuple(self), astuple(other), strict=True))

    def __sub__(self, other: Spent) -> Spent:
        """Return what is beyond the other; never below 0."""
        return spent_of(max(a - b, 0) for a, b in zip(astuple(self), astuple(other), strict=True))

    def __or__(self, other: Spent) -> Spent:
        """Return the greater of each."""
        return spent_of(max(a, b) for a, b in zip(astuple(self), astuple(other), strict=True))

    def to_json(self) -> str:
        """Return the form in which a bot reports it."""
        return json.dumps(asdict(self))

    @staticmethod
    def from_json(text: str) -> Spent:
        """Read a report; what is no count in it is 0."""
        try:
            parsed: object = json.loads(text or "{}")
        except (ValueError, RecursionError):
            parsed = {}
        known = cast("dict[str, Any]", parsed) if isinstance(parsed, dict) else {}
        return spent_of(_count(known.get(name)) for name in SPENT_NAMES)


SPENT_NAMES = tuple(field.name for field in fields(Spent))


def spent_of(values: Iterable[int]) -> Spent:
    """Return sums in the order of `SPENT_NAMES`."""
    return Spent(**dict(zip(SPENT_NAMES, values, strict=True)))


def _count(value: object) -> int:
    if not isinstance(value, int) or isinstance(value, bool):
        return 0
    return value if 0 <= value <= _MOST else 0
