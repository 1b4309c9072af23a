"""One open websocket of the live protocol: its messages in and out, and the faults between."""

from __future__ import annotations

import asyncio
import json
from typing import Any

from loguru import logger
from starlette.websockets import WebSocket, WebSocketDisconnect

from bot.local.faults import FaultBox, SpeechToTextFaults
from bot.local.hang_up import DroppedError
from bot.local.live_listener import LiveListener
from bot.local.live_messages import LiveMessages
from bot.local.request_log import LoggedRequest
from bot.local.scripted_listener import ScriptedListener

# Deepgram hangs up on clients that send neither audio nor KeepAlive for 10 s (its code NET-0001).
_SILENT_CLIENT_SECS = 10.0
_INTERNAL_ERROR = 1011
_GARBAGE = '{"type": "Results", "chan'
_EMPTY_CHANNEL = {"alternatives": [{"transcript": "", "confidence": 0.0, "words": []}]}


class LiveConnection:
    """Carries messages between one websocket and its listener."""

    def __init__(
        self,
        websocket: WebSocket,
        *,
        listener: LiveListener | ScriptedListener,
        messages: LiveMessages,
        faults: ConnectionFaults,
        entry: LoggedRequest,
    ) -> None:
        self._websocket = websocket
        self._listener = listener
        self._messages = messages
        self._faults = faults
        self._entry = entry

    async def run(self) -> None:
        """Serve until the client closes, asks to, falls silent, or a fault says so."""
        publisher = asyncio.create_task(self._listener.publish(self._send))
        try:
            await self._receive()
            await publisher
            await self._websocket.close()
        except WebSocketDisconnect:
            logger.debug("a listening client left")
        except TimeoutError:
            await self._websocket.close(_INTERNAL_ERROR, "no audio or KeepAlive in time: NET-0001")
        except DroppedError:
            await self._websocket.close(_INTERNAL_ERROR, "dropped by a fault plan")
        finally:
            self._listener.drop()
            publisher.cancel()
            await asyncio.gather(publisher, return_exceptions=True)

    async def _receive(self) -> None:
        is_open = True
        while is_open:
            async with asyncio.timeout(_SILENT_CLIENT_SECS):
                message = await self._websocket.receive()
            if message["type"] == "websocket.disconnect":
                raise WebSocketDisconnect(message.get("code", 1006))
            data: bytes | None = message.get("bytes")
            if data:
                self._entry.received_bytes += len(data)
                self._faults.check_audio(self._entry.received_bytes)
                self._listener.feed(data)
            elif data is not None:
                # Deepgram's older way to say CloseStream.
                self._listener.finish()
                is_open = False
            else:
                is_open = await self._obey(message.get("text") or "")

    async def _obey(self, text: str) -> bool:
        """Obey one control message; False if it ends the stream."""
        try:
            kind = json.loads(text)["type"]
        except (ValueError, TypeError, KeyError):
            kind = None
        if kind == "Finalize":
            self._entry.mark("finalize")
            self._listener.finalize()
        elif kind == "CloseStream":
            self._listener.finish()
            return False
        elif kind == "Configure":
            await self._send({"type": "ConfigureSuccess"})
        elif kind != "KeepAlive":
            await self._send(self._messages.error("this is no message of the live protocol"))
        return True

    async def _send(self, message: dict[str, Any]) -> None:
        faults = self._faults.now
        if faults.half_open:
            return
        if message.get("is_final"):
            await asyncio.sleep(self._faults.box.draw_secs(faults.final_ms))
            self._mark_final(message)
        if faults.empty and message["type"] == "Results":
            message = {**message, "channel": _EMPTY_CHANNEL}
        text = _GARBAGE if faults.garbage else json.dumps(message)
        self._entry.sent(len(text))
        await self._websocket.send_text(text)

    def _mark_final(self, message: dict[str, Any]) -> None:
        """Note a final; its words only when they come from a script."""
        text = message["channel"]["alternatives"][0]["transcript"]
        words = {"text": text} if isinstance(self._listener, ScriptedListener) else {}
        self._entry.mark(
            "final",
            chars=len(text),
            end_secs=message["start"] + message["duration"],
            from_finalize=message["from_finalize"],
            **words,
        )


class ConnectionFaults:
    """The faults of one connection, which a later plan of the server may change."""

    def __init__(
        self,
        box: FaultBox,
        taken: SpeechToTextFaults,
        *,
        is_fixed: bool,
        bytes_per_sec: int,
    ) -> None:
        """Remember what holds at the start.

        Args:
            box: The server's plan.
            taken: The faults this connection opened with.
            is_fixed: They hold to its end, whatever the plan becomes.
            bytes_per_sec: Of the audio the client sends.
        """
        self.box = box
        self._taken = taken
        self._is_fixed = is_fixed
        self._generation = box.generation
        self._bytes_per_sec = bytes_per_sec

    @property
    def now(self) -> SpeechToTextFaults:
        return self._taken if self._is_fixed else self.box.plan.speech_to_text

    def check_audio(self, received_bytes: int) -> None:
        """Look whether the connection has to go.

        Raises:
            DroppedError: if the plan in force says so.
        """
        limit_ms = self.now.drop_after_ms
        heard_ms = received_bytes * 1_000 / self._bytes_per_sec
        is_due = limit_ms is not None and heard_ms >= limit_ms
        is_older_than_plan = self._generation < self.box.generation
        if is_due or (self.now.drop_open_connections and is_older_than_plan):
            raise DroppedError
