"""The conversation as items of LiveKit's session protocol: messages, tool calls, their results."""

from __future__ import annotations

import json
import time
from collections import deque
from collections.abc import Callable, Sequence
from typing import Any
from uuid import uuid4

from google.protobuf.timestamp_pb2 import Timestamp
from livekit.protocol.agent_pb import agent_session as pb

from ..characters import whole
from .events import Side, ToolCall, ToolOutcome

# An hour of lively talk; as much as fits goes into one answer to `get_chat_history`.
MAX_ITEMS = 500
MAX_JSON_CHARS = 4_000

_ROLES = {Side.CALLER: pb.USER, Side.BOT: pb.ASSISTANT}


class SessionItems:
    """Makes and keeps the items of one session; the oldest go when there are too many.

    Args:
        clock_secs: Wall-clock time.
    """

    def __init__(self, *, clock_secs: Callable[[], float] = time.time) -> None:
        self._clock_secs = clock_secs
        self._items: deque[pb.ChatContext.ChatItem] = deque(maxlen=MAX_ITEMS)

    def all(self) -> list[pb.ChatContext.ChatItem]:
        """Return every item, oldest first."""
        return list(self._items)

    def begin_with(self, items: Sequence[pb.ChatContext.ChatItem]) -> None:
        """Have items stand before all others, which another bot has told of."""
        self._items = deque([*items, *self._items], maxlen=MAX_ITEMS)

    def add_message(
        self, side: Side, text: str, *, is_interrupted: bool, metrics: pb.MetricsReport
    ) -> pb.ChatContext.ChatItem:
        """Add what one side said."""
        message = pb.ChatMessage(
            id=_new_id(),
            role=_ROLES[side],
            content=[pb.ChatMessage.ChatContent(text=text)],
            interrupted=is_interrupted,
            metrics=metrics,
            created_at=timestamp(self._clock_secs()),
        )
        return self._add(pb.ChatContext.ChatItem(message=message))

    def add_call(self, call: ToolCall) -> pb.ChatContext.ChatItem:
        """Add the start of a tool call."""
        return self._add(pb.ChatContext.ChatItem(function_call=self.call_message(call)))

    def call_message(self, call: ToolCall) -> pb.FunctionCall:
        """Make the message of a tool call, which is kept nowhere."""
        return pb.FunctionCall(
            id=_new_id(),
            call_id=call.call_id,
            name=call.name,
            arguments=bounded_json(dict(call.arguments)),
            extra={"title": call.title} if call.title else None,
            created_at=timestamp(self._clock_secs()),
        )

    def add_output(self, outcome: ToolOutcome) -> pb.ChatContext.ChatItem:
        """Add the end of a tool call."""
        output = pb.FunctionCallOutput(
            id=_new_id(),
            call_id=outcome.call_id,
            name=outcome.name,
            output="cancelled" if outcome.is_cancelled else bounded_json(outcome.result),
            is_error=outcome.is_error,
            created_at=timestamp(self._clock_secs()),
        )
        return self._add(pb.ChatContext.ChatItem(function_call_output=output))

    def _add(self, item: pb.ChatContext.ChatItem) -> pb.ChatContext.ChatItem:
        self._items.append(item)
        return item


def newest(
    items: Sequence[pb.ChatContext.ChatItem], max_bytes: int
) -> list[pb.ChatContext.ChatItem]:
    """Return the last items that fit together into `max_bytes`, oldest first."""
    fitting: list[pb.ChatContext.ChatItem] = []
    for item in reversed(items):
        # With its tag and its length.
        max_bytes -= item.ByteSize() + 6
        if max_bytes < 0:
            break
        fitting.append(item)
    return fitting[::-1]


def timestamp(secs: float) -> Timestamp:
    """Return wall-clock seconds as the protocol's time."""
    stamp = Timestamp()
    stamp.FromMicroseconds(round(secs * 1e6))
    return stamp


def _new_id() -> str:
    return f"item_{uuid4().hex[:12]}"


def bounded_json(value: Any) -> str:
    """Return JSON, or the text itself, cut to `MAX_JSON_CHARS`."""
    text = value if isinstance(value, str) else json.dumps(value, default=str, ensure_ascii=False)
    # JSON can hold halves of characters, the protocol cannot.
    return whole(text)[:MAX_JSON_CHARS]
