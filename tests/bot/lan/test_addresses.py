"""Which address others reach this machine by."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest

from bot.lan.addresses import Found, address_on, in_order, on_cards

_LAN = Found(address="192.168.1.20", is_hardware=True)
_CABLE = Found(address="192.168.7.3", is_hardware=True)
_DOCKER = Found(address="172.17.0.1")
_COMPOSE = Found(address="10.89.0.1")
_BRIDGE = Found(address="192.168.1.30", is_hardware=True)
"""Of the machine's own card, as machines with virtual ones have it."""
_OF_A_GUEST = Found(address="192.168.1.40")
"""A virtual machine's or a container's in the network around it, where no card is seen."""
_STACK = ["eth0", "bond0", "bond0.7", "br0"]
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
        ([_DOCKER, _OF_A_GUEST], _OF_A_GUEST, [_OF_A_GUEST, _DOCKER]),
        # Several networks: the way out is where most callers are.
        ([_LAN, _CABLE], _CABLE, [_CABLE, _LAN]),
        ([_CABLE, _LAN], None, [_LAN, _CABLE]),
        ([_COMPOSE, _DOCKER, _LAN], None, [_LAN, _COMPOSE, _DOCKER]),
        # A VPN beside the way out, and one that is it.
        ([_VPN, _LAN], _LAN, [_LAN, _VPN]),
        ([_VPN, _LAN, _DOCKER], _LAN, [_LAN, _DOCKER, _VPN]),
        ([_VPN, _LAN, _DOCKER], _VPN, [_LAN, _VPN, _DOCKER]),
        ([_VPN, _COMPOSE, _LAN], _VPN, [_LAN, _VPN, _COMPOSE]),
        ([_VPN, _DOCKER, _BRIDGE], _VPN, [_BRIDGE, _VPN, _DOCKER]),
        # No network around: by a modem's line, or where everything goes through WireGuard.
        ([_VPN], _VPN, [_VPN]),
        ([_VPN, _DOCKER], _VPN, [_VPN, _DOCKER]),
        ([_VPN, _LINK_LOCAL], _VPN, [_VPN, _LINK_LOCAL]),
        ([_VPN, _LINK_LOCAL, _DOCKER], None, [_DOCKER, _LINK_LOCAL, _VPN]),
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


@pytest.mark.promise(
    "Parts on this machine", "A phone is led to the network around it, not into a VPN."
)
@pytest.mark.parametrize(
    ("cards", "beneath", "found"),
    [
        (["eth0"], {}, ["eth0"]),
        (["eth0"], {"br0": "eth0", "docker0": "veth1"}, ["br0", "eth0"]),
        (["eth0"], {"bond0": "eth0", "bond0.7": "bond0", "br0": "bond0.7"}, _STACK),
        # With a line of a modem alone, over a card without an address.
        (["eth0"], {"ppp0": "", "docker0": "veth1"}, ["eth0"]),
        # As in a container, and on other systems.
        ([], {"eth0": "", "docker0": "veth1"}, ["eth0", "docker0"]),
        ([], {}, ["en0", "bridge100"]),
    ],
)
def test_a_bridge_on_a_card_is_told_from_a_container_s(
    tmp_path: Path, cards: list[str], beneath: dict[str, str], found: list[str]
) -> None:
    """Args: `beneath` has for an interface the one that it stands on."""
    for card in cards:
        (tmp_path / card / "device").mkdir(parents=True)
    for name, lower in beneath.items():
        (tmp_path / name).mkdir()
        if lower:
            (tmp_path / lower).mkdir(exist_ok=True)
            (tmp_path / name / f"lower_{lower}").symlink_to(f"../{lower}")
    names = {*cards, *beneath, *found}
    assert on_cards(names, tmp_path) == {*found}
    assert on_cards(names, tmp_path / "none") == names


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
