"""What happens to running tool calls, as `tool_execution_updated` of LiveKit's session protocol.

The protocol has no message of its own for a question to the caller, so it travels as an update of
the call whose id ends with `CONFIRM_SUFFIX`; `web/hooks/toolUpdate.ts` is the reader.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any

from livekit.protocol.agent_pb import agent_session as pb

from .events import ToolCall
from .session_items import SessionItems, bounded_json

CONFIRM_SUFFIX = "_confirm"
"""The call waits for the caller's yes; the message is the question."""
CONFIRMED_SUFFIX = "_confirmed"
"""The caller said yes, and the call runs."""

_Update = pb.AgentSessionEvent.ToolExecutionUpdated


class ToolUpdates:
    """Tells the life of each call once it is asked about or runs; a refused one never does.

    Args:
        items: Makes the calls' messages.
        on_event: Takes the event that tells an update.
    """

    def __init__(
        self, *, items: SessionItems, on_event: Callable[[pb.AgentSessionEvent], None]
    ) -> None:
        self._items = items
        self._on_event = on_event
        self._open: set[str] = set()
        self._asked: set[str] = set()
        self._numbers = itertools.count(1)

    def started(self, call: ToolCall) -> None:
        """Tell that a call runs, at once or after the caller's yes."""
        self._open_once(call)
        if call.call_id in self._asked:
            self._asked.discard(call.call_id)
            self._tell_update(call.call_id, CONFIRMED_SUFFIX, "confirmed")

    def progressed(self, call_id: str, text: str) -> None:
        """Tell how far a call is."""
        self._tell_update(call_id, f"_update_{next(self._numbers)}", text)

    def asks(self, call: ToolCall, question: str) -> None:
        """Tell that a call waits for the caller's yes."""
        self._open_once(call)
        self._asked.add(call.call_id)
        self._tell_update(call.call_id, CONFIRM_SUFFIX, question)

    def ended(self, call_id: str, status: pb.ToolCallStatus, result: Any) -> None:
        """Tell how a call ended, unless nobody was told that it began."""
        if call_id not in self._open:
            return
        self._open.discard(call_id)
        self._asked.discard(call_id)
        message = bounded_json(result)
        ended = _Update.Ended(id=call_id, call_id=call_id, message=message, status=status)
        self._tell(_Update(ended=ended))

    def _open_once(self, call: ToolCall) -> None:
        if call.call_id in self._open:
            return
        self._open.add(call.call_id)
        started = _Update.Started(function_call=self._items.call_message(call))
        self._tell(_Update(started=started))

    def _tell_update(self, call_id: str, suffix: str, message: str) -> None:
        update = _Update.CallUpdated(id=call_id + suffix, call_id=call_id, message=message)
        self._tell(_Update(call_updated=update))

    def _tell(self, update: pb.AgentSessionEvent.ToolExecutionUpdated) -> None:
        self._on_event(pb.AgentSessionEvent(tool_execution_updated=update))
