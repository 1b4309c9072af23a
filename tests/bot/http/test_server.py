"""The listening socket and the server inside a program with its own signals."""

from __future__ import annotations

import signal

import httpx
import pytest
from fastapi import FastAPI

from bot.errors import LaunchError
from bot.http.server import bind, open_http_server, url_of


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


def test_taken_port_names_the_settings() -> None:
    with bind("127.0.0.1", 0) as listener:
        port = listener.getsockname()[1]
        with pytest.raises(LaunchError) as caught:
            bind("127.0.0.1", port)
    assert caught.value.code == "port_taken"
    assert f"127.0.0.1:{port}" in caught.value.message
    assert "HOST or PORT" in caught.value.message


def test_unknown_host_names_the_setting() -> None:
    with pytest.raises(LaunchError) as caught:
        bind("no.such.host.invalid", 0)
    assert caught.value.code == "bad_host"
    assert "HOST" in caught.value.message


@pytest.mark.parametrize("host", ["127.0.0.1", "0.0.0.0"])
def test_url_leads_to_this_machine(host: str) -> None:
    with bind(host, 0) as listener:
        assert url_of(listener) == f"http://127.0.0.1:{listener.getsockname()[1]}"
