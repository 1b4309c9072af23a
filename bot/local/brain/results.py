"""Puts what a tool returned into words, failures included."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, cast

from bot.local.brain.conversation import Reply, ToolResult

_WORKING = "One moment, I'm still on it."
_NOTHING = "That came back with nothing, I'm afraid."
_GOOD = {"ok", "success", "done", "booked", "moved", "set", "finished", "completed"}
_READY_KEYS = ("spoken", "speech", "sentence", "message", "text", "summary")
_PROBLEM_KEYS = ("error", "reason", "note", "message", "detail")
_SILENT_KEYS = {"status", "note", "id", "zone", "ok", "success"}
_LISTED = 5


def phrase(results: Sequence[ToolResult]) -> Reply:
    """Return one spoken answer for all results; a failed one does not hide the others."""
    return Reply(" ".join(_sentence(result.value) for result in results))


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
        return _problem(fields)
    if "data" in fields:
        return _sentence(fields["data"])
    ready = next((fields[key] for key in _READY_KEYS if isinstance(fields.get(key), str)), None)
    if ready:
        return _ended(ready)
    spoken = {key: item for key, item in fields.items() if key not in _SILENT_KEYS}
    if not spoken:
        return _ended(str(fields["note"])) if fields.get("note") else _NOTHING
    return _ended("; ".join(f"{_words(key)}: {_item(item)}" for key, item in spoken.items()))


def _problem(fields: Mapping[str, Any]) -> str:
    """Say honestly what went wrong, or ask what the tool wants asked."""
    reason = next((fields[key] for key in _PROBLEM_KEYS if isinstance(fields.get(key), str)), "")
    if reason.rstrip().endswith("?"):
        return reason
    return _ended(f"That did not work. {reason}" if reason else "That did not work, I'm sorry")


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
