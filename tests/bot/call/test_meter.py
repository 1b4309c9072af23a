from __future__ import annotations

import asyncio
from typing import Any

import pytest
from pipecat.metrics.metrics import (
    LLMTokenUsage,
    LLMUsageMetricsData,
    MetricsData,
    STTUsage,
    STTUsageMetricsData,
    TTFBMetricsData,
    TTSUsageMetricsData,
)

from bot.call.meter import REPORT_SECS, Meter, SessionBudget, build_meter
from bot.settings import Settings
from bot.spent import Spent
from processors.agent_protocol.events import Stage
from tests.fake_clock import FakeClock
from tests.fake_room import FakeRoom, settle
from tests.virtual_time import run_in_virtual_time

_BUDGET = SessionBudget(prompt_tokens=1_000, typed_chars=100, speech_chars=100)


def tokens(prompt: int, completion: int = 0, model: str = "gpt-4.1") -> MetricsData:
    usage = LLMTokenUsage(
        prompt_tokens=prompt, completion_tokens=completion, total_tokens=prompt + completion
    )
    return LLMUsageMetricsData(processor="p", model=model, value=usage)


def speech(chars: int, model: str = "eleven_flash_v2_5") -> MetricsData:
    return TTSUsageMetricsData(processor="p", model=model, value=chars)


class Metered:
    """A meter in a room without a network."""

    def __init__(self, *, budget: SessionBudget = _BUDGET, **options: Any) -> None:
        self.room = FakeRoom()
        self.clock = FakeClock()
        self.spent = 0
        self.meter = Meter(
            room=self.room.room,
            budget=budget,
            on_spent=self._on_spent,
            clock_secs=self.clock,
            **options,
        )

    def _on_spent(self) -> None:
        self.spent += 1

    @property
    def reports(self) -> list[Spent]:
        assert self.room.local_participant.attribute_writes == []
        return [Spent.from_json(write) for write in self.room.local_participant.metadata_writes]


async def test_all_that_stages_say_is_added_up_and_priced() -> None:
    metered = Metered()
    meter = metered.meter
    meter.measured(Stage.LANGUAGE_MODEL, [tokens(100, 10), tokens(200)])
    meter.measured(Stage.TEXT_TO_SPEECH, [speech(50)])
    heard = STTUsage(audio_seconds=60.0)
    meter.measured(
        Stage.SPEECH_TO_TEXT,
        [STTUsageMetricsData(processor="p", model="gpt-transcribe", value=heard)],
    )
    meter.measured(Stage.OTHER, [TTFBMetricsData(processor="p", model="m", value=1.0)])
    metered.clock.now += 5
    meter.caller_joined()
    metered.clock.now += 2
    # A reload of the page is no new call.
    meter.caller_joined()
    metered.clock.now += 1
    assert meter.so_far == Spent(
        call_ms=3_000,
        prompt_tokens=300,
        completion_tokens=10,
        speech_chars=50,
        money_micros=600 + 80 + 2_500 + 4_500,
    )
    await meter.close()


async def test_what_runs_on_this_machine_is_counted_and_free() -> None:
    meter = Metered(free=[Stage.LANGUAGE_MODEL]).meter
    meter.measured(Stage.LANGUAGE_MODEL, [tokens(100)])
    assert meter.so_far == Spent(prompt_tokens=100)
    await meter.close()


@pytest.mark.promise(
    "Cost", "A call that has used up what one may ends with a goodbye that says so."
)
@pytest.mark.parametrize(
    ("stage", "almost", "more"),
    [
        (Stage.LANGUAGE_MODEL, tokens(1_000, 5_000), tokens(1)),
        (Stage.TEXT_TO_SPEECH, speech(100), speech(1)),
    ],
)
async def test_a_budget_that_is_used_up_is_told_once(
    stage: Stage, almost: MetricsData, more: MetricsData
) -> None:
    metered = Metered()
    metered.meter.measured(stage, [almost])
    assert metered.spent == 0
    metered.meter.measured(stage, [more])
    metered.meter.measured(stage, [more])
    assert metered.spent == 1
    await metered.meter.close()


async def test_what_is_typed_is_bounded_in_all() -> None:
    metered = Metered()
    metered.meter.typed("x" * 100)
    assert metered.spent == 0
    metered.meter.typed("x")
    metered.meter.typed("x")
    assert metered.spent == 1


async def test_a_budget_of_0_is_none_and_a_longer_call_may_use_more() -> None:
    short, long = (
        SessionBudget.of(Settings.model_validate({"session_max_secs": secs}))
        for secs in (10.0, 3_600.0)
    )
    assert (short.typed_chars, short.speech_chars) == (7_500, 10_000)
    assert (long.typed_chars, long.speech_chars) == (90_000, 120_000)
    metered = Metered(budget=SessionBudget(prompt_tokens=0, typed_chars=1, speech_chars=1))
    metered.meter.measured(Stage.LANGUAGE_MODEL, [tokens(10**9)])
    assert metered.spent == 0
    await metered.meter.close()


def test_the_sums_are_shown_in_the_room_now_and_then_and_at_the_end() -> None:
    async def talk() -> None:
        metered = Metered()
        for number in range(40):
            metered.meter.measured(Stage.LANGUAGE_MODEL, [tokens(1)])
            await asyncio.sleep(REPORT_SECS / 10)
            assert len(metered.reports) <= number / 10 + 1
        metered.meter.measured(Stage.LANGUAGE_MODEL, [tokens(1)])
        await metered.meter.close()
        await settle()
        assert 3 <= len(metered.reports) <= 5
        assert metered.reports[-1].prompt_tokens == 41

    run_in_virtual_time(talk())


@pytest.mark.parametrize(
    ("given", "is_free"),
    [
        ({}, True),
        ({"openai_api_key": "k"}, False),
        # Which of the two it was, nobody says.
        ({"openai_api_key": "k", "language_model_fallback": "local"}, False),
    ],
)
async def test_what_of_a_session_is_free_is_known_by_its_stages(
    given: dict[str, Any], *, is_free: bool
) -> None:
    settings = Settings.model_validate(given)
    meter = build_meter(settings=settings, room=FakeRoom().room, on_spent=lambda: None)
    meter.measured(Stage.LANGUAGE_MODEL, [tokens(100)])
    assert (meter.so_far.money_micros == 0) is is_free
    await meter.close()
