from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast

import pytest
from livekit.agents import worker
from livekit.agents.worker import AgentServer

from bot.worker.heartbeat import HEARTBEAT_SECS, ask_often


async def test_the_library_asks_as_often_as_it_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(worker, "HEARTBEAT_INTERVAL", worker.HEARTBEAT_INTERVAL)
    ask_often()
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
