"""Which address others reach this machine by."""

from __future__ import annotations

import socket

import pytest

from bot.lan.addresses import Found, address_on, in_order

_LAN = Found(address="192.168.1.20", is_hardware=True)
_CABLE = Found(address="192.168.7.3", is_hardware=True)
_DOCKER = Found(address="172.17.0.1")
_COMPOSE = Found(address="10.89.0.1")
_BRIDGE = Found(address="192.168.1.30")
"""Of the machine's own card, as machines with virtual ones have it."""
_VPN = Found(address="10.8.0.2", is_tunnel=True)
_LINK_LOCAL = Found(address="169.254.3.4", is_hardware=True)
_LOOPBACK = Found(address="127.0.0.1")


@pytest.mark.promise(
    "Parts on this machine", "A phone is led to the network around it, not into a VPN."
)
@pytest.mark.parametrize(
    ("found", "outward", "ordered"),
    [
        ([_LOOPBACK, _LAN], _LAN, [_LAN]),
        ([_DOCKER, _LAN], _LAN, [_LAN, _DOCKER]),
        ([_COMPOSE, _DOCKER, _LAN], _LAN, [_LAN, _COMPOSE, _DOCKER]),
        ([_DOCKER, _BRIDGE], _BRIDGE, [_BRIDGE, _DOCKER]),
        # Several networks: the way out is where most callers are.
        ([_LAN, _CABLE], _CABLE, [_CABLE, _LAN]),
        ([_CABLE, _LAN], None, [_LAN, _CABLE]),
        ([_COMPOSE, _DOCKER, _LAN], None, [_LAN, _COMPOSE, _DOCKER]),
        # A VPN beside the way out, and one that is it.
        ([_VPN, _LAN], _LAN, [_LAN, _VPN]),
        ([_VPN, _LAN, _DOCKER], _VPN, [_LAN, _DOCKER, _VPN]),
        ([_VPN, _COMPOSE, _LAN], _VPN, [_LAN, _COMPOSE, _VPN]),
        ([_VPN], _VPN, [_VPN]),
        ([_LINK_LOCAL, _LAN], None, [_LAN, _LINK_LOCAL]),
        ([_LINK_LOCAL, _DOCKER], None, [_DOCKER, _LINK_LOCAL]),
        ([_LINK_LOCAL], None, [_LINK_LOCAL]),
        ([_LAN, _LAN], _LAN, [_LAN]),
        ([_LOOPBACK], None, []),
    ],
)
def test_the_likeliest_is_the_way_out_of_the_network_around(
    found: list[Found], outward: Found | None, ordered: list[Found]
) -> None:
    way_out = outward.address if outward else ""
    addresses = [one.address for one in ordered]
    assert in_order(found, outward=way_out) == addresses
    # Whatever order the system names them in.
    assert in_order(found[::-1], outward=way_out) == addresses


def test_an_address_is_taken_as_it_is() -> None:
    assert address_on("10.1.2.3") == "10.1.2.3"
    assert address_on("localhost") == "127.0.0.1"


@pytest.mark.parametrize(
    ("host", "sentence"),
    [("no.such.host.invalid", "there is no address"), ("fd00::1", "need an IPv4 address")],
)
def test_what_calls_cannot_come_to_is_told(host: str, sentence: str) -> None:
    with pytest.raises(ValueError, match=sentence):
        address_on(host)


def test_a_name_of_this_machine_alone_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    row = (socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.1.1", 0))
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: [row])
    with pytest.raises(ValueError, match="leads to 127.0.1.1, this machine alone: set HOST=lan"):
        address_on("box")
    assert address_on("127.0.1.1") == "127.0.1.1"
