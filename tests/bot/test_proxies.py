"""Every client that we use goes out through the proxy, and never to this machine."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, suppress

import httpx
import pytest
from openai import AsyncOpenAI
from pydantic import SecretStr

from bot.errors import RoomError
from bot.http.webhook_check import look_for_webhook
from bot.proxies import is_loopback, proxy_changes, proxy_for
from bot.rooms.rooms import Rooms
from bot.settings import Settings, load_settings, prepare_environment
from processors.provider_requests import build_http_client
from processors.speech_to_text.deepgram_socket import open_deepgram_socket

_LIMIT_SECS = 30.0
_OUTSIDE = "somewhere.example"


class Recorder:
    """A server, or a proxy, that keeps the first line of each request and hangs up."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.port = 0

    async def handle(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.lines.append((await reader.readline()).decode())
        writer.close()


@asynccontextmanager
async def recorder(host: str = "127.0.0.1") -> AsyncGenerator[Recorder]:
    made = Recorder()
    async with await asyncio.start_server(made.handle, host, 0) as server:
        made.port = server.sockets[0].getsockname()[1]
        yield made


@pytest.fixture(autouse=True)
def _no_proxies() -> Iterator[None]:  # pyright: ignore[reportUnusedFunction] - pytest's
    """Begin each test without a proxy, and leave the environment as it was."""
    before = dict(os.environ)
    for name in [name for name in before if name.lower().endswith("_proxy")]:
        del os.environ[name]
    yield
    os.environ.clear()
    os.environ.update(before)


async def ask_httpx(host: str) -> None:
    async with httpx.AsyncClient() as http:
        await http.get(f"http://{host}/")


async def ask_openai(host: str) -> None:
    async with build_http_client() as http:
        client = AsyncOpenAI(
            api_key="k", base_url=f"http://{host}/v1", http_client=http, max_retries=0
        )
        await client.models.list()


async def ask_deepgram(host: str) -> None:
    async with open_deepgram_socket(base_url=f"ws://{host}", api_key="k", query={}):
        pass


async def ask_rooms(host: str) -> None:
    async with Rooms(
        url=f"ws://{host}", api_key="k", api_secret=SecretStr("s" * 32), agent_name="a"
    ) as rooms:
        with suppress(RoomError):
            await rooms.list_live()


_NATIVE_CLIENT = """
import asyncio, sys
from livekit import rtc
from bot.settings import Settings, prepare_bot_environment
url = sys.argv[1]
async def connect():
    await rtc.Room().connect(url, "token")
prepare_bot_environment(Settings(livekit_url=url, livekit_api_key="k", livekit_api_secret="s"))
asyncio.run(connect())
"""


async def ask_native(host: str) -> None:
    # A process of its own: this client goes on trying when nobody waits for it, by then with the
    # environment of the next test.
    client = await asyncio.create_subprocess_exec(
        sys.executable, "-c", _NATIVE_CLIENT, f"ws://{host}", stderr=subprocess.DEVNULL
    )
    try:
        await client.wait()
    finally:
        with suppress(ProcessLookupError):
            client.kill()
        await client.wait()


async def ask_for_webhook(host: str) -> None:
    settings = Settings(
        port=0, livekit_url=f"ws://{host}", livekit_api_key="k", livekit_api_secret=SecretStr("s")
    )
    await look_for_webhook(settings)


CLIENTS = [ask_httpx, ask_openai, ask_deepgram, ask_rooms, ask_for_webhook, ask_native]

SETTINGS = [
    {"HTTP_PROXY": "http://PROXY", "HTTPS_PROXY": "http://PROXY"},
    {"http_proxy": "http://PROXY", "https_proxy": "http://PROXY"},
    {"ALL_PROXY": "http://PROXY"},
    {"all_proxy": "PROXY"},
    {"HTTP_PROXY": "PROXY", "NO_PROXY": "localhost,127.0.0.1"},
    {"http_proxy": "http://PROXY/", "no_proxy": "[::1], 127.0.0.0/8 fd00::/8,.internal"},
    {"HTTP_PROXY": "http://PROXY", "ALL_PROXY": "socks5://PROXY", "NO_PROXY": "::1/128"},
]


def set_proxies(monkeypatch: pytest.MonkeyPatch, given: dict[str, str], proxy: str) -> list[str]:
    for name, value in given.items():
        monkeypatch.setenv(name, value.replace("PROXY", proxy))
    return prepare_environment(load_settings(None))


@pytest.mark.parametrize("ask", CLIENTS)
@pytest.mark.parametrize("given", SETTINGS)
async def test_this_machine_is_reached_directly(
    monkeypatch: pytest.MonkeyPatch, ask: Callable[[str], Awaitable[None]], given: dict[str, str]
) -> None:
    async with recorder() as proxy, recorder() as server:
        set_proxies(monkeypatch, given, f"127.0.0.1:{proxy.port}")
        with suppress(Exception):
            async with asyncio.timeout(_LIMIT_SECS):
                await ask(f"127.0.0.1:{server.port}")
    assert not [line for line in proxy.lines if str(server.port) in line]
    assert server.lines


@pytest.mark.parametrize("ask", CLIENTS)
@pytest.mark.parametrize("given", SETTINGS)
async def test_what_is_outside_is_reached_through_the_proxy(
    monkeypatch: pytest.MonkeyPatch, ask: Callable[[str], Awaitable[None]], given: dict[str, str]
) -> None:
    async with recorder() as proxy:
        set_proxies(monkeypatch, given, f"127.0.0.1:{proxy.port}")
        with suppress(Exception):
            async with asyncio.timeout(_LIMIT_SECS):
                await ask(f"{_OUTSIDE}:80")
    assert any(_OUTSIDE in line for line in proxy.lines)


@pytest.mark.parametrize("ask", CLIENTS)
@pytest.mark.parametrize("direct", ["*", " * ", "a.example, *", "*.localdomain"])
async def test_a_star_is_understood_by_every_client(
    monkeypatch: pytest.MonkeyPatch, ask: Callable[[str], Awaitable[None]], direct: str
) -> None:
    async with recorder() as proxy:
        given = {**SETTINGS[0], "NO_PROXY": direct}
        set_proxies(monkeypatch, given, f"127.0.0.1:{proxy.port}")
        with suppress(Exception):
            async with asyncio.timeout(_LIMIT_SECS):
                await ask("nowhere.localdomain:80")
    assert not proxy.lines


@pytest.mark.parametrize("host", ["127.0.0.2", "localhost", "::1"])
@pytest.mark.parametrize("ask", [ask_httpx, ask_openai, ask_deepgram])
async def test_every_address_of_this_machine_in_the_settings_is_reached_directly(
    monkeypatch: pytest.MonkeyPatch, ask: Callable[[str], Awaitable[None]], host: str
) -> None:
    async with recorder() as proxy, recorder(host) as server:
        shown = f"[{host}]:{server.port}" if ":" in host else f"{host}:{server.port}"
        monkeypatch.setenv("OPENAI_BASE_URL", f"http://{shown}/v1")
        set_proxies(monkeypatch, SETTINGS[0], f"127.0.0.1:{proxy.port}")
        with suppress(Exception):
            await ask(shown)
    assert not [line for line in proxy.lines if str(server.port) in line]
    assert server.lines


@pytest.mark.parametrize(
    "value",
    [
        "socks5://127.0.0.1:1",
        "socks5h://h:1",
        "socks://h:1/",
        "ftp://h",
        "http://h:port",
        "http://",
    ],
)
@pytest.mark.parametrize("name", ["ALL_PROXY", "https_proxy", "HTTP_PROXY"])
async def test_a_proxy_nobody_can_use_is_told_and_stops_nothing(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    (notice,) = set_proxies(monkeypatch, {name: value}, "")
    assert name.upper() in notice
    assert value not in notice
    async with recorder() as server:
        for ask in (ask_httpx, ask_openai, ask_deepgram):
            with suppress(Exception):
                await ask(f"127.0.0.1:{server.port}")
    assert len(server.lines) == 3


def test_without_a_proxy_nothing_is_changed() -> None:
    assert proxy_changes({"NO_PROXY": "x", "PATH": "/"}) == ({}, [])


def test_what_other_programs_call_a_proxy_is_left_alone() -> None:
    others = {"npm_config_proxy": "y", "FTP_PROXY": "z"}
    changes, notices = proxy_changes({**others, "HTTP_PROXY": "http://h:1"})
    assert not others.keys() & changes.keys()
    assert not notices


def test_what_was_said_of_direct_hosts_stays() -> None:
    changes, notices = proxy_changes({"HTTP_PROXY": "http://p:1", "NO_PROXY": ".corp, 10.0.0.0/8"})
    assert changes["no_proxy"] == ".corp,10.0.0.0/8,localhost,127.0.0.1,::1"
    assert not notices


def test_an_address_in_a_direct_network_is_reached_directly(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    given = {"NO_PROXY": "10.0.0.0/8,fd00::/8", "HTTP_PROXY": "http://p:1"}
    for name, value in given.items():
        monkeypatch.setenv(name, value)
    settings = Settings(openai_base_url="http://10.1.2.3/v1", deepgram_base_url="ws://[fd00::7]:1")
    prepare_environment(settings)
    for url in (settings.openai_base_url, settings.deepgram_base_url):
        assert proxy_for(url) is None
    assert proxy_for("http://11.1.2.3/v1") == "http://p:1"


def test_small_letters_win_over_capitals() -> None:
    changes, _ = proxy_changes({"http_proxy": "http://small:1", "HTTP_PROXY": "http://large:1"})
    assert changes["http_proxy"] == changes["HTTP_PROXY"] == "http://small:1"


def test_a_livekit_elsewhere_may_be_behind_the_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    set_proxies(monkeypatch, {"HTTPS_PROXY": "http://p:1", "NO_PROXY": "near.example"}, "")
    assert proxy_for("wss://far.example") == "http://p:1"
    assert proxy_for("wss://near.example") is None
    assert proxy_for("ws://127.0.0.1:7880") is None


@pytest.mark.parametrize(
    ("host", "is_here"),
    [("127.8.8.8", True), ("::1", True), ("localhost", True), ("10.0.0.1", False), ("a.b", False)],
)
def test_this_machine_is_known_by_its_names(host: str, is_here: bool) -> None:
    assert is_loopback(host) == is_here
