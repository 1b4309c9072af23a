"""Two recognisers as one, of which one or both are gone for good."""

from __future__ import annotations

from http import HTTPStatus

import pytest
from pipecat.frames.frames import ErrorFrame

from processors.frames import Part, TroubleFrame
from processors.speech_to_text import live_connection
from tests.processors.speech_to_text.recogniser_pair import (
    FRAME_BYTES,
    STARTED,
    STOPPED,
    Pair,
    live_pair,
)
from tests.waiting import until


@pytest.fixture(autouse=True)
def short_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live_connection, "FIRST_BACKOFF_SECS", 0.01)
    monkeypatch.setattr(live_connection, "MAX_BACKOFF_SECS", 0.02)


async def second_is_gone(pair: Pair) -> None:
    async def is_gone() -> bool:
        return not pair.service.second.is_usable

    await until(is_gone)


@pytest.mark.promise("Fallback", "The caller is told when nobody is left to hear.")
async def test_an_error_comes_out_when_nobody_is_left() -> None:
    async with live_pair() as (pair, one, two):
        one.refusals = [HTTPStatus.UNAUTHORIZED] * 100
        two.refusals = [HTTPStatus.UNAUTHORIZED] * 100
        await pair.voice(STARTED)
        await pair.speak(*[1] * 20)
        await one.until(audio_bytes=20 * FRAME_BYTES)
        one.drop()
        await two.until(audio_bytes=18 * FRAME_BYTES)
        assert not pair.errors() and pair.service.is_usable
        two.drop()
        found = await pair.pipeline.until_up(ErrorFrame)
        while found[-1].processor is None or found[-1].processor.is_usable:
            found = await pair.pipeline.until_up(ErrorFrame, len(found) + 1)
        assert not pair.service.is_usable


@pytest.mark.promise("Fallback", "The caller is told when nobody is left to hear.")
async def test_a_first_that_dies_when_the_spare_has_died_before_is_told_of() -> None:
    async with live_pair() as (pair, one, two):
        one.refusals = [HTTPStatus.UNAUTHORIZED] * 100
        two.refusals = [HTTPStatus.UNAUTHORIZED] * 100
        two.drop()
        await second_is_gone(pair)
        assert not pair.errors() and pair.service.is_usable
        one.drop()
        found = await pair.pipeline.until_up(ErrorFrame)
        while pair.service.is_usable:
            found = await pair.pipeline.until_up(ErrorFrame, len(found) + 1)


@pytest.mark.promise("Fallback", "A spare recogniser that died is not counted on.")
async def test_while_the_first_rests_a_spare_that_died_is_not_asked() -> None:
    async with live_pair() as (pair, one, two):
        await pair.voice(STARTED)
        await pair.speak(*[1] * 20)
        await one.until(audio_bytes=20 * FRAME_BYTES)
        one.drop()
        await two.until(audio_bytes=18 * FRAME_BYTES)
        two.refusals = [HTTPStatus.UNAUTHORIZED] * 100
        two.drop()
        await second_is_gone(pair)
        await one.until(connections=2)
        await pair.voice(STOPPED)
        before = len(one.audio[-1])
        await pair.voice(STARTED)
        await pair.speak(*[2] * 20)
        await one.until(audio_bytes=before + 20 * FRAME_BYTES)


@pytest.mark.promise("Fallback", "There is trouble with hearing when neither recogniser hears.")
async def test_there_is_trouble_when_neither_hears() -> None:
    async with live_pair() as (pair, one, _):
        for service in (pair.service.first, pair.service.second):
            await service.push_frame(TroubleFrame(part=Part.HEARING))
        [told] = await pair.pipeline.until_down(TroubleFrame)
        assert not told.is_over
        for service in (pair.service.second, pair.service.first):
            await service.push_frame(TroubleFrame(part=Part.HEARING, is_over=True))
        told = await pair.pipeline.until_down(TroubleFrame, 2)
        await pair.pipeline.settle()
        shown = [f.is_over for f in pair.pipeline.down if isinstance(f, TroubleFrame)]
        assert shown == [False, True]
        del one, told
