"""Runs a stand-in of a voice that is asked over HTTP, one request a text."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from typing import Any

from aiohttp import web
from aiohttp.test_utils import TestServer

from tests.services.stand_ins.speech import Ending, VoiceServer


@asynccontextmanager
async def open_http_voice(
    path: str, text_of: Callable[[dict[str, Any]], str], refusal: Callable[[int, str], object]
) -> AsyncGenerator[VoiceServer]:
    """Serve on a free port until the block ends.

    Args:
        path: Of the requests.
        text_of: Finds the text in a request's body.
        refusal: The body of an answer with a status; it quotes the text, as vendors do.
    """
    voice = VoiceServer()

    async def speak(request: web.Request) -> web.StreamResponse:
        voice.heads.append((request.path_qs, request.headers))
        voice.bodies.append(await request.json())
        text = text_of(voice.bodies[-1])
        speech = voice.speech_of(text)
        status = voice.refusal or speech.status
        if voice.hangs:
            await voice.hang()
        if status != 200:
            said, headers = refusal(status, text), voice.refuse()
            return web.json_response(said, status=status, headers=headers)
        response = web.StreamResponse(headers={"content-type": "audio/pcm"})
        await response.prepare(request)
        async for chunk in voice.chunks(speech):
            await response.write(chunk)
        if speech.ending is Ending.HANG:
            await voice.hang()
        if speech.ending in (Ending.RESET, Ending.ERROR) and request.transport:
            request.transport.abort()
        return response

    app = web.Application()
    app.router.add_post(path, speak)
    server = TestServer(app, host="127.0.0.1")
    await server.start_server(shutdown_timeout=0.01)
    voice.open_connections = lambda: len(_connections(server))
    voice.drop = lambda: _drop(server)
    voice.base_url = str(server.make_url("")).rstrip("/")
    try:
        yield voice
    finally:
        voice.over.set()
        await server.close()


def _connections(server: TestServer) -> list[Any]:
    return [*server.handler.connections] if server.handler else []


def _drop(server: TestServer) -> None:
    for connection in _connections(server):
        if connection.transport:
            connection.transport.abort()
