"""Ports that are for this server alone, and must not be open to whoever knows its address."""

from __future__ import annotations

import asyncio
import ipaddress
import random
from collections.abc import Mapping, Sequence
from urllib.parse import urlsplit

from sqlalchemy.engine import make_url

from bot.doctor.finding import Finding, well, wrong
from bot.doctor.handshake import connected
from bot.doctor.names import Place
from bot.settings import Settings

_LIMIT_SECS = 4.0
_POSTGRES, _REDIS, _CADDY, _LIVEKIT = 5432, 6379, 2019, 7880
_PLACES = (7860, 7861)
"""The two of deploy/Caddyfile."""
# Where no server usually listens: below what systems give to outgoing connections.
_NOBODYS = range(20_000, 30_000)


async def look_at_ports(
    settings: Settings, places: Sequence[Place], *, limit_secs: float = _LIMIT_SECS
) -> list[Finding]:
    """Knock at every address of a server, at ports where nobody else should be let in."""
    addresses = list(dict.fromkeys(one for place in places for one in place.addresses))
    # At loopback all of them are where they belong.
    outer = [
        one for one in addresses if not ipaddress.ip_address(one.partition("%")[0]).is_loopback
    ]
    if not outer:
        return []
    public = {place.port for place in places}
    return await knock(outer, private_ports(settings, public=public), limit_secs=limit_secs)


def private_ports(settings: Settings, *, public: set[int]) -> dict[int, str]:
    """Return the ports that are nobody else's, with what listens there.

    Args:
        settings: Say where things are that are not at their usual places.
        public: Ports that callers come to.
    """
    found = {
        _POSTGRES: "Postgres",
        _REDIS: "Redis",
        _CADDY: "Caddy's own controls",
        _LIVEKIT: "LiveKit without TLS",
        **dict.fromkeys(_PLACES, "Parley without its proxy"),
    }
    told = {
        settings.port: "Parley without its proxy",
        settings.worker_port: "the worker",
        _port_of(settings.livekit_url): "LiveKit without TLS",
        _port_of(settings.local_base_url): "the local providers",
        _database_port(settings): "Postgres",
    }
    found |= {port: name for port, name in told.items() if port}
    return {port: name for port, name in found.items() if port not in public}


async def knock(
    addresses: Sequence[str],
    ports: Mapping[int, str],
    *,
    limit_secs: float,
    nobodys: Sequence[int] = _NOBODYS,
) -> list[Finding]:
    """Try every port at every address at once.

    Args:
        addresses: Whose.
        ports: With what listens there.
        limit_secs: For each.
        nobodys: Of these one more is tried: what answers there answers everywhere.
    """
    doors = [(address, port) for address in addresses for port in ports]
    others = [(address, random.choice(nobodys)) for address in addresses]
    answers = await asyncio.gather(*(_is_open(*one, limit_secs) for one in (*doors, *others)))
    is_open = dict(zip((*doors, *others), answers, strict=True))
    believed = [address for address, port in others if not is_open[address, port]]
    found = [
        well(
            f"{address} takes a connection at any port",
            "something on the way answers in its place: which ones are open cannot be told",
        )
        for address in addresses
        if address not in believed
    ]
    found += [
        wrong(
            f"{name} is open to others at {address} port {port}",
            "let it listen at 127.0.0.1, or close the port at the firewall",
        )
        for address in believed
        for port, name in ports.items()
        if is_open[address, port]
    ]
    if not found:
        shown = ", ".join(map(str, sorted(ports)))
        return [well(f"nothing is open that is for the server alone ({shown})")]
    return found


async def _is_open(address: str, port: int, limit_secs: float) -> bool:
    try:
        async with asyncio.timeout(limit_secs), connected(address, port):
            return True
    except OSError:
        return False


def _port_of(url: str) -> int:
    parts = urlsplit(url)
    return parts.port or {"http": 80, "ws": 80, "https": 443, "wss": 443}.get(parts.scheme, 0)


def _database_port(settings: Settings) -> int:
    text = settings.database_url.get_secret_value()
    return (make_url(text).port or _POSTGRES) if text else 0
