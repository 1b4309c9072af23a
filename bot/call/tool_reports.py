"""Tells the room's session channel, and the session's log, what the tool runtime reports."""

from __future__ import annotations

from livekit.protocol.agent_pb import agent_session as pb

from bot.session_log.session_log import SessionLog
from processors.agent_protocol.events import ToolCall
from processors.agent_protocol.tool_updates import ToolUpdates
from tools.calls.call import CallState
from tools.calls.commands import (
    CallEnded,
    CallEvent,
    CallNeedsConfirmation,
    CallProgressed,
    CallStarted,
)

_STATUS = {
    CallState.DONE: pb.TC_DONE,
    CallState.FAILED: pb.TC_ERROR,
    CallState.TIMED_OUT: pb.TC_ERROR,
    CallState.CANCELLED: pb.TC_CANCELLED,
}


class ToolReports:
    """Passes the events of one session's calls on.

    Args:
        to: Tells the room.
        log: Keeps them; None if nobody does.
    """

    def __init__(self, to: ToolUpdates, log: SessionLog | None = None) -> None:
        self._to = to
        self._log = log

    def on_event(self, event: CallEvent) -> None:
        """Pass one event on."""
        if self._log is not None:
            self._log.on_event(event)
        match event:
            case CallStarted():
                self._to.started(ToolCall(event.call_id, event.name, event.arguments, event.title))
            case CallProgressed():
                self._to.progressed(event.call_id, event.text)
            case CallNeedsConfirmation():
                # Its arguments are in the question, and in `function_tools_started`.
                self._to.asks(
                    ToolCall(event.call_id, event.name, title=event.title), event.question
                )
            case CallEnded():
                self._to.ended(event.call_id, _STATUS[event.state], event.result)
