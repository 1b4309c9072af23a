"""Whether the names of a server lead to it, as whoever asks from here is told."""

from __future__ import annotations

import asyncio
import ipaddress
import socket
import threading
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from bot.doctor.finding import Finding, well, wrong
from bot.lan.addresses import own_addresses
from bot.networks import Address

Resolve: TypeAlias = Callable[[str], Awaitable[list[str]]]
"""Returns the addresses of a name; raises OSError if it has none."""

_LIMIT_SECS = 8.0
"""The system's own resolver tries each of its servers for 5 s."""
_SHOWN = 4
_ANY_PORT = 9


@dataclass(frozen=True, kw_only=True)
class Place:
    """One name and port that callers come to."""

    host: str
    port: int
    addresses: Sequence[str] = ()
    """Empty: it leads nowhere."""

    @property
    def shown(self) -> str:
        """As people write it: without the port that everybody takes by itself."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == 443 else f"{host}:{self.port}"


async def resolve_name(name: str) -> list[str]:
    """Ask the system for the addresses of a name.

    The thread that asks is left behind if nobody answers: it would hold up the end of the program.

    Raises:
        OSError: there are none.
    """
    loop = asyncio.get_running_loop()
    answer: asyncio.Future[list[str]] = loop.create_future()

    def settle(found: list[str] | OSError) -> None:
        if answer.done():
            return
        if isinstance(found, OSError):
            answer.set_exception(found)
        else:
            answer.set_result(found)

    def ask() -> None:
        try:
            rows = socket.getaddrinfo(name, None, type=socket.SOCK_STREAM)
            found: list[str] | OSError = list(dict.fromkeys(str(row[4][0]) for row in rows))
        except (OSError, UnicodeError) as error:
            found = error if isinstance(error, OSError) else OSError(str(error))
        if not loop.is_closed():
            loop.call_soon_threadsafe(settle, found)

    threading.Thread(target=ask, name=f"resolve {name}", daemon=True).start()
    return await answer


def has_way(address: str) -> bool:
    """Tell whether this machine has a way to an address at all; no packet is sent."""
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    try:
        with socket.socket(family, socket.SOCK_DGRAM) as probe:
            probe.connect((address, _ANY_PORT))
    except OSError:
        return False
    return True


async def look_at_name(
    place: Place,
    *,
    resolve: Resolve,
    reaches: Callable[[str], bool] = has_way,
    limit_secs: float = _LIMIT_SECS,
) -> tuple[Place, list[Finding]]:
    """Return the place with the addresses that can be tried, and what there is to say about all.

    Args:
        place: Without addresses.
        resolve: Asks for them.
        reaches: Tells whether this machine has a way to one.
        limit_secs: How long asking may take.
    """
    host = place.host
    try:
        async with asyncio.timeout(limit_secs):
            found = await resolve(host)
    except TimeoutError:
        fix = "this machine's DNS does not answer: look at its network and /etc/resolv.conf"
        return place, [wrong(f"{host} has an address", f"no answer within {limit_secs:g} s: {fix}")]
    except OSError:
        fix = f"give {host} an A record (and AAAA, if it has IPv6) at whoever keeps your DNS"
        return place, [wrong(f"{host} has an address", fix)]
    tried = [one for one in found if reaches(one)]
    told = Place(host=host, port=place.port, addresses=tried)
    parsed = [ipaddress.ip_address(one.partition("%")[0]) for one in found]
    untried = [one for one in found if one not in tried]
    return told, [_judged(host, parsed), *_untried(host, parsed, untried)]


def _untried(host: str, found: Sequence[Address], untried: Sequence[str]) -> list[Finding]:
    """Say what only some callers reach, of whom this machine may be none."""
    if found and ":" not in host and all(one.version == 6 for one in found):
        what = f"{host} has addresses of IPv6 alone"
        advice = f"callers whose network has none of it get nowhere: give {host} an A record too"
        return [wrong(what, f"{advice}; so does this machine") if untried else well(what, advice)]
    if untried and len(untried) == len(found):
        return [wrong(f"{host} can be tried from here", "this machine has no way to any of it")]
    shown = ", ".join(untried[:_SHOWN])
    advice = "this machine has no way there, as some callers: ask once more from one that has"
    return [well(f"{shown} of {host} was not tried", advice)] if untried else []


def _judged(host: str, found: Sequence[Address]) -> Finding:
    shown = ", ".join(map(str, found[:_SHOWN])) + (", ..." if found[_SHOWN:] else "")
    what = f"{host} leads to {shown}"
    if all(one.is_loopback for one in found):
        hosts = "does /etc/hosts say so?"
        return wrong(what, f"that is this machine alone, which nobody else reaches: {hosts}")
    if any(one.is_unspecified or one.is_multicast for one in found):
        return wrong(what, "no server has such an address: mend the record")
    hidden = [str(one) for one in found if not one.is_global]
    if hidden:
        advice = f"only its own network reaches {', '.join(hidden)}; the internet does not"
        return well(what, advice)
    if {str(one) for one in found} & set(own_addresses()):
        advice = (
            "that is this machine, and a firewall before it is not seen from here: ask once more "
            "from another machine"
        )
        return well(what, advice)
    return well(what)
