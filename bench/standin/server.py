"""The stand-in's HTTP application and how a bench starts and steers it."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import asdict
from typing import Any

from aiohttp import ClientSession, web

from bench.standin import flux, language_model, nova, prompt, text_to_speech, whisper
from bench.standin.script import Script, SpokenLine
from bench.standin.sets import Delays
from bot.processes.die_with_parent import with_parent

_START_LIMIT_SECS = 20.0
_Serve = Callable[[web.Request, Script], Awaitable[web.StreamResponse]]


def build_app(script: Script) -> web.Application:
    """Return the application: three providers, and `/script` and `/log` for the bench."""

    def scripted(serve: _Serve) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
        async def handle(request: web.Request) -> web.StreamResponse:
            return await serve(request, script)

        return handle

    async def set_script(request: web.Request) -> web.Response:
        _obey(script, await request.json())
        return web.json_response({"line_number": script.line_number})

    async def take_log(_: web.Request) -> web.Response:
        entries, script.log = script.log, []
        return web.json_response(entries)

    async def answer(_: web.Request) -> web.Response:
        return web.json_response({"status": "ok"})

    async def models(_: web.Request) -> web.Response:
        return web.json_response({"object": "list", "data": [{"id": "standin"}]})

    app = web.Application()
    app.add_routes(
        [
            web.get("/v1/listen", scripted(_listen)),
            web.get("/v2/listen", scripted(flux.listen)),
            web.post("/v1/audio/transcriptions", scripted(whisper.transcribe)),
            web.post("/v1/chat/completions", scripted(language_model.complete)),
            web.post("/v1/audio/speech", scripted(text_to_speech.speak)),
            web.get("/v1/models", models),
            web.post("/script", set_script),
            web.get("/log", take_log),
            web.get("/", answer),
            web.get("/health", answer),
        ]
    )
    return app


async def _listen(request: web.Request, script: Script) -> web.StreamResponse:
    if request.query.get("model", "").startswith("flux-"):
        raise web.HTTPBadRequest(text="Flux models are at /v2/listen")
    # A set is chosen before its subjects connect.
    is_nova = script.delays.recogniser == "nova"
    return await (nova if is_nova else prompt).listen(request, script)


def _obey(script: Script, order: dict[str, Any]) -> None:
    if "delays" in order:
        script.delays = Delays(**order["delays"])
    if "is_repeating" in order:
        script.is_repeating = bool(order["is_repeating"])
    if "line" in order:
        script.line = SpokenLine(**order["line"])
        script.line_number += 1


class Standin:
    """A running stand-in, seen from the bench."""

    def __init__(self, port: int, http: ClientSession) -> None:
        self.port = port
        self._http = http

    @property
    def websocket_url(self) -> str:
        return f"ws://127.0.0.1:{self.port}"

    @property
    def openai_url(self) -> str:
        return f"http://127.0.0.1:{self.port}/v1"

    async def set_delays(self, delays: Delays) -> None:
        """Use `delays` from now on."""
        await self._order({"delays": asdict(delays)})

    async def expect(self, line: SpokenLine, *, is_repeating: bool = False) -> None:
        """Say which utterance the recogniser hears next."""
        await self._order({"line": asdict(line), "is_repeating": is_repeating})

    async def take_log(self) -> list[dict[str, Any]]:
        """Return what happened since the last call."""
        async with self._http.get("/log", raise_for_status=True) as answer:
            return await answer.json()

    async def _order(self, order: dict[str, Any]) -> None:
        async with self._http.post("/script", json=order, raise_for_status=True):
            pass


@asynccontextmanager
async def reach_standin(port: int) -> AsyncGenerator[Standin]:
    """Steer a stand-in that somebody else runs."""
    async with ClientSession(f"http://127.0.0.1:{port}") as http:
        yield Standin(port, http)


@asynccontextmanager
async def open_standin() -> AsyncGenerator[Standin]:
    """Run a stand-in in a process of its own while the block runs.

    Raises:
        TimeoutError: if it does not start.
    """
    process = await asyncio.create_subprocess_exec(
        *with_parent([sys.executable, "-m", "bench.standin"]), stdout=asyncio.subprocess.PIPE
    )
    assert process.stdout is not None
    try:
        async with asyncio.timeout(_START_LIMIT_SECS):
            port = int(await process.stdout.readline())
        async with reach_standin(port) as standin:
            yield standin
    finally:
        if process.returncode is None:
            process.terminate()
        await process.wait()
