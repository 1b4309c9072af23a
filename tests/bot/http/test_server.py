"""The server inside a program with its own signals."""

from __future__ import annotations

import asyncio
import signal

import httpx
import pytest
from fastapi import FastAPI

from bot.http.listener import bind, url_of
from bot.http.server import open_http_server
from tests.bot.http.api_client import open_api


async def test_server_serves_while_the_block_runs() -> None:
    app = FastAPI()
    before = signal.getsignal(signal.SIGINT)
    with bind("127.0.0.1", 0) as listener:
        url = url_of(listener)
        async with open_http_server(app, listener=listener), httpx.AsyncClient() as http:
            assert (await http.get(f"{url}/nope")).status_code == 404
            assert signal.getsignal(signal.SIGINT) is before
        async with httpx.AsyncClient() as http:
            with pytest.raises(httpx.ConnectError):
                await http.get(url)


@pytest.mark.promise(
    "Parts on this machine", "A connection that stays open does not hold up the end."
)
async def test_request_that_never_ends_does_not_hold_up_the_end() -> None:
    app, is_asked = FastAPI(), asyncio.Event()

    @app.get("/slow")
    async def slow() -> None:
        is_asked.set()
        await asyncio.Event().wait()

    with bind("127.0.0.1", 0) as listener:
        async with httpx.AsyncClient() as http:
            asking = asyncio.create_task(http.get(f"{url_of(listener)}/slow", timeout=60.0))
            async with asyncio.timeout(10.0), open_http_server(app, listener=listener):
                await is_asked.wait()
            asking.cancel()
            await asyncio.wait({asking})


@pytest.mark.promise(
    "Limits", "An address starts no more calls in a minute than STARTS_PER_MINUTE says."
)
async def test_visitors_of_a_proxy_on_this_machine_are_told_apart() -> None:
    async with open_api(starts_per_minute=1, trusted_proxies="127.0.0.1") as api:
        with bind("127.0.0.1", 0) as listener:
            url = f"{url_of(listener)}/api/sessions"
            async with open_http_server(api.app, listener=listener), httpx.AsyncClient() as http:
                codes = [
                    (await http.post(url, headers={"X-Forwarded-For": address})).status_code
                    for address in ("192.0.2.1", "192.0.2.2", "192.0.2.1")
                ]
    assert codes == [201, 201, 429]
