"""What is measured: ours and its peers, all on one LiveKit server and one stand-in."""

from __future__ import annotations

import secrets
import sys
import time
from collections.abc import AsyncGenerator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from typing import Protocol

import httpx
from livekit import api
from livekit.protocol.agent_dispatch import RoomAgentDispatch
from livekit.protocol.room import CreateRoomRequest

from bench.peers.echo import open_echo
from bench.stage import ROOT, Stage, free_port, open_process, until_answering, until_logged
from bench.standin.sets import Recogniser

SUBJECTS = ("ours", "livekit-agents", "pipecat")
UNKEPT = "ours-unkept"
"""Ours, and nothing of a session is written down."""
MAX_LAG_MS = 5.0
"""A caller that is later than this (99th percentile) measures the machine, not the subject."""
PEER_PYTHON = ROOT / ".cache" / "bench-venv" / "bin" / "python"
_PEER_AGENT_NAME = "bench-livekit-agents"
_OUR_SETTINGS: dict[Recogniser, dict[str, str]] = {
    "flux": {"DEEPGRAM_MODEL": "flux-general-en"},
    "whisper": {"SPEECH_TO_TEXT": "openai"},
}
"""What somebody writes into `.env` for a recogniser."""


@dataclass(frozen=True)
class Seat:
    """A place in a fresh room with a bot on its way."""

    server_url: str
    token: str
    room_name: str
    asked_secs: float
    """When the start was asked for."""
    answered_secs: float
    """When the caller had its token."""


class Subject(Protocol):
    """Something that gives a caller a bot."""

    name: str
    roots: list[int]
    """Processes whose trees hold its bots."""

    async def start_session(self) -> Seat:
        """Ask for a fresh room with a bot."""
        ...


class PlainPipecat:
    """A process per bot, started on demand."""

    name = "pipecat"

    def __init__(self, stage: Stage, stack: AsyncExitStack, recogniser: Recogniser) -> None:
        self._stage, self._stack, self._recogniser = stage, stack, recogniser
        self.roots: list[int] = []

    async def start_session(self) -> Seat:
        """Start the bot's process, as a runner that isolates its bots does."""
        asked_secs = time.monotonic()
        room = f"bench-{secrets.token_hex(4)}"
        command = [sys.executable, "-m", "bench.peers.pipecat_plain"]
        command += ["--url", self._stage.livekit.url, "--room", room]
        command += ["--token", self._stage.token(room, "bot")]
        command += ["--websocket-url", self._stage.standin.websocket_url]
        command += ["--openai-url", self._stage.standin.openai_url]
        command += ["--recogniser", self._recogniser]
        process = await self._stack.enter_async_context(open_process(command, log=self.name))
        self.roots.append(process.pid)
        token = self._stage.token(room, "caller")
        return Seat(self._stage.livekit.url, token, room, asked_secs, time.monotonic())


class LiveKitAgents:
    """One worker of livekit-agents; a job per session."""

    name = "livekit-agents"

    def __init__(self, stage: Stage, worker_pid: int, rooms: api.LiveKitAPI) -> None:
        self._stage, self._rooms = stage, rooms
        self.roots = [worker_pid]

    async def start_session(self) -> Seat:
        """Create a room that dispatches the agent."""
        asked_secs = time.monotonic()
        room = f"bench-{secrets.token_hex(4)}"
        dispatch = RoomAgentDispatch(agent_name=_PEER_AGENT_NAME)
        await self._rooms.room.create_room(CreateRoomRequest(name=room, agents=[dispatch]))
        token = self._stage.token(room, "caller")
        return Seat(self._stage.livekit.url, token, room, asked_secs, time.monotonic())


class Ours:
    """The whole product: `runner.py serve`, asked over HTTP."""

    def __init__(self, runner_pid: int, http: httpx.AsyncClient, *, name: str = "ours") -> None:
        self.name = name
        self._http = http
        self.url = str(http.base_url)
        self.roots = [runner_pid]

    async def start_session(self) -> Seat:
        """POST for a session, as the page does."""
        asked_secs = time.monotonic()
        answer = (await self._http.post("/api/sessions", json={})).raise_for_status().json()
        return Seat(
            server_url=answer["server_url"],
            token=answer["participant_token"],
            room_name=answer["room_name"],
            asked_secs=asked_secs,
            answered_secs=time.monotonic(),
        )


class Echo:
    """No bot: the room alone."""

    name = "echo"

    def __init__(self, stage: Stage, stack: AsyncExitStack) -> None:
        self._stage, self._stack = stage, stack
        self.roots: list[int] = []

    async def start_session(self) -> Seat:
        """Join a fresh room and send back what is heard."""
        asked_secs = time.monotonic()
        room = f"bench-{secrets.token_hex(4)}"
        echo = open_echo(self._stage.livekit.url, self._stage.token(room, "echo"))
        await self._stack.enter_async_context(echo)
        token = self._stage.token(room, "caller")
        return Seat(self._stage.livekit.url, token, room, asked_secs, time.monotonic())


@asynccontextmanager
async def open_subject(
    name: str,
    stage: Stage,
    *,
    recogniser: Recogniser = "prompt",
    environment: Mapping[str, str] | None = None,
) -> AsyncGenerator[Subject]:
    """Run one subject while the block runs.

    Args:
        name: "pipecat", "livekit-agents", "ours", "ours-unkept" or "echo".
        stage: Where it runs. The stand-in's delays are set: bots connect before their session.
        recogniser: Of the set.
        environment: More settings for "ours" and "livekit-agents".
    """
    more = dict(environment or {})
    async with AsyncExitStack() as stack:
        match name:
            case "pipecat":
                yield PlainPipecat(stage, stack, recogniser)
            case "livekit-agents":
                yield await _open_livekit_agents(stage, stack, {"RECOGNISER": recogniser} | more)
            case "ours":
                yield await _open_ours(stage, stack, _OUR_SETTINGS.get(recogniser, {}) | more)
            case "ours-unkept":
                own = _OUR_SETTINGS.get(recogniser, {}) | {"STORE": "off"}
                yield await _open_ours(stage, stack, own | more, name=name)
            case "echo":
                yield Echo(stage, stack)
            case _:
                raise ValueError(f"there is no subject {name!r}")


async def _open_livekit_agents(
    stage: Stage, stack: AsyncExitStack, more: Mapping[str, str]
) -> LiveKitAgents:
    script = ROOT / "bench" / "peers" / "livekit_agents.py"
    environment = {
        **stage.livekit_environment,
        "STANDIN_PORT": str(stage.standin.port),
        "ACCEPT_ALWAYS": "1",
        **more,
    }
    process = await stack.enter_async_context(
        open_process([str(PEER_PYTHON), str(script), "start"], log="livekit-agents", **environment)
    )
    await until_logged("livekit-agents", "registered worker", process)
    secret = stage.livekit.api_secret.get_secret_value()
    rooms = api.LiveKitAPI(stage.livekit.url, stage.livekit.api_key, secret)
    return LiveKitAgents(stage, process.pid, await stack.enter_async_context(rooms))


async def _open_ours(
    stage: Stage, stack: AsyncExitStack, more: Mapping[str, str], *, name: str = "ours"
) -> Ours:
    port = free_port()
    environment = {
        **stage.livekit_environment,
        "PORT": str(port),
        "DEEPGRAM_API_KEY": "bench",
        "DEEPGRAM_BASE_URL": stage.standin.websocket_url,
        "OPENAI_API_KEY": "bench",
        # The stand-in tells turns by the pitch of their voice, "Sure," included.
        "SPEECH_SHELF_MB": "0",
        "OPENAI_BASE_URL": stage.standin.openai_url,
        "STARTS_PER_MINUTE": "1000",
        **more,
    }
    process = await stack.enter_async_context(
        open_process([sys.executable, str(ROOT / "runner.py"), "serve"], log=name, **environment)
    )
    http = httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=10)
    await stack.enter_async_context(http)
    await until_answering(http, "/api/health", process)
    return Ours(process.pid, http, name=name)
