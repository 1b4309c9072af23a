"""Deepgram's live websocket, `/v1/listen`, as the official SDK uses it."""

from __future__ import annotations

import asyncio
import uuid

from pydantic import ValidationError
from starlette.responses import JSONResponse
from starlette.websockets import WebSocket

from bot.local.decode_pool import DecodePool
from bot.local.faults import FaultBox, SpeechToTextFaults
from bot.local.hang_up import wait_for_hang_up
from bot.local.live_connection import ConnectionFaults, LiveConnection
from bot.local.live_listener import LiveListener
from bot.local.live_messages import ListenQuery, LiveMessages
from bot.local.request_log import LoggedRequest, RequestLog
from bot.local.scripted_listener import ScriptedListener
from bot.local.silero import SileroModel, SpeechMeter
from processors.moonshine import Moonshine

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
        entry = self._log.open(str(uuid.uuid4()), "speech_to_text")
        own = websocket.headers.get("x-faults") or websocket.query_params.get("faults")
        plan = self._faults.plan.speech_to_text
        try:
            query = ListenQuery.model_validate(dict(websocket.query_params))
            faults = self._faults.take(plan, own=own)
        except ValidationError as error:
            entry.status = 400
            await _deny(websocket, entry, _reason(error))
        else:
            entry.status = faults.status or 200
            # A plan that counts requests belongs to those requests; any other holds at all times.
            is_fixed = own is not None or plan.requests is not None
            await self._serve(websocket, entry, query, faults, is_fixed=is_fixed)
        entry.close()

    async def _serve(
        self,
        websocket: WebSocket,
        entry: LoggedRequest,
        query: ListenQuery,
        faults: SpeechToTextFaults,
        *,
        is_fixed: bool,
    ) -> None:
        if faults.hang:
            await wait_for_hang_up(websocket)
            return
        if faults.status is not None:
            await _deny(websocket, entry, "asked for by a fault plan", faults)
            return
        await asyncio.sleep(self._faults.draw_secs(faults.connect_ms))
        await websocket.accept(headers=[(b"dg-request-id", entry.id.encode())])
        messages = LiveMessages(request_id=entry.id, query=query)
        connection = LiveConnection(
            websocket,
            listener=self._build_listener(faults, query, messages),
            messages=messages,
            faults=ConnectionFaults(
                self._faults, faults, is_fixed=is_fixed, bytes_per_sec=query.bytes_per_sec
            ),
            entry=entry,
        )
        await connection.run()

    def _build_listener(
        self, faults: SpeechToTextFaults, query: ListenQuery, messages: LiveMessages
    ) -> LiveListener | ScriptedListener:
        if faults.script is not None:
            return ScriptedListener(
                script=faults.script,
                draw_secs=self._faults.draw_secs,
                query=query,
                messages=messages,
            )
        meter = SpeechMeter(self._silero)
        return LiveListener(pool=self._pool, meter=meter, query=query, messages=messages)


def _reason(error: ValidationError) -> str:
    problems = error.errors(include_url=False, include_context=False)
    return "; ".join(f"{'.'.join(map(str, item['loc']))}: {item['msg']}" for item in problems)


async def _deny(
    websocket: WebSocket,
    entry: LoggedRequest,
    reason: str,
    faults: SpeechToTextFaults | None = None,
) -> None:
    """Refuse the handshake with Deepgram's error body."""
    code = _ERROR_CODES.get(entry.status, "INTERNAL_SERVER_ERROR")
    body = {"err_code": code, "err_msg": reason, "request_id": entry.id}
    headers = {"dg-request-id": entry.id}
    if faults is not None and faults.retry_after_secs is not None:
        headers["retry-after"] = f"{faults.retry_after_secs:g}"
    await websocket.send_denial_response(JSONResponse(body, entry.status, headers=headers))
