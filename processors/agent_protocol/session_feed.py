"""What everybody in the room may read on `lk.agent.session`, ready before the conversation is."""

from __future__ import annotations

import time
from collections.abc import Callable

from livekit import rtc

from .session_channel import SessionChannel
from .session_items import SessionItems
from .session_usage import SessionUsage
from .tool_updates import ToolUpdates


class SessionFeed:
    """The channel, the items and the usage told on it, and what happens to tool calls.

    Closed by `SessionHost`. It needs the room only, so that the tools can report to it, the host
    can list the tools, and a bot that takes a call over can go on with what was told.

    Args:
        room: The bot's room, not yet connected.
        clock_secs: Wall-clock time.
    """

    def __init__(self, *, room: rtc.Room, clock_secs: Callable[[], float] = time.time) -> None:
        self.channel = SessionChannel(room=room, clock_secs=clock_secs)
        self.items = SessionItems(clock_secs=clock_secs)
        self.usage = SessionUsage()
        self.tool_updates = ToolUpdates(items=self.items, on_event=self.channel.tell)
        self.began_at: float | None = None
        """Unix seconds: since when the session has its caller, with whatever bots."""
