"""A caller who sends what unpacks to far more than it was, in a call with a real bot's process."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from pathlib import Path

import psutil
import pytest
from livekit import rtc
from livekit.protocol.agent_pb import agent_session as pb

from bench.caller import Caller
from bot.livekit.server import LiveKitServer
from bot.rooms.plan import new_session_id
from bot.rooms.rooms import Rooms
from processors.room.stream_limit import MAX_STREAM_BYTES
from tests.bot.worker.test_worker_run import answered, open_call, running_worker
from tests.local_providers import LocalProviders

_GROWTH_LIMIT_BYTES = 30 * 1024 * 1024
_BOMB_BYTES = 48 * 1024 * 1024
"""More than a bot may grow by; as zeros some 48 kB on the wire."""
_JUST_ALLOWED_BYTES = MAX_STREAM_BYTES - 1_000
_MANY = 40
_ANSWER_LIMIT_SECS = 20.0


class Attacker:
    """Sends to a bot what is no good for it."""

    def __init__(self, caller: Caller, folder: Path) -> None:
        assert caller.bot is not None
        self._me = caller.room.local_participant
        self._bot = caller.bot.identity
        self._file = folder / "zeros"
        with self._file.open("wb") as file:
            file.truncate(_BOMB_BYTES)

    async def send_file(self, topic: str) -> None:
        await self._me.send_file(str(self._file), topic=topic)

    async def send_text(self, topic: str) -> None:
        await self._me.send_text("0" * _BOMB_BYTES, topic=topic)

    async def call(self, method: str) -> None:
        with pytest.raises(rtc.RpcError):
            await self._me.perform_rpc(
                destination_identity=self._bot, method=method, payload="0" * _BOMB_BYTES
            )

    async def send_many(self, topic: str) -> None:
        await asyncio.gather(
            *(
                self._me.send_bytes(b"0" * _JUST_ALLOWED_BYTES, name="n", topic=topic)
                for _ in range(_MANY)
            )
        )

    async def call_often(self, method: str) -> None:
        calls = (
            self._me.perform_rpc(
                destination_identity=self._bot, method=method, payload="0" * _JUST_ALLOWED_BYTES
            )
            for _ in range(_MANY)
        )
        await asyncio.gather(*calls, return_exceptions=True)

    async def send_uncompressed(self, topic: str) -> None:
        """Send what cannot be compressed, in pieces, and without saying how much it will be."""
        writer = await self._me.stream_bytes("n", topic=topic)
        piece = os.urandom(15_000)
        for _ in range(200):
            await writer.write(piece)
        await writer.aclose()

    async def leave_open(self, topic: str) -> None:
        """Begin streams that say not how long they are, and never end them."""
        for _ in range(_MANY):
            writer = await self._me.stream_bytes("n", topic=topic)
            await writer.write(b"0" * 10_000)

    async def ask_often(self) -> None:
        ask = pb.SessionRequest(get_chat_history=pb.SessionRequest.GetChatHistory())
        data = pb.AgentSessionMessage(request=ask).SerializeToString()
        await asyncio.gather(
            *(
                self._me.send_bytes(data, name="n", topic="lk.agent.session")
                for _ in range(4 * _MANY)
            )
        )


BOMBS: dict[str, Callable[[Attacker], Awaitable[None]]] = {
    "a file on the session channel": lambda by: by.send_file("lk.agent.session"),
    "a file nobody waits for": lambda by: by.send_file("nobody.waits"),
    "typed text": lambda by: by.send_text("lk.chat"),
    "a tool's answer": lambda by: by.call("parley.answer_tool"),
    "many answers": lambda by: by.call_often("parley.answer_tool"),
    "many calls nobody takes": lambda by: by.call_often("nobody.takes"),
    "many on the session channel": lambda by: by.send_many("lk.agent.session"),
    "many recordings": lambda by: by.send_many("lk.agent.pre-connect-audio-buffer"),
    "many nobody waits for": lambda by: by.send_many("nobody.waits"),
    "noise on the session channel": lambda by: by.send_uncompressed("lk.agent.session"),
    "open streams": lambda by: by.leave_open("lk.agent.session"),
    "requests": lambda by: by.ask_often(),
}


class Growth:
    """The most by which any process of a family has grown since it was last asked."""

    def __init__(self, parent: psutil.Process) -> None:
        self._family = parent.children(recursive=True)
        self._most = 0
        self._before = self._sizes()

    async def watch(self) -> None:
        while True:
            self._look()
            await asyncio.sleep(0.01)

    def since(self) -> int:
        """Return it in bytes, and begin anew."""
        self._look()
        most, self._most, self._before = self._most, 0, self._sizes()
        return most

    def _look(self) -> None:
        grown = (now - self._before.get(pid, now) for pid, now in self._sizes().items())
        self._most = max(self._most, *grown)

    def _sizes(self) -> dict[int, int]:
        sizes: dict[int, int] = {}
        for process in self._family:
            with suppress(psutil.Error):
                sizes[process.pid] = process.memory_info().rss
        return sizes


@asynccontextmanager
async def two_calls(
    folder: Path, server: LiveKitServer, providers: LocalProviders
) -> AsyncGenerator[tuple[Caller, Caller, Growth]]:
    agent_name = f"test{new_session_id()[:8]}"
    settings = {
        "LIVEKIT_URL": server.url,
        "LIVEKIT_API_KEY": server.api_key,
        "LIVEKIT_API_SECRET": server.api_secret.get_secret_value(),
        "DEEPGRAM_BASE_URL": providers.deepgram_url,
        "OPENAI_BASE_URL": providers.openai_url,
        "AGENT_NAME": agent_name,
        "IDLE_NUDGE_SECS": "3600",
    }
    rooms = Rooms(
        url=server.url,
        api_key=server.api_key,
        api_secret=server.api_secret,
        agent_name=agent_name,
    )
    with running_worker(folder / "worker.log", **settings) as worker:
        async with rooms, AsyncExitStack() as stack:
            calls = [open_call(rooms, server, agent_name) for _ in range(2)]
            hostile, other = await asyncio.gather(*map(stack.enter_async_context, calls))
            yield hostile, other, Growth(psutil.Process(worker.pid))


@pytest.mark.promise(
    "Limits",
    "Whatever a caller's streams and remote calls unpack to, the bot grows by less than 30 MB, and "
    "another call goes on.",
)
@pytest.mark.timeout(240)
async def test_no_bomb_takes_memory_or_another_call(
    tmp_path: Path, livekit_server: LiveKitServer, local_providers: LocalProviders
) -> None:
    grown: dict[str, int] = {}
    async with two_calls(tmp_path, livekit_server, local_providers) as (hostile, other, growth):
        attacker = Attacker(hostile, tmp_path)
        watching = asyncio.create_task(growth.watch())
        for name, bomb in BOMBS.items():
            growth.since()
            with suppress(TimeoutError):
                async with asyncio.timeout(10.0):
                    await bomb(attacker)
            await asyncio.sleep(0.2)
            grown[name] = growth.since()
        for caller, city in ((other, "Tokyo"), (hostile, "Paris")):
            async with asyncio.timeout(_ANSWER_LIMIT_SECS):
                await answered(caller, f"What time is it in {city}?", city.lower())
        watching.cancel()
        await asyncio.wait({watching})
    too_much = {name: size >> 20 for name, size in grown.items() if size >= _GROWTH_LIMIT_BYTES}
    assert not too_much, {name: size >> 20 for name, size in grown.items()}
