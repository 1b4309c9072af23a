"""Deepgram's live websocket, `/v1/listen`, as the official SDK uses it."""

from __future__ import annotations

import asyncio
import json
import uuid
from typing import Any

from loguru import logger
from pydantic import ValidationError
from starlette.responses import JSONResponse
from starlette.websockets import WebSocket, WebSocketDisconnect

from bot.local.decode_pool import DecodePool
from bot.local.faults import FaultBox, SpeechToTextFaults
from bot.local.live_listener import LiveListener
from bot.local.live_messages import ListenQuery, LiveMessages
from bot.local.moonshine import Moonshine
from bot.local.request_log import LoggedRequest, RequestLog
from bot.local.scripted_listener import ScriptedListener
from bot.local.silero import SileroModel, SpeechMeter

# Deepgram hangs up on clients that send neither audio nor KeepAlive for 10 s (its code NET-0001).
_SILENT_CLIENT_SECS = 10.0
_INTERNAL_ERROR = 1011
_ERROR_CODES = {400: "Bad Request", 401: "INVALID_AUTH", 429: "TOO_MANY_REQUESTS"}


class SpeechToText:
    """The recogniser behind the wire. One object serves every connection."""

    def __init__(self, *, faults: FaultBox, log: RequestLog) -> None:
        self._faults = faults
        self._log = log
        self._recogniser = Moonshine()
        self._silero = SileroModel()
        self._pool = DecodePool(self._recogniser)

    def warm_up(self) -> None:
        """Run everything once; blocks."""
        self._recogniser.warm_up()

    def close(self) -> None:
        """Stop the worker threads."""
        self._pool.close()

    async def listen(self, websocket: WebSocket) -> None:
        """Serve one connection."""
        request_id = str(uuid.uuid4())
        entry = self._log.open(request_id, "speech_to_text")
        own = websocket.headers.get("x-faults") or websocket.query_params.get("faults")
        try:
            query = ListenQuery.model_validate(dict(websocket.query_params))
            _check(query)
            faults = self._faults.take(self._faults.plan.speech_to_text, own=own)
        except (ValidationError, _BadQueryError) as error:
            await _deny(websocket, entry, 400, _reason(error))
            self._log.close(entry, status=400)
            return
        if faults.hang:
            await _wait_for_hang_up(websocket)
        elif faults.status is not None:
            await _deny(websocket, entry, faults.status, "asked for by a fault plan", faults)
        else:
            await asyncio.sleep(self._faults.draw_secs(faults.connect_ms))
            await websocket.accept(headers=[(b"dg-request-id", request_id.encode())])
            connection = _Connection(websocket, entry, faults, self._faults, self._log)
            # A plan that counts requests belongs to those requests; any other holds at all times.
            connection.is_live = own is None and self._faults.plan.speech_to_text.requests is None
            await connection.run(self._build_listener(faults, query, request_id), query)
        self._log.close(entry, status=faults.status)

    def _build_listener(
        self, faults: SpeechToTextFaults, query: ListenQuery, request_id: str
    ) -> LiveListener | ScriptedListener:
        messages = LiveMessages(request_id=request_id, query=query)
        if faults.script is not None:
            return ScriptedListener(
                script=faults.script,
                draw_secs=self._faults.draw_secs,
                query=query,
                messages=messages,
            )
        meter = SpeechMeter(self._silero)
        return LiveListener(pool=self._pool, meter=meter, query=query, messages=messages)


class _Connection:
    """Carries messages between one websocket and its listener, and applies the faults."""

    is_live = True

    def __init__(
        self,
        websocket: WebSocket,
        entry: LoggedRequest,
        faults: SpeechToTextFaults,
        box: FaultBox,
        log: RequestLog,
    ) -> None:
        self._websocket = websocket
        self._entry = entry
        self._taken = faults
        self._box = box
        self._log = log
        self._generation = box.generation

    async def run(self, listener: LiveListener | ScriptedListener, query: ListenQuery) -> None:
        """Serve until the client closes, asks to, or a fault says so."""
        self._bytes_per_ms = query.sample_rate * query.channels / 1_000
        self._bytes_per_ms *= {"linear16": 2, "linear32": 4}.get(query.encoding, 1)
        publisher = asyncio.create_task(listener.publish(self._send))
        try:
            await self._receive(listener)
            await publisher
            await self._websocket.close()
        except WebSocketDisconnect:
            logger.debug("a listening client left")
        except TimeoutError:
            await self._websocket.close(_INTERNAL_ERROR, "no audio or KeepAlive in time: NET-0001")
        except _DroppedError:
            await self._websocket.close(_INTERNAL_ERROR, "dropped by a fault plan")
        finally:
            listener.drop()
            publisher.cancel()
            await asyncio.gather(publisher, return_exceptions=True)

    async def _receive(self, listener: LiveListener | ScriptedListener) -> None:
        while True:
            async with asyncio.timeout(_SILENT_CLIENT_SECS):
                message = await self._websocket.receive()
            if message["type"] == "websocket.disconnect":
                raise WebSocketDisconnect(message.get("code", 1006))
            data: bytes | None = message.get("bytes")
            if data is None:
                if await self._obey(listener, message.get("text") or ""):
                    return
            elif data:
                self._entry.received_bytes += len(data)
                self._meet_faults()
                listener.feed(data)
            else:
                # Deepgram's older way to say CloseStream.
                listener.finish()
                return

    async def _obey(self, listener: LiveListener | ScriptedListener, text: str) -> bool:
        """Obey one control message; True if it ends the stream."""
        try:
            kind = json.loads(text)["type"]
        except (ValueError, TypeError, KeyError):
            await self._refuse("the message is not a JSON object with a type")
            return False
        if kind == "Finalize":
            self._log.mark(self._entry, "finalize")
            listener.finalize()
        elif kind == "CloseStream":
            listener.finish()
            return True
        elif kind == "Configure":
            await self._send({"type": "ConfigureSuccess"})
        elif kind != "KeepAlive":
            await self._refuse("this type of message is not known")
        return False

    async def _refuse(self, description: str) -> None:
        message = {"type": "Error", "variant": "UnparsableClientMessage", "code": "DATA-0000"}
        await self._send({**message, "description": description, "message": description})

    @property
    def _faults(self) -> SpeechToTextFaults:
        return self._box.plan.speech_to_text if self.is_live else self._taken

    def _meet_faults(self) -> None:
        faults = self._faults
        is_old = self._generation < self._box.generation
        heard_ms = self._entry.received_bytes / self._bytes_per_ms
        is_due = faults.drop_after_ms is not None and heard_ms >= faults.drop_after_ms
        if is_due or (faults.drop_open_connections and is_old):
            raise _DroppedError

    async def _send(self, message: dict[str, Any]) -> None:
        faults = self._faults
        if faults.half_open:
            return
        if message.get("is_final"):
            await asyncio.sleep(self._box.draw_secs(faults.final_ms))
            text = message["channel"]["alternatives"][0]["transcript"]
            said = {"text": text} if self._taken.script is not None else {}
            self._log.mark(
                self._entry,
                "final",
                chars=len(text),
                end_secs=message["start"] + message["duration"],
                from_finalize=message["from_finalize"],
                **said,
            )
        if faults.empty and "channel" in message and message["type"] == "Results":
            message = {**message, "channel": {"alternatives": [_EMPTY_ALTERNATIVE]}}
        text = '{"type": "Results", "chan' if faults.garbage else json.dumps(message)
        self._log.sent(self._entry, len(text))
        await self._websocket.send_text(text)


_EMPTY_ALTERNATIVE = {"transcript": "", "confidence": 0.0, "words": []}


class _BadQueryError(Exception):
    """Options that are valid one by one and not together."""


class _DroppedError(Exception):
    """A fault plan wants this connection gone."""


def _check(query: ListenQuery) -> None:
    if query.multichannel and query.channels > 1:
        raise _BadQueryError("multichannel: this server transcribes one channel")


def _reason(error: ValidationError | _BadQueryError) -> str:
    if isinstance(error, _BadQueryError):
        return str(error)
    return "; ".join(f"{item['loc'][0]}: {item['msg']}" for item in error.errors())


async def _deny(
    websocket: WebSocket,
    entry: LoggedRequest,
    status: int,
    reason: str,
    faults: SpeechToTextFaults | None = None,
) -> None:
    """Refuse the handshake with Deepgram's error body."""
    body = {
        "err_code": _ERROR_CODES.get(status, "INTERNAL_SERVER_ERROR"),
        "err_msg": reason,
        "request_id": entry.id,
    }
    headers = {"dg-request-id": entry.id, "dg-error": body["err_msg"]}
    if faults is not None and faults.retry_after_secs is not None:
        headers["retry-after"] = f"{faults.retry_after_secs:g}"
    await websocket.send_denial_response(JSONResponse(body, status, headers=headers))


async def _wait_for_hang_up(websocket: WebSocket) -> None:
    while (await websocket.receive())["type"] != "websocket.disconnect":
        pass
