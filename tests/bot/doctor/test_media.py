"""Sound and relay of a real LiveKit, and of one that somebody lies about."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from livekit.protocol.rtc import SignalResponse

from bot.doctor.finding import Finding
from bot.doctor.media import Limits, look_at_media
from bot.doctor.names import Place
from bot.livekit.install import find_or_install
from bot.settings import Settings
from tests.bot.doctor.livekit_with_relay import (
    LiveKit,
    echo_udp,
    open_liar,
    open_livekit,
    silent_udp,
)
from tests.bot.doctor.servers import (
    at_loopback,
    open_server,
    says_nothing,
)
from tests.ports import free_port

_SHORT = Limits(line_secs=8.0, answer_secs=1.2)
Change = Callable[[SignalResponse], None]


@pytest.fixture
async def livekit(settings: Settings, tmp_path: Path) -> AsyncIterator[LiveKit]:
    async with open_livekit(await find_or_install(settings), tmp_path) as opened:
        yield opened


async def _look(
    livekit: LiveKit, place: Place | None = None, *, settings: Settings | None = None
) -> list[Finding]:
    place = place or livekit.place
    url = f"ws://127.0.0.1:{place.port}"
    found = await look_at_media(
        settings or livekit.settings, url, place, resolve=at_loopback, limits=_SHORT
    )
    assert "eyJ" not in repr(found)
    return found


async def test_every_way_of_a_whole_server_answers(livekit: LiveKit) -> None:
    found = await _look(livekit)
    assert [(one.is_well, one.fix) for one in found] == [(True, "")] * 4
    told = " ".join(one.what for one in found)
    for words in (
        f"by UDP (127.0.0.1 port {livekit.udp})",
        f"by TCP (127.0.0.1 port {livekit.tcp})",
        f"turn:127.0.0.1:{livekit.relay}?transport=udp gives a place",
    ):
        assert words in told
    wrong_key = livekit.settings.model_copy(update={"livekit_api_key": "other"})
    (refused,) = await _look(livekit, settings=wrong_key)
    assert "it refuses our key" in refused.fix
    (note,) = await _look(livekit, settings=Settings())
    assert (note.is_well, "LIVEKIT_API_KEY" in note.fix) == (True, True)


async def test_one_without_tcp_and_relay_is_told(settings: Settings, tmp_path: Path) -> None:
    program = await find_or_install(settings)
    async with open_livekit(program, tmp_path, has_relay=False, has_tcp=False) as livekit:
        _, udp, tcp, relay = await _look(livekit)
    assert (udp.is_well, udp.fix) == (True, "")
    assert (tcp.is_well, "tcp_port" in tcp.fix) == (True, True)
    assert (relay.is_well, "deploy/livekit.yaml" in relay.fix) == (True, True)


def _moved(old: int, new: int) -> Change:
    def change(message: SignalResponse) -> None:
        told = message.trickle.candidateInit
        if f" {old} " in told:
            message.trickle.candidateInit = told.replace(f" {old} ", f" {new} ")

    return change


async def test_places_that_do_not_answer_are_told_with_their_ports(livekit: LiveKit) -> None:
    closed = free_port()
    async with open_server(says_nothing) as silent:
        with silent_udp() as sink:
            for old, new, name in (
                (livekit.udp, closed, f"{closed}/udp"),
                (livekit.udp, sink, f"{sink}/udp"),
                (livekit.tcp, closed, f"{closed}/tcp"),
                (livekit.tcp, silent.port, f"{silent.port}/tcp"),
            ):
                async with open_liar(livekit, _moved(old, new)) as place:
                    found = await _look(livekit, place)
                (bad,) = [one for one in found if not one.is_well]
                assert f"let {name} in at the firewall" in bad.fix
                assert "use_external_ip" in bad.fix


async def test_a_place_with_a_name_is_asked_nobody_for(livekit: LiveKit) -> None:
    def change(message: SignalResponse) -> None:
        if told := message.trickle.candidateInit:
            message.trickle.candidateInit = told.replace(" 127.0.0.1 ", " a.name.invalid ")

    async with open_liar(livekit, change) as place:
        found = await _look(livekit, place)
    assert ["names no place for it" in one.what for one in found] == [False, True, True, False]
    assert not [one for one in threading.enumerate() if one.name.startswith("asyncio_")]


async def test_an_echo_is_no_answer(livekit: LiveKit) -> None:
    port_of: asyncio.Future[int] = asyncio.get_running_loop().create_future()
    mirror = asyncio.create_task(echo_udp(port_of))
    try:
        async with open_liar(livekit, _moved(livekit.udp, await port_of)) as place:
            found = await _look(livekit, place)
    finally:
        mirror.cancel()
        with suppress(asyncio.CancelledError):
            await mirror
    assert ["by UDP" in one.what for one in found if not one.is_well] == [True]


def _with_relay(url: str = "", **given: Any) -> Change:
    def change(message: SignalResponse) -> None:
        for one in message.join.ice_servers:
            if url and one.urls:
                one.urls[:] = [url]
            for name, value in given.items():
                setattr(one, name, value)

    return change


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (_with_relay(credential="wrong"), "name and password"),
        (_with_relay(f"turn:relay.test:{free_port()}?transport=udp"), "nothing listens"),
        (_with_relay(f"turns:relay.test:{free_port()}?transport=tcp"), "nothing listens"),
        (_with_relay("turn:relay.test:99999?transport=udp"), "no address of a relay"),
        (_with_relay("turn::"), "no address of a relay"),
    ],
)
async def test_a_relay_that_gives_no_place_is_told(
    livekit: LiveKit, change: Change, words: str
) -> None:
    async with open_liar(livekit, change) as place:
        found = await _look(livekit, place)
    (bad,) = [one for one in found if not one.is_well]
    assert bad.what.startswith("the relay at turn")
    assert bad.fix and words in bad.fix
