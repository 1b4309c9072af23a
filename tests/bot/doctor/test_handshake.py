"""Certificates that browsers refuse, and servers that show none, each with its fix."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from cryptography.x509 import UnrecognizedExtension

from bot.doctor.finding import Finding
from bot.doctor.handshake import look_at_tls
from bot.doctor.names import Place
from bot.lan.authority import open_authority
from bot.lan.leaf import keep_leaf
from tests.bot.doctor.servers import (
    NAME,
    Talk,
    hangs_up,
    open_server,
    refuses_by_tls,
    says_nothing,
    speaks_http,
    tls_of,
)
from tests.bot.lan.certificates import NONSENSE, Pair, write_pair
from tests.ports import free_port

_DAY, _HOUR = timedelta(days=1), timedelta(hours=1)


async def _look(pair: Pair) -> Finding:
    async with open_server(says_nothing, tls=tls_of(pair)) as place:
        (found,) = await look_at_tls(place)
    return found


@pytest.mark.promise(
    "Doctor", "A certificate is late by how long it is for, be it hours or a year."
)
@pytest.mark.parametrize(
    ("names", "begins", "ends", "is_known", "words"),
    [
        ([NAME], -_DAY, 30 * _DAY, True, ""),
        (["*.example.test"], -_DAY, 30 * _DAY, True, ""),
        # As Caddy's own authority gives them, ACME for six days, and for longer.
        ([NAME], -7 * _HOUR, 5 * _HOUR, True, ""),
        ([NAME], -11 * _HOUR, _HOUR, True, "should have been renewed"),
        ([NAME], -4 * _DAY, 2 * _DAY, True, ""),
        ([NAME], -6 * _DAY, 16 * _HOUR, True, "should have been renewed"),
        ([NAME], -77 * _DAY, 13 * _DAY, True, "should have been renewed"),
        ([NAME], -352 * _DAY, 13 * _DAY, True, "should have been renewed"),
        ([NAME], -350 * _DAY, 15 * _DAY, True, ""),
        (["other.example.test", "third.test"], -_DAY, _DAY, True, "is for other.example.test, thi"),
        (["\x1b[2J.test"], -_DAY, _DAY, True, r"it is for \x1b[2J.test: get one for voice"),
        ([], -_DAY, _DAY, True, "it is for no name at all: get one for voice.example.test"),
        ([NAME], -9 * _DAY, -2 * _DAY, True, "it expired on 20"),
        ([NAME], 2 * _DAY, 9 * _DAY, True, "is not valid before 20"),
        ([NAME], -_DAY, 30 * _DAY, False, "signed by itself, whom this machine does not know"),
    ],
)
async def test_each_certificate_is_judged_as_a_browser_would(
    names: list[str],
    begins: timedelta,
    ends: timedelta,
    is_known: bool,
    words: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    pair = write_pair(tmp_path, names, begins=begins, ends=ends)
    if is_known:
        monkeypatch.setenv("SSL_CERT_FILE", str(pair.certificate))
    found = await _look(pair)
    assert words in found.fix
    assert found.is_well is (not words or "renewed" in words)
    assert bool(found.fix) is bool(words)


@pytest.mark.parametrize(
    ("names", "kind", "words"),
    [
        ([NAME], "P-384", ""),
        ([NAME], "RSA", ""),
        ([NAME], "Ed25519", "with a key of Ed25519"),
        ([NAME], "secp521r1", "with a key of secp521r1"),
        (NONSENSE, "P-256", "browsers refuse it"),
    ],
)
async def test_what_browsers_do_not_know_is_told(
    names: list[str] | UnrecognizedExtension,
    kind: str,
    words: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    pair = write_pair(tmp_path, names, kind=kind)
    monkeypatch.setenv("SSL_CERT_FILE", str(pair.certificate))
    found = await _look(pair)
    assert (found.is_well, words in found.fix) == (not words, True)


# internal_error is Caddy's answer, unrecognized_name nginx's, handshake_failure others'.
@pytest.mark.parametrize("alert", [80, 112, 40])
async def test_a_proxy_without_a_certificate_for_the_name_is_told(alert: int) -> None:
    async with open_server(refuses_by_tls(alert)) as place:
        (found,) = await look_at_tls(place)
    assert (found.is_well, "but not for this name" in found.fix) == (False, True)


async def test_of_a_stranger_s_authority_the_name_is_shown_plainly(tmp_path: Path) -> None:
    authority = open_authority(tmp_path / "tls")
    leaf = keep_leaf(tmp_path / "tls", authority=authority, names=["box.local"])
    async with open_server(says_nothing, tls=tls_of(Pair(leaf, leaf))) as place:
        box = Place(host="box.local", port=place.port, addresses=place.addresses)
        (theirs,) = await look_at_tls(box)
        (ours,) = await look_at_tls(box, root=authority.certificate)
        (other,) = await look_at_tls(box, root=open_authority(tmp_path / "other").certificate)
    assert "signed by 'CN=Parley" in theirs.fix and "fullchain.pem" in theirs.fix
    assert (ours.is_well, "docs/phone.md" in ours.fix) == (True, True)
    assert other == theirs


@pytest.mark.parametrize(
    ("talk", "words"),
    [
        (says_nothing, "let {port}/tcp in at the firewall"),
        (speaks_http, "no TLS is spoken"),
        (hangs_up, "no TLS is spoken"),
    ],
)
async def test_who_shows_no_certificate_is_told(talk: Talk, words: str) -> None:
    async with open_server(talk) as place:
        (found,) = await look_at_tls(place, limit_secs=0.5)
    assert not found.is_well
    assert words.format(port=place.port) in found.fix


async def test_every_address_is_tried() -> None:
    async with open_server(hangs_up) as place:
        both = Place(host=NAME, port=place.port, addresses=["127.0.0.1", "127.0.0.99"])
        found = await look_at_tls(both)
    assert ["no TLS" in one.fix for one in found] == [True, False]
    assert "nothing listens at 127.0.0.99" in found[1].fix


async def test_nobody_at_the_port_is_told() -> None:
    (found,) = await look_at_tls(Place(host=NAME, port=free_port(), addresses=["127.0.0.1"]))
    assert "nothing listens" in found.fix
