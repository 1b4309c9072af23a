"""What answers in the place of LiveKit, each with its fix."""

from __future__ import annotations

import pytest

from bot.doctor.media import Limits, look_at_media
from bot.doctor.signalling import place_of
from tests.bot.doctor.livekit_with_relay import LiveKit
from tests.bot.doctor.servers import (
    Talk,
    answers,
    at_loopback,
    hangs_up,
    open_server,
    says_nothing,
)


@pytest.mark.parametrize(
    ("talk", "words"),
    [
        (answers(404), "let the proxy pass on /rtc"),
        (answers(502), "does not reach LiveKit (HTTP 502)"),
        (answers(200, "<html>"), "HTTP 200 in place of a websocket"),
        (answers(401), "it refuses our key"),
        (hangs_up, "where does the proxy lead?"),
        (says_nothing, "does the proxy pass websockets on"),
    ],
)
async def test_who_is_no_livekit_is_told(talk: Talk, words: str) -> None:
    async with open_server(talk) as place:
        livekit = LiveKit(http=place.port)
        settings = livekit.settings
        (found,) = await look_at_media(
            settings, livekit.url, place, resolve=at_loopback, limits=Limits(line_secs=0.5)
        )
    assert (found.is_well, words in found.fix) == (False, True)


async def test_nobody_at_the_port_is_told() -> None:
    livekit = LiveKit()
    (found,) = await look_at_media(
        livekit.settings, livekit.url, livekit.place, resolve=at_loopback
    )
    assert "nothing answers at port" in found.fix


@pytest.mark.parametrize(
    ("url", "port"), [("wss://a.test", 443), ("ws://a.test", 80), ("wss://a.test:7443", 7443)]
)
def test_a_place_is_taken_from_an_address(url: str, port: int) -> None:
    assert (place_of(url).host, place_of(url).port) == ("a.test", port)
