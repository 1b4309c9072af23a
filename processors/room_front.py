"""All that LiveKit clients see of the bot and all they may send it, in one object per session."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence

from livekit import rtc

from processors.agent_session import AgentSession
from processors.captions import Captions
from processors.chat import Chat
from processors.conversation import ConversationListener
from processors.pre_connect_audio import PreConnectAudio
from processors.presence import Presence


class RoomFront:
    """Speaks LiveKit's agent conventions in one room.

    Make it before the room connects: LiveKit drops streams that nobody has registered for.

    Args:
        room: The bot's room, not yet connected.
        caller_identity: Returns who the caller is, `None` while unknown.
        on_text: Interrupts the bot and has the text answered.
        on_refused: Says a sentence that tells the caller why a text was not taken.
        agent_id: Name of the bot.
        tools: Names of its tools.
    """

    def __init__(  # noqa: PLR0913 - the seams between the room and the pipeline
        self,
        *,
        room: rtc.Room,
        caller_identity: Callable[[], str | None],
        on_text: Callable[[str], Awaitable[None]],
        on_refused: Callable[[str], Awaitable[None]],
        agent_id: str,
        tools: Sequence[str],
    ) -> None:
        self._chat = Chat(
            room=room, caller_identity=caller_identity, on_text=on_text, on_refused=on_refused
        )
        self._session = AgentSession(
            room=room,
            caller_identity=caller_identity,
            submit_text=self._chat.submit,
            agent_id=agent_id,
            tools=tools,
        )
        self._captions = Captions(room=room, caller_identity=caller_identity)
        self._presence = Presence(room=room, on_change=self._session.agent_state_changed)
        self.pre_connect_audio = PreConnectAudio(
            room=room,
            # The recording may arrive before anybody is known to be the caller.
            accepts=lambda sender: caller_identity() in (None, sender),
        )

    @property
    def listeners(self) -> tuple[ConversationListener, ...]:
        """What a `ConversationObserver` has to tell."""
        return (self._presence, self._captions, self._session)

    def ready(self) -> None:
        """Show that the bot listens: it is connected and warm, and its pipeline has started."""
        self._presence.ready()

    async def end(self, reason: str) -> None:
        """Close what is open and show why the call ends; takes a few seconds at most.

        Call it while the room is still connected if it can be; it does no harm afterwards.
        """
        await self._chat.close()
        await self.pre_connect_audio.close()
        await self._captions.close()
        await self._session.close()
        await self._presence.end(reason)
