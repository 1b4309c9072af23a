"""Whose a request is: what proxies say, and what callers would like them to have said."""

from __future__ import annotations

import pytest
from starlette.requests import Request

from bot.http.visitors import Visitors
from bot.setting_checks import checked_networks
from tests.attacks.http_server import request, served
from tests.bot.http.api_client import open_api

_TRUSTED = "10.0.0.0/8, 127.0.0.1, 2001:db8:ffff::/48"
_PROXY = "10.0.0.1"


def address_of(peer: str, *headers: tuple[str, str], trusted: str = _TRUSTED) -> str:
    visitors = Visitors(trusted_proxies=checked_networks(trusted), is_exposed=True)
    return visitors.of(asked(peer, *headers)).address


def asked(peer: str, *headers: tuple[str, str]) -> Request:
    raw = [(name.lower().encode(), value.encode("latin-1")) for name, value in headers]
    return Request({"type": "http", "client": (peer, 1), "headers": raw, "method": "GET"})


@pytest.mark.promise(
    "Limits", "Of a caller's address only the proxies in TRUSTED_PROXIES are believed."
)
@pytest.mark.parametrize(
    ("said", "address"),
    [
        ("192.0.2.1", "192.0.2.1"),
        ("192.0.2.1:4711", "192.0.2.1"),
        (" 192.0.2.1 ", "192.0.2.1"),
        ("2001:db8::1", "2001:db8::1"),
        ("[2001:db8::1]", "2001:db8::1"),
        ("[2001:db8::1]:4711", "2001:db8::1"),
        ("fe80::1%eth0", "fe80::1"),
        ("::ffff:192.0.2.1", "192.0.2.1"),
        ("[::ffff:192.0.2.1]:80", "192.0.2.1"),
        # What stands to the left the caller may have written.
        ("198.51.100.1, 192.0.2.1", "192.0.2.1"),
        ("127.0.0.1, 192.0.2.1", "192.0.2.1"),
        ("nonsense, 192.0.2.1", "192.0.2.1"),
        # Several proxies of ours, one behind the other.
        ("198.51.100.1, 192.0.2.1, 10.0.0.2, 127.0.0.1", "192.0.2.1"),
        ("192.0.2.1, 2001:db8:ffff::2", "192.0.2.1"),
        ("10.0.0.3, 10.0.0.2", "10.0.0.3"),
        # What cannot be read is nobody's: the proxy that passed it on stands for them.
        ("", _PROXY),
        (",", _PROXY),
        ("192.0.2.1,", _PROXY),
        ("unknown", _PROXY),
        ("192.0.2.1, unknown", _PROXY),
        ("192.0.2.1, unknown, 10.0.0.2", "10.0.0.2"),
        ("192.0.2.1.evil.example", _PROXY),
        ("192.0.2.256", _PROXY),
        ("0300.0.2.1", _PROXY),
        ("[2001:db8::1", _PROXY),
        ("[2001:db8::1]x", _PROXY),
        ("192.0.2.1:80:90", _PROXY),
        ("192.0.2.1:port", _PROXY),
        ('"192.0.2.1"', _PROXY),
        ("\xff\xfe", _PROXY),
        ("192.0.2.1 198.51.100.1", _PROXY),
        ("10.0.0.2, " * 2000 + "192.0.2.1", "192.0.2.1"),
        ("192.0.2.1, " + ", ".join(["10.0.0.2"] * 2000), "10.0.0.2"),
    ],
)
def test_last_address_that_is_no_proxy_of_ours_counts(said: str, address: str) -> None:
    assert address_of(_PROXY, ("X-Forwarded-For", said)) == address
    for peer in ("192.0.2.99", "testclient", "11.0.0.1", "::1"):
        assert address_of(peer, ("X-Forwarded-For", said)) == peer
    assert address_of(_PROXY, ("X-Forwarded-For", said), trusted="") == _PROXY


@pytest.mark.promise(
    "Limits", "Of a caller's address only the proxies in TRUSTED_PROXIES are believed."
)
@pytest.mark.parametrize(
    ("said", "address"),
    [
        ("for=192.0.2.1", "192.0.2.1"),
        ("For=192.0.2.1;proto=https;by=10.0.0.1", "192.0.2.1"),
        ('proto=https; for="192.0.2.1:80"', "192.0.2.1"),
        ('for="[2001:db8::1]:4711"', "2001:db8::1"),
        ('for="\\[2001:db8::1]"', "2001:db8::1"),
        ("for=198.51.100.1, for=192.0.2.1", "192.0.2.1"),
        ('for="a,b;c=\\"d", for=192.0.2.1', "192.0.2.1"),
        ("for=192.0.2.1, for=10.0.0.2;by=127.0.0.1", "192.0.2.1"),
        ("for=192.0.2.1, proto=https", _PROXY),
        ("for=unknown", _PROXY),
        ("for=_hidden", _PROXY),
        ("for=192.0.2.1, for=_secret, for=10.0.0.2", "10.0.0.2"),
        ("", _PROXY),
        ('for="192.0.2.1', _PROXY),
        ('for="198.51.100.1, for=192.0.2.1', _PROXY),
        ("for==192.0.2.1", _PROXY),
        ("for 192.0.2.1", _PROXY),
        ("192.0.2.1", _PROXY),
        ('=,;"', _PROXY),
    ],
)
def test_standard_header_is_read_as_well(said: str, address: str) -> None:
    assert address_of(_PROXY, ("Forwarded", said)) == address
    assert address_of("192.0.2.99", ("Forwarded", said)) == "192.0.2.99"


@pytest.mark.promise(
    "Limits", "Of a caller's address only the proxies in TRUSTED_PROXIES are believed."
)
def test_several_headers_are_one_list() -> None:
    caller, proxy = ("X-Forwarded-For", "198.51.100.1"), ("X-Forwarded-For", "192.0.2.1")
    assert address_of(_PROXY, caller, proxy) == "192.0.2.1"
    for opening in ('for="', "for=198.51.100.1", 'for="a', "nonsense"):
        forwarded = ("Forwarded", opening), ("Forwarded", 'for="192.0.2.1:5";by="_x"')
        assert address_of(_PROXY, *forwarded) == "192.0.2.1"


@pytest.mark.promise(
    "Limits", "Of a caller's address only the proxies in TRUSTED_PROXIES are believed."
)
def test_header_that_the_proxy_did_not_write_forges_nothing() -> None:
    true, forged = "192.0.2.1", "198.51.100.1"
    for headers in (
        (("X-Forwarded-For", true), ("Forwarded", f"for={forged}")),
        (("Forwarded", f"for={true}"), ("X-Forwarded-For", forged)),
    ):
        assert address_of(_PROXY, *headers) == _PROXY
    agreed = ("X-Forwarded-For", true), ("Forwarded", f"for={true}")
    assert address_of(_PROXY, *agreed) == true


@pytest.mark.parametrize(
    ("trusted", "peer"),
    [("::1", "::1"), ("192.0.2.0/24", "::ffff:192.0.2.7"), ("fe80::/10", "fe80::1%eth0")],
)
def test_proxies_are_known_however_their_address_is_written(trusted: str, peer: str) -> None:
    said = address_of(peer, ("X-Forwarded-For", "203.0.113.1"), trusted=trusted)
    assert said == "203.0.113.1"


@pytest.mark.promise(
    "Limits", "Of a caller's address only the proxies in TRUSTED_PROXIES are believed."
)
@pytest.mark.parametrize("allowed", ["*", "127.0.0.1"])
async def test_nothing_in_the_environment_makes_anybody_trusted(
    allowed: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FORWARDED_ALLOW_IPS", allowed)
    async with served(starts_per_minute=2) as server:
        codes = [
            await server.ask(request("POST", "/api/token", b"{}", X_Forwarded_For=f"192.0.2.{n}"))
            for n in range(4)
        ]
        assert codes == [201, 201, 429, 429]


async def test_refused_address_of_a_trusted_proxy_stops_nobody_else() -> None:
    async with open_api(trusted_proxies="127.0.0.1", starts_per_minute=1) as api:

        async def start(address: str) -> int:
            headers = {"X-Forwarded-For": f"10.0.0.1, {address}"}
            return (await api.http.post("/api/sessions", headers=headers)).status_code

        assert [await start("192.0.2.1") for _ in range(3)] == [201, 429, 429]
        assert await start("192.0.2.2") == 201
