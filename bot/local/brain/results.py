"""Puts what a tool returned into words, failures included."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, cast

from bot.local.brain.conversation import Reply, ToolResult

_WORKING = "One moment, I'm still on it."
_NOTHING = "That came back with nothing, I'm afraid."
_FAILED = "That did not work, I'm sorry."
_GOOD = {"ok", "success", "done", "booked", "moved", "set", "finished", "completed"}
# What the project's own tool runtime reports; its notes speak to a model, not to a caller.
_STATUS_WORDS = {
    "declined": "All right, I left it as it was.",
    "not_confirmed": "I didn't get a clear yes, so nothing was changed. What would you like?",
    "already_asked": "I'm waiting for your yes or no.",
    "dropped": "I stopped that, and nothing was changed.",
    "superseded": "",
    "timed_out": "That took too long, so I gave it up.",
    "failed": _FAILED,
}
_TO_MODEL = re.compile(
    r"\b(?:the caller|tell|say (?:so|honestly)|call it again|you may|do not (?:try|call)|wait"
    r"|call no more)\b",
    re.IGNORECASE,
)
_READY_KEYS = ("spoken", "speech", "sentence", "message", "text", "summary")
_PROBLEM_KEYS = ("error", "reason", "note", "message", "detail")
_SILENT_KEYS = {"status", "note", "id", "zone", "ok", "success"}
_LISTED = 5


def phrase(results: Sequence[ToolResult]) -> Reply:
    """Return one spoken answer for all results; a failed one does not hide the others."""
    return Reply(" ".join(filter(None, (_sentence(result.value) for result in results))))


def still_working() -> Reply:
    """Return the words for a call that has not ended."""
    return Reply(_WORKING)


def is_question(result: ToolResult) -> bool:
    """True when the tool waits for the caller's yes."""
    if not isinstance(result.value, dict):
        return False
    status = str(cast("dict[str, Any]", result.value).get("status", ""))
    return any(word in status for word in ("confirm", "waiting", "proposed"))


def _sentence(value: object) -> str:
    if not isinstance(value, dict):
        return _plain(value)
    fields = cast("dict[str, Any]", value)
    status = str(fields.get("status", "ok")).lower()
    if "error" in fields or fields.get("ok") is False or status not in _GOOD:
        return _problem(status, fields)
    if "data" in fields:
        return _sentence(fields["data"])
    ready = next((fields[key] for key in _READY_KEYS if isinstance(fields.get(key), str)), None)
    if ready:
        return _ended(ready)
    spoken = {key: item for key, item in fields.items() if key not in _SILENT_KEYS}
    if not spoken:
        return _ended(str(fields["note"])) if fields.get("note") else _NOTHING
    return _ended("; ".join(f"{_words(key)}: {_item(item)}" for key, item in spoken.items()))


def _problem(status: str, fields: Mapping[str, Any]) -> str:
    """Say honestly what went wrong."""
    if status in _STATUS_WORDS:
        return _STATUS_WORDS[status]
    reason = next((fields[key] for key in _PROBLEM_KEYS if isinstance(fields.get(key), str)), "")
    sentences = re.split(r"(?<=[.!?;]) ", reason)
    spoken = " ".join(part for part in sentences if part and not _TO_MODEL.search(part))
    return _ended(spoken.rstrip(";")) if spoken else _FAILED


def _plain(value: object) -> str:
    if isinstance(value, list):
        items = cast("list[object]", value)
        if not items:
            return "There is nothing on the list."
        listed = "; ".join(_item(item) for item in items[:_LISTED])
        more = len(items) - _LISTED
        return _ended(f"{listed}; and {more} more" if more > 0 else listed)
    text = _item(value).strip()
    return _ended(text) if text else _NOTHING


def _item(value: object) -> str:
    if isinstance(value, dict):
        fields = cast("dict[str, Any]", value)
        ready = next((fields[key] for key in _READY_KEYS if isinstance(fields.get(key), str)), None)
        shown = [_item(item) for key, item in fields.items() if key not in _SILENT_KEYS]
        return ready.rstrip(".") if ready else ", ".join(shown)
    if isinstance(value, list):
        return ", ".join(_item(item) for item in cast("list[object]", value)) or "none"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "unknown" if value is None else str(value)


def _words(key: str) -> str:
    return key.replace("_", " ")


def _ended(sentence: str) -> str:
    sentence = sentence.strip()
    sentence = sentence[:1].upper() + sentence[1:]
    return sentence if sentence.endswith((".", "!", "?")) else f"{sentence}."
