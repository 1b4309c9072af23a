"""What a recogniser says, in words that no vendor has made up."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from typing import Any, cast

HUSH_SECS = 0.6
"""How far before its request the last word of an answer may end: voice detection takes up to 0.2 s
to hear that speech is over, and word times are rounded."""


@dataclass(frozen=True)
class Result:
    """The words of a part of the audio."""

    text: str
    """Empty if there are none."""
    is_final: bool
    is_from_finalize: bool | None
    """It answers a request to finalize. None: the vendor does not say which finals do; those do
    that reach to the end of what was heard when it was asked."""
    span_secs: tuple[float, float] | None
    """Where in the connection's audio it belongs; None if it does not say."""
    hush_secs: float = HUSH_SECS
    """How far before the request it may end and be the answer, if it does not say which it is."""
    end_confidence: float | None = None
    """How sure the service is that the caller's turn is over, 0 to 1; 0 withdraws what it has said
    of that before. None: it says nothing about it."""


@dataclass(frozen=True)
class Complaint:
    """Something the server did not like, or a message nobody can read."""

    code: str
    is_refusal: bool = False
    """It will serve no connection, as at a handshake that is refused for its key."""


def fields_of(raw: str | bytes) -> dict[str, Any] | None:
    """Return the fields of a JSON message; None if it is anything else."""
    try:
        message: object = json.loads(raw)
    except (ValueError, RecursionError):
        return None
    return cast(dict[str, Any], message) if isinstance(message, dict) else None


def number_of(value: object) -> float | None:
    """Return a number that can be a time; None for anything else."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return float(value) if abs(value) < 1e9 and math.isfinite(value) and value >= 0 else None
