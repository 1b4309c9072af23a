"""Puts together what LiveKit's clients expect of an agent in their room."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Sequence

from livekit import rtc

from bot.call.meter import Meter
from bot.settings import Settings
from processors.agent_protocol.audience import Audience
from processors.agent_protocol.captions import Captions
from processors.agent_protocol.chat import Chat, Refusal, TypedText
from processors.agent_protocol.events import ConversationListener
from processors.agent_protocol.presence import Presence
from processors.agent_protocol.rtvi import CallerRTVI
from processors.agent_protocol.session_feed import SessionFeed
from processors.agent_protocol.session_host import SessionHost
from processors.agent_protocol.tool_answers import ToolAnswers
from processors.allowance import CallerAllowance
from processors.floor import Floor


def build_audience(  # noqa: PLR0913 - the seams of five small parts
    *,
    room: rtc.Room,
    feed: SessionFeed,
    caller_identity: Callable[[], str | None],
    on_text: Callable[[str], Awaitable[None]],
    on_refused: Callable[[Refusal], Awaitable[None]],
    agent_name: str,
    tool_names: Collection[str],
    on_tool_answer: Callable[[str, bool], Awaitable[bool]],
    allowance: CallerAllowance | None = None,
    others: Sequence[ConversationListener] = (),
) -> Audience:
    """Put presence, captions, typed text, session channel and tool answers into one room.

    Args:
        room: The bot's room, not yet connected: stream handlers must be there from the start.
        feed: Of the session channel.
        caller_identity: Returns who the caller is; None while nobody has come.
        on_text: Has typed text answered.
        on_refused: Says aloud why typed text was not taken.
        agent_name: The bot's name.
        tool_names: What it may call; more may come.
        on_tool_answer: Takes the page's answer to the question about a call; returns whether that
            question is being asked.
        allowance: Of the caller, if other parts count too.
        others: Who else wants to hear of the conversation.
    """
    floor = Floor()
    allowance = allowance or CallerAllowance()
    chat = Chat(
        room=room,
        caller_identity=caller_identity,
        allowance=allowance,
        on_text=on_text,
        on_refused=on_refused,
    )
    session_host = SessionHost(
        room=room,
        feed=feed,
        floor=floor,
        caller_identity=caller_identity,
        allowance=allowance,
        submit_text=chat.submit,
        agent_id=agent_name,
        tools=tool_names,
    )
    return Audience(
        floor=floor,
        # Closed from the last to the first: the room learns at the very end why the call is over.
        listeners=[
            Presence(room=room, floor=floor, on_change=session_host.agent_state_changed),
            session_host,
            Captions(room=room, floor=floor, caller_identity=caller_identity),
            chat,
            *others,
            ToolAnswers(
                room=room,
                caller_identity=caller_identity,
                allowance=allowance,
                on_answer=on_tool_answer,
            ),
        ],
    )


def build_rtvi(
    settings: Settings,
    allowance: CallerAllowance,
    meter: Meter,
    *,
    on_refused: Callable[[Refusal], Awaitable[None]],
    on_dismissed: Callable[[], None],
) -> CallerRTVI | None:
    """Let the caller command the bot by Pipecat's own protocol, within what all typed text may be.

    Args:
        settings: It broadcasts the whole conversation to the room, so only on request.
        allowance: Of the caller.
        meter: Counts what is typed.
        on_refused: Says aloud why typed text was not taken.
        on_dismissed: The caller has told the bot to leave.
    """
    if not settings.enable_rtvi:
        return None
    typed = TypedText(allowance=allowance, on_refused=on_refused)

    async def admit(text: str) -> str | None:
        admitted = await typed.admit(text)
        meter.typed(admitted or "")
        return admitted

    return CallerRTVI(allowance=allowance, admit_text=admit, on_dismissed=on_dismissed)
