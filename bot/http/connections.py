"""Connections that take too long are closed, and one network may not hold all there are.

uvicorn limits the pause between two requests only: a request that never arrives whole, and an
answer that nobody reads, would stay for ever.
"""

from __future__ import annotations

import asyncio
import math
from collections.abc import Collection
from dataclasses import dataclass
from typing import cast

import uvicorn
from loguru import logger
from typing_extensions import override
from uvicorn.protocols.http.h11_impl import H11Protocol, RequestResponseCycle

from bot.http.networks import Network, is_within, widest_network_of

_TOLD_EVERY_SECS = 60.0
_CHECK_TICKS = 5
"""uvicorn ticks ten times a second."""


@dataclass(frozen=True, kw_only=True)
class ConnectionLimits:
    """How long and how many."""

    request_secs: float = 10.0
    """From the opening, or the last answer, to the whole head of a request. nginx gives 60 s and
    Caddy none; a phone in a tunnel needs three."""
    answer_secs: float = 60.0
    """From there to the answer's last byte: the page's largest file at 16 kB a second."""
    per_network: int = 32
    """A browser opens six to one host."""
    in_all: int = 512
    """Half of the 1,024 descriptors that a process usually has."""
    trusted_proxies: Collection[Network] = ()
    """Connections from there belong to many callers, so they are not counted together."""


class _Connection(H11Protocol):
    """One connection that knows how long it has been at its present step."""

    limits = ConnectionLimits()
    told_at = -math.inf
    host = ""
    _step: tuple[object, bool] = (None, True)
    _since = math.inf

    @override
    def connection_made(self, transport: asyncio.Transport) -> None:  # pyright: ignore[reportIncompatibleMethodOverride]
        """Take a connection, unless its network has enough of them."""
        super().connection_made(transport)
        self._since = self.loop.time()
        self.host = self.client[0] if self.client else ""
        open_ones = [one for one in self.connections if isinstance(one, _Connection)]
        open_ones = [one for one in open_ones if not one.transport.is_closing()]
        if self._has_enough(open_ones):
            self._tell()
            transport.abort()
        elif len(open_ones) > self.limits.in_all:
            # Whoever asks something now comes before those who have waited longest.
            idle = [one for one in open_ones if one.is_waiting and one is not self]
            min(idle, key=lambda one: one._since, default=self).transport.abort()

    def is_overdue(self) -> bool:
        """Tell whether its present step takes too long; to be asked again and again."""
        now, step = self.loop.time(), (self.cycle, self.is_waiting)
        if step != self._step:
            self._step, self._since = step, now
        limits = self.limits
        return now - self._since > (limits.request_secs if step[1] else limits.answer_secs)

    @property
    def is_waiting(self) -> bool:
        """Whether no request is whole, and the last answer, if there was one, has gone."""
        cycle = cast("RequestResponseCycle | None", self.cycle)
        return (
            cycle is None or cycle.response_complete
        ) and not self.transport.get_write_buffer_size()

    def _has_enough(self, open_ones: list[_Connection]) -> bool:
        if is_within(self.host, self.limits.trusted_proxies):
            return False
        network = widest_network_of(self.host)
        held = sum(widest_network_of(one.host) == network for one in open_ones)
        return held > self.limits.per_network

    def _tell(self) -> None:
        kind = type(self)
        if self.loop.time() - kind.told_at >= _TOLD_EVERY_SECS:
            kind.told_at = self.loop.time()
            logger.warning(
                "More than {} connections from the network {} are refused; "
                "if it is your proxy, name it in TRUSTED_PROXIES",
                self.limits.per_network,
                widest_network_of(self.host),
            )


class BoundedServer(uvicorn.Server):
    """Looks after its connections while it serves."""

    @override
    async def on_tick(self, counter: int) -> bool:
        """Close what is overdue."""
        if counter % _CHECK_TICKS == 0:
            for one in tuple(self.server_state.connections):
                if isinstance(one, _Connection) and one.is_overdue():
                    # Closing would wait for a reader who does not read.
                    one.transport.abort()
        return await super().on_tick(counter)


def connections_within(limits: ConnectionLimits) -> type[asyncio.Protocol]:
    """Return the protocol of one server."""
    return type("Connection", (_Connection,), {"limits": limits})
