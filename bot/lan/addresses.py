"""Which address of this machine others in the same network reach it by."""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path

import psutil

from bot.proxies import is_loopback

# Of nobody (RFC 5737): the kernel is asked which way it would go, and no packet is sent.
_ELSEWHERE = ("198.51.100.1", 9)
_DEVICES = Path("/sys/class/net")


@dataclass(frozen=True, kw_only=True)
class Found:
    """An address, and what has it."""

    address: str
    is_tunnel: bool = False
    """One other machine is at its far end, as of a VPN: nobody beside this one."""
    is_hardware: bool = False
    """One of `on_cards`."""


def own_addresses() -> list[str]:
    """Return the IPv4 addresses that others may reach this machine by, the likeliest first."""
    stats = psutil.net_if_stats()
    cards = on_cards(stats, _DEVICES)
    found = [
        Found(
            address=one.address,
            is_tunnel="pointopoint" in stats[name].flags.split(","),
            is_hardware=name in cards,
        )
        for name, addresses in psutil.net_if_addrs().items()
        if name in stats and stats[name].isup
        for one in addresses
        if one.family == socket.AF_INET
    ]
    return in_order(found, outward=_outward())


def on_cards(names: Collection[str], devices: Path) -> set[str]:
    """Return which interfaces are network cards or stand on one, as a bridge or a VLAN may.

    Args:
        names: Of the interfaces.
        devices: Where Linux tells of them. If no card is seen there, as by another system and in
            a container, nothing tells them apart, and all count as one.
    """

    def is_card(device: Path) -> bool:
        return (device / "device").exists() or any(map(is_card, device.glob("lower_*")))

    return {name for name in names if is_card(devices / name)} or set(names)


def in_order(found: Sequence[Found], *, outward: str) -> list[str]:
    """Return addresses without those that only this machine knows, the likeliest first.

    Args:
        found: What the interfaces have.
        outward: Which of them packets to other networks come from; empty if there is no way out.
    """

    def rank(one: Found) -> int:
        is_way_out = one.address == outward
        if one.is_tunnel:
            # It stands after the network around us, but nobody comes to a container's bridge.
            return 2 if is_way_out else 5
        if is_way_out:
            return 0
        if parsed[one].is_link_local:
            # There for want of a better one.
            return 4
        # Containers' bridges have addresses of local networks too.
        return 1 if one.is_hardware else 3

    parsed = {one: ipaddress.ip_address(one.address) for one in found}
    usable = [one for one, own in parsed.items() if not own.is_loopback and not own.is_unspecified]
    usable.sort(key=lambda one: (rank(one), int(parsed[one])))
    return list(dict.fromkeys(one.address for one in usable))


def address_on(host: str) -> str:
    """Return the address that calls go to, of a server that listens on `host`.

    Args:
        host: An address or a name of this machine, or an unspecified address (all of them).

    Raises:
        ValueError: with the sentence for the operator.
    """
    address = ipaddress.ip_address(_resolved(host))
    if not address.is_unspecified:
        if address.version == 6:
            raise ValueError("calls in a local network need an IPv4 address: set HOST to one")
        if address.is_loopback and not is_loopback(host):
            # As Debian writes the machine's own name into /etc/hosts.
            raise ValueError(f"HOST {host!r} leads to {address}, this machine alone: set HOST=lan")
        return str(address)
    if addresses := own_addresses():
        return addresses[0]
    raise ValueError("this machine has no IPv4 address in a network: is it connected?")


def _resolved(host: str) -> str:
    try:
        found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    except OSError:
        raise ValueError(f"there is no address for HOST {host!r}") from None
    # A name may have both kinds; calls need the older one.
    found.sort(key=lambda one: one[0] != socket.AF_INET)
    return str(found[0][4][0]).partition("%")[0]


def _outward() -> str:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(_ELSEWHERE)
        except OSError:
            return ""
        return str(probe.getsockname()[0])
