"""Stand-ins for every vendor of one marked run: they keep what they receive, and fail on request.

What is said by anybody in the run holds `MARK`, and every key holds `KEY_MARK`, so that both can be
looked for in all that the run has written.
"""

from __future__ import annotations

import json
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from aiohttp import WSMsgType, web

from tests.spoken_sound import sound

MARK = "xylo"
KEY_MARK = "hushkey"


@dataclass
class MarkedVendors:
    """What each of them received."""

    port: int = 0
    listens: list[dict[str, str]] = field(default_factory=list[dict[str, str]])
    """Query and Authorization of each connection of the recogniser."""
    uploads: list[str] = field(default_factory=list[str])
    """Requests to the recogniser's fallback: headers and body."""
    chats: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    speeches: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    stand_in_speeches: list[str] = field(default_factory=list[str])
    """Of the voice's fallback: headers, query and body."""
    keys: set[str] = field(default_factory=set[str])
    _finalized: int = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def said(self) -> str:
        """All that the voice was to say."""
        return "\n".join(str(speech["input"]) for speech in self.speeches)

    def was_asked(self, words: str) -> bool:
        """Tell whether the model was asked with these words of the caller's."""
        return any(words in json.dumps(chat, ensure_ascii=False) for chat in self.chats)

    async def listen(self, request: web.Request) -> web.StreamResponse:
        """Hear an utterance when asked for the rest of it; lose the connection at the second."""
        key = request.headers.get("Authorization", "")
        self.listens.append({**request.query, "key": key})
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        async for message in socket:
            if message.type is WSMsgType.TEXT and "Finalize" in message.data:
                self._finalized += 1
                if self._finalized == 2:
                    assert request.transport
                    request.transport.abort()
                    break
                await socket.send_json(_result(f"{MARK}spoken ask"))
        return socket

    async def transcribe(self, request: web.Request) -> web.StreamResponse:
        """Hear an utterance."""
        body = (await request.read()).decode(errors="replace")
        self.uploads.append(f"{dict(request.headers)} {body}")
        return web.json_response({"text": f"{MARK}uploaded ask"})

    async def chat(self, request: web.Request) -> web.StreamResponse:
        """Answer by the last word of what the caller says."""
        body = await request.json()
        self.chats.append(body)
        self.keys.add(request.headers.get("Authorization", ""))
        order = _order(body["messages"])
        if order == "refuse":
            error = {"message": f"{MARK}error: {body['messages'][-1]['content']}"}
            return web.json_response({"error": error}, status=500)
        has_result = body["messages"][-1]["role"] == "tool"
        if order == "probe" or (order in _TOOLS and not has_result):
            has_text = order in ("probe", "outside")
            arguments = {"text": f"{MARK}argument {len(self.chats)}"} if has_text else {}
            return await _stream(request, [_call(_TOOLS[order], arguments, len(self.chats))])
        return await _stream(request, [{"content": f"{MARK}model {order}."}])

    async def speak(self, request: web.Request) -> web.StreamResponse:
        """Say it, unless it is told to break."""
        body = await request.json()
        self.speeches.append({**body, "key": request.headers.get("Authorization", "")})
        if "break" in body["input"]:
            error = {"message": f"{MARK}error: {body['input']}"}
            return web.json_response({"error": error}, status=500)
        return web.Response(body=sound(secs=0.3).tobytes(), content_type="audio/pcm")

    async def stand_in_speak(self, request: web.Request) -> web.StreamResponse:
        """Say it."""
        self.stand_in_speeches.append(
            f"{dict(request.headers)} {request.query_string} {await request.text()}"
        )
        return web.Response(body=sound(secs=0.3).tobytes(), content_type="audio/l16")


_TOOLS = {
    "probe": "probe_note",
    "outside": "sample__echo",
    "raise": "probe_raise",
    "eat": "probe_eat",
    "calendar": "list_appointments",
}


@asynccontextmanager
async def open_marked_vendors() -> AsyncGenerator[MarkedVendors]:
    """Serve until the block ends."""
    vendors = MarkedVendors()
    app = web.Application()
    app.add_routes(
        [
            web.get("/v1/listen", vendors.listen),
            web.post("/stt/v1/audio/transcriptions", vendors.transcribe),
            web.post("/llm/v1/chat/completions", vendors.chat),
            web.post("/tts/v1/audio/speech", vendors.speak),
            web.post("/v1/speak", vendors.stand_in_speak),
        ]
    )
    runner = web.AppRunner(app, handler_cancellation=True, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    vendors.port = runner.addresses[0][1]
    try:
        yield vendors
    finally:
        await runner.cleanup()


def _order(messages: list[dict[str, Any]]) -> str:
    """Return the last word of the caller's last words that are marked."""
    said = [str(one["content"]) for one in messages if one["role"] == "user"]
    marked = [one for one in said if MARK in one]
    return marked[-1].split()[-1].strip(".") if marked else "ask"


def _result(text: str) -> dict[str, Any]:
    return {
        "type": "Results",
        "channel_index": [0, 1],
        "start": 0.0,
        "duration": 1.0,
        "is_final": True,
        "speech_final": True,
        "from_finalize": True,
        "channel": {"alternatives": [{"transcript": text, "confidence": 1.0}]},
    }


def _call(name: str, arguments: dict[str, str], number: int) -> dict[str, Any]:
    function = {"name": name, "arguments": json.dumps(arguments)}
    call = {"index": 0, "id": f"call_{number}", "type": "function", "function": function}
    return {"tool_calls": [call]}


async def _stream(request: web.Request, deltas: list[dict[str, Any]]) -> web.StreamResponse:
    response = web.StreamResponse(headers={"content-type": "text/event-stream"})
    await response.prepare(request)
    finish = "tool_calls" if "tool_calls" in deltas[-1] else "stop"
    for delta, reason in [*((one, None) for one in deltas), ({}, finish)]:
        choice = {"index": 0, "delta": delta, "finish_reason": reason}
        event = {"id": "c", "object": "chat.completion.chunk", "created": 1, "model": "m"}
        await response.write(f"data: {json.dumps({**event, 'choices': [choice]})}\n\n".encode())
    await response.write(b"data: [DONE]\n\n")
    return response
