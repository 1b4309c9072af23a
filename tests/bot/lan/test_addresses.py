"""Which address others reach this machine by."""

from __future__ import annotations

import socket

import pytest

from bot.lan.addresses import address_on, in_order


@pytest.mark.parametrize(
    ("found", "outward", "ordered"),
    [
        (["127.0.0.1", "192.168.1.20"], "192.168.1.20", ["192.168.1.20"]),
        # A container's bridge is no way out.
        (["172.17.0.1", "192.168.1.20"], "192.168.1.20", ["192.168.1.20", "172.17.0.1"]),
        (["169.254.3.4", "192.168.1.20"], "", ["192.168.1.20", "169.254.3.4"]),
        (["169.254.3.4"], "", ["169.254.3.4"]),
        (["10.0.0.5", "10.0.0.5"], "10.0.0.5", ["10.0.0.5"]),
        (["127.0.0.1"], "", []),
    ],
)
def test_the_likeliest_is_the_way_out(found: list[str], outward: str, ordered: list[str]) -> None:
    assert in_order(found, outward=outward) == ordered


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
