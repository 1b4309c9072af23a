"""What a message of a live recogniser says, whoever speaks Deepgram's protocol.

Nothing is taken for granted: other servers leave fields out, or send what Deepgram never sends.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeGuard, cast

from .results import Complaint, Result, fields_of, number_of


def read_message(raw: str | bytes) -> Result | Complaint | None:
    """Read a message; None for one that says nothing about words."""
    fields = fields_of(raw)
    if fields is None:
        return Complaint("unreadable message")
    kind = fields.get("type")
    if kind == "Results" or (kind is None and "channel" in fields):
        return _result(fields)
    if kind in ("Error", "error") or (kind is None and ("error" in fields or "err_code" in fields)):
        return Complaint(_code(fields))
    return None


def _result(message: Mapping[str, Any]) -> Result:
    is_answer = message.get("from_finalize")
    is_final = True in (is_answer, message.get("is_final"), message.get("speech_final"))
    # Other servers do not say which finals are answers.
    is_unsaid = is_final and not isinstance(is_answer, bool)
    return Result(
        text=transcript_of(message).strip(),
        is_final=is_final,
        is_from_finalize=None if is_unsaid else is_answer is True,
        span_secs=_span_secs(message.get("start"), message.get("duration")),
    )


def transcript_of(message: Mapping[str, Any]) -> str:
    """Return the text of a Results message, or its words alone; empty if there are none."""
    try:
        found = message["channel"]["alternatives"][0]
        text, words = found.get("transcript"), found.get("words")
    except (KeyError, IndexError, TypeError, AttributeError):
        return ""
    if isinstance(text, str):
        return text
    listed = cast("list[Any]", words) if isinstance(words, list) else []
    texts = [each.get("punctuated_word") or each.get("word") for each in listed if _is_fields(each)]
    return " ".join(each for each in texts if isinstance(each, str))


def _is_fields(value: object) -> TypeGuard[Mapping[str, Any]]:
    return isinstance(value, dict)


def _span_secs(start: object, duration: object) -> tuple[float, float] | None:
    start_secs, duration_secs = number_of(start), number_of(duration)
    if start_secs is None or duration_secs is None:
        return None
    return start_secs, start_secs + duration_secs


def _code(message: Mapping[str, Any]) -> str:
    """Return the error's code; its description may quote anything."""
    for name in ("code", "err_code", "variant"):
        code = message.get(name)
        if isinstance(code, str | int) and len(str(code)) <= 40:
            return str(code)
    return "no code"
