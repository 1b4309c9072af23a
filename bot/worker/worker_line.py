"""The line between a worker and each of its bots: either notices at once when the other is gone.

A Unix socket: the kernel closes it with the process, however that ends. What a bot says on it is
one JSON line at the beginning (`BotHello`), then `BEAT` again and again, and `BYE` at its end. What
it hears is `DRAIN` when the worker takes no more calls, and `FAREWELL` when those it has must end.

Between these either writes JSON lines: a bot has no secret of LiveKit's and asks its worker for
what only that can do in its room (`{"ask": 1, "errand": "end", "reason": "goodbye"}`), and is
answered (`{"answer": 1, "value": ""}`, or with `"error"` and the code of a `RoomError`).
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import json
import platform
import secrets
import socket
import tempfile
from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass
from enum import StrEnum
from pathlib import Path
from typing import cast

from loguru import logger
from typing_extensions import override

from bot.errors import RoomError
from bot.processes.set_clock import awake_secs

BEAT = b".\n"
BYE = b"bye\n"
DRAIN = b"drain\n"
FAREWELL = b"farewell\n"
BEAT_SECS = 0.25
ASLEEP_SECS = 12.0
"""A bot that works and says nothing for so long is ended by its worker: for the caller it is gone
by then. LiveKit shows it for 20 s, and whoever comes in its place has its name."""
CALL_LIMIT_SECS = 3.0
"""For LiveKit's answer to one call."""
ERRAND_LIMIT_SECS = CALL_LIMIT_SECS + 2.0
"""For the worker's answer to an errand of one call."""


class Errand(StrEnum):
    """What a worker does for a bot, in its room alone."""

    END = "end"
    """Leave the `reason` and the `usage` for those who ask, and delete the room."""
    SEND_FOR_NEXT = "send_for_next"
    """Send for the bot that is to be given this one's call, which is held with `caller`."""
    FIND_OTHER_BOT = "find_other_bot"
    """Tell whether another bot is in it: any text, or none."""
    EAR_TOKEN = "ear_token"
    """A token to listen by, unseen."""
    BOT_TOKEN = "bot_token"
    """A token to join by in the place of the bot that gives its call."""


@dataclass(frozen=True, kw_only=True)
class BotHello:
    """Which job a bot has, and its process."""

    job_id: str
    pid: int

    def to_line(self) -> bytes:
        """Return the wire form."""
        return json_line(asdict(self))

    @staticmethod
    def from_line(line: bytes) -> BotHello:
        """Read the wire form.

        Raises:
            ValueError: it is none.
        """
        fields = fields_of(line)
        try:
            return BotHello(job_id=str(fields["job_id"]), pid=int(str(fields["pid"])))
        except KeyError as error:
            raise ValueError("no hello of a bot") from error


def json_line(fields: Mapping[str, object]) -> bytes:
    """Return the wire form of anything but the fixed lines."""
    return json.dumps(fields).encode() + b"\n"


def fields_of(line: bytes) -> dict[str, object]:
    """Read it.

    Raises:
        ValueError: it is no JSON object.
    """
    try:
        fields = json.loads(line)
    except RecursionError as error:
        raise ValueError("nested too deep") from error
    if not isinstance(fields, dict):
        raise ValueError("no object")
    return cast("dict[str, object]", fields)


def new_address() -> str:
    """Return where a worker can listen: on Linux a name that leaves no file behind."""
    name = f"parley-{secrets.token_hex(16)}"
    return f"\0{name}" if platform.system() == "Linux" else str(Path(tempfile.gettempdir()) / name)


class WorkerLine(asyncio.Protocol):
    """A bot's end; before `opened`, and without a worker, every errand fails."""

    def __init__(self) -> None:
        self._on_lost: Callable[[], None] = lambda: None
        self._on_order: Mapping[bytes, Callable[[], None]] = {}
        self._heard = b""
        self._transport: asyncio.WriteTransport | None = None
        self._numbers = itertools.count(1)
        self._asked: dict[int, asyncio.Future[str]] = {}

    async def ask(
        self, errand: Errand, *, limit_secs: float = ERRAND_LIMIT_SECS, **details: str
    ) -> str:
        """Have something done that takes LiveKit's secret.

        Args:
            errand: What.
            limit_secs: For the answer.
            **details: As the errand needs them.

        Raises:
            RoomError: code of LiveKit's refusal, or "livekit_unreachable" if the worker is gone or
                does not answer.
        """
        if self._transport is None:
            raise _no_answer()
        number = next(self._numbers)
        answer = self._asked[number] = asyncio.get_running_loop().create_future()
        self._transport.write(json_line({**details, "ask": number, "errand": errand.value}))
        try:
            async with asyncio.timeout(limit_secs):
                return await answer
        except TimeoutError as error:
            raise _no_answer() from error
        finally:
            del self._asked[number]

    @asynccontextmanager
    async def opened(
        self,
        address: str,
        hello: BotHello,
        *,
        on_lost: Callable[[], None],
        on_awake: Callable[[float], None] = lambda _: None,
        on_order: Mapping[bytes, Callable[[], None]] | None = None,
    ) -> AsyncGenerator[None]:
        """Hold the line while the block runs; a regular end is told.

        Args:
            address: Where the worker listens.
            hello: Who speaks.
            on_lost: Called once if the worker is gone before the block ends.
            on_awake: Called after this process, and maybe its machine, was held up for longer than
                `ASLEEP_SECS`; told for how long.
            on_order: What to do at `DRAIN` and `FAREWELL`.
        """
        self._on_lost, self._on_order = on_lost, on_order or {}
        loop, connection = asyncio.get_running_loop(), socket.socket(socket.AF_UNIX)
        try:
            # Not by its address: uvloop knows none that is no file.
            connection.connect(address)
            transport, _ = await loop.create_unix_connection(lambda: self, sock=connection)
        except OSError:
            # The worker is gone, or listens no more: nobody else would take this call over.
            connection.close()
            logger.warning("The worker cannot be reached")
            yield
            return
        self._transport = transport
        transport.write(hello.to_line())
        beating = asyncio.create_task(_beat(transport, on_awake), name="worker line")
        try:
            yield
        finally:
            self._on_lost = lambda: None
            beating.cancel()
            with contextlib.suppress(OSError):
                transport.write(BYE)
            transport.close()

    @override
    def data_received(self, data: bytes) -> None:
        *lines, self._heard = (self._heard + data).split(b"\n")
        for line in lines:
            if (act := self._on_order.get(line + b"\n")) is not None:
                act()
            elif line.startswith(b"{"):
                self._take_answer(fields_of(line))

    @override
    def connection_lost(self, exc: Exception | None) -> None:
        self._transport = None
        for answer in self._asked.values():
            if not answer.done():
                answer.set_exception(_no_answer())
        self._on_lost()

    def _take_answer(self, fields: dict[str, object]) -> None:
        answer = self._asked.get(int(str(fields["answer"])))
        if answer is None or answer.done():
            return
        if "error" in fields:
            answer.set_exception(RoomError(str(fields["error"]), "The worker could not do it."))
        else:
            answer.set_result(str(fields["value"]))


def _no_answer() -> RoomError:
    return RoomError("livekit_unreachable", "The worker does not answer.")


async def _beat(transport: asyncio.WriteTransport, on_awake: Callable[[float], None]) -> None:
    beaten_at = awake_secs()
    while True:
        await asyncio.sleep(BEAT_SECS)
        last_beaten_at, beaten_at = beaten_at, awake_secs()
        if (silent_secs := beaten_at - last_beaten_at) > ASLEEP_SECS:
            on_awake(silent_secs)
        # A worker that hangs reads nothing; what it has not read is not said again.
        if not transport.get_write_buffer_size():
            transport.write(BEAT)
