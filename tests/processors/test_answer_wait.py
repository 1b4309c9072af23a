"""How much of the caller's patience is left for a stage, by the frames that have passed it."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import pytest
from pipecat.frames.frames import (
    BotStartedSpeakingFrame,
    BotStoppedSpeakingFrame,
    Frame,
    InterruptionFrame,
    LLMContextFrame,
    LLMFullResponseStartFrame,
    UserStartedSpeakingFrame,
    UserStoppedSpeakingFrame,
)
from pipecat.processors.aggregators.llm_context import LLMContext

from processors.answer_wait import AnswerWait
from tests.virtual_time import run_in_virtual_time

_ASKS = LLMContextFrame(context=LLMContext())
_ENDS, _BEGINS = UserStoppedSpeakingFrame(), UserStartedSpeakingFrame()
_STARTS = LLMFullResponseStartFrame()


@pytest.mark.parametrize(
    ("story", "patience_secs"),
    [
        ([], 2.0),
        ([_ENDS, 0.4], 2.0),
        ([_ENDS, 1.0], 1.5),
        ([_ENDS, 0.2, _ASKS, 1.0, _ASKS, 0.3], 1.0),
        ([_ENDS, 2.0], 0.5),
        ([_ENDS, 4.0], 0.4),
        # A line that was typed has no end of speech.
        ([_ASKS, 1.0], 1.5),
        ([_STARTS, 1.0], 1.5),
        ([_STARTS, 0.5, _ENDS, 1.0], 1.5),
        # Something was heard, or the caller goes on.
        ([_ENDS, 1.0, BotStartedSpeakingFrame(), 1.0], 2.0),
        ([_ENDS, 1.0, BotStartedSpeakingFrame(), 1.0, BotStoppedSpeakingFrame(), 1.0], 2.0),
        ([_ENDS, 1.0, BotStartedSpeakingFrame(), 1.0, _ASKS, 1.0], 1.5),
        ([_ENDS, 1.0, _BEGINS, 1.0], 2.0),
        ([_ENDS, 1.0, InterruptionFrame(), 1.0], 2.0),
        # Of a turn that came to nothing.
        ([_ENDS, 30.0], 2.0),
        ([_ENDS, 30.0, _ASKS, 1.0], 1.5),
    ],
)
def test_patience(story: Sequence[Frame | float], patience_secs: float) -> None:
    async def tell() -> None:
        wait = AnswerWait()
        for event in story:
            if isinstance(event, Frame):
                wait.note(event)
            else:
                await asyncio.sleep(event)
        left_secs = wait.patience_secs(2.0, others_secs=0.5, least_secs=0.4)
        assert left_secs == pytest.approx(patience_secs)

    run_in_virtual_time(tell())
