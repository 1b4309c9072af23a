"""A whole server looked at as its callers do, and what is told of it."""

from __future__ import annotations

import asyncio
import contextlib
from pathlib import Path

import pytest

from bot.doctor.names import Place
from bot.doctor.public import examine_public, livekit_address, public_place
from bot.errors import LaunchError
from bot.livekit.install import find_or_install
from bot.settings import Settings
from tests.bot.doctor.livekit_with_relay import KEY, SECRET, open_livekit
from tests.bot.doctor.servers import NAME, Talk, answers, at_loopback, open_server, tls_of
from tests.bot.lan.certificates import write_pair
from tests.ports import free_port

_LIVEKIT = "livekit.example.test"
_WELL = answers(200, '{"status": "ok"}', "Content-Type: application/json")


def _leads_to(port: int) -> Talk:
    """A proxy: passes bytes on, both ways."""

    async def copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError):
            while data := await reader.read(65_536):
                writer.write(data)
                await writer.drain()

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        back, to = await asyncio.open_connection("127.0.0.1", port)
        ways = [asyncio.create_task(copy(*way)) for way in ((reader, to), (back, writer))]
        try:
            await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
        finally:
            to.transport.abort()
            for way in ways:
                way.cancel()
            await asyncio.gather(*ways, return_exceptions=True)

    return talk


async def test_a_whole_server_is_well_but_for_its_address(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pair = write_pair(tmp_path, [NAME, _LIVEKIT])
    monkeypatch.setenv("SSL_CERT_FILE", str(pair.certificate))
    tls = tls_of(pair)
    async with (
        open_livekit(await find_or_install(settings), tmp_path) as livekit,
        open_server(_leads_to(livekit.http), tls=tls) as signalling,
        open_server(_WELL, tls=tls) as page,
    ):
        given = {
            "port": free_port(),
            "data_dir": tmp_path / "data",
            "access": "invite",
            "public_url": f"https://{NAME}:{page.port}",
            "livekit_url": livekit.url,
            "livekit_public_url": f"wss://{_LIVEKIT}:{signalling.port}",
            "livekit_api_key": KEY,
            "livekit_api_secret": SECRET,
        }
        found = await examine_public(
            Settings.model_validate(given), f"{NAME}:{page.port}", resolve=at_loopback
        )
    bad = [one.what for one in found if not one.is_well]
    assert bad == [f"{NAME} leads to 127.0.0.1", f"{_LIVEKIT} leads to 127.0.0.1"]
    told = " ".join(one.what for one in found)
    for words in ("Parley answers", "websocket opens", "by UDP", "by TCP", "relay", "nofile"):
        assert words in told
    assert SECRET not in repr(found) and "eyJ" not in repr(found)


async def test_a_name_that_leads_nowhere_stops_no_other_look(tmp_path: Path) -> None:
    async def nowhere(name: str) -> list[str]:
        raise OSError(name)

    settings = Settings.model_validate({"port": free_port(), "data_dir": tmp_path})
    found = await examine_public(settings, NAME, resolve=nowhere)
    assert [one.what for one in found if not one.is_well] == [f"{NAME} has an address"]
    assert any("nofile" in one.what for one in found)


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"livekit_url": "ws://127.0.0.1:7880"}, "only this machine reaches that"),
        ({"livekit_url": "ws://livekit.example.test"}, "may not use ws://"),
    ],
)
async def test_a_livekit_that_no_page_could_use_is_told(
    given: dict[str, str], words: str, tmp_path: Path
) -> None:
    keys = {"livekit_api_key": KEY, "livekit_api_secret": SECRET, "data_dir": tmp_path}

    async def resolve(name: str) -> list[str]:
        return ["127.0.0.1"] if name != NAME else []

    settings = Settings.model_validate({"port": free_port(), **given, **keys})
    found = await examine_public(settings, NAME, resolve=resolve)
    assert words in " ".join(one.fix for one in found if not one.is_well)


@pytest.mark.parametrize(
    ("name", "host", "port"),
    [
        ("voice.example.com", "voice.example.com", 443),
        (" Voice.Example.com:8443 ", "voice.example.com", 8443),
        ("https://voice.example.com/", "voice.example.com", 443),
        ("[::1]:7860", "::1", 7860),
        ("Bücher.example", "xn--bcher-kva.example", 443),
    ],
)
def test_a_name_is_taken_as_people_write_it(name: str, host: str, port: int) -> None:
    assert public_place(name) == Place(host=host, port=port)


@pytest.mark.parametrize(
    "name",
    ["", " ", ":443", "a b", "http://a.test", "a.test/page", "a.test:99999", "u@a.test"]
    + ["a..test", "a" * 64 + ".test", "ü" * 64 + ".test"],
)
def test_what_is_no_name_is_refused(name: str) -> None:
    with pytest.raises(LaunchError, match="write it like voice.example.com"):
        public_place(name)


@pytest.mark.parametrize(
    ("given", "url"),
    [
        ({}, "wss://a.test"),
        ({"host": "192.168.1.20"}, "wss://a.test"),
        ({"host": "192.168.1.20", "livekit_public_url": "wss://b.test"}, "wss://a.test"),
        ({"host": "192.168.1.20", "livekit_url": "wss://c.test"}, "wss://c.test"),
        ({"livekit_public_url": "https://b.test"}, "wss://b.test"),
        ({"livekit_url": "http://c.test", "livekit_public_url": ""}, "ws://c.test"),
    ],
)
def test_where_livekit_is(given: dict[str, str], url: str) -> None:
    keys = {"livekit_api_key": KEY, "livekit_api_secret": SECRET}
    settings = Settings.model_validate({**given, **keys})
    assert livekit_address(settings, Place(host="a.test", port=443)) == url
