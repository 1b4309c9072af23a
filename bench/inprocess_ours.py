"""Our session on a wire room: the product's own `Session`, with the room's owner doubled."""

from __future__ import annotations

import asyncio
import gc
import importlib
import tempfile
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import cast

from livekit import rtc
from pydantic import SecretStr

from bench.standin.server import Standin
from bench.wire_room import WireRoom
from bot.call.ear import Ear
from bot.call.session import Session
from bot.logs import configure_logs
from bot.rooms.job_plan import JobPlan
from bot.rooms.plan import new_session_id
from bot.settings import Settings, load_settings, prepare_bot_environment
from bot.store.store import open_store


def prepare_process() -> None:
    """Load what a bot's process has when it is forked, and make its event loop the same."""
    prepare_bot_environment(load_settings())
    importlib.import_module("bot.worker.preload")
    asyncio.run(_make_tables())
    configure_logs(level="INFO", log_format="text")
    gc.collect()
    gc.freeze()


_KEPT = tempfile.TemporaryDirectory()
"""What the sessions keep; it goes with the process."""


async def _make_tables() -> None:
    async with open_store(Path(_KEPT.name)):
        pass


class _WireSessionRoom:
    def __init__(self, room: WireRoom) -> None:
        self._room = room

    @property
    def room(self) -> rtc.Room:
        return cast(rtc.Room, self._room)

    @property
    def is_replaced(self) -> bool:
        return False

    async def has_other_bot(self) -> bool:
        return False

    async def send_for_next(self, *, caller: str) -> None:
        raise AssertionError(f"nobody hands the call of {caller} over")

    def ear(self, settings: Settings) -> AbstractAsyncContextManager[Ear]:
        raise AssertionError("nobody hands this call over")

    def let_be(self) -> None:
        pass

    async def leave(self) -> None:
        raise AssertionError("nobody else has this call")

    def abandon(self, why: str) -> None:
        raise AssertionError(f"nobody else has this call: {why}")

    async def connect(self) -> None:
        await self._room.connect()

    async def delete(self, *, reason: str, usage: str = "") -> None:
        del reason
        await self._room.disconnect()


async def run_session(standin: Standin, *, room: WireRoom, caller_identity: str) -> None:
    """Hold one conversation; cancelling ends it."""
    settings = Settings(
        _env_file=None,  # pyright: ignore[reportCallIssue]
        data_dir=Path(_KEPT.name),
        deepgram_api_key=SecretStr("bench"),
        deepgram_base_url=standin.websocket_url,
        openai_api_key=SecretStr("bench"),
        openai_base_url=standin.openai_url,
    )
    plan = JobPlan(session_id=new_session_id(), caller_identity=caller_identity)
    await Session(settings=settings, plan=plan, session_room=_WireSessionRoom(room)).run()
