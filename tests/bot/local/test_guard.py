"""Who may use the local providers: requests and websockets, by key, Host and Origin."""

from __future__ import annotations

from typing import Any

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route, WebSocketRoute
from starlette.testclient import TestClient
from starlette.websockets import WebSocket, WebSocketDisconnect

from bot.local.guard import Guard

_KEY = "the-key-of-this-start"
_HERE = "http://127.0.0.1:8100"


async def _work(_: Request) -> PlainTextResponse:
    return PlainTextResponse("done")


async def _listen(websocket: WebSocket) -> None:
    await websocket.accept()
    await websocket.send_text("done")
    await websocket.close()


def _guarded(key: str = _KEY) -> Guard:
    routes = [
        Route("/", _work),
        Route("/health", _work),
        Route("/v1/work", _work, methods=["GET", "POST"]),
        WebSocketRoute("/v1/listen", _listen),
    ]
    return Guard(Starlette(routes=routes), key=key)


async def _status(headers: dict[str, str], *, key: str = _KEY, path: str = "/v1/work") -> int:
    transport = httpx.ASGITransport(_guarded(key))
    async with httpx.AsyncClient(transport=transport, base_url=_HERE) as http:
        return (await http.get(path, headers=headers)).status_code


def _hears(headers: dict[str, str], *, key: str = _KEY) -> bool:
    client: Any = TestClient(_guarded(key), base_url=_HERE)
    try:
        with client.websocket_connect(
            "/v1/listen", headers={"Host": "127.0.0.1:8100", **headers}
        ) as websocket:
            return websocket.receive_text() == "done"
    except WebSocketDisconnect:
        return False


def _auth(value: str) -> dict[str, str]:
    return {"Authorization": value}


@pytest.mark.promise(
    "Parts on this machine", "The local providers answer only who has the key of this start."
)
@pytest.mark.parametrize(
    "headers",
    [
        {},
        _auth(""),
        _auth("Bearer"),
        _auth("Bearer local"),
        _auth(f"Bearer {_KEY[:-1]}"),
        _auth(f"Bearer {_KEY}x"),
        _auth(f"Basic {_KEY}"),
        _auth(_KEY),
        {"X-Api-Key": _KEY},
    ],
)
async def test_without_the_key_there_is_no_answer(headers: dict[str, str]) -> None:
    assert await _status(headers) == 401
    assert not _hears(headers)


@pytest.mark.parametrize("scheme", ["Bearer", "Token", "bearer", "token"])
async def test_the_key_opens_as_each_client_writes_it(scheme: str) -> None:
    assert await _status(_auth(f"{scheme} {_KEY}")) == 200
    assert _hears(_auth(f"{scheme} {_KEY}"))


@pytest.mark.promise(
    "Parts on this machine", "No page of another site reaches the local providers."
)
@pytest.mark.parametrize("key", [_KEY, ""])
@pytest.mark.parametrize(
    "foreign",
    [
        {"Host": "evil.example:8100"},
        {"Host": "127.0.0.1.evil.example"},
        {"Host": "10.0.0.7:8100"},
        {"Host": "[::"},
        {"Origin": "http://evil.example"},
        {"Origin": "null"},
        {"Origin": "http://evil.example:8100", "Host": "evil.example:8100"},
    ],
)
async def test_a_page_of_another_site_gets_nothing(foreign: dict[str, str], key: str) -> None:
    headers = {**_auth(f"Bearer {_KEY}"), **foreign}
    assert await _status(headers, key=key) == 403
    assert await _status(headers, key=key, path="/health") == 403
    assert not _hears(headers, key=key)


@pytest.mark.parametrize("host", ["localhost:8100", "127.0.0.1", "[::1]:8100"])
async def test_this_machine_has_several_names(host: str) -> None:
    headers = {"Host": host, "Origin": f"http://{host}"}
    assert await _status(headers, key="") == 200
    assert _hears(headers, key="")


@pytest.mark.parametrize("path", ["/", "/health"])
async def test_that_it_runs_is_no_secret(path: str) -> None:
    assert await _status({}, path=path) == 200
