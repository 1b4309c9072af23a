"""Where callers of the local network come, and the certificate that is shown them."""

from __future__ import annotations

import os
import socket
import ssl
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509

from bot.errors import LaunchError
from bot.lan import reach as reach_module
from bot.lan.given import names_of
from bot.lan.reach import Reach
from bot.settings import Settings
from tests.bot.lan.certificates import NONSENSE, Pair, read_authority, write_pair
from tests.log_lines import log_lines

_DAY = timedelta(days=1)


@pytest.fixture
def lines() -> Iterator[list[str]]:
    with log_lines("bot.lan") as kept:
        yield kept


def _shown(reach: Reach) -> bytes:
    """Return the certificate that a client is shown."""
    theirs = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    theirs.check_hostname, theirs.verify_mode = False, ssl.CERT_NONE
    to_server, to_client = ssl.MemoryBIO(), ssl.MemoryBIO()
    client = theirs.wrap_bio(to_client, to_server)
    server = reach.context.wrap_bio(to_server, to_client, server_side=True)
    for side in (client, server, client):
        with suppress(ssl.SSLWantReadError):
            side.do_handshake()
    return client.getpeercert(binary_form=True) or b""


def _settings(folder: Path, pair: Pair | None = None, **given: Any) -> Settings:
    given = {"host": "10.1.2.3", "data_dir": folder / "data", "caroot": folder, **given}
    if pair is not None:
        given |= {"tls_cert": pair.certificate, "tls_key": pair.key}
    return Settings.model_validate(given)


@pytest.mark.parametrize(
    ("given", "port", "origin"),
    [
        ({}, 7860, "https://10.1.2.3:7860"),
        ({}, 443, "https://10.1.2.3"),
        ({"host": "192.168.1.20"}, 7861, "https://192.168.1.20:7861"),
    ],
)
def test_page_and_signalling_have_one_origin(
    tmp_path: Path, given: dict[str, Any], port: int, origin: str
) -> None:
    reach = Reach(_settings(tmp_path, **given), port=port)
    assert reach.origin == origin
    assert reach.websocket_origin == origin.replace("https", "wss")
    assert reach.plain_origin == f"http://{given.get('host', '10.1.2.3')}:{port}"


def test_own_certificate_says_the_name(tmp_path: Path) -> None:
    pair = write_pair(tmp_path, ["voice.example"])
    public = "https://voice.example:7860"
    given: dict[str, Any] = {"public_url": public, "access": "key", "access_key": "k" * 12}
    reach = Reach(_settings(tmp_path, pair, **given), port=7860)
    assert (reach.origin, reach.authority) == (public, None)


def test_an_address_of_the_internet_is_refused(tmp_path: Path) -> None:
    with pytest.raises(LaunchError) as refused:
        Reach(_settings(tmp_path, host="8.8.8.8"), port=7860)
    assert "8.8.8.8 is an address of the internet" in refused.value.message
    assert not (tmp_path / "data" / "tls" / "leaf.pem").exists()


def test_a_renewed_certificate_is_taken_into_use(tmp_path: Path, lines: list[str]) -> None:
    pair = write_pair(tmp_path, ["10.1.2.3"])
    reach = Reach(_settings(tmp_path, pair), port=7860)
    first = _shown(reach)
    write_pair(tmp_path, ["10.1.2.3"], ends=timedelta(days=60))
    os.utime(pair.certificate, (1, 1))
    reach.look(addresses=lambda: ["10.1.2.3"])
    assert _shown(reach) not in (first, b"")
    assert not [line for line in lines if "not renewed" in line]


@pytest.mark.parametrize(("old", "new"), [("RSA", "P-256"), ("P-256", "RSA"), ("P-384", "P-256")])
def test_one_with_another_kind_of_key_takes_the_place_of_the_old(
    tmp_path: Path, old: str, new: str
) -> None:
    pair = write_pair(tmp_path, ["10.1.2.3"], kind=old)
    reach = Reach(_settings(tmp_path, pair), port=7860)
    write_pair(tmp_path, ["10.1.2.3"], kind=new)
    os.utime(pair.certificate, (1, 1))
    reach.look(addresses=lambda: ["10.1.2.3"])
    assert _shown(reach) == ssl.PEM_cert_to_DER_cert(pair.certificate.read_text())


@pytest.mark.parametrize(
    "spoil",
    [
        lambda folder: (folder / "own.pem").write_text("half"),
        lambda folder: (folder / "own.pem").unlink(),
        lambda folder: write_pair(folder, NONSENSE),
    ],
)
def test_a_spoilt_one_leaves_the_old_in_use(
    tmp_path: Path, lines: list[str], spoil: Callable[[Path], object]
) -> None:
    pair = write_pair(tmp_path, ["10.1.2.3"])
    reach = Reach(_settings(tmp_path, pair), port=7860)
    first = _shown(reach)
    spoil(tmp_path)
    reach.look(addresses=lambda: ["10.1.2.3"])
    assert _shown(reach) == first
    assert "The certificate was not renewed" in "".join(lines)


def test_an_authority_that_ends_leaves_its_last_one_in_use(
    tmp_path: Path, lines: list[str]
) -> None:
    reach = Reach(_settings(tmp_path), port=7860)
    first = _shown(reach)
    # As if the clock had been wrong when it was made.
    ended = write_pair(tmp_path, [], is_authority=True, begins=-2 * _DAY, ends=-_DAY)
    reach.authority = replace(read_authority(ended), is_mkcert=False)
    reach.look(addresses=lambda: ["10.1.2.3"])
    assert _shown(reach) == first
    assert "expired on" in "".join(lines)


def test_an_authority_of_a_time_to_come_is_told(tmp_path: Path, lines: list[str]) -> None:
    pair = write_pair(tmp_path, [], is_authority=True, begins=2 * _DAY)
    root = tmp_path / "data" / "tls" / "root.pem"
    root.parent.mkdir(parents=True)
    root.write_bytes(pair.key.read_bytes() + pair.certificate.read_bytes())
    reach = Reach(_settings(tmp_path), port=7860)
    assert "root.pem in DATA_DIR/tls begins on" in reach.notice
    assert reach.notice in "".join(lines)


@pytest.mark.parametrize("host", ["127.0.0.1", "10.1.2.3"])
def test_callers_elsewhere_are_not_sent_to_their_own_machine(tmp_path: Path, host: str) -> None:
    given = _settings(tmp_path, write_pair(tmp_path, ["localhost"]), host=host)
    if host == "127.0.0.1":
        assert Reach(given, port=7860).origin == "https://localhost:7860"
        return
    with pytest.raises(LaunchError, match="is for localhost, and callers come to 10.1.2.3"):
        Reach(given, port=7860)


@pytest.mark.parametrize("name", ["", "jürgen", "a b", "localhost", ".", "box", "box.example"])
def test_a_machine_may_be_called_anything(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setattr(socket, "gethostname", lambda: name)
    reach = Reach(_settings(tmp_path), port=7860)
    known = names_of(x509.load_der_x509_certificate(_shown(reach)))
    assert {"10.1.2.3", "localhost"} <= {*known}
    assert ("box.local" in known) is name.startswith("box")


def test_an_address_that_is_gone_is_told_once(tmp_path: Path, lines: list[str]) -> None:
    reach = Reach(_settings(tmp_path), port=7860)
    for addresses in (["10.1.2.3"], ["10.9.9.9"], ["10.9.9.9"], ["10.1.2.3"]):
        reach.look(addresses=lambda found=addresses: found)
    assert sum("is no address of this machine any more" in line for line in lines) == 1


def test_an_address_of_this_machine_alone_is_never_gone(tmp_path: Path, lines: list[str]) -> None:
    pair = write_pair(tmp_path, ["127.0.0.5"])
    reach = Reach(_settings(tmp_path, pair, host="127.0.0.5"), port=7860)
    lines.clear()
    reach.look(addresses=lambda: ["10.1.2.3"])
    assert lines == []


def test_mkcert_is_looked_for_at_its_usual_place(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reach_module.sys, "platform", "darwin")
    assert reach_module.mkcert_folder().parts[-3:] == ("Library", "Application Support", "mkcert")
