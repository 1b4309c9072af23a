"""Proxies and authorities stand in `.env` too, and a place without certificates is told."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from urllib.request import getproxies

import httpx
import pytest

from bot.client_environment import names_in_file, trust_notices
from bot.proxies import proxy_for
from bot.settings import (
    PROJECT_ROOT,
    bare_environment,
    load_settings,
    prepare_environment,
    wants_colours,
)
from tests.nobody import locked_out

_PLACES = ("SSL_CERT_FILE", "SSL_CERT_DIR")
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


@pytest.mark.promise(
    "Settings",
    "Every process finds the same proxies and authorities, of the environment or `.env`.",
)
@pytest.mark.usefixtures("_nothing_set")
@pytest.mark.parametrize(
    ("environment", "content"),
    [
        ({"NO_PROXY": "*"}, "HTTPS_PROXY=http://p:1\nNO_PROXY=a.test"),
        ({"NO_PROXY": "*", "HTTPS_PROXY": "http://q:1"}, "HTTPS_PROXY=http://p:1"),
        ({}, "HTTPS_PROXY=http://p:1\nALL_PROXY=p:1\nNO_PROXY=*"),
        ({"HTTPS_PROXY": "socks5://q:1"}, "HTTPS_PROXY=http://p:1\nNO_PROXY=a.test"),
        ({"all_proxy": "socks5://q:1", "NO_PROXY": "a.test"}, "ALL_PROXY=p:1\nNO_PROXY=b.test"),
        ({"ALL_PROXY": "socks5://q:1", "NO_PROXY": "a.test,fd00::/8"}, "NO_PROXY=b.test"),
        ({"HTTPS_PROXY": ""}, "HTTPS_PROXY=http://p:1\nHTTP_PROXY=http://p:2"),
        ({"SSL_CERT_FILE": ""}, "SSL_CERT_FILE=/ca.pem"),
        ({"SSL_CERT_DIR": "/ca"}, "SSL_CERT_FILE=/ca.pem"),
    ],
)
def test_a_child_that_reads_the_file_again_finds_the_same(
    tmp_path: Path, environment: dict[str, str], content: str
) -> None:
    file = tmp_path / ".env"
    file.write_text(content)
    os.environ.update(environment)
    prepare_environment(load_settings(None), env_file=file)
    # It knows no networks of addresses with colons.
    httpx.Client(verify=False).close()
    first = (dict(os.environ), getproxies(), [proxy_for(f"https://{name}.test") for name in "abc"])
    prepare_environment(load_settings(None), env_file=file)
    assert (
        dict(os.environ),
        getproxies(),
        [proxy_for(f"https://{n}.test") for n in "abc"],
    ) == first
    if environment.get("NO_PROXY") == "*":
        assert first[2] == [None, None, None]


@pytest.mark.promise(
    "Settings",
    "Every process finds the same proxies and authorities, of the environment or `.env`.",
)
@pytest.mark.usefixtures("_nothing_set")
@pytest.mark.parametrize("content", ["", "SSL_CERT_FILE=/ca.pem"])
@pytest.mark.parametrize("blank", ["", " "])
def test_an_empty_place_is_none(tmp_path: Path, blank: str, content: str) -> None:
    (tmp_path / ".env").write_text(content)
    os.environ.update(SSL_CERT_FILE=blank, SSL_CERT_DIR=blank)
    prepare_environment(load_settings(None), env_file=tmp_path / ".env")
    assert os.environ.get("SSL_CERT_FILE") == (content.partition("=")[2] or None)
    assert "SSL_CERT_DIR" not in os.environ


@pytest.mark.usefixtures("_nothing_set")
def test_a_home_that_may_not_be_entered_is_as_none_for_all(tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.mkdir()
    os.environ["HOME"] = str(home)
    assert prepare_environment(load_settings(None), env_file=None) == []
    assert os.environ["HOME"] == str(home)
    with locked_out(home):
        (notice,) = prepare_environment(load_settings(None), env_file=None)
    assert "HOME is left out" in notice and os.environ["HOME"] == "/"


@pytest.mark.promise("Memory", "A home that may not be entered keeps nobody from Postgres.")
@pytest.mark.usefixtures("_nothing_set")
@pytest.mark.parametrize("url", ["", "postgresql://db.test/parley"])
def test_a_home_stays_where_nobody_asks_for_what_is_closed_in_it(url: str) -> None:
    with tempfile.TemporaryDirectory() as home:
        closed = Path(home, ".postgresql")
        closed.mkdir()
        os.chmod(home, 0o755)
        os.environ |= {"HOME": home, "DATABASE_URL": url}
        settings = load_settings(None)
        with locked_out(closed):
            notices = prepare_environment(settings, env_file=None)
        assert os.environ["HOME"] == ("/" if url else home)
    assert len(notices) == bool(url)
    assert all("~/.postgresql in it may not be entered" in notice for notice in notices)


@pytest.mark.usefixtures("_nothing_set")
@pytest.mark.parametrize(
    ("environment", "is_coloured"),
    [
        ({"TERM": "xterm"}, True),
        ({"NO_COLOR": "1"}, False),
        # As no-color.org has it: an empty one says nothing.
        ({"NO_COLOR": ""}, True),
        ({"TERM": "dumb"}, False),
    ],
)
def test_a_terminal_is_coloured_unless_somebody_says_no(
    environment: dict[str, str], is_coloured: bool
) -> None:
    for name in ("TERM", "NO_COLOR"):
        os.environ.pop(name, None)
    os.environ.update(environment)
    assert wants_colours() is is_coloured


_OF_A_MACHINE = """
import json, os, ssl, sys
from pathlib import Path
file, folder = sys.argv[1:]
names = ssl.get_default_verify_paths()
ssl.get_default_verify_paths = lambda: names._replace(
    cafile=file if Path(file).is_file() else None, capath=folder if Path(folder).is_dir() else None
)
from bot.settings import load_settings, prepare_environment
notices = prepare_environment(load_settings(None), env_file=None)
again = prepare_environment(load_settings(None), env_file=None)
print(json.dumps([notices + again, os.environ.get("SSL_CERT_FILE")]))
"""


@pytest.mark.promise(
    "Settings",
    "Every process finds the same proxies and authorities, of the environment or `.env`.",
)
@pytest.mark.parametrize(
    ("has", "is_well"), [("file", True), ("folder", True), ("empty", False), ("none", False)]
)
def test_a_machine_without_authorities_takes_those_of_certifi_and_says_so(
    tmp_path: Path, has: str, is_well: bool
) -> None:
    for name in ("folder", "empty"):
        (tmp_path / name).mkdir()
    for name in ("file", "folder/a.pem"):
        (tmp_path / name).touch()
    file = tmp_path / (has if has == "file" else "none")
    folder = tmp_path / (has if has in ("folder", "empty") else "none")
    told = subprocess.run(
        [sys.executable, "-c", _OF_A_MACHINE, file, folder],
        env={**bare_environment(dict.fromkeys(_PLACES, "")), "PYTHONPATH": str(PROJECT_ROOT)},
        check=True,
        stdout=subprocess.PIPE,
    )
    notices, trusted = json.loads(told.stdout)
    assert (not notices and not trusted) is is_well
    if not is_well:
        (notice,) = notices
        assert "certifi" in notice and Path(trusted).is_file()


def test_a_place_without_certificates_is_told(tmp_path: Path) -> None:
    (tmp_path / "ca.pem").touch()
    well = {"SSL_CERT_FILE": str(tmp_path / "ca.pem"), "SSL_CERT_DIR": str(tmp_path)}
    assert list(trust_notices({})) == list(trust_notices(well)) == []
    told = list(trust_notices({name: str(tmp_path / "none") for name in well}))
    assert [one.partition(":")[0] for one in told] == [
        "SSL_CERT_FILE names no file that is there",
        "SSL_CERT_DIR names a folder that is not there",
    ]
    for folders, count in (("A:A", 0), (":A:", 0), ("A:B", 1), ("B:B", 1)):
        listed = folders.replace("A", str(tmp_path)).replace("B", str(tmp_path / "none"))
        assert len(list(trust_notices({"SSL_CERT_DIR": listed}))) == count
