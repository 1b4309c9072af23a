"""What was said so far, read from the messages of a chat completion request."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

_IN_PROGRESS = "IN_PROGRESS"
_NO_RESULTS = ("", "COMPLETED", "CANCELLED", _IN_PROGRESS)
# Pipecat's form for a call that outlives its turn: first a note that it runs, later its result.
_LATE_RESULT = "async_tool"


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
            if _is_from_caller(self.messages[at]):
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
        found: list[ToolResult] = []
        for message in self.messages:
            if result := self._result(message):
                found.append(result)
            elif text_of(message) and message.get("role") in ("user", "assistant"):
                found = []
        return found

    def has_work_in_progress(self) -> bool:
        """True when the last message says that a call is still running."""
        if self.last_role != "tool":
            return False
        late = _late_payload(self.messages[-1])
        return self.last_text == _IN_PROGRESS or (late is not None and "result" not in late)

    def has_unanswered_words(self) -> bool:
        """True when the bot has neither spoken nor acted since the caller's last message."""
        rest = self.messages[len(self.before_last_user().messages) + 1 :]
        return not any(message.get("role") in ("assistant", "tool") for message in rest)

    def last_result_since_user(self) -> ToolResult | None:
        """Return the newest result after the caller's last message, spoken about or not."""
        rest = self.messages[len(self.before_last_user().messages) + 1 :]
        return next(filter(None, map(self._result, reversed(rest))), None)

    def _result(self, message: Mapping[str, Any]) -> ToolResult | None:
        """Return the result a message holds, if it holds one."""
        late = _late_payload(message)
        text = str(late.get("result", "")) if late else text_of(message)
        if (late is None and message.get("role") != "tool") or text in _NO_RESULTS:
            return None
        call_id = str((late or message).get("tool_call_id"))
        return ToolResult(self._calls().get(call_id, ToolCall("", {})), _decoded(text))

    def _texts(self, role: str) -> list[str]:
        texts = (
            text_of(message)
            for message in self.messages
            if message.get("role") == role and _late_payload(message) is None
        )
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


def _is_from_caller(message: Mapping[str, Any]) -> bool:
    return message.get("role") == "user" and _late_payload(message) is None


def _late_payload(message: Mapping[str, Any]) -> dict[str, Any] | None:
    """Return the payload of a message in Pipecat's form for late results."""
    if message.get("role") not in ("tool", "developer", "user"):
        return None
    payload = _decoded(text_of(message))
    if not isinstance(payload, dict):
        return None
    known = cast("dict[str, Any]", payload)
    return known if known.get("type") == _LATE_RESULT else None


def _decoded(text: str) -> object:
    try:
        return json.loads(text)
    except ValueError:
        return text
