"""A LiveKit as a server has it, on loopback: sound by UDP and TCP, a relay; and who lies of it."""

from __future__ import annotations

import asyncio
import json
import socket
from collections.abc import AsyncGenerator, Callable, Generator
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import httpx
from livekit.protocol.rtc import SignalResponse
from websockets.asyncio.client import connect
from websockets.asyncio.server import ServerConnection, serve
from websockets.exceptions import ConnectionClosed

from bot.doctor.names import Place
from bot.settings import Settings
from tests.ports import free_port
from tests.waiting import until

KEY, SECRET = "parley", "7f3a9c5e1b8d2046" * 2
RELAY = "relay.example.test"


@dataclass(frozen=True)
class LiveKit:
    """Where it is."""

    http: int = field(default_factory=free_port)
    udp: int = field(default_factory=free_port)
    tcp: int = field(default_factory=free_port)
    relay: int = field(default_factory=free_port)

    @property
    def url(self) -> str:
        return f"ws://127.0.0.1:{self.http}"

    @property
    def place(self) -> Place:
        return Place(host="127.0.0.1", port=self.http, addresses=["127.0.0.1"])

    @property
    def settings(self) -> Settings:
        keys = {"livekit_api_key": KEY, "livekit_api_secret": SECRET}
        return Settings.model_validate({"livekit_url": self.url, **keys})

    async def is_ready(self) -> bool:
        try:
            async with httpx.AsyncClient(trust_env=False) as http:
                return (await http.get(f"http://127.0.0.1:{self.http}/")).is_success
        except httpx.HTTPError:
            return False


@asynccontextmanager
async def open_livekit(
    program: Path, folder: Path, *, has_relay: bool = True, has_tcp: bool = True
) -> AsyncGenerator[LiveKit]:
    """Run one while the block runs."""
    livekit = LiveKit()
    relay = {"enabled": has_relay, "domain": RELAY, "udp_port": livekit.relay}
    config = {
        "port": livekit.http,
        "bind_addresses": ["127.0.0.1"],
        "keys": {KEY: SECRET},
        "rtc": {
            "udp_port": livekit.udp,
            "tcp_port": livekit.tcp if has_tcp else 0,
            "use_external_ip": False,
            "node_ip": "127.0.0.1",
            "enable_loopback_candidate": True,
            "ips": {"includes": ["127.0.0.1/32"]},
        },
        "turn": {**relay, "bind_addresses": ["127.0.0.1"]},
    }
    with (folder / "livekit.log").open("wb") as log:
        process = await asyncio.create_subprocess_exec(
            program, "--config-body", json.dumps(config), stdout=log, stderr=log
        )
    try:
        await until(livekit.is_ready)
        yield livekit
    finally:
        process.kill()
        await process.wait()


@asynccontextmanager
async def open_liar(
    livekit: LiveKit, change: Callable[[SignalResponse], None]
) -> AsyncGenerator[Place]:
    """Stand before a LiveKit and change what it says."""

    async def relay(client: ServerConnection) -> None:
        assert client.request is not None
        async with connect(f"{livekit.url}{client.request.path}", proxy=None) as server:

            async def back() -> None:
                async for data in server:
                    message = SignalResponse.FromString(data if isinstance(data, bytes) else b"")
                    change(message)
                    await client.send(message.SerializeToString())

            going_back = asyncio.create_task(back())
            try:
                with suppress(ConnectionClosed):
                    async for data in client:
                        await server.send(data)
            finally:
                going_back.cancel()
                await asyncio.gather(going_back, return_exceptions=True)

    async with serve(relay, "127.0.0.1", 0) as server:
        port = next(iter(server.sockets)).getsockname()[1]
        yield Place(host="127.0.0.1", port=port, addresses=["127.0.0.1"])


@contextmanager
def silent_udp() -> Generator[int]:
    """Lend a port that takes packets and says nothing."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sink:
        sink.bind(("127.0.0.1", 0))
        yield sink.getsockname()[1]


async def echo_udp(port_of: asyncio.Future[int]) -> None:
    """Send back what comes: an answer it is not."""
    loop = asyncio.get_running_loop()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as mirror:
        mirror.bind(("127.0.0.1", 0))
        mirror.setblocking(False)
        port_of.set_result(mirror.getsockname()[1])
        while True:
            data, sender = await loop.sock_recvfrom(mirror, 4096)
            await loop.sock_sendto(mirror, data, sender)
