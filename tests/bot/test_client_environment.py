"""Proxies and authorities stand in `.env` too, and a place without certificates is told."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.client_environment import names_in_file, trust_notices
from bot.settings import bare_environment, load_settings, prepare_environment

_OURS = re.compile("ssl_cert_(file|dir)|.*_proxy", re.IGNORECASE)


@pytest.fixture
def _nothing_set() -> Iterator[None]:  # pyright: ignore[reportUnusedFunction] - pytest's
    before = dict(os.environ)
    for name in filter(_OURS.fullmatch, before):
        del os.environ[name]
    yield
    os.environ.clear()
    os.environ.update(before)


@pytest.mark.parametrize(
    ("content", "environment", "expected"),
    [
        ("SSL_CERT_FILE=/ca.pem", {}, {"SSL_CERT_FILE": "/ca.pem"}),
        ("export SSL_CERT_DIR='/ca'\r\n", {}, {"SSL_CERT_DIR": "/ca"}),
        ("\ufeffhttps_proxy=http://p:1", {}, {"HTTPS_PROXY": "http://p:1"}),
        ("NO_PROXY=a.test\nALL_PROXY=p:1", {}, {"NO_PROXY": "a.test", "ALL_PROXY": "p:1"}),
        # The environment wins, in whichever case; nothing else is anybody's but ours.
        ("SSL_CERT_FILE=/ca.pem", {"SSL_CERT_FILE": "/other.pem"}, {}),
        ("HTTPS_PROXY=http://p:1", {"https_proxy": ""}, {}),
        ("SSL_CERT_FILE=\nNO_PROXY", {}, {}),
        ("PATH=/bin\nLD_PRELOAD=/x.so\nOPENAI_API_KEY=sk-1", {}, {}),
    ],
)
def test_what_clients_read_may_stand_in_the_file(
    tmp_path: Path, content: str, environment: dict[str, str], expected: dict[str, str]
) -> None:
    file = tmp_path / ".env"
    file.write_text(content, encoding="utf-8")
    assert names_in_file(file, environment) == expected
    assert names_in_file(tmp_path / "none", environment) == {}


@pytest.mark.usefixtures("_nothing_set")
def test_every_client_and_child_finds_it_in_the_environment(tmp_path: Path) -> None:
    authority, file = tmp_path / "ca.pem", tmp_path / ".env"
    authority.touch()
    file.write_text(f"SSL_CERT_FILE={authority}\nHTTPS_PROXY=proxy.test:3128\n")
    assert prepare_environment(load_settings(None), env_file=file) == []
    assert os.environ["HTTPS_PROXY"] == os.environ["https_proxy"] == "http://proxy.test:3128"
    # Servers of tools get no proxy, which may hold a password.
    assert bare_environment({})["SSL_CERT_FILE"] == str(authority)
    assert "HTTPS_PROXY" not in bare_environment({})


def test_a_place_without_certificates_is_told(tmp_path: Path) -> None:
    (tmp_path / "ca.pem").touch()
    well = {"SSL_CERT_FILE": str(tmp_path / "ca.pem"), "SSL_CERT_DIR": str(tmp_path)}
    assert list(trust_notices({})) == list(trust_notices(well)) == []
    told = list(trust_notices({name: str(tmp_path / "none") for name in well}))
    assert [one.partition(",")[0] for one in told] == [
        "SSL_CERT_FILE names no file that is there",
        "SSL_CERT_DIR names no folder that is there",
    ]
