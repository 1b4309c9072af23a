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
from bot.store.sessions import list_sessions, load_session
from bot.store.store import open_store
from tests.bot.call.session_call import said
from tests.bot.worker.test_worker_run import answered, open_call, running_worker
from tests.local_providers import LocalProviders
from tests.silence import never_silent

_CALLS = int(os.environ.get("HANDED_OVER", "3"))
_LIMIT_SECS = 60.0


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
    async with open_handover(draining, room, part, part, part, part, left.set):
        await asyncio.wait_for(left.wait(), _LIMIT_SECS)


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
