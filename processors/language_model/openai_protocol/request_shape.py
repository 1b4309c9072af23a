"""What one model server turned out to accept; learnt from its refusals, kept for the session."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from openai import NotGiven, Omit

from ...provider_requests import Complaint
from .message_shapes import (
    Message,
    alternating,
    newest,
    since,
    turn_start,
    with_short_ids,
    without_calls,
    without_system,
)
from .returned_thoughts import ReturnedThoughts

_RENAMED = {"max_tokens": "max_completion_tokens", "max_completion_tokens": "max_tokens"}
_NEEDED = ("model", "messages", "stream", "tools")

_TOOLS = re.compile(
    r"support\w*.{0,30}\b(tool|function)|\b(tool|function)[\w -]{0,30}\b(not |un)support|"
    r"tools? (param|choice) requires|\btools\b.{0,60}(extra|unexpected|unknown|not permitted)|"
    r"(extra|unexpected|unknown|unrecognized).{0,60}\btools\b"
)
_TOO_LONG = re.compile(
    r"context.{0,20}(length|size|window)|too many tokens|maximum.{0,30}tokens|"
    r"(prompt|input|request).{0,30}too (long|large)"
)
_THOUGHTS = re.compile(r"reasoning|thinking_blocks|extra_content")
_THOUGHTS_WANTED = re.compile(r"must be (passed|provided)|missing|is required")
_CALL_IDS = re.compile(r"tool.?call.?id.{0,60}(length|must be|invalid|match)")
_ROLES = re.compile(
    r"alternat|\brole|(first|last|system|user) (message|query|prompt)|(call|response) turn|"
    r"template|raise_exception|content.{0,40}(null|none|empty|required|missing|string)|(null|missing).{0,40}content"
)
_PASSING = re.compile(r"tool_use_failed|failed to call a function")

_THINKING_MODEL = re.compile(r"(?<![a-z])(r1|qwq|reason\w*|think\w*|magistral)(?![a-z])", re.I)
"""Their templates may. What a reply of such a model turns out to be is remembered."""

_ALTERNATING, _NO_SYSTEM, _NO_CALLS = 1, 2, 3


class RequestShape:
    """Shapes requests the way the server takes them; owned by the language model service.

    It begins with requests as they are, and changes one thing at each refusal that names it. A
    refusal that names nothing is taken as one of the order of the messages, once.

    Args:
        model: Its name, which may tell that it thinks.
    """

    def __init__(self, *, model: str = "") -> None:
        self.thoughts = ReturnedThoughts()
        self.begins_thinking = _THINKING_MODEL.search(model) is not None
        """Whether the template opens the thought, so that a reply begins in the middle of it."""
        self.call_ids: set[str] = set()
        """Of the session's calls; some servers count anew in each reply."""
        self._refused: set[str] = set()
        self._strictness = 0
        self._is_guess = self._has_guessed = False
        self._message_limit: int | None = None
        self._past = self._past_guess = 0
        """How many messages are left out, and how many perhaps."""
        self._has_short_ids = False
        self._returns_thoughts = True
        self._wants_thoughts = False

    def shaped(self, params: Mapping[str, Any]) -> dict[str, Any]:
        """Return the parameters of a request as this server takes them."""
        shaped = {name: value for name, value in params.items() if name not in self._refused}
        for name, other in _RENAMED.items():
            if name in self._refused and _is_given(params, name) and other not in self._refused:
                shaped[other] = params[name]
        if "tools" in self._refused:
            shaped.pop("tool_choice", None)
        shaped["messages"] = self._messages(list(params["messages"]))
        return shaped

    def adapt(self, error: Exception, params: Mapping[str, Any]) -> bool:
        """Learn from a refusal; returns whether the request is worth making in its new shape."""
        complaint = Complaint.of(error)
        if complaint is None or complaint.status_code in (401, 402, 403, 429):
            return False
        text = complaint.text
        if _PASSING.search(text) or complaint.is_about_content:
            return False
        has_learnt = (
            self._drop_tools(text, params)
            or self._drop_parameter(text, params)
            or self._drop_thoughts(text)
            or self._shorten(complaint, params)
            or self._shorten_ids(text)
            or self._restrict(text)
        )
        if not has_learnt and self._is_guess:
            # It was not that.
            self._is_guess, self._strictness = False, 0
            return False
        return has_learnt or self._guess(complaint)

    def leave_out_past(self, error: Exception, params: Mapping[str, Any]) -> bool:
        """Leave out all before the turn that is answered, as a message in it may be refused.

        It would be with each request that is yet to come. Returns whether there is any.
        """
        complaint = Complaint.of(error)
        past = turn_start(params["messages"])
        if complaint is None or complaint.status_code not in (400, 422) or self._past_guess:
            self._past_guess = 0
            return False
        self._past_guess = past if past > max(self._past, 1) else 0
        return self._past_guess > 0

    def accept(self) -> None:
        """The server takes requests of this shape."""
        self._is_guess = False
        self._past, self._past_guess = max(self._past, self._past_guess), 0

    def _messages(self, messages: list[Message]) -> list[Message]:
        messages = since(messages, self._past_guess or self._past)
        if self._message_limit is not None:
            messages = newest(messages, count=self._message_limit)
        if self._returns_thoughts:
            messages = self.thoughts.returned(messages)
        if self._strictness >= _NO_CALLS or "tools" in self._refused:
            messages = without_calls(messages)
        if self._strictness >= _ALTERNATING:
            messages = alternating(messages)
        if self._strictness >= _NO_SYSTEM:
            messages = without_system(messages)
        if self._has_short_ids:
            messages = with_short_ids(messages)
        if self._wants_thoughts:
            blank = {"reasoning_content": ""}
            messages = [
                {**blank, **message} if message.get("role") == "assistant" else message
                for message in messages
            ]
        return messages

    def _drop_tools(self, text: str, params: Mapping[str, Any]) -> bool:
        if not _is_given(params, "tools") or "tools" in self._refused or not _TOOLS.search(text):
            return False
        self._refused.add("tools")
        return True

    def _drop_thoughts(self, text: str) -> bool:
        if not _THOUGHTS.search(text):
            return False
        if _THOUGHTS_WANTED.search(text):
            is_new, self._wants_thoughts = not self._wants_thoughts, True
        else:
            is_new, self._returns_thoughts = self._returns_thoughts, False
        return is_new

    def _shorten(self, complaint: Complaint, params: Mapping[str, Any]) -> bool:
        if complaint.status_code != 413 and not _TOO_LONG.search(complaint.text):
            return False
        limit = (self._message_limit or len(params["messages"])) // 2
        # If nothing is left to leave out, it was not that.
        self._message_limit = limit or None
        return limit > 0

    def _drop_parameter(self, text: str, params: Mapping[str, Any]) -> bool:
        for name in params:
            is_sent = name not in _NEEDED and name not in self._refused and _is_given(params, name)
            if is_sent and re.search(rf"\b{name}\b", text):
                self._refused.add(name)
                return True
        return False

    def _shorten_ids(self, text: str) -> bool:
        if self._has_short_ids or not _CALL_IDS.search(text):
            return False
        self._has_short_ids = True
        return True

    def _restrict(self, text: str) -> bool:
        if self._strictness == _NO_CALLS or not _ROLES.search(text):
            return False
        self._strictness += 1
        if "system role" in text:
            self._strictness = max(self._strictness, _NO_SYSTEM)
        return True

    def _guess(self, complaint: Complaint) -> bool:
        is_unclear = complaint.status_code in (400, 422) and not complaint.is_hopeless
        if self._strictness or self._has_guessed or not is_unclear:
            return False
        self._strictness = _ALTERNATING
        self._is_guess = self._has_guessed = True
        return True


def _is_given(params: Mapping[str, Any], name: str) -> bool:
    return not isinstance(params.get(name), NotGiven | Omit | None)
