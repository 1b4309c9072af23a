"""Other forms of the messages of a request, for servers whose chat templates take few.

Each function returns new messages and leaves the conversation's own alone. They are applied to a
copy on its way out only: what the conversation remembers does not change.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

Message = Mapping[str, Any]

CALL_BEGINS = "(The call begins.)"
"""Stands for the caller where a template wants the user to speak before the greeting."""

INTERRUPTED = "(The caller goes on.)"
GO_ON = "(Please go on.)"


def alternating(messages: Iterable[Message]) -> list[Message]:
    """Let user and assistant take turns, the user first, and leave one system message at most.

    A call and its results count for nothing in this, so words before a call become part of it.
    """
    shaped: list[Message] = []
    for message in messages:
        role = message.get("role")
        if role in ("system", "developer") and shaped:
            message = {**message, "role": "user"}
        elif role == "assistant":
            message = {**message, "content": message.get("content") or ""}
        last_role = shaped[-1].get("role") if shaped else None
        if message["role"] == "assistant" and last_role in (None, "system", "developer"):
            shaped.append({"role": "user", "content": CALL_BEGINS})
        elif message["role"] == "user" and last_role == "tool":
            shaped.append({"role": "assistant", "content": INTERRUPTED})
        if shaped and _may_merge(shaped[-1], message):
            shaped[-1] = _merged(shaped[-1], message)
        else:
            shaped.append(message)
    if shaped and shaped[-1].get("role") == "assistant":
        shaped.append({"role": "user", "content": GO_ON})
    return shaped


def without_system(messages: Sequence[Message]) -> list[Message]:
    """Put the system prompt in front of the first user message."""
    if not messages or messages[0].get("role") not in ("system", "developer"):
        return list(messages)
    prompt, *rest = messages
    for at, message in enumerate(rest):
        if message.get("role") == "user":
            return [
                *rest[:at],
                _merged({**message, "content": text_of(prompt)}, message),
                *rest[at + 1 :],
            ]
    return [{**prompt, "role": "user"}, *rest]


def without_calls(messages: Iterable[Message]) -> list[Message]:
    """Tell calls and their results in words."""
    shaped: list[Message] = []
    for message in messages:
        if message.get("role") == "tool":
            shaped.append({"role": "user", "content": f"(The tool returned: {text_of(message)})"})
        elif calls := message.get("tool_calls"):
            names = ", ".join(str(call["function"]["name"]) for call in calls)
            words = f"{text_of(message)} (I use a tool: {names}.)".strip()
            shaped.append({"role": "assistant", "content": words})
        else:
            shaped.append(message)
    return shaped


def newest(messages: Sequence[Message], *, count: int) -> list[Message]:
    """Keep the system prompt and about `count` messages, from where the caller speaks."""
    prompt = [message for message in messages[:1] if message.get("role") == "system"]
    rest = messages[len(prompt) :]
    starts = [at for at, message in enumerate(rest) if message.get("role") == "user"]
    later = [at for at in starts if at >= len(rest) - count]
    start = later[0] if later else (starts[-1] if starts else 0)
    return [*prompt, *rest[start:]]


def since(messages: Sequence[Message], start: int) -> list[Message]:
    """Keep the system prompt and the messages from this one on."""
    return [
        message
        for at, message in enumerate(messages)
        if at >= start or (at == 0 and message.get("role") == "system")
    ]


def turn_start(messages: Sequence[Message]) -> int:
    """Return where the newest words of the caller are; 0 if there are none."""
    return max(
        (at for at, message in enumerate(messages) if message.get("role") == "user"), default=0
    )


def with_short_ids(messages: Iterable[Message]) -> list[Message]:
    """Give each call an id of nine letters and digits."""
    shaped: list[Message] = []
    for message in messages:
        if calls := message.get("tool_calls"):
            calls = [{**call, "id": _short(str(call["id"]))} for call in calls]
            message = {**message, "tool_calls": calls}
        if call_id := message.get("tool_call_id"):
            message = {**message, "tool_call_id": _short(str(call_id))}
        shaped.append(message)
    return shaped


def text_of(message: Message) -> str:
    """Return the words of a message, whose content is a string or a list of parts."""
    content: Any = message.get("content") or ""
    if isinstance(content, str):
        return content
    return " ".join(str(part["text"]) for part in content if "text" in part)


def _may_merge(last: Message, message: Message) -> bool:
    is_same = last.get("role") == message.get("role")
    return is_same and message.get("role") != "tool" and not last.get("tool_calls")


def _merged(last: Message, message: Message) -> Message:
    words = "\n".join(filter(None, [text_of(last), text_of(message)]))
    return {**last, **message, "content": words}


def _short(call_id: str) -> str:
    is_short = len(call_id) == 9 and call_id.isalnum()
    return call_id if is_short else hashlib.sha256(call_id.encode()).hexdigest()[:9]
