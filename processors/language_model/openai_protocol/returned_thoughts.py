"""Reasoning that a model wants to see again with the result of the call it led to.

It is kept beside the conversation, by the ids of the calls, and put into a request on its way out:
no word of it gets into the context, nor to the caller.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, cast

from .message_shapes import Message
from .reply_pieces import ReplyPiece


@dataclass(eq=False)
class Thought:
    """What one reply that called tools wants back."""

    fields: dict[str, Any] = field(default_factory=dict[str, Any])
    """Of its message."""
    extras: dict[str, Mapping[str, Any]] = field(default_factory=dict[str, Mapping[str, Any]])
    """Of each of its calls, by id."""

    def add(self, piece: ReplyPiece) -> None:
        """Take what a piece of the reply brings."""
        for name, value in piece.returned.items():
            if isinstance(value, str):
                self.fields[name] = self.fields.get(name, "") + value
            elif isinstance(value, list):
                parts = self.fields.setdefault(name, [])
                for part in cast("list[object]", value):
                    _join(parts, part)


class ReturnedThoughts:
    """The thoughts of one session."""

    def __init__(self) -> None:
        self._thoughts: dict[str, Thought] = {}

    def keep(self, thought: Thought) -> None:
        """Remember what a reply wants back, if it wants anything."""
        if thought.fields or any(thought.extras.values()):
            self._thoughts.update(dict.fromkeys(thought.extras, thought))

    def returned(self, messages: Iterable[Message]) -> list[Message]:
        """Put the thoughts in, and calls of one reply together, as the model had made them."""
        shaped: list[Message] = []
        current: Thought | None = None
        at = 0
        for message in messages:
            calls: Any = message.get("tool_calls") or []
            thought = self._thoughts.get(str(calls[0]["id"])) if calls else None
            if thought is None:
                shaped.append(message)
                if message.get("role") != "tool":
                    current = None
                continue
            calls = [{**call, **thought.extras.get(str(call["id"]), {})} for call in calls]
            if thought is current:
                shaped[at] = {**shaped[at], "tool_calls": [*shaped[at]["tool_calls"], *calls]}
            else:
                current, at = thought, len(shaped)
                shaped.append({**message, **thought.fields, "tool_calls": calls})
        return shaped


def _join(parts: list[Any], part: object) -> None:
    """Add a part of a list that is streamed; words of the same part are one part."""
    last = parts[-1] if parts else None
    if not isinstance(last, dict) or not isinstance(part, dict):
        parts.append(part)
        return
    old, new = cast("dict[str, Any]", last), cast("dict[str, Any]", part)
    if (old.get("type"), old.get("index")) != (new.get("type"), new.get("index")):
        parts.append(dict(new))
        return
    parts[-1] = {**old, **{name: value for name, value in new.items() if value is not None}}
    for name in ("text", "summary", "data", "thinking"):
        if old.get(name) and new.get(name):
            parts[-1][name] = old[name] + new[name]
