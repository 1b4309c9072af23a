"""Where callers of the local network come, and the certificate that is shown them."""

from __future__ import annotations

import os
import ssl
from collections.abc import Iterator
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from loguru import logger

from bot.errors import LaunchError
from bot.lan import reach as reach_module
from bot.lan.reach import Reach
from bot.settings import Settings
from tests.bot.lan.certificates import Pair, write_pair


@pytest.fixture
def lines() -> Iterator[list[str]]:
    kept: list[str] = []
    sink = logger.add(kept.append, format="{message}")
    yield kept
    logger.remove(sink)


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


def test_a_spoilt_one_leaves_the_old_in_use(tmp_path: Path, lines: list[str]) -> None:
    pair = write_pair(tmp_path, ["10.1.2.3"])
    reach = Reach(_settings(tmp_path, pair), port=7860)
    first = _shown(reach)
    pair.certificate.write_text("half")
    reach.look(addresses=lambda: ["10.1.2.3"])
    assert _shown(reach) == first
    assert "The certificate was not renewed" in "".join(lines)


def test_an_address_that_is_gone_is_told_once(tmp_path: Path, lines: list[str]) -> None:
    reach = Reach(_settings(tmp_path), port=7860)
    for addresses in (["10.1.2.3"], ["10.9.9.9"], ["10.9.9.9"], ["10.1.2.3"]):
        reach.look(addresses=lambda found=addresses: found)
    assert sum("is no address of this machine any more" in line for line in lines) == 1


def test_mkcert_is_looked_for_at_its_usual_place(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reach_module.sys, "platform", "darwin")
    assert reach_module.mkcert_folder().parts[-3:] == ("Library", "Application Support", "mkcert")
