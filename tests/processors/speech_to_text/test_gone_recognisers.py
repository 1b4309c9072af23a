"""Two recognisers as one, of which one or both are gone for good."""

from __future__ import annotations

import asyncio
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
    pair_of,
    sound,
)
from tests.processors.speech_to_text.virtual_deepgram import VirtualDeepgram, VirtualService
from tests.virtual_time import run_in_virtual_time
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


def troubles(pair: Pair) -> list[bool]:
    """Return whether each that was told is the end of it."""
    return [frame.is_over for frame in pair.pipeline.down if isinstance(frame, TroubleFrame)]


@pytest.mark.promise("Fallback", "There is trouble with hearing when neither recogniser hears.")
async def test_there_is_trouble_when_neither_hears() -> None:
    async with live_pair() as (pair, _, _):
        for service in (pair.service.first, pair.service.second):
            assert troubles(pair) == []
            await service.push_frame(TroubleFrame(part=Part.HEARING))
            await pair.pipeline.settle()
        assert troubles(pair) == [False]
        for service in (pair.service.second, pair.service.first):
            await service.push_frame(TroubleFrame(part=Part.HEARING, is_over=True))
            await pair.pipeline.settle()
            assert troubles(pair) == [False, True]


@pytest.mark.promise(
    "Fallback", "When one of two recognisers is gone for good, trouble of the other is told."
)
@pytest.mark.parametrize("is_first_lost", [True, False])
@pytest.mark.parametrize("is_lost_before", [True, False])
async def test_who_is_left_may_be_in_trouble_alone(
    *, is_first_lost: bool, is_lost_before: bool
) -> None:
    async with live_pair() as (pair, _, _):
        lost, left = pair.service.first, pair.service.second
        lost, left = (lost, left) if is_first_lost else (left, lost)
        if is_lost_before:
            await lost.set_usable(False)
        else:
            # The trouble of one that is lost has no end.
            await lost.push_frame(TroubleFrame(part=Part.HEARING))
        await pair.pipeline.settle()
        assert troubles(pair) == []
        await left.push_frame(TroubleFrame(part=Part.HEARING))
        await pair.pipeline.until_down(TroubleFrame)
        if not is_lost_before:
            await lost.set_usable(False)
            await pair.pipeline.settle()
        assert troubles(pair) == [False]
        await left.push_frame(TroubleFrame(part=Part.HEARING, is_over=True))
        await pair.pipeline.until_down(TroubleFrame, 2)
        assert troubles(pair) == [False, True]


@pytest.mark.promise(
    "Fallback", "When one of two recognisers is gone for good, trouble of the other is told."
)
async def test_trouble_is_told_when_the_one_that_heard_is_lost() -> None:
    async with live_pair() as (pair, _, _):
        await pair.service.second.push_frame(TroubleFrame(part=Part.HEARING))
        await pair.pipeline.settle()
        assert troubles(pair) == []
        await pair.service.first.set_usable(False)
        await pair.pipeline.until_down(TroubleFrame)


@pytest.mark.promise(
    "Fallback", "A first recogniser that wants to be left alone for long is not asked meanwhile."
)
def test_a_first_that_wants_to_be_left_alone_is_not_asked_meanwhile() -> None:
    async def story() -> None:
        one, two = VirtualDeepgram(), VirtualDeepgram()
        async with pair_of(VirtualService(one), VirtualService(two)) as pair:
            await asyncio.sleep(6.0)
            one.refusal = (429, [("Retry-After", "50")])
            one.connections[-1].end()
            # Its rest is over before.
            await asyncio.sleep(40.0)
            await pair.voice(STARTED)
            await pair.speak(*[7] * 20)
            await asyncio.sleep(0.5)
            assert two.connections[-1].audio.endswith(sound(*[7] * 20))
            assert len(one.attempts_secs) == 2

    run_in_virtual_time(story())


def test_a_first_that_ends_its_connection_for_the_silence_is_asked_all_the_same() -> None:
    async def story() -> None:
        one, two = VirtualDeepgram(), VirtualDeepgram()
        async with pair_of(VirtualService(one), VirtualService(two)) as pair:
            await asyncio.sleep(20.0)
            one.connections[-1].end()
            await asyncio.sleep(1.0)
            await pair.voice(STARTED)
            await pair.speak(*[7] * 20)
            await asyncio.sleep(0.5)
            assert one.connections[-1].audio.endswith(sound(*[7] * 20))
            assert not two.connections[-1].audio

    run_in_virtual_time(story())


@pytest.mark.promise(
    "Fallback",
    "A first recogniser that is lost in silence and not back within a second is told of: the "
    "second hears what is said next.",
)
@pytest.mark.parametrize("spoken_secs", [0.5, 1.5])
def test_a_first_that_is_lost_in_silence_and_not_back_at_once_is_not_waited_for(
    spoken_secs: float,
) -> None:
    async def story() -> None:
        one, two = VirtualDeepgram(), VirtualDeepgram()
        async with pair_of(VirtualService(one), VirtualService(two)) as pair:
            await asyncio.sleep(20.0)
            one.takes_secs = 60.0
            one.connections[-1].end()
            await asyncio.sleep(spoken_secs)
            await pair.voice(STARTED)
            await pair.speak(*[7] * 20)
            await asyncio.sleep(0.7)
            assert two.connections[-1].audio.endswith(sound(*[7] * 20))

    run_in_virtual_time(story())
