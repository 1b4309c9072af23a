from __future__ import annotations

import asyncio
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import AbstractAsyncContextManager

import psutil
import pytest
from livekit import api, rtc
from livekit.protocol.room import CreateRoomRequest, ListRoomsRequest

from bot.livekit.config import LiveKitPorts
from bot.livekit.server import LiveKitServer, log_server_line, open_livekit_server
from bot.processes.child_process import Limits
from bot.settings import PROJECT_ROOT, Settings
from tests.log_lines import log_lines
from tests.waiting import until

_ANY_PORTS = LiveKitPorts(http=0, media_udp=0)
# A server that is stopped in its first 100 ms overhears it and has to be killed.
_QUICK = Limits(stop_secs=0.5, first_restart_secs=0.05, last_restart_secs=0.2)


def _open(
    settings: Settings, ports: LiveKitPorts = _ANY_PORTS
) -> AbstractAsyncContextManager[LiveKitServer]:
    return open_livekit_server(settings, ports=ports, limits=_QUICK)


@pytest.fixture
async def server(settings: Settings) -> AsyncIterator[LiveKitServer]:
    async with _open(settings) as opened:
        yield opened


@pytest.fixture
def lines() -> Iterator[list[str]]:
    with log_lines("bot", line="{level} {message}") as kept:
        yield kept


async def _can_list_rooms(url: str, api_key: str, api_secret: str) -> bool:
    async with api.LiveKitAPI(url, api_key, api_secret) as livekit:
        try:
            await livekit.room.list_rooms(ListRoomsRequest())
        except api.TwirpError:
            return False
    return True


async def test_the_server_answers_to_its_own_keys_only(server: LiveKitServer) -> None:
    secret = server.api_secret.get_secret_value()
    assert await server.is_healthy()
    assert await _can_list_rooms(server.url, server.api_key, secret)
    assert not await _can_list_rooms(server.url, server.api_key, secret[::-1])
    assert not await _can_list_rooms(server.url, "devkey", "secret" * 6)


@pytest.mark.promise(
    "Parts on this machine",
    "The secret of this machine's LiveKit is new at each start, in no file or process list.",
)
async def test_every_start_has_a_new_and_long_secret(
    server: LiveKitServer, settings: Settings
) -> None:
    async with _open(settings) as other:
        secrets = {s.api_secret.get_secret_value() for s in (server, other)}
    assert len(secrets) == 2
    assert all(len(secret) >= 32 for secret in secrets)


@pytest.mark.promise(
    "Parts on this machine",
    "The secret of this machine's LiveKit is new at each start, in no file or process list.",
)
async def test_the_secret_is_in_no_argument_or_environment(server: LiveKitServer) -> None:
    process = psutil.Process(server.pid)
    secret = server.api_secret.get_secret_value()
    assert secret not in " ".join(process.cmdline())
    assert secret not in str(process.environ())
    assert secret not in repr(vars(server)["api_secret"])


async def test_it_listens_on_loopback_alone(server: LiveKitServer) -> None:
    sockets = [c for c in psutil.Process(server.pid).net_connections() if c.status != "ESTABLISHED"]
    listening = [c for c in sockets if c.status in (psutil.CONN_LISTEN, psutil.CONN_NONE)]
    assert {c.laddr.port for c in listening} == {server.ports.http, server.ports.media_udp}
    assert {c.laddr.ip for c in listening} == {"127.0.0.1"}


async def test_taken_ports_are_replaced_and_named(settings: Settings, lines: list[str]) -> None:
    with (
        socket.socket(socket.AF_INET, socket.SOCK_STREAM) as tcp,
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp,
    ):
        tcp.bind(("127.0.0.1", 0))
        tcp.listen()
        udp.bind(("127.0.0.1", 0))
        taken = LiveKitPorts(http=tcp.getsockname()[1], media_udp=udp.getsockname()[1])
        async with _open(settings, taken) as server:
            assert await server.is_healthy()
            assert server.ports.http != taken.http
    warnings = [line for line in lines if line.startswith("WARNING")]
    assert any(f"Port {taken.http} was taken" in line for line in warnings)
    assert any(f"UDP port {taken.media_udp} was taken" in line for line in warnings)


async def test_a_second_server_is_not_taken_for_the_first(
    server: LiveKitServer, settings: Settings
) -> None:
    async with _open(settings, server.ports) as second:
        assert second.ports.http != server.ports.http
        assert await second.is_healthy()


async def test_a_killed_server_comes_back_with_the_same_ports_and_keys(
    server: LiveKitServer, lines: list[str]
) -> None:
    first_pid, url = server.pid, server.url
    assert first_pid is not None
    os.kill(first_pid, signal.SIGKILL)
    await until(lambda: _is_another(server, first_pid))
    assert server.url == url
    secret = server.api_secret.get_secret_value()
    assert await _can_list_rooms(url, server.api_key, secret)
    await until(lambda: _is_logged(lines, "LiveKit server is running again"))
    assert any("LiveKit server ended with exit code -9" in line for line in lines)


async def _is_another(server: LiveKitServer, pid: int) -> bool:
    return server.pid not in (None, pid) and await server.is_healthy()


async def _is_logged(lines: list[str], text: str) -> bool:
    return any(text in line for line in lines)


async def test_stopping_leaves_no_process_even_with_a_caller_in_a_room(settings: Settings) -> None:
    room = rtc.Room()
    try:
        async with open_livekit_server(settings, ports=_ANY_PORTS) as server:
            pid = server.pid
            token = api.AccessToken(server.api_key, server.api_secret.get_secret_value())
            grants = api.VideoGrants(room_join=True, room="busy")
            await room.connect(
                server.url, token.with_identity("caller").with_grants(grants).to_jwt()
            )
            started = time.monotonic()
        # Asked once, the server would wait for the caller to leave.
        assert time.monotonic() - started < Limits().stop_secs
    finally:
        await room.disconnect()
    assert pid is not None
    assert not psutil.pid_exists(pid)


async def test_rooms_are_made_on_joining_and_webhooks_are_sent(settings: Settings) -> None:
    asked: asyncio.Queue[bytes] = asyncio.Queue()

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await asked.put(await reader.readuntil(b"\r\n\r\n"))
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
        await writer.drain()
        writer.close()

    async with await asyncio.start_server(answer, "127.0.0.1", 0) as hook:
        url = f"http://127.0.0.1:{hook.sockets[0].getsockname()[1]}/hook"
        async with open_livekit_server(
            settings, webhook_url=url, ports=_ANY_PORTS, limits=_QUICK
        ) as server:
            keys = (server.api_key, server.api_secret.get_secret_value())
            async with api.LiveKitAPI(server.url, *keys) as livekit:
                await livekit.room.create_room(CreateRoomRequest(name="seen"))
            async with asyncio.timeout(10):
                head = await asked.get()
    assert head.startswith(b"POST /hook ")
    assert b"\r\nauthorization: " in head.lower()


_RUNNER = """
import asyncio
from bot.livekit.config import LiveKitPorts
from bot.livekit.server import open_livekit_server
from bot.settings import load_settings

async def main():
    ports = LiveKitPorts(http=0, media_udp=0)
    async with open_livekit_server(load_settings(), ports=ports) as server:
        print(server.pid, flush=True)
        await asyncio.sleep(60)

asyncio.run(main())
"""


def test_the_server_dies_with_a_runner_that_is_killed() -> None:
    with subprocess.Popen(
        [sys.executable, "-c", _RUNNER], stdout=subprocess.PIPE, text=True, cwd=PROJECT_ROOT
    ) as runner:
        assert runner.stdout is not None
        server = psutil.Process(int(runner.stdout.readline()))
        assert server.is_running()
        runner.kill()
        _, alive = psutil.wait_procs([server], 10.0)
    assert not alive


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ('{"level":"info","msg":"starting"}', "DEBUG LiveKit: starting"),
        ('{"level":"warn","msg":"slow","room":"r1","name":"Ada"}', "WARNING LiveKit: slow room=r1"),
        ('{"level":"error","msg":"bad","error":"no"}', "ERROR LiveKit: bad error=no"),
        ("panic: {oops}", "WARNING LiveKit: panic: {oops}"),
        ("[1]", "WARNING LiveKit: [1]"),
    ],
)
def test_its_log_lines_become_ours_without_names(
    lines: list[str], line: str, expected: str
) -> None:
    log_server_line(line)
    assert [logged.rstrip() for logged in lines] == [expected]
