from __future__ import annotations

import asyncio
from types import SimpleNamespace
from typing import Any, cast

import pytest
from livekit.agents import worker
from livekit.agents.worker import AgentServer

from bot.worker.heartbeat import HEARTBEAT_SECS, LOAD_SECS, hear_often


def keep_the_library_s_own(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HEARTBEAT_INTERVAL", "UPDATE_STATUS_INTERVAL"):
        monkeypatch.setattr(worker, name, getattr(worker, name))


async def test_the_library_asks_as_often_as_it_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    keep_the_library_s_own(monkeypatch)
    hear_often()
    beats: list[float] = []
    server = cast("Any", AgentServer(ws_url="ws://127.0.0.1:1", api_key="k", api_secret="s" * 32))

    async def ws_connect(*_: object, heartbeat: float, **__: object) -> None:
        beats.append(heartbeat)
        server._closed = True
        raise ConnectionError

    server._http_session = SimpleNamespace(ws_connect=ws_connect)
    server._closed = False
    await server._connection_task()
    assert beats == [HEARTBEAT_SECS]


async def test_livekit_hears_as_often_how_full_a_worker_is(monkeypatch: pytest.MonkeyPatch) -> None:
    keep_the_library_s_own(monkeypatch)
    hear_often()
    said: list[bytes] = []
    server = cast("Any", AgentServer(ws_url="ws://127.0.0.1:1", api_key="k", api_secret="s" * 32))

    async def update() -> None:
        said.append(b"")

    async def receive() -> None:
        await asyncio.Event().wait()

    server._update_worker_status = update
    server._msg_chan = SimpleNamespace(recv=receive)
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(2.2 * LOAD_SECS):
            await server._run_ws(SimpleNamespace(receive=receive))
    assert len(said) >= 2
