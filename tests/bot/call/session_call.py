"""A whole session under test: `Session` in this process, with a room, and callers who join it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, replace

from livekit.protocol.room import CreateRoomRequest

from bench import voice
from bench.caller import Caller
from bot.call.course import EndReason
from bot.call.session import Session
from bot.livekit.server import LiveKitServer
from bot.rooms.job_plan import JobPlan
from bot.rooms.plan import RoomMetadata, RoomPlan, new_session_id
from bot.rooms.rooms import Rooms
from bot.rooms.tokens import Caller as CallerDetails
from bot.rooms.tokens import Tokens
from bot.settings import Settings
from processors.agent_protocol.presence import END_REASON_ATTRIBUTE, STATE_ATTRIBUTE
from tests.bot.call.session_room import TestRoom
from tests.local_providers import LocalProviders
from tests.silence import never_silent

_END_LIMIT_SECS = 90.0


@dataclass
class Call:
    """One session under test and what a caller needs to join it."""

    task: asyncio.Task[EndReason]
    room: TestRoom
    rooms: Rooms
    plan: RoomPlan
    server_url: str
    token: str
    session: Session

    @asynccontextmanager
    async def join(self, *, silence_is_meant: str = "") -> AsyncGenerator[Caller]:
        async with (
            Caller.join(self.server_url, self.token) as caller,
            never_silent(caller, silence_is_meant=silence_is_meant),
        ):
            yield caller

    async def is_waiting(self) -> bool:
        """Whether the bot is in its room and ready for a caller."""
        room = self.room.room
        is_ready = room.isconnected() and STATE_ATTRIBUTE in room.local_participant.attributes
        return is_ready and room.local_participant.attributes[STATE_ATTRIBUTE] == "listening"

    async def reason(self) -> EndReason:
        """Return why it ended; the room is gone, for the same reason."""
        reason = await asyncio.wait_for(asyncio.shield(self.task), _END_LIMIT_SECS)
        assert self.room.reason == reason.value
        assert await self.rooms.find(self.plan.room_name) is None
        return reason

    async def told(self, caller: Caller) -> EndReason:
        """The same for a caller who stayed: they learnt why before they were put out."""
        reason = await self.reason()
        await caller.wait_until(lambda: caller.disconnect_reason is not None, 5.0)
        assert caller.disconnect_reason == "ROOM_DELETED"
        assert caller.bot is not None
        assert caller.bot.attributes[END_REASON_ATTRIBUTE] == reason.value
        return reason


OpenCall = Callable[..., AbstractAsyncContextManager[Call]]


@asynccontextmanager
async def running_session(
    server: LiveKitServer,
    providers: LocalProviders,
    rooms: Rooms,
    *,
    agent_name: str,
    caller: CallerDetails | None = None,
    plan: RoomPlan | None = None,
    end_asked: str | None = None,
    **changes: object,
) -> AsyncGenerator[Call]:
    """Run a session while the block runs.

    Args:
        server: Where.
        providers: Who stands in for the vendors.
        rooms: For looks at it.
        agent_name: Whose room, unless it is planned.
        caller: Who joins.
        plan: Of a call that is taken over.
        end_asked: Why the runner has asked for its end before this bot came.
        changes: Settings.
    """
    settings = Settings(_env_file=None).model_copy(  # pyright: ignore[reportCallIssue]
        update={
            "deepgram_base_url": providers.deepgram_url,
            "openai_base_url": providers.openai_url,
            # The voice and the model stand in on this machine's processor, beside other tests: a
            # moment in which it stands still is no failure of theirs.
            "openai_llm_patience_secs": 10.0,
            "openai_tts_patience_secs": 10.0,
            "idle_nudge_secs": 60.0,
            "resume_secs": 3.0,
            **changes,
        }
    )
    plan = plan or RoomPlan(agent_name=agent_name, session_id=new_session_id())
    await _create_room(rooms, plan, end_asked)
    room = TestRoom(server=server, rooms=rooms, plan=plan)
    job = replace(JobPlan.from_job(plan.job_metadata, room_name="", room_sid=""), is_parked=False)
    session = Session(settings=settings, plan=job, session_room=room)
    task = asyncio.create_task(session.run())
    tokens = Tokens(api_key=server.api_key, api_secret=server.api_secret, session_max_secs=600)
    token = tokens.for_caller(plan, caller=caller or CallerDetails()).jwt
    try:
        yield Call(task, room, rooms, plan, server.url, token, session)
    finally:
        task.cancel()
        await asyncio.wait({task})


async def _create_room(rooms: Rooms, plan: RoomPlan, end_asked: str | None) -> None:
    metadata = replace(RoomMetadata.from_json(plan.metadata), end_asked=end_asked).to_json()
    await rooms._api.room.create_room(  # pyright: ignore[reportPrivateUsage]
        CreateRoomRequest(
            name=plan.room_name, metadata=metadata, empty_timeout=60, departure_timeout=30
        )
    )


async def greeted(caller: Caller) -> None:
    await caller.wait_for_bot()
    await caller.wait_for_onset(0.0)
    await caller.wait_for_silence()


async def ask(caller: Caller, text: str) -> None:
    """Ask, and hear the answer; who sees that they were not understood says it once more.

    A machine that stands still in the middle of a word garbles it.
    """
    for _ in range(2):
        spoken = await caller.say(voice.spoken(text))
        await caller.wait_for_onset(spoken.u1_secs)
        await caller.wait_for_silence()
        last_word = text.split()[-1].strip("?.!").lower()
        if any(last_word in caption.text.lower() for caption in caller.own_captions[-2:]):
            return
        print(f"not understood: {text}")  # noqa: T201 - for whoever reads of a failed test


def said(caller: Caller) -> str:
    return " ".join(caption.text for caption in caller.bot_captions).lower()
