"""One whole run with every setting set: a real start, three calls, and what is left to look at.

All that is said is marked, and so is every key (tests/e2e/marked_vendors.py); the logs are at their
lowest level.
"""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from collections.abc import AsyncGenerator, Callable
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import httpx
import psutil
from livekit import rtc

from bench import voice
from bench.caller import Caller
from bot.livekit.server import LiveKitServer
from bot.settings import PROJECT_ROOT, child_environment
from tests.e2e.marked_vendors import KEY_MARK, MARK, MarkedVendors, open_marked_vendors
from tests.e2e.stack import stop
from tests.ports import free_port

ORIGIN = "https://pages.example"
IDLE_BOTS = 5
"""More than livekit-agents would keep by itself."""
# Loopback addresses other than the first are there on Linux alone.
_HOST = "127.0.0.2" if sys.platform == "linux" else "127.0.0.1"
_START_LIMIT_SECS = 150.0
_STEP_LIMIT_SECS = 30.0
_EATEN_MB = 450

_FIXED = {
    "SPEECH_TO_TEXT": "deepgram",
    "SPEECH_TO_TEXT_FALLBACK": "openai",
    "LANGUAGE_MODEL": "openai",
    "LANGUAGE_MODEL_FALLBACK": "local",
    "TEXT_TO_SPEECH": "openai",
    "TEXT_TO_SPEECH_FALLBACK": "deepgram",
    "LANGUAGE": "de",
    "MAX_TOOL_STEPS": "2",
    "GREETING": f"{MARK}greeting.",
    "AGENT_NAME": "marked",
    "MAX_SESSIONS": "7",
    "IDLE_BOTS": str(IDLE_BOTS),
    "PARKED_BOTS": "0",
    "STARTS_PER_MINUTE": "5",
    "ENABLE_RTVI": "true",
    "SESSION_MAX_SECS": "28",
    "IDLE_NUDGE_SECS": "8",
    "BOT_MEMORY_LIMIT_MB": "400",
    "LOG_LEVEL": "TRACE",
    "LOG_FORMAT": "json",
}

_TOOLS = f'''
from pathlib import Path
from tools.tool import tool

_EATEN = []

@tool()
async def probe_note(text: str) -> object:
    """Note a text.

    Args:
        text: Which.
    """
    with open({{notes!r}}, "a") as notes:
        notes.write(text + "\\n")
    return {{{{"noted": "{MARK}result"}}}}

@tool()
async def probe_raise() -> object:
    """Fail."""
    raise RuntimeError("{MARK}raised")

@tool()
async def probe_eat() -> object:
    """Take memory."""
    _EATEN.append(b"x" * ({_EATEN_MB} << 20))
    return "{MARK}result"
'''


@dataclass
class MarkedRun:
    """What the run has shown."""

    given: dict[str, str]
    vendors: MarkedVendors
    folder: Path
    health: dict[str, Any] = field(default_factory=dict[str, Any])
    parked: int = 0
    idle_bots: int = 0
    started: dict[str, Any] = field(default_factory=dict[str, Any])
    bot_name: str = ""
    rtvi_labels: set[str] = field(default_factory=set[str])
    allowed_origin: str | None = None
    accepted_starts: int = 0
    is_worker_healthy: bool = False
    tokens: list[str] = field(default_factory=list[str])
    door: asyncio.Lock = field(default_factory=asyncio.Lock)
    stdout: str = ""
    stderr: str = ""

    @property
    def lines(self) -> list[dict[str, Any]]:
        """The log."""
        return [json.loads(line) for line in self.stderr.splitlines()]

    @property
    def notes(self) -> list[str]:
        """What the operator's tool wrote."""
        path = self.folder / "notes.txt"
        return path.read_text().splitlines() if path.exists() else []


def _given(vendors: MarkedVendors, livekit: LiveKitServer, folder: Path) -> dict[str, str]:
    (folder / "tools.py").write_text(_TOOLS.format(notes=str(folder / "notes.txt")))
    (folder / "prompt.md").write_text("You are a mark of the prompt.")
    server = {
        "command": sys.executable,
        "args": [str(Path(__file__).with_name("tiny_mcp.py"))],
        "env": {"SECRET": f"{KEY_MARK}-mcp"},
        # What it says of its tools is believed: nobody is there to be asked.
        "trusted": True,
    }
    (folder / "mcp.json").write_text(json.dumps({"sample": server}))
    return _FIXED | {
        "HOST": _HOST,
        "PORT": str(free_port()),
        "ALLOWED_ORIGINS": ORIGIN,
        "LIVEKIT_URL": livekit.url,
        "LIVEKIT_API_KEY": livekit.api_key,
        "LIVEKIT_API_SECRET": livekit.api_secret.get_secret_value(),
        "DEEPGRAM_API_KEY": f"{KEY_MARK}-deepgram",
        "DEEPGRAM_BASE_URL": vendors.url,
        "OPENAI_LLM_API_KEY": f"{KEY_MARK}-llm",
        "OPENAI_LLM_BASE_URL": f"{vendors.url}/llm/v1",
        "OPENAI_TTS_API_KEY": f"{KEY_MARK}-tts",
        "OPENAI_TTS_BASE_URL": f"{vendors.url}/tts/v1",
        "OPENAI_STT_API_KEY": f"{KEY_MARK}-stt",
        "OPENAI_STT_BASE_URL": f"{vendors.url}/stt/v1",
        "ANTHROPIC_API_KEY": f"{KEY_MARK}-unused",
        "SYSTEM_PROMPT_FILE": str(folder / "prompt.md"),
        "TOOLS_PATH": str(folder / "tools.py"),
        "MCP_SERVERS": str(folder / "mcp.json"),
        "APPOINTMENTS_FILE": str(folder / "calendar.sqlite"),
        "SPEECH_SHELF": str(folder / "shelf"),
        "DATA_DIR": str(folder / "data"),
        "MAX_REPLY_TOKENS": "777",
        "SPEECH_SHELF_MB": "1",
        "WORKER_PORT": str(free_port()),
    }


@asynccontextmanager
async def marked_run(livekit: LiveKitServer, folder: Path) -> AsyncGenerator[MarkedRun]:
    """Yield what a run has shown that is over."""
    async with open_marked_vendors() as vendors:
        run = MarkedRun(_given(vendors, livekit, folder), vendors, folder)
        process = _start(run)
        try:
            await _look(run, process)
        finally:
            await asyncio.to_thread(stop, process)
            run.stdout = (folder / "out.txt").read_text()
            run.stderr = (folder / "err.txt").read_text()
        yield run


def _start(run: MarkedRun) -> subprocess.Popen[bytes]:
    out, err = run.folder / "out.txt", run.folder / "err.txt"
    with out.open("wb") as stdout, err.open("wb") as stderr:
        return subprocess.Popen(
            [sys.executable, str(PROJECT_ROOT / "runner.py")],
            cwd=run.folder,
            env=child_environment(run.given),
            stdin=subprocess.DEVNULL,
            stdout=stdout,
            stderr=stderr,
        )


async def _look(run: MarkedRun, process: subprocess.Popen[bytes]) -> None:
    base_url = f"http://{_HOST}:{run.given['PORT']}"
    async with httpx.AsyncClient(base_url=base_url, timeout=20.0, trust_env=False) as http:
        await _until(lambda: _is_parked(http, run), _START_LIMIT_SECS)
        await _until(lambda: _is_idle(run, process), _STEP_LIMIT_SECS, is_needed=False)
        await _look_at_worker(run)
        async with asyncio.TaskGroup() as calls:
            for call in (_silent_call, _call_with_tools, _spoken_call, _call_with_trouble):
                calls.create_task(call(http, run))
        await _start_too_often(http, run)


async def _is_parked(http: httpx.AsyncClient, run: MarkedRun) -> bool:
    try:
        answer = await http.get("/api/health", headers={"Origin": ORIGIN})
    except httpx.HTTPError:
        return False
    run.health = answer.json()
    run.allowed_origin = answer.headers.get("access-control-allow-origin")
    run.parked = max(run.parked, run.health["capacity"]["parked"])
    # One more waits behind the join link.
    return run.parked > int(run.given["PARKED_BOTS"])


async def _is_idle(run: MarkedRun, process: subprocess.Popen[bytes]) -> bool:
    """Count the bots' processes that have no room: all are children of one process."""
    family = psutil.Process(process.pid).children(recursive=True)
    most = max((len(one.children()) for one in family), default=0)
    run.idle_bots = max(run.idle_bots, most - run.parked)
    return run.idle_bots >= IDLE_BOTS


async def _look_at_worker(run: MarkedRun) -> None:
    async with httpx.AsyncClient(trust_env=False) as http:
        with suppress(httpx.HTTPError):
            answer = await http.get(f"http://127.0.0.1:{run.given['WORKER_PORT']}/")
            run.is_worker_healthy = answer.is_success


@asynccontextmanager
async def _joined(http: httpx.AsyncClient, run: MarkedRun) -> AsyncGenerator[Caller]:
    async with AsyncExitStack() as stack:
        # One after the other: a burst of starts is a test of its own.
        async with run.door:
            answer = await http.post("/api/sessions", json={"participant_name": f"{MARK}name"})
            assert answer.status_code == 201, answer.text
            run.started = answer.json()
            run.tokens.append(run.started["participant_token"])
            url, token = run.started["server_url"], run.tokens[-1]
            caller = await stack.enter_async_context(Caller.join(url, token, timeout_secs=30.0))
            caller.room.on("data_received", lambda packet: _note_label(run, packet))
            await caller.wait_for_bot(_STEP_LIMIT_SECS)
            assert caller.bot
            run.bot_name = caller.bot.name
        yield caller


async def _ask(caller: Caller, order: str, is_answered: Callable[[], bool]) -> None:
    await caller.type_text(f"{MARK}typed {order}")
    await _until(is_answered, _STEP_LIMIT_SECS, is_needed=False)


async def _call_with_tools(http: httpx.AsyncClient, run: MarkedRun) -> None:
    said = partial(_is_said, run)
    async with _joined(http, run) as caller:
        await _ask(caller, "ask", lambda: said("model ask"))
        await _ask(caller, "probe", lambda: run.vendors.was_asked("too_many_steps"))
        await _ask(caller, "outside", lambda: said("model outside"))
        await _ask(caller, "calendar", lambda: said("model calendar"))
        await _ask(caller, "raise", lambda: said("model raise"))


async def _call_with_trouble(http: httpx.AsyncClient, run: MarkedRun) -> None:
    spoken = run.vendors.stand_in_speeches
    async with _joined(http, run) as caller:
        await _ask(caller, "break", lambda: len(spoken) > 0)
        before = len(spoken)
        await _ask(caller, "refuse", lambda: len(spoken) > before)


async def _spoken_call(http: httpx.AsyncClient, run: MarkedRun) -> None:
    words = await asyncio.to_thread(voice.spoken, "What time is it?")
    async with _joined(http, run) as caller:
        for heard in ("spoken", "uploaded"):
            await caller.say(words)
            is_heard = partial(run.vendors.was_asked, f"{MARK}{heard}")
            await _until(is_heard, _STEP_LIMIT_SECS, is_needed=False)
        log = run.folder / "err.txt"
        await _ask(caller, "eat", lambda: "exceeded memory limit" in log.read_text())


async def _silent_call(http: httpx.AsyncClient, run: MarkedRun) -> None:
    async with _joined(http, run):
        for sentence in ("noch da", "gleich um"):
            is_said = partial(_is_said, run, sentence)
            await _until(is_said, _STEP_LIMIT_SECS, is_needed=False)


def _is_said(run: MarkedRun, words: str) -> bool:
    return words in run.vendors.said


async def _start_too_often(http: httpx.AsyncClient, run: MarkedRun) -> None:
    """Ask for tokens, which start nothing by themselves, until it is too often."""
    for _ in range(12):
        answer = await http.post("/api/token", json={})
        if answer.status_code == 429:
            return
        run.accepted_starts += 1


def _note_label(run: MarkedRun, packet: rtc.DataPacket) -> None:
    if packet.topic in (None, ""):
        run.rtvi_labels.add(json.loads(packet.data)["label"])


async def _until(
    condition: Callable[[], Any], limit_secs: float, *, is_needed: bool = True
) -> None:
    """Wait; what has not come in time is missed by the test of its row, if that is enough."""
    deadline = asyncio.get_running_loop().time() + limit_secs
    while True:
        found = condition()
        if await found if asyncio.iscoroutine(found) else found:
            return
        if asyncio.get_running_loop().time() > deadline:
            assert not is_needed, "it did not happen in time"
            return
        await asyncio.sleep(0.05)
