"""Short ways to write conversations for the brain."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from bot.local.brain.answer import answer
from bot.local.brain.conversation import Conversation, Reply
from bot.local.brain.toolbox import Toolbox

NOW = datetime(2026, 10, 5, 9, 30)
"""A Monday morning."""


def _tool(name: str, required: Sequence[str] = (), **properties: Any) -> dict[str, Any]:
    parameters = {
        "type": "object",
        "properties": {key: {"type": value} for key, value in properties.items()},
        "required": list(required),
    }
    return {"type": "function", "function": {"name": name, "parameters": parameters}}


TOOLS = [
    _tool("time_in_place", place="string"),
    _tool("weather", ["place"], place="string", day="string"),
    _tool("set_timer", ["duration_secs"], duration_secs="integer", label="string"),
    _tool("cancel_timer", label="string"),
    _tool("list_appointments", day="string"),
    _tool("book_appointment", ["subject", "starts_at"], subject="string", starts_at="string"),
    _tool(
        "move_appointment",
        ["starts_at", "new_starts_at"],
        starts_at="string",
        new_starts_at="string",
    ),
    _tool("cancel_appointment", ["starts_at"], starts_at="string"),
    _tool("end_call", goodbye="string"),
]


def ask(*texts: str, tools: Sequence[Mapping[str, Any]] = TOOLS) -> Reply:
    """Return the answer to the last of texts that caller and bot said in turn."""
    roles = ("user", "assistant")
    messages = [{"role": roles[at % 2], "content": text} for at, text in enumerate(texts)]
    return answer_to(messages, tools=tools)


def answer_to(
    messages: Sequence[Mapping[str, Any]], *, tools: Sequence[Mapping[str, Any]] = TOOLS
) -> Reply:
    return answer(Conversation(messages), Toolbox(tools), now=NOW)


def called(reply: Reply) -> list[tuple[str, dict[str, Any]]]:
    return [(call.name, dict(call.arguments)) for call in reply.calls]


def call_message(name: str, call_id: str = "call_1", **arguments: Any) -> dict[str, Any]:
    function = {"name": name, "arguments": json.dumps(arguments)}
    call = {"id": call_id, "type": "function", "function": function}
    return {"role": "assistant", "tool_calls": [call]}


def result_message(content: object, call_id: str = "call_1") -> dict[str, Any]:
    text = content if isinstance(content, str) else json.dumps(content)
    return {"role": "tool", "tool_call_id": call_id, "content": text}
