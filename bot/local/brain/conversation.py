"""What was said so far, read from the messages of a chat completion request."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

_IN_PROGRESS = "IN_PROGRESS"
_NO_RESULTS = ("", "COMPLETED", "CANCELLED", _IN_PROGRESS)


@dataclass(frozen=True)
class ToolCall:
    """One call, asked for by the brain or found in the context."""

    name: str
    arguments: Mapping[str, Any]
    id: str = ""


@dataclass(frozen=True)
class ToolResult:
    """What came back from a call; `value` is the decoded JSON or plain text."""

    call: ToolCall
    value: object


@dataclass(frozen=True)
class Reply:
    """What the brain says and does."""

    text: str = ""
    calls: tuple[ToolCall, ...] = ()


class Conversation:
    """A read-only view of the messages."""

    def __init__(self, messages: Sequence[Mapping[str, Any]]) -> None:
        self.messages = messages

    @property
    def last_role(self) -> str:
        return str(self.messages[-1].get("role", "")) if self.messages else ""

    @property
    def last_text(self) -> str:
        return text_of(self.messages[-1]) if self.messages else ""

    @property
    def user_texts(self) -> list[str]:
        """Everything the caller said, oldest first."""
        return self._texts("user")

    @property
    def assistant_texts(self) -> list[str]:
        """Everything the bot was heard saying, oldest first."""
        return self._texts("assistant")

    def before_last_user(self) -> Conversation:
        """Return the conversation up to, and without, the caller's last message."""
        for at in range(len(self.messages) - 1, -1, -1):
            if self.messages[at].get("role") == "user":
                return Conversation(self.messages[:at])
        return Conversation(())

    def until_last_user(self) -> Conversation:
        """Return the conversation up to, and with, the caller's last message."""
        rest = len(self.before_last_user().messages)
        return Conversation(self.messages[: rest + 1])

    def heard_since_last_user(self) -> str:
        """Return what the bot was heard saying after the caller's last message."""
        rest = len(self.before_last_user().messages) + 1
        return " ".join(Conversation(self.messages[rest:]).assistant_texts)

    def results(self) -> list[ToolResult]:
        """Return the results that came since anybody last spoke, oldest first."""
        calls = self._calls()
        found: list[ToolResult] = []
        for message in self.messages:
            role = message.get("role")
            if role == "user" or (role == "assistant" and text_of(message)):
                found = []
            elif role == "tool" and text_of(message) not in _NO_RESULTS:
                call = calls.get(str(message.get("tool_call_id")), ToolCall("", {}))
                found.append(ToolResult(call, _decoded(text_of(message))))
        return found

    def has_work_in_progress(self) -> bool:
        """True when the last message says that a call is still running."""
        return self.last_role == "tool" and _IN_PROGRESS in self.last_text

    def last_result_since_user(self) -> ToolResult | None:
        """Return the newest result after the caller's last message, spoken about or not."""
        calls = self._calls()
        for message in reversed(self.messages):
            if message.get("role") == "user":
                return None
            if message.get("role") == "tool" and text_of(message) not in _NO_RESULTS:
                call = calls.get(str(message.get("tool_call_id")), ToolCall("", {}))
                return ToolResult(call, _decoded(text_of(message)))
        return None

    def _texts(self, role: str) -> list[str]:
        texts = (text_of(message) for message in self.messages if message.get("role") == role)
        return [text for text in texts if text]

    def _calls(self) -> dict[str, ToolCall]:
        calls: dict[str, ToolCall] = {}
        for message in self.messages:
            for call in cast("list[dict[str, Any]]", message.get("tool_calls") or []):
                function = call.get("function") or {}
                arguments = _decoded(str(function.get("arguments") or "{}"))
                known = cast("dict[str, Any]", arguments) if isinstance(arguments, dict) else {}
                call_id = str(call.get("id"))
                calls[call_id] = ToolCall(str(function.get("name")), known, call_id)
        return calls


def text_of(message: Mapping[str, Any]) -> str:
    """Return the text of a message whose content is a string or a list of parts."""
    content = message.get("content")
    if isinstance(content, list):
        parts = cast("list[dict[str, Any]]", content)
        content = " ".join(str(part.get("text", "")) for part in parts if part.get("text"))
    return content.strip() if isinstance(content, str) else ""


def normalised(text: str) -> str:
    """Return text as the patterns expect it: lower case, no apostrophes, no punctuation."""
    text = re.sub(r"['’]", "", text.lower())
    return " ".join(re.sub(r"[^\w+]+", " ", text).split())


def _decoded(text: str) -> object:
    try:
        return json.loads(text)
    except ValueError:
        return text
