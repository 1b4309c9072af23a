"""Two workers as processes of their own: the calls of the one that is stopped go to the other."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest
from livekit.api import AccessToken, VideoGrants
from livekit.protocol.agent_dispatch import RoomAgentDispatch
from livekit.protocol.room import CreateRoomRequest

from bench.caller import Caller
from bot.call.handover import open_handover
from bot.languages.en import LANGUAGE as ENGLISH
from bot.livekit.server import LiveKitServer
from bot.rooms.plan import RoomMetadata
from bot.rooms.rooms import Rooms
from bot.session_log.session_log import SessionLog
from bot.store.session_rows import SessionRow, TurnRow, write_batch
from bot.store.sessions import delete_session, list_sessions, load_session
from bot.store.store import Store, open_store
from processors.agent_protocol.events import Side
from tests.bot.call.session_call import said
from tests.bot.worker.test_worker_run import answered, open_call, running_worker
from tests.local_providers import LocalProviders
from tests.log_lines import log_lines
from tests.silence import never_silent
from tests.waiting import until

_CALLS = int(os.environ.get("HANDED_OVER", "3"))
_LIMIT_SECS = 60.0
_HELD_SECS = 25.0


class _Room:
    """A parked one, whose client tells nothing of a leave."""

    is_replaced = False

    def __init__(self) -> None:
        metadata = RoomMetadata(session_id="s", is_parked=True).to_json()
        self.room = SimpleNamespace(
            isconnected=lambda: True, metadata=metadata, on=_nothing, off=_nothing
        )

    async def leave(self) -> None:
        self.is_replaced = True


def _nothing(*_: object) -> None:
    pass


@pytest.mark.promise(
    "Lost bots",
    "A bot that waits parked leaves with its worker, and one that somebody has come for stays.",
)
async def test_a_session_whose_bot_leaves_is_over_also_if_livekits_client_tells_nothing() -> None:
    draining, left = asyncio.Event(), asyncio.Event()
    draining.set()
    part = cast(Any, SimpleNamespace(input=_nothing))
    room = cast(Any, _Room())
    log = SessionLog(session_id="s", store=None)
    async with open_handover(draining, room, part, log, part, part, left.set):
        await asyncio.wait_for(left.wait(), _LIMIT_SECS)


@pytest.fixture
async def lost_session(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncGenerator[Store]:
    """A store with the session of a bot that is lost; no question of it is broken off."""
    for limit in ("log.session_log._LIMIT", "log.session_writer.CLOSE_LIMIT"):
        monkeypatch.setattr(f"bot.session_{limit}_SECS", _LIMIT_SECS)
    monkeypatch.setattr("bot.store.lent.LIMIT_SECS", _LIMIT_SECS)
    async with open_store(tmp_path) as store:
        turn = TurnRow(place=1, who="user", memory="Said before.", began_ms=1, ended_ms=2)
        session = SessionRow(id="s", began_at=1, seen_at=1)
        assert await write_batch(store, session, turns=[turn], is_first=True)
        yield store


async def _said(store: Store) -> list[str]:
    kept = await load_session(store, "s")
    return [turn.memory for turn in kept.turns] if kept else []


class _Bot:
    """One that was sent for; its room is as it says, and its session is really kept."""

    def __init__(self, store: Store, stack: AsyncExitStack) -> None:
        self.log = SessionLog(session_id="s", store=store)
        self._stack = stack
        self._room = _Room()
        self._room.room.isconnected = lambda: True

    async def count(self) -> None:
        """Take the session over, before it joins."""
        assert await self.log.take_over() is not None

    async def join(self) -> None:
        part = cast(Any, SimpleNamespace(input=_nothing))
        room, never = cast(Any, self._room), asyncio.Event()
        opened = open_handover(never, room, part, self.log, part, part, _nothing)
        await self._stack.enter_async_context(opened)

    async def leave(self) -> None:
        """Find the other one there, or be put out."""
        self._room.is_replaced = True

    async def speak(self) -> None:
        self.log.turn_added(Side.CALLER, "Said since.")

    async def wait(self) -> None:
        """Have looked once whose the session is."""
        await asyncio.sleep(0.5)


@pytest.mark.promise("Lost bots", "However many bots are sent for, one has the call.")
@pytest.mark.parametrize(
    "story",
    [
        "1 count, 2 count, 1 join, 2 leave, 1 speak",
        "2 count, 1 count, 1 join, 2 leave, 1 speak",
        # It had looked before the other one was there.
        "1 count, 1 join, 1 wait, 2 count, 2 leave, 1 speak",
        "1 count, 1 join, 1 wait, 1 speak, 2 count, 2 leave",
        # It is put out, and the other one has not joined yet.
        "2 count, 1 count, 2 leave, 2 join, 2 wait, 1 speak",
        # Of two that join at once either may be put out, before or after it took the session back.
        "2 count, 1 count, 2 join, 1 join, 2 leave, 1 speak",
        "1 count, 2 count, 2 join, 1 join, 2 leave, 1 speak",
        "2 count, 1 count, 2 join, 2 wait, 1 join, 2 leave, 1 speak",
        "1 count, 2 count, 1 speak, 2 join, 2 wait, 1 join, 2 leave",
    ],
)
async def test_whichever_bot_was_counted_last_the_one_in_the_room_keeps_what_is_said(
    lost_session: Store, story: str
) -> None:
    async with AsyncExitStack() as stack:
        bots = _Bot(lost_session, stack), _Bot(lost_session, stack)
        for bot in bots:
            stack.push_async_callback(bot.log.close)
        for step in story.split(", "):
            number, what = step.split()
            await getattr(bots[int(number) - 1], what)()

        async def has_all() -> bool:
            # Then its tools have effects, and a connection that is made anew does not end it.
            are_taken = [await bot.log.is_taken() for bot in bots]
            is_known = await _said(lost_session) == ["Said before.", "Said since."]
            return is_known and are_taken == [False, True] and await bots[0].log.kept()

        await until(has_all, limit_secs=_HELD_SECS)


@pytest.mark.promise("Lost bots", "However many bots are sent for, one has the call.")
async def test_what_is_refused_while_the_session_is_taken_back_is_written_again(
    lost_session: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    is_refused, is_told = asyncio.Event(), asyncio.Event()

    async def write(*args: Any, **named: Any) -> bool:
        is_kept = await write_batch(*args, **named)
        if not is_kept:
            is_refused.set()
            await is_told.wait()
        return is_kept

    monkeypatch.setattr("bot.session_log.session_writer.write_batch", write)
    async with AsyncExitStack() as stack:
        stays, leaves = _Bot(lost_session, stack), _Bot(lost_session, stack)
        for bot in (stays, leaves):
            stack.push_async_callback(bot.log.close)
        await stays.count()
        await leaves.count()
        await stays.speak()
        await asyncio.wait_for(is_refused.wait(), _LIMIT_SECS)
        await stays.log.take_back()
        is_told.set()
        await stays.join()

        async def is_known() -> bool:
            return await _said(lost_session) == ["Said before.", "Said since."]

        await until(is_known, limit_secs=_HELD_SECS)


@pytest.mark.parametrize("is_deleted", [True, False])
async def test_a_session_that_was_deleted_is_not_taken_back(
    lost_session: Store, is_deleted: bool
) -> None:
    bot, other = (SessionLog(session_id="s", store=lost_session) for _ in range(2))
    assert await bot.take_over() is not None
    assert await other.take_over() is not None
    bot.turn_added(Side.CALLER, "Said since.")
    assert not await bot.kept()
    if is_deleted:
        await delete_session(lost_session, "s")
    with log_lines("bot.session_log") as lines:
        await bot.hold(is_here=lambda: True)
    assert any("taken back" in line for line in lines) is not is_deleted
    for log in (bot, other):
        await log.close()
    assert await _said(lost_session) == ([] if is_deleted else ["Said before.", "Said since."])


async def _rest(caller: Caller) -> None:
    await answered(caller, "What time is it in London?", "london")
    await caller.wait_for_silence()


async def _speak(caller: Caller) -> None:
    await answered(caller, "What time is it in London?", "london")


async def _ask(caller: Caller) -> None:
    await answered(caller, "Book an appointment for tomorrow at three.", "shall i book")


_MOMENTS = (_ask, _speak, _rest)


@asynccontextmanager
async def _foreign_call(
    rooms: Rooms, server: LiveKitServer, agent_name: str
) -> AsyncGenerator[Caller]:
    """Have a bot sent for as another program does it, and hear its greeting out."""
    name = f"lobby of {agent_name}"
    bot = RoomAgentDispatch(agent_name=agent_name, metadata='{"theirs": 1}')
    await rooms.create_bare(CreateRoomRequest(name=name, agents=[bot], empty_timeout=60))
    token = AccessToken(server.api_key, server.api_secret.get_secret_value())
    token = token.with_identity("somebody").with_grants(VideoGrants(room_join=True, room=name))
    async with Caller.join(server.url, token.to_jwt()) as caller:
        await caller.wait_for_bot(_LIMIT_SECS)
        await caller.wait_for_onset(0.0, _LIMIT_SECS)
        await caller.wait_for_silence()
        yield caller


async def _go_on(caller: Caller, moment: object) -> None:
    heard = len(said(caller))
    if moment is _ask:
        await answered(caller, "Yes.", "booked")
        heard = len(said(caller))
        await caller.wait_for_silence()
        await asyncio.sleep(3.0)
    await caller.type_text("What did I just ask?" if moment is not _ask else "What time is it?")
    await caller.wait_until(lambda: len(said(caller)) > heard + 5, _LIMIT_SECS)


async def _were_kept(data_dir: Path) -> None:
    """See that each is one session, which has not ended, and had two bots."""
    async with open_store(data_dir) as store:
        ids = [one.session_id for one in await list_sessions(store)]
        kept = [await load_session(store, session_id) for session_id in ids]
    assert [(one.takeovers, one.end_reason) for one in kept if one] == [(1, None)] * _CALLS


def _settings(
    folder: Path, livekit: LiveKitServer, providers: LocalProviders, agent_name: str
) -> dict[str, str]:
    """Return what both workers are started with."""
    return {
        "LIVEKIT_URL": livekit.url,
        "LIVEKIT_API_KEY": livekit.api_key,
        "LIVEKIT_API_SECRET": livekit.api_secret.get_secret_value(),
        "DEEPGRAM_BASE_URL": providers.deepgram_url,
        "OPENAI_BASE_URL": providers.openai_url,
        "AGENT_NAME": agent_name,
        "DATA_DIR": str(folder / "data"),
        "APPOINTMENTS_FILE": str(folder / "appointments.sqlite"),
        "GREETING": "Hello.",
        "IDLE_NUDGE_SECS": "3600",
        "MAX_SESSIONS": str(_CALLS),
    }


@pytest.mark.promise(
    "Lost bots",
    "A bot whose worker is stopped gives its call, between two turns, to one of another worker.",
)
@pytest.mark.timeout(300)
async def test_no_call_of_a_worker_that_is_stopped_is_lost(
    tmp_path: Path,
    livekit_server: LiveKitServer,
    local_providers: LocalProviders,
    rooms: Rooms,
    agent_name: str,
) -> None:
    settings = _settings(tmp_path, livekit_server, local_providers, agent_name)
    with running_worker(tmp_path / "1.log", **settings) as first:
        async with AsyncExitStack() as stack:
            opened = [_foreign_call, *[open_call] * (_CALLS - 1)]
            joins = [join(rooms, livekit_server, agent_name) for join in opened]
            callers = await asyncio.gather(*map(stack.enter_async_context, joins))
            stack.enter_context(running_worker(tmp_path / "2.log", **settings))
            for caller in callers:
                await stack.enter_async_context(never_silent(caller))
            moments = [_MOMENTS[number % len(_MOMENTS)] for number in range(_CALLS)]
            await asyncio.gather(
                *(moment(one) for moment, one in zip(moments, callers, strict=True))
            )
            first.send_signal(signal.SIGTERM)
            going_on = [_go_on(one, moment) for moment, one in zip(moments, callers, strict=True)]
            await asyncio.gather(*going_on)
            assert await asyncio.to_thread(first.wait, _LIMIT_SECS) == 0
            # LiveKit gives a job up 15 s after it takes it for ended.
            await asyncio.sleep(16.0)
            for caller in callers:
                await answered(caller, "What time is it in Tokyo?", "tokyo")
                assert ENGLISH.recovery.back.lower() not in said(caller)
                assert said(caller).count("hello.") == 1
                assert caller.disconnect_reason is None
    await _were_kept(tmp_path / "data")
