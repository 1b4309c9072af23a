"""A running assistant whose parts can be ended, and whose providers are behind lines."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import httpx
import psutil
from livekit import api
from livekit.protocol.room import ListRoomsRequest

from tests.chaos.line import Line, open_line
from tests.e2e.stack import Stack, open_stack
from tests.local_providers import LocalProviders, open_local_providers

STAGES = ("speech_to_text", "language_model", "text_to_speech")
TOOLS = Path(__file__).with_name("chaos_tools.py")
_REST_LIMIT_SECS = 30.0
_KEY = "local"
_NOTE = ".ended"
"""Of bot/rooms/end_note.py: LiveKit removes these rooms by itself."""


@dataclass
class Assistant:
    """Processes under test. Made by `open_assistant`."""

    stack: Stack
    providers: LocalProviders
    lines: Mapping[str, Line]
    folder: Path
    is_light: bool = False
    """Whether callers type and the voice is a tone: no speech model has to run."""

    def bot_pid(self, session_id: str) -> int:
        """Return the process that holds a session.

        Raises:
            LookupError: if the log names none that is alive.
        """
        pids = [line["pid"] for line in self.log_lines() if line["session"] == session_id]
        for pid in reversed(pids):
            if psutil.pid_exists(pid):
                return pid
        raise LookupError(f"no process for {session_id}")

    def log_lines(self) -> list[dict[str, Any]]:
        """Return what the runner and all its parts have written."""
        lines = self.stack.log.read_text().splitlines()
        return [json.loads(line) for line in lines if line.startswith("{")]

    def part(self, *words: str) -> psutil.Process:
        """Return a process of the runner's whose command line holds all of `words`."""
        for one in psutil.Process(self.stack.process.pid).children(recursive=True):
            command = " ".join(_command(one))
            if all(word in command for word in words):
                return one
        raise LookupError(f"no process {words}")

    async def set_faults(self, **stages: object) -> None:
        """Put faults of the providers in force; none clears them."""
        if self.is_light:
            voice = stages.get("text_to_speech", {})
            stages["text_to_speech"] = {**cast("dict[str, object]", voice), "tone_hz": 300}
        async with httpx.AsyncClient(base_url=self.providers.http_url) as http:
            (await http.post("/faults", json=stages)).raise_for_status()

    async def rooms(self) -> list[str]:
        """Return the names of the rooms LiveKit has, without notes of ended ones."""
        key = self.part("runner.py", "worker").environ()
        async with api.LiveKitAPI(
            key["LIVEKIT_URL"], key["LIVEKIT_API_KEY"], key["LIVEKIT_API_SECRET"]
        ) as livekit:
            found = await livekit.room.list_rooms(ListRoomsRequest())
        return [room.name for room in found.rooms if not room.name.endswith(_NOTE)]

    async def left(self) -> list[str]:
        """Return what is left of calls that are over, once it has had time to go."""
        deadline = asyncio.get_running_loop().time() + _REST_LIMIT_SECS
        while found := await self._left():
            if asyncio.get_running_loop().time() > deadline:
                break
            await asyncio.sleep(0.3)
        return found

    async def _left(self) -> list[str]:
        resting = self.stack.resting_bots
        try:
            rooms = len(await self.rooms())
            bots = await asyncio.to_thread(self.stack.active_bots)
        except (LookupError, OSError, httpx.HTTPError, api.TwirpError, psutil.Error) as error:
            return [f"cannot be asked: {type(error).__name__}"]
        found = [f"{rooms - resting} rooms"] if rooms > resting else []
        return [*found, *([f"{bots - resting} bots"] if bots > resting else [])]


def _command(process: psutil.Process) -> list[str]:
    try:
        return process.cmdline()
    except psutil.Error:
        return []


@asynccontextmanager
async def open_assistant(
    folder: Path, *, has_lines: bool = True, is_light: bool = False, **settings: str | int | float
) -> AsyncGenerator[Assistant]:
    """Run an assistant until the block ends.

    Args:
        folder: For its log and all it keeps.
        has_lines: Whether its providers are ours, behind lines; else it starts its own.
        is_light: Whether no speech model is to run, for machines with other work.
        settings: More of them.
    """
    async with AsyncExitStack() as stack:
        providers = stack.enter_context(open_local_providers())
        lines = {
            name: await stack.enter_async_context(open_line(providers.port)) for name in STAGES
        }
        changes: dict[str, str | int | float] = {
            "LOG_FORMAT": "json",
            "TOOLS_PATH": str(TOOLS),
            "DATA_DIR": str(folder / "data"),
            "APPOINTMENTS_FILE": str(folder / "appointments.sqlite"),
            "SPEECH_SHELF": str(folder / "shelf"),
            **(_at(lines) if has_lines else {}),
            **settings,
        }
        opening = open_stack(folder / "runner.log", **changes)
        # Starting blocks for seconds, and the lines have to go on.
        running = await asyncio.to_thread(opening.__enter__)
        try:
            assistant = Assistant(running, providers, lines, folder, is_light)
            await assistant.set_faults()
            yield assistant
        finally:
            await asyncio.to_thread(opening.__exit__, None, None, None)


def _at(lines: Mapping[str, Line]) -> dict[str, str | int | float]:
    """Return the settings that lead to the lines, with the patience that stand-ins get."""
    hears, thinks, speaks = (f"http://127.0.0.1:{lines[name].port}" for name in STAGES)
    return {
        "DEEPGRAM_API_KEY": _KEY,
        "DEEPGRAM_BASE_URL": hears,
        "OPENAI_LLM_API_KEY": _KEY,
        "OPENAI_LLM_BASE_URL": f"{thinks}/v1",
        "OPENAI_TTS_API_KEY": _KEY,
        "OPENAI_TTS_BASE_URL": f"{speaks}/v1",
        "OPENAI_LLM_PATIENCE_SECS": 4,
        "OPENAI_TTS_PATIENCE_SECS": 2,
    }
