"""One signalling connection: its messages go both ways as they are, within limits."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass

from starlette.types import Message, Receive, Send
from websockets.asyncio.client import ClientConnection
from websockets.exceptions import ConnectionClosed

_GONE = (1005, 1006, 1015)
"""Codes of a connection that ended without one: they are never sent."""
_INTERNAL_ERROR, _TRY_LATER, _TOO_MUCH = 1011, 1013, 1008


@dataclass(frozen=True, kw_only=True)
class SignallingLimits:
    """How long and how much."""

    open_secs: float = 5.0
    """Until LiveKit, which is on this machine, has answered."""
    stall_secs: float = 20.0
    """Until somebody has read what was sent; a phone that is out of reach longer comes back."""
    per_network: int = 16
    """One to a call; a page that comes back has two for a moment."""
    in_all: int = 256
    livekit_bytes: int = 2 * 1024 * 1024
    """Of one message: a room's metadata may have 512 kB."""
    messages_per_sec: float = 100.0
    """Of a caller, over time; the candidates of a start come at once."""
    burst: float = 400.0


@dataclass(frozen=True)
class _End:
    """How one side ended, as the other is to hear."""

    code: int
    reason: str = ""
    is_of_caller: bool = False


class Passage:
    """One open connection on both sides; each message waits until the one before has gone.

    Args:
        livekit: Its side.
        receive: From the caller.
        send: To the caller.
        limits: How long and how much.
        clock: Monotonic seconds.
    """

    def __init__(
        self,
        livekit: ClientConnection,
        receive: Receive,
        send: Send,
        limits: SignallingLimits,
        clock: Callable[[], float],
    ) -> None:
        self._livekit = livekit
        self._receive = receive
        self._send = send
        self._limits = limits
        self._clock = clock
        self._allowance, self._counted_at = limits.burst, clock()

    async def run(self) -> None:
        """Pass messages on until one side ends, then end the other in the same way."""
        try:
            await self._send({"type": "websocket.accept"})
            ways = [asyncio.create_task(way) for way in (self._inwards(), self._outwards())]
            try:
                done, _ = await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
            finally:
                for way in ways:
                    way.cancel()
                await asyncio.wait(ways)
            await self._end(min((way.result() for way in done), key=lambda end: end.is_of_caller))
        finally:
            self._livekit.transport.abort()

    async def _inwards(self) -> _End:
        while True:
            message = await self._receive()
            if message["type"] == "websocket.disconnect":
                code, reason = message.get("code", 1005), message.get("reason") or ""
                return _End(code, reason, is_of_caller=True)
            if not self._may_send():
                return _End(_TOO_MUCH, "too many messages")
            data = message.get("bytes")
            content = message["text"] if data is None else data
            try:
                async with asyncio.timeout(self._limits.stall_secs):
                    await self._livekit.send(content)
            except TimeoutError:
                return _End(_TRY_LATER, "LiveKit does not read")
            except ConnectionClosed:
                return self._end_of_livekit()

    async def _outwards(self) -> _End:
        try:
            async for content in self._livekit:
                kind = "text" if isinstance(content, str) else "bytes"
                message: Message = {"type": "websocket.send", kind: content}
                async with asyncio.timeout(self._limits.stall_secs):
                    await self._send(message)
        except TimeoutError:
            return _End(1006, is_of_caller=True)
        except ConnectionClosed:
            pass
        except OSError:
            # uvicorn's word for a caller who has gone.
            return _End(1006, is_of_caller=True)
        return self._end_of_livekit()

    def _end_of_livekit(self) -> _End:
        code, reason = self._livekit.close_code, self._livekit.close_reason
        if code is None or code in _GONE:
            return _End(_INTERNAL_ERROR, "LiveKit is gone")
        return _End(code, reason or "")

    async def _end(self, end: _End) -> None:
        if not end.is_of_caller:
            await self._send({"type": "websocket.close", "code": end.code, "reason": end.reason})
        elif end.code not in _GONE:
            await self._livekit.close(end.code, end.reason)

    def _may_send(self) -> bool:
        now, limits = self._clock(), self._limits
        self._allowance += (now - self._counted_at) * limits.messages_per_sec
        self._allowance, self._counted_at = min(self._allowance, limits.burst) - 1, now
        return self._allowance >= 0
