"""HAProxy from `deploy/many/`: what passes, what it says of callers, and a node that hangs.

Needs HAProxy and Redis (on Debian: apt-get install haproxy redis-server).
"""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import ssl
import subprocess
from collections.abc import AsyncGenerator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest
from aiohttp import web
from livekit import rtc

from tests.deploy.haproxy import OWN, write_haproxy
from tests.deploy.nodes import Node, in_room, make_room, start_nodes
from tests.deploy.parts import Parts
from tests.ports import free_port
from tests.waiting import until

_BACK_LIMIT_SECS = 30.0
"""Two looks that hang, LiveKit's 5 s until it takes a node for dead, and its client's tries; with
the connection left open it waited 100 s."""

needs_haproxy = pytest.mark.skipif(
    not (shutil.which("haproxy") and shutil.which("redis-server")),
    reason="HAProxy or Redis is not installed",
)


@pytest.fixture
def parts(tmp_path: Path) -> Iterator[Parts]:
    parts = Parts(folder=tmp_path)
    try:
        yield parts
    finally:
        parts.close()


@dataclass(frozen=True)
class Door:
    """What callers come to; LiveKit's name is localhost, the page's is 127.0.0.1."""

    port: int

    @property
    def page_url(self) -> str:
        return f"https://127.0.0.1:{self.port}"

    @property
    def livekit_url(self) -> str:
        return f"https://localhost:{self.port}"


@asynccontextmanager
async def a_runner() -> AsyncGenerator[int]:
    """One that says what it was told, and knows its own name alone; gives its port."""

    async def answer(request: web.Request) -> web.Response:
        if request.headers.get("Host", "").partition(":")[0] != "127.0.0.1":
            return web.Response(status=403)
        return web.json_response({key.lower(): one for key, one in request.headers.items()})

    app = web.Application()
    app.router.add_route("*", "/{path:.*}", answer)
    runner = web.AppRunner(app)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        yield runner.addresses[0][1]
    finally:
        await runner.cleanup()


def open_door(parts: Parts, *, runner: int, nodes: list[Node]) -> Door:
    """Start HAProxy before a runner and two nodes."""
    door = Door(free_port())
    changes = {
        "bind :443": f"bind 127.0.0.1:{door.port}",
        "bind [::]:443": f"bind [::1]:{door.port}",
        "-i livekit.example.com": "-i localhost",
        "Host voice.example.com": "Host 127.0.0.1",
        "10.0.0.1:7860": f"127.0.0.1:{runner}",
        "\tserver runner-1 10.0.0.2:7860\n": "",
        "10.0.0.5:7880": f"127.0.0.1:{nodes[0].port}",
        "10.0.0.6:7880": f"127.0.0.1:{nodes[1].port}",
    }
    command = write_haproxy(parts.folder, names="DNS:localhost,IP:127.0.0.1", changes=changes)
    parts.start("haproxy", command, os.environ)
    trusted = ssl.create_default_context(cafile=str(parts.folder / OWN))

    def is_up() -> bool:
        try:
            return httpx.get(door.page_url, verify=trusted, trust_env=False).is_success
        except httpx.HTTPError:
            return False

    parts.until_up("haproxy", is_up)
    return door


@needs_haproxy
def test_it_goes_without_the_line_for_ipv6(tmp_path: Path) -> None:
    command = write_haproxy(tmp_path, names="DNS:localhost", changes={})
    config = tmp_path / "haproxy.cfg"
    lines = config.read_text().splitlines(keepends=True)
    config.write_text("".join(line for line in lines if "bind [::]" not in line))
    assert "[::]" not in config.read_text()
    subprocess.run([*command, "-c"], check=True, capture_output=True)


@needs_haproxy
async def test_what_passes_haproxy_and_what_comes_of_a_node_that_hangs(
    parts: Parts, monkeypatch: pytest.MonkeyPatch
) -> None:
    nodes = await start_nodes(parts)
    async with a_runner() as runner:
        door = await asyncio.to_thread(open_door, parts, runner=runner, nodes=nodes)
        own = parts.folder / OWN
        monkeypatch.setenv("SSL_CERT_FILE", str(own))
        await _see_what_the_runner_is_told(door, own)
        plan = await make_room(nodes[0])
        async with (
            in_room(door.livekit_url, plan, is_bot=True) as bot,
            in_room(door.livekit_url, plan, is_bot=False) as caller,
        ):
            heard: list[str] = []
            bot.on("data_received", lambda packet: heard.append(packet.data.decode()))
            await _until_heard(caller, heard, "before", limit_secs=10.0)
            hung = parts.processes[nodes[0].name]
            hung.send_signal(signal.SIGSTOP)
            try:
                await _until_heard(caller, heard, "after", limit_secs=_BACK_LIMIT_SECS)
            finally:
                parts.kill(nodes[0].name)


async def _until_heard(
    caller: rtc.Room, heard: list[str], words: str, *, limit_secs: float
) -> None:
    """Say it again and again until it is heard."""

    async def is_heard() -> bool:
        try:
            async with asyncio.timeout(2.0):
                await caller.local_participant.publish_data(words, reliable=True)
        except (TimeoutError, rtc.participant.PublishDataError):
            return False
        await asyncio.sleep(0.2)
        return words in heard

    await until(is_heard, limit_secs=limit_secs)


async def _see_what_the_runner_is_told(door: Door, own: Path) -> None:
    trusted = ssl.create_default_context(cafile=str(own))
    claims = {"X-Forwarded-For": "192.0.2.1", "Forwarded": "for=192.0.2.1"}
    async with httpx.AsyncClient(verify=trusted, trust_env=False) as http:
        told = (await http.get(f"{door.page_url}/", headers=claims)).json()
        assert (told["x-forwarded-for"], told["x-forwarded-proto"]) == ("127.0.0.1", "https")
        assert "forwarded" not in told
        answer = await http.post(f"{door.page_url}/", content=b"x" * (64 * 1024 + 1))
        assert answer.status_code == 413
        assert (await http.get(f"{door.livekit_url}/")).text == "OK"
        # A name with an AAAA record leads here by IPv6.
        by_other = await http.get(
            f"https://[::1]:{door.port}/",
            headers={"Host": "127.0.0.1"},
            extensions={"sni_hostname": "localhost"},
        )
        assert by_other.json()["x-forwarded-for"] == "::1"
