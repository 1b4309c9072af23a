"""One attempt at a reply over Anthropic's protocol, whole or failed."""

from __future__ import annotations

import json
from collections.abc import AsyncGenerator, Mapping
from contextlib import AbstractAsyncContextManager, aclosing
from typing import Any, cast

from pipecat.frames.frames import FunctionCallFromLLM

from ..provider_requests import EmptyAnswerError
from .anthropic_events import events_of
from .attempting import Attempting
from .attempts import CutReplyError, FilteredReplyError, ends_a_sentence

_CUT = ("max_tokens", "model_context_window_exceeded", "pause_turn")
_FILTERED = ("refusal", "sensitive")
_CALLING = "tool_use"
_TEXT_END_CHARS = 8
"""In which a mark and what closes behind it are found."""


class AnthropicReply:
    """Watches the events of an answer on their way to Pipecat; owned by the service.

    Pipecat reads on whatever they say: a reply that was cut or refused is one like any other, and
    of several calls only the last one is made.

    Args:
        service: Told of the signs of life that Pipecat passes over.
    """

    def __init__(self, service: Attempting) -> None:
        self._service = service
        self._calls: list[tuple[Any, list[str]]] = []
        self._text_end = ""

    async def events(self, answer: AbstractAsyncContextManager[Any]) -> AsyncGenerator[Any]:
        """Make a request, and yield the events of its reply; arguments as `events_of`'s.

        Raises:
            REQUEST_ERRORS: The attempt failed.
            EmptyAnswerError: The reply is not whole, was refused, or calls with no JSON object.
        """
        self._calls, self._text_end, has_ended = [], "", False
        async with aclosing(events_of(answer)) as events:
            async for event in events:
                self._note(event)
                has_ended = event.type == "message_delta" and bool(event.delta.stop_reason)
                yield event
        # Some servers of this protocol never say that a reply ends.
        if not has_ended and (self._calls or not ends_a_sentence(self._text_end)):
            raise CutReplyError("a reply that was cut short")

    def calls(self, like: FunctionCallFromLLM) -> list[FunctionCallFromLLM]:
        """Return all the calls of the reply, in the context of this one."""
        return [
            FunctionCallFromLLM(
                function_name=block.name,
                tool_call_id=block.id,
                # Some servers of this protocol send them whole, where the block begins.
                arguments=_arguments(pieces) or block.input or {},
                context=like.context,
            )
            for block, pieces in self._calls
        ]

    def _note(self, event: Any) -> None:
        if event.type == "content_block_start" and event.content_block.type == "tool_use":
            self._calls.append((event.content_block, []))
            self._service.note_life()
        elif event.type == "content_block_delta" and event.delta.type == "input_json_delta":
            if self._calls:
                self._calls[-1][1].append(event.delta.partial_json)
            self._service.note_life()
        elif event.type == "content_block_delta" and event.delta.type == "text_delta":
            self._text_end = (self._text_end + event.delta.text)[-_TEXT_END_CHARS:]
        elif event.type == "message_delta":
            self._note_end(event.delta)

    def _note_end(self, delta: Any) -> None:
        reason = delta.stop_reason
        if reason == _CALLING and not self._calls:
            raise CutReplyError("a call that got lost")
        if reason in _FILTERED:
            raise FilteredReplyError("a reply that was refused")
        if reason in _CUT:
            raise CutReplyError("a reply that was cut short")
        for _, pieces in self._calls:
            _arguments(pieces)
        if reason and self._calls:
            # Pipecat looks for calls behind no other reason; not every server gives it.
            delta.stop_reason = _CALLING


def _arguments(pieces: list[str]) -> Mapping[str, Any]:
    try:
        value: object = json.loads("".join(pieces) or "{}")
    except ValueError:
        value = None
    if not isinstance(value, dict):
        raise EmptyAnswerError("a tool call with malformed arguments")
    return cast("Mapping[str, Any]", value)
