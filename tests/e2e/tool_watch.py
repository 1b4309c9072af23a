"""What a caller's client learns of tool calls, as the page does: from `lk.agent.session`."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from livekit import rtc
from livekit.protocol.agent_pb import agent_session as pb

from bench.caller import Caller

_TOPIC = "lk.agent.session"
_LIMIT_SECS = 15.0


@dataclass
class SeenCall:
    """One call, as far as it was told."""

    call_id: str
    name: str
    question: str = ""
    status: pb.ToolCallStatus = pb.TC_RUNNING


class ToolWatch:
    """Follows the calls of one session from the moment it is made. Made by `watch_tools`."""

    def __init__(self, caller: Caller) -> None:
        self.calls: list[SeenCall] = []
        self._caller = caller
        self._unread: asyncio.Queue[rtc.ByteStreamReader] = asyncio.Queue()
        self._reading = asyncio.create_task(self._read_all())
        caller.room.register_byte_stream_handler(_TOPIC, self._on_stream)

    def named(self, name: str) -> list[SeenCall]:
        return [call for call in self.calls if call.name == name]

    async def close(self) -> None:
        """Follow them no longer."""
        self._reading.cancel()
        await asyncio.wait([self._reading])

    async def started(self, name: str, *, count: int = 1) -> SeenCall:
        """Wait until the tool was called `count` times; return the last call."""
        await self._caller.wait_until(lambda: len(self.named(name)) >= count, _LIMIT_SECS)
        return self.named(name)[-1]

    async def asked(self, name: str) -> SeenCall:
        """Wait until the caller is asked for a yes to the tool's last call."""
        await self._caller.wait_until(
            lambda: bool(self.named(name) and self.named(name)[-1].question), _LIMIT_SECS
        )
        return self.named(name)[-1]

    async def ended(self, call: SeenCall) -> pb.ToolCallStatus:
        """Wait until the call has ended; return how."""
        await self._caller.wait_until(lambda: call.status != pb.TC_RUNNING, _LIMIT_SECS)
        return call.status

    async def answer(self, call: SeenCall, *, is_yes: bool) -> str:
        """Answer the question about a call, as the page's buttons do."""
        assert self._caller.bot is not None
        return await self._caller.room.local_participant.perform_rpc(
            destination_identity=self._caller.bot.identity,
            method="parley.answer_tool",
            payload=json.dumps({"call_id": call.call_id, "is_yes": is_yes}),
        )

    def _on_stream(self, reader: rtc.ByteStreamReader, _: str) -> None:
        self._unread.put_nowait(reader)

    async def _read_all(self) -> None:
        # One after the other: a message may be read sooner than the one before it.
        while True:
            await self._read(await self._unread.get())

    async def _read(self, reader: rtc.ByteStreamReader) -> None:
        data = b"".join([chunk async for chunk in reader])
        event = pb.AgentSessionMessage.FromString(data).event
        if not event.HasField("tool_execution_updated"):
            return
        update = event.tool_execution_updated
        match update.WhichOneof("update"):
            case "started":
                call = update.started.function_call
                self.calls.append(SeenCall(call.call_id, call.name))
            case "call_updated" if update.call_updated.id.endswith("_confirm"):
                self._find(update.call_updated.call_id).question = update.call_updated.message
            case "ended":
                self._find(update.ended.call_id).status = update.ended.status
            case _:
                pass

    def _find(self, call_id: str) -> SeenCall:
        return next(call for call in self.calls if call.call_id == call_id)


@asynccontextmanager
async def watch_tools(caller: Caller) -> AsyncGenerator[ToolWatch]:
    """Follow the calls until the block ends."""
    watch = ToolWatch(caller)
    try:
        yield watch
    finally:
        await watch.close()
