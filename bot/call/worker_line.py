"""The line between a worker and each of its bots: either notices at once when the other is gone.

A Unix socket: the kernel closes it with the process, however that ends. What a bot says on it is
one JSON line at the beginning (`BotHello`), then `BEAT` again and again, and `BYE` at its end. What
it hears is `DRAIN` when the worker takes no more calls, and `FAREWELL` when those it has must end.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import platform
import secrets
import socket
import tempfile
from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import cast

from loguru import logger
from typing_extensions import override

BEAT = b".\n"
BYE = b"bye\n"
DRAIN = b"drain\n"
FAREWELL = b"farewell\n"
BEAT_SECS = 0.25


@dataclass(frozen=True, kw_only=True)
class BotHello:
    """Who a bot is."""

    session_id: str
    room_name: str
    job_id: str
    pid: int

    def to_line(self) -> bytes:
        """Return the wire form."""
        return json.dumps(asdict(self)).encode() + b"\n"

    @staticmethod
    def from_line(line: bytes) -> BotHello:
        """Read the wire form.

        Raises:
            ValueError: it is none.
        """
        fields = cast("dict[str, object]", json.loads(line))
        try:
            return BotHello(
                session_id=str(fields["session_id"]),
                room_name=str(fields["room_name"]),
                job_id=str(fields["job_id"]),
                pid=int(str(fields["pid"])),
            )
        except (KeyError, TypeError) as error:
            raise ValueError("no hello of a bot") from error


def new_address() -> str:
    """Return where a worker can listen: on Linux a name that leaves no file behind."""
    name = f"parley-{secrets.token_hex(16)}"
    return f"\0{name}" if platform.system() == "Linux" else str(Path(tempfile.gettempdir()) / name)


class _Line(asyncio.Protocol):
    """The bot's end."""

    def __init__(
        self, on_lost: Callable[[], None], on_order: Mapping[bytes, Callable[[], None]]
    ) -> None:
        self._on_lost = on_lost
        self._on_order = on_order
        self._heard = b""
        self.is_closed = False

    @override
    def data_received(self, data: bytes) -> None:
        *lines, self._heard = (self._heard + data).split(b"\n")
        for line in lines:
            if (act := self._on_order.get(line + b"\n")) is not None:
                act()

    @override
    def connection_lost(self, exc: Exception | None) -> None:
        if not self.is_closed:
            self._on_lost()


@asynccontextmanager
async def open_worker_line(
    address: str,
    hello: BotHello,
    *,
    on_lost: Callable[[], None],
    on_order: Mapping[bytes, Callable[[], None]] | None = None,
) -> AsyncGenerator[None]:
    """Hold the line while the block runs; a regular end is told.

    Args:
        address: Where the worker listens.
        hello: Who speaks.
        on_lost: Called once if the worker is gone before the block ends.
        on_order: What to do at `DRAIN` and `FAREWELL`.
    """
    loop = asyncio.get_running_loop()
    line, connection = _Line(on_lost, on_order or {}), socket.socket(socket.AF_UNIX)
    try:
        # Not by its address: uvloop knows none that is no file.
        connection.connect(address)
        transport, _ = await loop.create_unix_connection(lambda: line, sock=connection)
    except OSError:
        # The worker is gone, or does not listen any more: nobody else would take this call over.
        connection.close()
        logger.warning("The worker cannot be reached")
        yield
        return
    transport.write(hello.to_line())
    beating = asyncio.create_task(_beat(transport), name="worker line")
    try:
        yield
    finally:
        line.is_closed = True
        beating.cancel()
        with contextlib.suppress(OSError):
            transport.write(BYE)
        transport.close()


async def _beat(transport: asyncio.WriteTransport) -> None:
    while True:
        await asyncio.sleep(BEAT_SECS)
        # A worker that hangs reads nothing; what it has not read is not said again.
        if not transport.get_write_buffer_size():
            transport.write(BEAT)
