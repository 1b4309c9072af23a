"""The listening socket and the server inside a program with its own signals."""

from __future__ import annotations

import asyncio
import signal

import httpx
import pytest
from fastapi import FastAPI

from bot.errors import LaunchError
from bot.http.server import bind, bind_near, open_http_server, url_of
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


def test_taken_port_names_the_settings() -> None:
    with bind("127.0.0.1", 0) as listener:
        port = listener.getsockname()[1]
        with pytest.raises(LaunchError) as caught:
            bind("127.0.0.1", port)
    assert caught.value.code == "port_taken"
    assert f"127.0.0.1:{port}" in caught.value.message
    assert "HOST or PORT" in caught.value.message


def test_next_free_port_is_taken_where_nobody_names_one() -> None:
    with bind("127.0.0.1", 0) as listener:
        port = listener.getsockname()[1]
        with bind_near("127.0.0.1", port) as other:
            assert port < other.getsockname()[1] <= port + 20
    with pytest.raises(LaunchError, match="change HOST or PORT"):
        bind_near("192.0.2.77", port)


def test_unknown_host_names_the_setting() -> None:
    with pytest.raises(LaunchError) as caught:
        bind("no.such.host.invalid", 0)
    assert caught.value.code == "bad_host"
    assert "HOST" in caught.value.message


@pytest.mark.parametrize("host", ["127.0.0.1", "0.0.0.0"])
def test_url_leads_to_this_machine(host: str) -> None:
    with bind(host, 0) as listener:
        assert url_of(listener) == f"http://127.0.0.1:{listener.getsockname()[1]}"
