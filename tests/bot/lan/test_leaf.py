"""The certificate that callers are shown: who takes it, and when there is a new one."""

from __future__ import annotations

import asyncio
import resource
import ssl
import stat
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509

from bot.errors import LaunchError
from bot.lan.authority import Authority, open_authority
from bot.lan.leaf import LASTS, RENEWED_BEFORE, keep_leaf

_NAMES = ("127.0.0.1", "localhost", "box.local")
_NOW = datetime.now(UTC)


def _keep(
    folder: Path,
    authority: Authority,
    names: Sequence[str] = _NAMES,
    now: datetime = _NOW,
) -> bytes:
    return keep_leaf(folder, authority=authority, names=names, now=now).read_bytes()


async def _meets(leaf: Path, *, trusts: bytes, name: str) -> str:
    """Have a client meet a server with this certificate; returns why it would not."""
    ours = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    ours.load_cert_chain(leaf)
    theirs = ssl.create_default_context(cadata=trusts.decode())

    def hang_up(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.close()

    server = await asyncio.start_server(hang_up, "127.0.0.1", 0, ssl=ours)
    async with server:
        port = server.sockets[0].getsockname()[1]
        try:
            _, writer = await asyncio.open_connection(
                "127.0.0.1", port, ssl=theirs, server_hostname=name
            )
        except ssl.SSLCertVerificationError as error:
            return error.verify_message
        writer.close()
        return ""


@pytest.mark.parametrize("name", _NAMES)
async def test_whoever_trusts_the_authority_takes_it(tmp_path: Path, name: str) -> None:
    authority = open_authority(tmp_path)
    leaf = keep_leaf(tmp_path, authority=authority, names=_NAMES)
    assert await _meets(leaf, trusts=authority.pem, name=name) == ""


async def test_nobody_else_does(tmp_path: Path) -> None:
    leaf = keep_leaf(tmp_path, authority=open_authority(tmp_path), names=_NAMES)
    stranger = open_authority(tmp_path / "other")
    assert "certificate" in await _meets(leaf, trusts=stranger.pem, name="localhost")


async def test_a_stolen_key_is_good_for_nothing_on_the_internet(tmp_path: Path) -> None:
    authority = open_authority(tmp_path)
    thief = Authority(certificate=authority.certificate, key=authority.key, is_mkcert=True)
    leaf = keep_leaf(tmp_path, authority=thief, names=["bank.example"])
    assert "permitted subtree" in await _meets(leaf, trusts=authority.pem, name="bank.example")


def test_it_is_kept_until_it_is_old(tmp_path: Path) -> None:
    authority = open_authority(tmp_path)
    first = _keep(tmp_path, authority)
    assert _keep(tmp_path, authority, now=_NOW + timedelta(days=1)) == first
    late = _NOW + LASTS - RENEWED_BEFORE
    assert _keep(tmp_path, authority, now=late - timedelta(minutes=1)) == first
    assert _keep(tmp_path, authority, now=late + timedelta(minutes=1)) != first


@pytest.mark.parametrize(
    ("is_mkcert", "words"),
    [(False, "root.pem in DATA_DIR/tls expired on"), (True, "mkcert's authority expired on")],
)
def test_an_authority_that_has_ended_is_told(tmp_path: Path, is_mkcert: bool, words: str) -> None:
    authority = replace(open_authority(tmp_path), is_mkcert=is_mkcert)
    late = _NOW + timedelta(days=3651)
    with pytest.raises(LaunchError) as refused:
        keep_leaf(tmp_path, authority=authority, names=_NAMES, now=late)
    assert words in refused.value.message and "if the clock is right" in refused.value.message
    assert [path.name for path in tmp_path.iterdir()] == ["root.pem"]


def test_of_a_machine_whose_clock_is_behind_phones_take_it_all_the_same(tmp_path: Path) -> None:
    authority = open_authority(tmp_path)
    early = _NOW - timedelta(days=9999)
    assert "begins on" in authority.check_time(early)
    kept = _keep(tmp_path, authority, now=early)
    leaf = x509.load_pem_x509_certificate(kept)
    assert leaf.not_valid_before_utc <= _NOW < leaf.not_valid_after_utc - RENEWED_BEFORE
    assert _keep(tmp_path, authority, now=early + timedelta(minutes=1)) == kept
    assert _keep(tmp_path, authority) == kept


def test_the_last_of_an_authority_is_made_once(tmp_path: Path) -> None:
    authority = open_authority(tmp_path)
    late = authority.certificate.not_valid_after_utc - timedelta(days=9)
    first = _keep(tmp_path, authority, now=late)
    assert _keep(tmp_path, authority, now=late + timedelta(minutes=1)) == first


def test_a_full_disk_is_told_and_left_as_it_was(tmp_path: Path) -> None:
    authority = open_authority(tmp_path)
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100, hard))
    try:
        with pytest.raises(LaunchError, match="certificates need DATA_DIR"):
            _keep(tmp_path, authority)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert [path.name for path in tmp_path.iterdir()] == ["root.pem"]


@pytest.mark.parametrize("names", [("127.0.0.1",), (*_NAMES, "192.168.1.20"), ("10.0.0.1",)])
def test_another_address_has_another_one(tmp_path: Path, names: tuple[str, ...]) -> None:
    authority = open_authority(tmp_path)
    first = _keep(tmp_path, authority)
    assert _keep(tmp_path, authority, names) != first


def test_the_order_of_names_makes_no_difference(tmp_path: Path) -> None:
    authority = open_authority(tmp_path)
    assert _keep(tmp_path, authority) == _keep(tmp_path, authority, _NAMES[::-1])


@pytest.mark.parametrize("content", [b"", b"nonsense", b"-----BEGIN CERTIFICATE-----\n"])
def test_a_damaged_one_is_replaced(tmp_path: Path, content: bytes) -> None:
    authority = open_authority(tmp_path)
    (tmp_path / "leaf.pem").write_bytes(content)
    assert _keep(tmp_path, authority) not in (content, b"")


def test_a_new_authority_signs_a_new_one(tmp_path: Path) -> None:
    first = _keep(tmp_path, open_authority(tmp_path))
    (tmp_path / "root.pem").unlink()
    assert _keep(tmp_path, open_authority(tmp_path)) != first


def test_its_key_is_its_owners_alone(tmp_path: Path) -> None:
    leaf = keep_leaf(tmp_path, authority=open_authority(tmp_path), names=_NAMES)
    assert stat.S_IMODE(leaf.stat().st_mode) == 0o600
