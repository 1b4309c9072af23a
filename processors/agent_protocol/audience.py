"""Everybody who listens to one conversation, from its beginning to the last word about it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AsyncExitStack

from loguru import logger
from typing_extensions import override

from ..floor import Floor
from .events import ConversationListener


class Audience:
    """Tells each event to every listener in the given order, and closes them in the reverse order.

    Observers run in a task of their own, behind the frames: when a listener is told that the caller
    began to speak, the bot may have been cut already. What listeners read of who is speaking is
    therefore `floor`, which belongs to them and is brought up to each event before they hear of it,
    not the floor of the pipeline, which tells the present.

    Args:
        floor: Read by the listeners, and told by nobody else.
        listeners: Who wants to hear of the conversation.
    """

    def __init__(self, *, floor: Floor, listeners: Sequence[ConversationListener]) -> None:
        self._floor = _FloorOfEvents(floor)
        self._listeners = tuple(listeners)

    def tell(self, event: Callable[[ConversationListener], None]) -> None:
        """Tell everybody one event: `tell(lambda to: to.paused())`.

        One that fails keeps no other from it, nor the conversation.
        """
        for listener in (self._floor, *self._listeners):
            try:
                event(listener)
            except Exception as error:  # noqa: BLE001 - the rest of the call would be told of nothing
                # Only the type: the message may hold what was said.
                failed = type(error).__name__
                logger.error("{} fails on an event ({})", type(listener).__name__, failed)

    async def close(self, *, reason: str) -> None:
        """Tell why the conversation is over and let everybody finish.

        One that fails keeps no other from it; the first error is raised at the end.

        Args:
            reason: Empty: it goes on with another bot.
        """
        async with AsyncExitStack() as stack:
            for listener in self._listeners:
                stack.push_async_callback(listener.close)
            for listener in reversed(self._listeners):
                stack.callback(listener.ended, reason)


class _FloorOfEvents(ConversationListener):
    """Keeps the listeners' floor."""

    def __init__(self, floor: Floor) -> None:
        self._floor = floor

    @override
    def caller_started(self) -> None:
        self._floor.caller_began()

    @override
    def caller_stopped(self, *, has_words: bool) -> None:
        self._floor.caller_ended()

    @override
    def playout_started(self) -> None:
        self._floor.bot_began()

    @override
    def playout_stopped(self, *, is_interrupted: bool) -> None:
        self._floor.bot_ended()
