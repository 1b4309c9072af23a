"""Reads and mends the messages of Pipecat's context where calls are concerned."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, cast

from pipecat.processors.aggregators import async_tool_messages
from pipecat.processors.aggregators.llm_context import LLMContext

Message = Mapping[str, Any]


def begins_turn(context: LLMContext) -> bool:
    """Tell whether the model is to answer the caller, and not the result of a call."""
    for message in reversed(_messages(context)):
        if message.get("role") == "user":
            return True
        if message.get("tool_calls") or message.get("role") == "tool" or _is_late_result(message):
            return False
    return True


def caller_message(context: LLMContext) -> Message | None:
    """Return the caller's message if it is what the model is to answer; None otherwise."""
    messages = _messages(context)
    is_last = bool(messages) and messages[-1].get("role") == "user"
    return messages[-1] if is_last else None


def text_of(message: Message) -> str:
    """Return the words of a message, whose content is a string or a list of parts."""
    content: object = message.get("content") or ""
    if isinstance(content, str):
        return content
    parts = cast("list[dict[str, Any]]", content)
    return " ".join(str(part["text"]) for part in parts if "text" in part)


def move_call_to_end(context: LLMContext, call_id: str) -> None:
    """Move a call and its placeholder behind what was said since it was made.

    Its result then stands where it becomes known, and no "still running" stays behind: Pipecat
    would leave that in place for ever and add the result as a message of another kind (its issue
    5779 is about calls that never even get that).
    """
    messages = list(context.messages)
    pair = [message for message in messages if _belongs_to(message, call_id)]
    if len(pair) == 2 and messages[-2:] != pair:
        rest = [message for message in messages if not _belongs_to(message, call_id)]
        context.set_messages([*rest, *pair])


def put_results_last(context: LLMContext) -> None:
    """Move the newest results behind words that were still being spoken when they came.

    Pipecat adds words when they have been said. After a yes by button, the question would stand
    behind the result, as if it were open.
    """
    messages = list(context.messages)
    end = len(messages)
    while end > 0 and _is_said_by_bot(messages[end - 1]):
        end -= 1
    start = end
    while start > 0 and _is_part_of_call(messages[start - 1]):
        start -= 1
    if start < end < len(messages):
        context.set_messages([*messages[:start], *messages[end:], *messages[start:end]])


def mend_late_result(context: LLMContext, call_id: str) -> None:
    """Put a result that Pipecat added as a developer message where a call's result belongs.

    It does so when the conversation moved on while the result was on its way to the context.
    """
    messages = list(context.messages)
    for at, message in enumerate(messages):
        if not isinstance(message, dict) or not _is_late_result(message):
            continue
        payload = async_tool_messages.parse_message(message)
        pair = [cast("dict[str, Any]", other) for other in messages if _belongs_to(other, call_id)]
        if payload is None or payload.tool_call_id != call_id or len(pair) != 2:
            continue
        pair[1]["content"] = payload.result
        before = [other for other in messages[:at] if not _belongs_to(other, call_id)]
        after = [other for other in messages[at + 1 :] if not _belongs_to(other, call_id)]
        context.set_messages(cast(Any, [*before, *pair, *after]))
        return


def _messages(context: LLMContext) -> Sequence[Message]:
    return [cast(Message, message) for message in context.messages if isinstance(message, dict)]


def _belongs_to(message: object, call_id: str) -> bool:
    if not isinstance(message, dict):
        return False
    known = cast("dict[str, Any]", message)
    calls = cast("list[dict[str, Any]]", known.get("tool_calls") or [])
    # Pipecat writes one message for each call, so moving it moves no other call.
    is_call = len(calls) == 1 and calls[0].get("id") == call_id
    return is_call or known.get("tool_call_id") == call_id


def _is_said_by_bot(message: object) -> bool:
    is_bot = isinstance(message, dict) and cast(Message, message).get("role") == "assistant"
    return is_bot and not _is_part_of_call(message)


def _is_part_of_call(message: object) -> bool:
    if not isinstance(message, dict):
        return False
    known = cast(Message, message)
    return bool(known.get("tool_calls")) or known.get("role") == "tool"


def _is_late_result(message: Message) -> bool:
    payload = async_tool_messages.parse_message(cast(Any, message))
    return payload is not None and payload.kind != "started"
