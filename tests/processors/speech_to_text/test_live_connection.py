"""The life of a connection in the seconds it really takes, which pass in no time here."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import pytest
from pipecat.frames.frames import (
    ClientConnectedFrame,
    ErrorFrame,
    InputAudioRawFrame,
    VADUserStartedSpeakingFrame,
)

from processors.frames import CallerLeftFrame, TroubleFrame
from tests.fake_pipeline import FakePipeline, open_fake_pipeline
from tests.processors.speech_to_text.virtual_deepgram import VirtualDeepgram, VirtualService
from tests.virtual_time import run_in_virtual_time

HELLO = '{"type":"Results","channel":{"alternatives":[{"transcript":"hello"}]},"is_final":true}'

Body = Callable[[VirtualDeepgram, VirtualService, FakePipeline], Awaitable[None]]


def troubles(pipeline: FakePipeline) -> list[bool]:
    """Return whether each that was told is the end of it."""
    return [frame.is_over for frame in pipeline.down if isinstance(frame, TroubleFrame)]


def in_a_call(body: Body, server: VirtualDeepgram | None = None) -> None:
    """Run a recogniser in a pipeline, in virtual time."""

    async def run() -> None:
        fake = server or VirtualDeepgram()
        service = VirtualService(fake)
        async with open_fake_pipeline(service) as pipeline:
            await body(fake, service, pipeline)

    run_in_virtual_time(run())


def told(pipeline: FakePipeline) -> int:
    """Return how many failures were told."""
    return sum(isinstance(frame, ErrorFrame) for frame in pipeline.up)


@pytest.mark.promise("Speech-to-text", "A muted microphone costs no connection.")
def test_a_connection_without_audio_is_kept_open() -> None:
    async def be_muted(fake: VirtualDeepgram, _: VirtualService, pipeline: FakePipeline) -> None:
        await asyncio.sleep(60.0)
        assert len(fake.connections) == 1 and not told(pipeline)

    in_a_call(be_muted)


@pytest.mark.promise("Speech-to-text", "While a caller is away no connection is paid for.")
def test_nobody_to_hear_costs_no_connection_and_who_is_back_is_heard() -> None:
    async def be_away(fake: VirtualDeepgram, _: VirtualService, pipeline: FakePipeline) -> None:
        for times in (1, 2):
            await pipeline.send(CallerLeftFrame())
            await asyncio.sleep(1.0)
            await pipeline.send(ClientConnectedFrame())
            await asyncio.sleep(60.0)
            # A page that is loaded anew finds the connection as it was.
            assert len(fake.attempts_secs) == times
            assert "CloseStream" not in fake.connections[-1].kinds
            await pipeline.send(CallerLeftFrame())
            await asyncio.sleep(60.0)
            assert fake.connections[-1].kinds[-1] == "CloseStream"
            assert len(fake.attempts_secs) == times
            await pipeline.send(ClientConnectedFrame())
            await asyncio.sleep(0.1)
            assert len(fake.connections) == times + 1 and not told(pipeline)

    in_a_call(be_away)


@pytest.mark.promise("Speech-to-text", "While a caller is away no connection is paid for.")
def test_a_handshake_that_ends_while_the_caller_is_away_is_let_go_of() -> None:
    async def be_away(fake: VirtualDeepgram, _: VirtualService, pipeline: FakePipeline) -> None:
        fake.takes_secs = 2.5
        fake.connections[-1].end()
        await pipeline.send(CallerLeftFrame())
        await asyncio.sleep(60.0)
        attempts = len(fake.attempts_secs)
        before = told(pipeline)
        await pipeline.send(ClientConnectedFrame())
        await asyncio.sleep(10.0)
        assert len(fake.attempts_secs) == attempts + 1 and told(pipeline) == before

    in_a_call(be_away)


@pytest.mark.promise(
    "Speech-to-text", "A service that brings no result for 60 s is given up, and asked ever less."
)
@pytest.mark.parametrize("is_there", [False, True])
def test_a_service_that_stays_away_is_given_up_after_a_minute(is_there: bool) -> None:
    async def wait(fake: VirtualDeepgram, service: VirtualService, pipeline: FakePipeline) -> None:
        await asyncio.sleep(55.0)
        assert service.is_usable and told(pipeline) == 1
        await asyncio.sleep(8.0)
        assert not service.is_usable
        # The cause, and that there is no hope.
        assert told(pipeline) == 2
        attempts = len(fake.attempts_secs)
        assert 30 <= attempts <= 36
        await asyncio.sleep(30.0)
        assert len(fake.attempts_secs) == attempts

    server = VirtualDeepgram()
    server.is_away = not is_there
    server.lives_secs = 0.01
    in_a_call(wait, server)


@pytest.mark.promise(
    "Speech-to-text",
    "A connection that is ended for the caller's silence is made again, and is nobody's business.",
)
def test_a_connection_that_is_lost_in_silence_is_nobodys_business() -> None:
    async def be_silent(fake: VirtualDeepgram, _: VirtualService, pipeline: FakePipeline) -> None:
        for count in range(2, 6):
            await asyncio.sleep(20.0)
            fake.connections[-1].end()
            await asyncio.sleep(0.5)
            assert len(fake.connections) == count and not told(pipeline)
        await asyncio.sleep(20.0)
        await pipeline.send(VADUserStartedSpeakingFrame())
        await pipeline.settle()
        fake.connections[-1].end()
        await asyncio.sleep(0.5)
        assert told(pipeline) == 1

    in_a_call(be_silent)


@pytest.mark.promise(
    "Speech-to-text", "Whatever a recogniser's connection fails with is told, and tried again."
)
@pytest.mark.parametrize("fault", [ImportError("python-socks"), RuntimeError(), KeyError("x")])
def test_whatever_a_connection_fails_with_is_told_and_tried_again(fault: Exception) -> None:
    async def wait(fake: VirtualDeepgram, service: VirtualService, pipeline: FakePipeline) -> None:
        fake.fault = fault
        fake.connections[-1].end()
        await asyncio.sleep(20.0)
        assert troubles(pipeline) == [False] and told(pipeline) == 2
        fake.fault = None
        await asyncio.sleep(3.0)
        assert troubles(pipeline) == [False, True] and service.is_usable

    in_a_call(wait)


@pytest.mark.promise(
    "Speech-to-text",
    "A recogniser that wants to be left alone is while another one hears, else for 5 s at most; it "
    "is asked a last time before it is given up.",
)
@pytest.mark.parametrize("status", [429, 503])
@pytest.mark.parametrize(
    ("is_relieved", "headers", "pauses_secs"),
    [
        (True, [("Retry-After", "8")], [8, 8, 8]),
        (True, [("retry-after-ms", "8000")], [8, 8, 8]),
        (True, [("Retry-After", "3600")], [60]),
        (False, [("Retry-After", "4")], [4, 4, 4]),
        (False, [("Retry-After", "8")], [5, 5, 5]),
        (False, [("Retry-After", "3600")], [5, 5, 5]),
        (False, [("Retry-After", "0")], [0.4, 0.8, 1.6, 2]),
        (False, [("Retry-After", "soon")], [0.4, 0.8, 1.6, 2]),
        (False, [("Retry-After", "8"), ("Retry-After", "9")], [0.4, 0.8, 1.6, 2]),
    ],
)
def test_a_service_that_wants_to_be_left_alone_is(
    status: int, *, is_relieved: bool, headers: list[tuple[str, str]], pauses_secs: list[float]
) -> None:
    async def wait(fake: VirtualDeepgram, service: VirtualService, pipeline: FakePipeline) -> None:
        service.is_relieved = lambda: is_relieved
        await asyncio.sleep(10.0)
        fake.refusal = (status, headers)
        fake.connections[-1].end()
        await asyncio.sleep(50.0)
        assert service.is_usable and troubles(pipeline) == [False]
        await asyncio.sleep(13.0)
        assert not service.is_usable
        asked_secs = fake.attempts_secs[1:]
        pairs = zip(asked_secs, asked_secs[1:], strict=False)
        pauses = [after - before for before, after in pairs]
        assert pauses[: len(pauses_secs)] == pytest.approx(pauses_secs, abs=0.3)

    in_a_call(wait)


def test_a_service_is_left_alone_no_longer_when_nobody_else_hears() -> None:
    async def wait(fake: VirtualDeepgram, service: VirtualService, _: FakePipeline) -> None:
        await asyncio.sleep(10.0)
        service.is_relieved = lambda: True
        fake.refusal = (429, [("Retry-After", "3600")])
        fake.connections[-1].end()
        await asyncio.sleep(20.0)
        assert len(fake.attempts_secs) == 2
        service.is_relieved, fake.refusal = lambda: False, None
        await asyncio.sleep(2.5)
        assert len(fake.connections) == 2

    in_a_call(wait)


@pytest.mark.promise(
    "Speech-to-text",
    "A recogniser that is gone for 20 s is told of as trouble, once, until it is back; what was "
    "said last is heard then.",
)
@pytest.mark.parametrize("gone_secs", [5.0, 20.0, 50.0])
def test_a_service_that_is_gone_for_long_is_trouble_until_it_is_back(gone_secs: float) -> None:
    async def wait(fake: VirtualDeepgram, service: VirtualService, pipeline: FakePipeline) -> None:
        fake.is_away = True
        fake.connections[-1].end()
        await asyncio.sleep(1.5)
        assert troubles(pipeline) == []
        await asyncio.sleep(1.5)
        assert troubles(pipeline) == [False]
        await asyncio.sleep(gone_secs - 3.0)
        spoken = InputAudioRawFrame(b"\1\1" * 320, 16_000, 1)
        await pipeline.send(VADUserStartedSpeakingFrame(), spoken)
        fake.is_away = False
        await asyncio.sleep(3.0)
        assert troubles(pipeline) == [False, True]
        assert service.is_usable
        assert fake.connections[-1].audio.endswith(spoken.audio)

    in_a_call(wait)


@pytest.mark.promise(
    "Speech-to-text",
    "A recogniser that takes connections and ends each at once is told of as trouble, until one "
    "lasts.",
)
def test_a_service_that_ends_each_connection_at_once_is_trouble_until_one_lasts() -> None:
    async def wait(fake: VirtualDeepgram, service: VirtualService, pipeline: FakePipeline) -> None:
        await asyncio.sleep(3.0)
        assert troubles(pipeline) == [False]
        await asyncio.sleep(17.0)
        assert troubles(pipeline) == [False]
        fake.lives_secs = None
        await asyncio.sleep(8.0)
        assert troubles(pipeline) == [False, True]
        assert service.is_usable

    server = VirtualDeepgram()
    server.lives_secs = 0.01
    in_a_call(wait, server)


def test_a_connection_that_is_replaced_at_once_is_no_trouble() -> None:
    async def wait(fake: VirtualDeepgram, service: VirtualService, pipeline: FakePipeline) -> None:
        fake.connections[-1].end()
        await asyncio.sleep(5.0)
        assert len(fake.connections) == 2 and troubles(pipeline) == []

    in_a_call(wait)


@pytest.mark.promise(
    "Speech-to-text", "A call begins after 3 s without a recogniser that is not there yet."
)
@pytest.mark.parametrize("takes_secs", [0.0, 2.9, 60.0])
def test_a_service_that_is_away_at_the_start_holds_the_call_for_three_seconds_and_is_kept(
    takes_secs: float,
) -> None:
    async def start() -> None:
        server = VirtualDeepgram()
        server.is_away = True
        server.takes_secs = takes_secs
        service = VirtualService(server)
        async with open_fake_pipeline(service) as pipeline:
            assert 2.5 <= asyncio.get_running_loop().time() <= 3.5
            spoken = InputAudioRawFrame(b"\1\1" * 320, 16_000, 1)
            await pipeline.send(spoken)
            server.is_away = False
            await asyncio.sleep(2.5 + 2 * takes_secs)
            assert service.is_usable
            assert server.connections[0].audio == spoken.audio

    run_in_virtual_time(start())


def test_a_call_does_not_begin_before_its_recogniser_is_there() -> None:
    async def start() -> None:
        server = VirtualDeepgram()
        async with open_fake_pipeline(VirtualService(server)):
            assert len(server.connections) == 1
            assert asyncio.get_running_loop().time() < 0.5

    run_in_virtual_time(start())


@pytest.mark.promise("Speech-to-text", "A connection that drops is replaced within 2 s.")
def test_a_connection_that_drops_is_replaced_soon_however_often() -> None:
    async def drop(fake: VirtualDeepgram, service: VirtualService, _: FakePipeline) -> None:
        for count in range(2, 9):
            fake.connections[-1].end()
            await asyncio.sleep(0.3 if count == 2 else 2.1)
            assert len(fake.connections) == count
        # A working one: the next is there at once again.
        await asyncio.sleep(6.0)
        fake.connections[-1].end()
        await asyncio.sleep(0.3)
        assert len(fake.connections) == 9 and service.is_usable

    server = VirtualDeepgram()
    server.answers = [HELLO]
    in_a_call(drop, server)


@pytest.mark.promise(
    "Speech-to-text", "Each kind of failure is told once until the service has worked for 5 s."
)
def test_a_failure_is_told_again_only_after_the_service_has_worked() -> None:
    async def fail(fake: VirtualDeepgram, _: VirtualService, pipeline: FakePipeline) -> None:
        for _each in range(3):
            fake.connections[-1].end()
            await asyncio.sleep(2.1)
        assert told(pipeline) == 1
        await asyncio.sleep(6.0)
        for _each in range(2):
            fake.connections[-1].end()
            await asyncio.sleep(1.0)
        assert told(pipeline) == 2

    server = VirtualDeepgram()
    server.answers = [HELLO]
    in_a_call(fail, server)


def test_the_end_of_a_call_is_told_to_the_service() -> None:
    server = VirtualDeepgram()

    async def end(*_: object) -> None:
        pass

    in_a_call(end, server)
    assert server.connections[0].kinds == ["CloseStream"]
