from __future__ import annotations

import asyncio

import pytest

from processors.frames import TroubleFrame
from processors.speech_to_text.connection_failures import STABLE_SECS, ConnectionFailures
from tests.fake_pipeline import FakePipeline, open_fake_pipeline
from tests.processors.speech_to_text.virtual_deepgram import VirtualDeepgram, VirtualService
from tests.virtual_time import run_in_virtual_time


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
    ("status", "ends_secs"), [(401, 5.0), (403, 5.0), (400, 60.0), (404, 60.0), (425, 60.0)]
)
def test_a_service_that_has_heard_is_believed_later_to_refuse_for_good(
    status: int, ends_secs: float
) -> None:
    async def wait(fake: VirtualDeepgram, service: VirtualService, pipeline: FakePipeline) -> None:
        await asyncio.sleep(10.0)
        # For a moment.
        fake.refusal = (status, [])
        fake.connections[-1].end()
        await asyncio.sleep(4.0)
        assert service.is_usable and troubles(pipeline) == [False]
        fake.refusal = None
        await asyncio.sleep(2.5)
        assert service.is_usable and troubles(pipeline) == [False, True]
        # For good.
        await asyncio.sleep(10.0)
        fake.refusal = (status, [])
        fake.connections[-1].end()
        await asyncio.sleep(ends_secs - 1.0)
        assert service.is_usable
        await asyncio.sleep(4.0)
        assert not service.is_usable

    async def call() -> None:
        fake = VirtualDeepgram()
        service = VirtualService(fake)
        async with open_fake_pipeline(service) as pipeline:
            await wait(fake, service, pipeline)

    run_in_virtual_time(call())
