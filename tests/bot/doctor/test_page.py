"""What answers at the page's name, and how far its clock is off."""

from __future__ import annotations

import asyncio
from asyncio import StreamReader, StreamWriter
from collections.abc import Callable, Coroutine
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from typing import Any, TypeAlias

import pytest

from bot.doctor.finding import Finding
from bot.doctor.names import Place
from bot.doctor.page import look_at_page
from bot.settings import Settings
from tests.bot.doctor.servers import (
    NAME,
    Talk,
    answers,
    hangs_up,
    open_server,
    says_nothing,
    tls_of,
)
from tests.bot.lan.certificates import write_pair
from tests.ports import free_port

Look: TypeAlias = Callable[..., Coroutine[Any, Any, list[Finding]]]
_JSON = "Content-Type: application/json"


@pytest.fixture
def look(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Look:
    pair = write_pair(tmp_path, [NAME])
    monkeypatch.setenv("SSL_CERT_FILE", str(pair.certificate))

    async def asked(talk: Talk, limit_secs: float = 0.5, **given: object) -> list[Finding]:
        settings = Settings.model_validate(given)
        async with open_server(talk, tls=tls_of(pair)) as place:
            return await look_at_page(settings, place, limit_secs=limit_secs)

    return asked


@pytest.mark.parametrize(
    ("talk", "words"),
    [
        (answers(200, '{"status": "ok"}', _JSON), ""),
        (answers(503, '{"status": "unavailable"}', _JSON), "it is not well"),
        (answers(403, '{"message": "may put it into PUBLIC_URL"}', _JSON), "set PUBLIC_URL="),
        (answers(403, "no"), "something else answers (HTTP 403)"),
        (answers(502), "the proxy reaches no Parley (HTTP 502)"),
        (answers(301, "", "Location: https://else.test/"), "sends callers elsewhere"),
        (answers(200, "<html>", "Content-Type: text/html"), "something else answers (HTTP 200)"),
        (answers(200, '{"status": "' + "x" * 100_000 + '"}', "Content-Type: a/b"), "something el"),
        (answers(404, "{}", _JSON), "something else answers (HTTP 404)"),
        (says_nothing, "no answer within 0.5 s"),
        (hangs_up, "nothing answers there"),
    ],
)
async def test_each_answer_has_its_fix(look: Look, talk: Talk, words: str) -> None:
    (found,) = await look(talk)
    assert found.is_well is (not words)
    assert found.what.startswith(f"Parley answers at https://{NAME}")
    assert words in found.fix and bool(words) is bool(found.fix)


async def test_a_proxy_that_looks_for_parley_for_a_while_is_waited_for(look: Look) -> None:
    async def talk(reader: StreamReader, writer: StreamWriter) -> None:
        # As deploy/Caddyfile does.
        await asyncio.sleep(5.1)
        await answers(503, "")(reader, writer)

    (found,) = await look(talk, limit_secs=30.0)
    assert "the proxy reaches no Parley (HTTP 503)" in found.fix


async def test_a_certificate_that_is_refused_is_told_elsewhere(
    look: Look, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("SSL_CERT_FILE")
    (found,) = await look(answers(200))
    assert found.fix == "its certificate is not taken: see there"


async def test_nobody_there_is_told() -> None:
    place = Place(host=NAME, port=free_port(), addresses=["127.0.0.1"])
    (found,) = await look_at_page(Settings(), place)
    assert found.fix == "nothing answers there"


async def test_another_name_than_the_one_that_is_set_is_told(look: Look) -> None:
    told = {"public_url": "https://else.test", "access": "invite"}
    found, _ = await look(answers(200, '{"status": "ok"}', _JSON), **told)
    assert not found.is_well
    assert f"set PUBLIC_URL=https://{NAME}" in found.fix


@pytest.mark.parametrize(
    ("off_secs", "is_well", "words"),
    [
        (0.0, True, "agree"),
        (-20.0, True, " s ahead"),
        (20.0, True, " s behind"),
        (-3600.0, False, " s ahead"),
        (3600.0, False, " s behind"),
    ],
)
async def test_clocks_that_differ_are_told(
    look: Look, off_secs: float, is_well: bool, words: str
) -> None:
    then = datetime.now(UTC) + timedelta(seconds=off_secs)
    date = f"Date: {format_datetime(then, usegmt=True)}"
    _, found = await look(answers(200, '{"status": "ok"}', _JSON, date))
    assert (found.is_well, words in found.what) == (is_well, True)
    assert bool(found.fix) is bool(off_secs)


async def test_a_date_that_is_none_is_no_clock(look: Look) -> None:
    talk = answers(200, '{"status": "ok"}', _JSON, "Date: Someday, 99 Never 99999 00:00:00 GMT")
    (found,) = await look(talk)
    assert found.is_well
