"""Who calls the API: the address a request comes from, also through proxies that are trusted."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass

from loguru import logger
from starlette.datastructures import Headers
from starlette.requests import HTTPConnection

from bot.networks import Network, is_within, parsed_address, widest_network_of
from bot.proxies import is_loopback

_MOST_HOPS = 32
_FORWARDING = ("forwarded", "x-forwarded-for", "x-real-ip", "via")
_NODE = re.compile(r"\[(?P<six>[^\]]+)\](?::\d{1,5})?|(?P<four>[^:]+)(?::\d{1,5})?|(?P<bare>.+)")
# RFC 7239, section 4: name=token or name="text", parts by semicolon, hops by comma.
_PAIR = re.compile(r'\s*([\w!#$%&\'*+.^`|~-]+)=("(?:[^"\\]|\\.)*"|[^\s",;]*)\s*(?=[;,]|$)')


@dataclass(frozen=True, kw_only=True)
class Visitor:
    """Who asks."""

    address: str
    """IP address, or whatever the server calls the other end."""
    is_at_machine: bool
    """Somebody at this very machine, as no proxy has passed the request on."""
    is_local: bool
    """The same, and nobody else can reach the server: no share of lines is kept for others."""

    @property
    def network(self) -> str:
        """Whose sessions count together."""
        return widest_network_of(self.address)


class Visitors:
    """Tells who asks.

    Args:
        trusted_proxies: What they say of the caller's address is believed; empty: nobody.
        is_exposed: Others than this machine can reach the server.
    """

    def __init__(self, *, trusted_proxies: Collection[Network], is_exposed: bool) -> None:
        self._trusted = trusted_proxies
        self._is_exposed = is_exposed
        self._has_told = False

    def of(self, request: HTTPConnection) -> Visitor:
        """Return who sent a request."""
        peer, headers = request.client.host if request.client else "unknown", request.headers
        is_forwarded = any(name in headers for name in _FORWARDING)
        is_trusted = is_within(peer, self._trusted)
        if is_forwarded and not is_trusted:
            self._tell(peer)
        # A server that listens on both families sees IPv4 written as IPv6.
        is_near = is_loopback(str(parsed_address(peer) or peer))
        is_at_machine = is_near and not (is_forwarded or is_trusted)
        address = self._through_proxies(peer, headers) if is_trusted else peer
        return Visitor(
            address=address,
            is_at_machine=is_at_machine,
            is_local=is_at_machine and not self._is_exposed,
        )

    def _through_proxies(self, peer: str, headers: Headers) -> str:
        """Return the last address that no trusted proxy has; a proxy's own if it does not say."""
        said = {
            self._outermost(peer, hops)
            for name, hops in (
                ("x-forwarded-for", _plain_hops(headers)),
                ("forwarded", _standard_hops(headers)),
            )
            if name in headers
        }
        # A proxy writes one of the two and may pass the caller's own other one on.
        return said.pop() if len(said) == 1 else peer

    def _outermost(self, peer: str, hops: list[str]) -> str:
        known = peer
        for hop in reversed(hops[-_MOST_HOPS:]):
            address = _address_of(hop)
            if address is None:
                return known
            known = address
            if not is_within(address, self._trusted):
                return known
        return known

    def _tell(self, peer: str) -> None:
        if not self._has_told:
            self._has_told = True
            logger.warning(
                "A proxy at {} passes requests on; until TRUSTED_PROXIES names it, all its callers "
                "count as one",
                ascii(peer)[1:-1],
            )


def _plain_hops(headers: Headers) -> list[str]:
    return ",".join(headers.getlist("x-forwarded-for")).split(",")


def _standard_hops(headers: Headers) -> list[str]:
    """Return `for` of every hop, "" where there is none or it cannot be read."""
    # Each line by itself: a quote that a caller leaves open must not swallow what a proxy adds.
    return [hop for line in headers.getlist("forwarded") for hop in _hops_of_line(line)]


def _hops_of_line(line: str) -> list[str]:
    hops, position = [""], 0
    while position < len(line):
        found = _PAIR.match(line, position)
        if found is None:
            return [""]
        name, value = found[1].lower(), found[2]
        if name == "for":
            hops[-1] = re.sub(r"\\(.)", r"\1", value[1:-1]) if value.startswith('"') else value
        if line[found.end() : found.end() + 1] == ",":
            hops.append("")
        position = found.end() + 1
    return hops


def _address_of(hop: str) -> str | None:
    """Return the IP address of `192.0.2.1`, `192.0.2.1:80`, `2001:db8::1` or `[2001:db8::1]:80`."""
    found = _NODE.fullmatch(hop.strip())
    if found is None:
        return None
    address = parsed_address(found["six"] or found["four"] or found["bare"])
    return str(address) if address is not None else None
