"""What a message of a live recogniser says, whoever speaks Deepgram's protocol.

Nothing is taken for granted: other servers leave fields out, or send what Deepgram never sends.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, cast

from processors.speech_to_text.deepgram_socket import transcript_of


@dataclass(frozen=True)
class Result:
    """The words of a part of the connection's audio."""

    text: str
    """Empty if there are none."""
    is_final: bool
    is_from_finalize: bool
    """It answers a request to finalize."""
    span_secs: tuple[float, float] | None
    """Where in the connection's audio it belongs; None if it does not say."""


@dataclass(frozen=True)
class Complaint:
    """Something the server did not like, or a message nobody can read."""

    code: str


def read_message(raw: str | bytes) -> Result | Complaint | None:
    """Read a message; None for one that says nothing about words."""
    try:
        message: object = json.loads(raw)
    except ValueError:
        return Complaint("unreadable message")
    if not isinstance(message, dict):
        return Complaint("unreadable message")
    fields = cast(dict[str, Any], message)
    kind = fields.get("type")
    if kind == "Results" or (kind is None and "channel" in fields):
        return _result(fields)
    if kind in ("Error", "error") or (kind is None and ("error" in fields or "err_code" in fields)):
        return Complaint(_code(fields))
    return None


def _result(message: Mapping[str, Any]) -> Result:
    is_from_finalize = message.get("from_finalize") is True
    return Result(
        text=transcript_of(message).strip(),
        is_final=is_from_finalize or True in (message.get("is_final"), message.get("speech_final")),
        is_from_finalize=is_from_finalize,
        span_secs=_span_secs(message.get("start"), message.get("duration")),
    )


def _span_secs(start: object, duration: object) -> tuple[float, float] | None:
    if not (_is_number(start) and _is_number(duration)):
        return None
    start_secs, duration_secs = float(cast(float, start)), float(cast(float, duration))
    if start_secs < 0 or duration_secs < 0:
        return None
    return start_secs, start_secs + duration_secs


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def _code(message: Mapping[str, Any]) -> str:
    """Return the error's code; its description may quote anything."""
    for name in ("code", "err_code", "variant"):
        code = message.get(name)
        if isinstance(code, str | int) and len(str(code)) <= 40:
            return str(code)
    return "no code"
