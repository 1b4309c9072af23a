"""TLS and plain HTTP on one port: the first byte of a connection says which it is.

Plain HTTP is for devices that do not trust our certificate yet, and for people who type an address
without its scheme. What they get there is not this file's affair.
"""

from __future__ import annotations

import asyncio
import functools
import socket
import ssl
from collections.abc import Callable
from typing import Any

from typing_extensions import override
from uvicorn.server import ServerState

from bot.networks import widest_network_of

_HANDSHAKE_RECORD = b"\x16"
"""What every TLS connection begins with (RFC 8446, 5.1)."""
_FIRST_BYTE_SECS = 10.0
_HANDSHAKE_SECS = 10.0
_GOODBYE_SECS = 2.0
_PER_NETWORK = 32
_IN_ALL = 256
"""Of those that have not shown what they are yet, or are shaking hands."""


class _Waiting:
    """The connections of one server that have no protocol yet."""

    def __init__(self) -> None:
        self.networks: dict[Doorway, str] = {}

    def has_room(self, network: str) -> bool:
        """Tell whether one more may wait."""
        held = sum(one == network for one in self.networks.values())
        return held < _PER_NETWORK and len(self.networks) < _IN_ALL


class Doorway(asyncio.Protocol):
    """A connection until it is known what it is; then another protocol has it.

    Args:
        build: Makes the protocol that speaks HTTP.
        context: Returns what is shown now to those who want TLS.
        waiting: Where this one is counted.
        tasks: Of the server, which waits for them and ends them.
    """

    def __init__(
        self,
        build: Callable[[], asyncio.Protocol],
        *,
        context: Callable[[], ssl.SSLContext],
        waiting: _Waiting,
        tasks: set[asyncio.Task[None]],
    ) -> None:
        self._build = build
        self._context = context
        self._waiting = waiting
        self._tasks = tasks

    @override
    def connection_made(self, transport: asyncio.Transport) -> None:  # pyright: ignore[reportIncompatibleMethodOverride]
        """Take the connection out of this transport, with nothing read from it."""
        transport.pause_reading()
        connection: socket.socket = transport.get_extra_info("socket").dup()
        # That closes the first descriptor, and not the connection.
        transport.abort()
        peer = transport.get_extra_info("peername")
        network = widest_network_of(str(peer[0])) if peer else ""
        if not self._waiting.has_room(network):
            connection.close()
            return
        self._waiting.networks[self] = network
        task = asyncio.get_running_loop().create_task(self._open(connection))
        self._tasks.add(task)
        task.add_done_callback(self._opened)

    def _opened(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        self._waiting.networks.pop(self, None)

    async def _open(self, connection: socket.socket) -> None:
        """Give the connection to its protocol, which owns it from then on."""
        try:
            async with asyncio.timeout(_FIRST_BYTE_SECS):
                is_tls = await _first_byte(connection) == _HANDSHAKE_RECORD
            limits = {"ssl_handshake_timeout": _HANDSHAKE_SECS}
            limits["ssl_shutdown_timeout"] = _GOODBYE_SECS
            await asyncio.get_running_loop().connect_accepted_socket(
                self._build,
                connection,
                ssl=self._context() if is_tls else None,
                **(limits if is_tls else {}),
            )
        except (OSError, TimeoutError):
            # Also a device that does not trust the certificate, and says so in the handshake.
            connection.close()
        except asyncio.CancelledError:
            connection.close()
            raise


async def _first_byte(connection: socket.socket) -> bytes:
    """Return the first byte without taking it; none if the other end says nothing more.

    Raises:
        OSError: the connection is broken.
    """
    loop = asyncio.get_running_loop()
    came = asyncio.Event()
    loop.add_reader(connection, came.set)
    try:
        await came.wait()
    finally:
        loop.remove_reader(connection)
    return connection.recv(1, socket.MSG_PEEK)


def behind_doorway(
    protocol: Callable[..., asyncio.Protocol], *, context: Callable[[], ssl.SSLContext]
) -> Callable[..., asyncio.Protocol]:
    """Return what stands for uvicorn's protocol: a doorway before each connection.

    Args:
        protocol: uvicorn's.
        context: For TLS; asked anew for each connection.
    """
    waiting = _Waiting()

    def build(*, server_state: ServerState, **named: Any) -> asyncio.Protocol:
        inner = functools.partial(protocol, server_state=server_state, **named)
        return Doorway(inner, context=context, waiting=waiting, tasks=server_state.tasks)

    return build
