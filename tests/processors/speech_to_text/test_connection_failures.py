from __future__ import annotations

import asyncio
import json
from contextlib import AbstractAsyncContextManager
from functools import partial
from typing import cast

import pytest
from pipecat.frames.frames import ClientConnectedFrame, InputAudioRawFrame
from typing_extensions import override

from processors.frames import CallerLeftFrame, TroubleFrame
from processors.speech_to_text.assemblyai import AssemblyAISpeechToText
from processors.speech_to_text.assemblyai_messages import AssemblyAISocket
from processors.speech_to_text.connection_failures import STABLE_SECS, ConnectionFailures
from processors.speech_to_text.live_service import LiveService
from tests.fake_pipeline import FakePipeline, open_fake_pipeline
from tests.processors.speech_to_text.virtual_deepgram import VirtualDeepgram, VirtualService
from tests.virtual_time import run_in_virtual_time

BEHIND_THE_HANDSHAKE = json.dumps({"type": "Error", "error_code": 1008, "error": "Not authorized"})


class VirtualAssemblyAI(AssemblyAISpeechToText):
    """The real service but for the network."""

    def __init__(self, server: VirtualDeepgram) -> None:
        super().__init__(api_key="secret")
        self._server = server

    @override
    def open_socket(self) -> AbstractAsyncContextManager[AssemblyAISocket]:
        socket = self._server.open(partial(AssemblyAISocket, sample_rate_hz=16_000))
        return cast("AbstractAsyncContextManager[AssemblyAISocket]", socket)


class Service:
    """A provider whose connections all end the same way."""

    def __init__(self) -> None:
        self.failures = ConnectionFailures(
            give_up_secs=8.0,
            first_backoff_secs=0.2,
            max_backoff_secs=2.0,
            is_relieved=lambda: False,
        )
        self.pause_secs = 0.0
        self.now_secs = 100.0
        self.attempts = 0

    def fail(
        self, *, lived_secs: float = 0.0, tried_secs: float = 0.0, useful: bool = False
    ) -> None:
        began_secs = self.now_secs
        self.now_secs += tried_secs + lived_secs
        self.attempts += 1
        self.failures.on_end(
            began_secs=began_secs,
            lived_secs=lived_secs,
            now_secs=self.now_secs,
            was_useful=useful,
        )
        self.pause_secs = self.failures.left_secs(self.now_secs)
        self.now_secs += self.pause_secs


def test_a_service_that_ends_each_connection_at_once_is_given_up_after_a_few() -> None:
    service = Service()
    while not service.failures.is_hopeless:
        service.fail(lived_secs=0.05)
    assert service.attempts <= 10
    assert service.now_secs <= 100 + 8.0 + 2 * 2.0


def test_a_handshake_that_hangs_counts_from_its_beginning() -> None:
    service = Service()
    while not service.failures.is_hopeless:
        service.fail(tried_secs=3.0)
    assert service.now_secs <= 100 + 8.0 + 3.0 + 2.0


def test_one_result_a_connection_is_no_reason_to_ask_ever_faster_nor_to_give_up() -> None:
    service = Service()
    while service.now_secs < 160:
        service.fail(lived_secs=0.05, useful=True)
    assert not service.failures.is_hopeless
    assert service.attempts <= 35


def test_a_connection_for_each_utterance_is_opened_again_at_once() -> None:
    service = Service()
    for _ in range(20):
        service.fail(lived_secs=3.0, useful=True)
        assert service.pause_secs == pytest.approx(0.2)


def test_a_working_connection_makes_the_next_failure_the_first() -> None:
    service = Service()
    for _ in range(4):
        service.fail()
    service.fail(lived_secs=STABLE_SECS)
    assert service.pause_secs == pytest.approx(0.2)
    assert not service.failures.is_hopeless


def test_a_problem_is_news_once_until_the_service_has_worked() -> None:
    service = Service()
    assert service.failures.is_news("refused")
    service.fail()
    assert not service.failures.is_news("refused")
    assert service.failures.is_news("closed")
    service.fail(lived_secs=STABLE_SECS)
    assert service.failures.is_news("refused")


def troubles(pipeline: FakePipeline) -> list[bool]:
    return [frame.is_over for frame in pipeline.down if isinstance(frame, TroubleFrame)]


@pytest.mark.promise(
    "Speech-to-text",
    "A recogniser that has heard in a call, and refuses a connection as if for good, is asked "
    "again: for 5 s where it refuses the key, else as one that is gone.",
)
@pytest.mark.parametrize(
    ("status", "ends_secs"),
    [(401, 5.0), (403, 5.0), (400, 60.0), (404, 60.0), (425, 60.0), (1008, 5.0)],
)
def test_a_service_that_has_heard_is_believed_later_to_refuse_for_good(
    status: int, ends_secs: float
) -> None:
    def refuse(fake: VirtualDeepgram) -> None:
        if status == 1008:
            fake.answers = [BEHIND_THE_HANDSHAKE]
        else:
            fake.refusal = (status, [])

    async def wait(fake: VirtualDeepgram, service: LiveService, pipeline: FakePipeline) -> None:
        await asyncio.sleep(10.0)
        # For a moment.
        refuse(fake)
        fake.connections[-1].end()
        await asyncio.sleep(4.0)
        assert service.is_usable and troubles(pipeline) == [False]
        fake.refusal, fake.answers = None, []
        await asyncio.sleep(STABLE_SECS + 2.5)
        assert service.is_usable and troubles(pipeline) == [False, True]
        # For good.
        await asyncio.sleep(10.0)
        refuse(fake)
        fake.connections[-1].end()
        await asyncio.sleep(ends_secs - 1.0)
        assert service.is_usable
        await asyncio.sleep(4.0)
        assert not service.is_usable

    async def call() -> None:
        fake = VirtualDeepgram()
        service = VirtualAssemblyAI(fake) if status == 1008 else VirtualService(fake)
        async with open_fake_pipeline(service) as pipeline:
            await wait(fake, service, pipeline)

    run_in_virtual_time(call())


@pytest.mark.promise(
    "Speech-to-text",
    "A recogniser that has heard in a call, and refuses a connection as if for good, is asked "
    "again: for 5 s where it refuses the key, else as one that is gone.",
)
@pytest.mark.parametrize("after", [401, 404, 503])
@pytest.mark.parametrize("before", [None, 401, 503])
@pytest.mark.parametrize("is_well", [True, False])
def test_what_failed_before_the_caller_left_ends_nothing_for_who_is_back(
    before: int | None, after: int, *, is_well: bool
) -> None:
    async def call() -> None:
        fake = VirtualDeepgram()
        service = VirtualService(fake)
        async with open_fake_pipeline(service) as pipeline:
            await asyncio.sleep(10.0)
            fake.refusal = (before, []) if before else None
            fake.connections[-1].end()
            await asyncio.sleep(1.0)
            if is_well:
                fake.refusal = None
                await asyncio.sleep(10.0)
            await pipeline.send(CallerLeftFrame())
            await asyncio.sleep(100.0)
            fake.refusal = (after, [])
            await pipeline.send(ClientConnectedFrame())
            await asyncio.sleep(4.0)
            assert service.is_usable
            connections, fake.refusal = len(fake.connections), None
            await asyncio.sleep(2.5)
            assert service.is_usable and len(fake.connections) == connections + 1

    run_in_virtual_time(call())


@pytest.mark.promise(
    "Speech-to-text",
    "A recogniser that has heard in a call, and refuses a connection as if for good, is asked "
    "again: for 5 s where it refuses the key, else as one that is gone.",
)
@pytest.mark.parametrize("lived_secs", [1.0, 10.0])
def test_a_service_that_has_only_been_let_go_of_has_heard_if_it_was_there_for_long(
    lived_secs: float,
) -> None:
    async def call() -> None:
        fake = VirtualDeepgram()
        service = VirtualService(fake)
        async with open_fake_pipeline(service) as pipeline:
            await asyncio.sleep(lived_secs)
            await pipeline.send(CallerLeftFrame())
            await asyncio.sleep(4.0)
            fake.refusal = (401, [])
            await pipeline.send(ClientConnectedFrame())
            await asyncio.sleep(4.0)
            assert service.is_usable is (lived_secs > STABLE_SECS)

    run_in_virtual_time(call())


@pytest.mark.promise(
    "Speech-to-text",
    "A caller who is back is heard, whatever state the connection was in when it was let go of.",
)
@pytest.mark.parametrize("takes_goodbye", [True, False])
def test_who_is_back_is_heard_though_the_goodbye_was_never_taken(*, takes_goodbye: bool) -> None:
    async def call() -> None:
        fake = VirtualDeepgram()
        service = VirtualService(fake)
        async with open_fake_pipeline(service) as pipeline:
            await asyncio.sleep(1.0)
            fake.connections[0].holds_sender = not takes_goodbye
            await pipeline.send(CallerLeftFrame())
            await asyncio.sleep(3.5)
            await pipeline.send(ClientConnectedFrame())
            await asyncio.sleep(1.0)
            await pipeline.send(*[InputAudioRawFrame(b"\1" * 640, 16_000, 1)] * 50)
            await asyncio.sleep(1.0)
            assert len(fake.connections) == 2
            assert fake.connections[1].audio

    run_in_virtual_time(call())
