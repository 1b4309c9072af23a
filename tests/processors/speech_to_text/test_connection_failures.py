from __future__ import annotations

import pytest

from processors.speech_to_text.connection_failures import STABLE_SECS, ConnectionFailures


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
