"""What LiveKit's clients expect of an agent in their room, kept by one object per session."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection
from contextlib import AsyncExitStack

from livekit import rtc

from processors.agent_protocol.agent_session import AgentSession
from processors.agent_protocol.captions import Captions
from processors.agent_protocol.chat import Chat, Refusal
from processors.agent_protocol.conversation import ConversationListener
from processors.agent_protocol.presence import Presence
from processors.agent_protocol.tool_answers import ToolAnswers
from processors.agent_protocol.tool_updates import ToolUpdates
from processors.room.pre_connect_audio import PreConnectAudio


class RoomConventions:
    """Presence, captions, typed text, early audio, session channel and tool answers of one room.

    Args:
        room: The bot's room, not yet connected: stream handlers must be there from the start.
        caller_identity: Returns who the caller is; None while nobody has come.
        is_caller: Tells whether an identity may be the caller's.
        on_text: Has typed text answered.
        on_refused: Says aloud why typed text was not taken.
        agent_name: The bot's name.
        tool_names: What it may call; more may come.
        on_tool_answer: Takes the page's answer to the question about a call; returns whether that
            question is being asked.
    """

    def __init__(  # noqa: PLR0913 - the seams of six small parts
        self,
        *,
        room: rtc.Room,
        caller_identity: Callable[[], str | None],
        is_caller: Callable[[str], bool],
        on_text: Callable[[str], Awaitable[None]],
        on_refused: Callable[[Refusal], Awaitable[None]],
        agent_name: str,
        tool_names: Collection[str],
        on_tool_answer: Callable[[str, bool], Awaitable[bool]],
    ) -> None:
        self._room = room
        self.captions = Captions(room=room, caller_identity=caller_identity)
        self.pre_connect_audio = PreConnectAudio(room=room, accepts=is_caller)
        self._chat = Chat(
            room=room, caller_identity=caller_identity, on_text=on_text, on_refused=on_refused
        )
        self._agent_session = AgentSession(
            room=room,
            caller_identity=caller_identity,
            submit_text=self._chat.submit,
            agent_id=agent_name,
            tools=tool_names,
        )
        self._tool_answers = ToolAnswers(
            room=room, caller_identity=caller_identity, on_answer=on_tool_answer
        )
        self.presence = Presence(room=room, on_change=self._agent_session.agent_state_changed)

    @property
    def listeners(self) -> list[ConversationListener]:
        """Who wants to hear of the conversation."""
        return [self.presence, self.captions, self._agent_session]

    @property
    def tool_updates(self) -> ToolUpdates:
        """Tells the room what happens to tool calls."""
        return self._agent_session.tool_updates

    def ready(self) -> None:
        """Show that the bot listens; the room is connected."""
        self._tool_answers.open()
        self.presence.ready()

    async def close(self, *, reason: str) -> None:
        """Finish what is under way and show why the call ends, before the bot leaves."""
        async with AsyncExitStack() as stack:
            # In the reverse order; one that fails does not keep the others from it.
            stack.push_async_callback(self._end, reason)
            stack.push_async_callback(self._agent_session.close)
            stack.push_async_callback(self.captions.close)
            stack.push_async_callback(self.pre_connect_audio.close)
            stack.push_async_callback(self._chat.close)
            stack.callback(self._tool_answers.close)

    async def _end(self, reason: str) -> None:
        if self._room.isconnected():
            await self.presence.end(reason)
        else:
            await self.presence.close()
