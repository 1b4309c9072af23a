"""What is counted of requests that end in every way."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from pipecat.frames.frames import InterruptionFrame, LLMContextFrame, LLMTextFrame
from pipecat.metrics.metrics import LLMTokenUsage
from pipecat.processors.aggregators.llm_context import LLMContext
from pipecat.services.llm_service import LLMService
from pipecat.tests.utils import SleepFrame, run_test
from typing_extensions import override

from processors.language_model.answering import Answering
from processors.provider_requests import ProviderError
from tests.model_call import EXCUSES
from tests.processors.language_model.test_answering import (
    Attempt,
    Small,
    fails,
    hangs,
    says,
)
from tests.virtual_time import VirtualTimePolicy

_ASKED = "x" * 3_000
_PROMPT = 1_011
"""Of these words and their frame, at three bytes a token."""


@pytest.fixture
def event_loop_policy() -> VirtualTimePolicy:
    """A tenth of a second is a tenth of a second, however busy the machine is."""
    return VirtualTimePolicy()


class Recorder(Small):
    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.told: list[tuple[int, int]] = []

    @override
    async def start_llm_usage_metrics(self, tokens: LLMTokenUsage) -> None:
        self.told.append((tokens.prompt_tokens, tokens.completion_tokens))


class Model(Answering, Recorder):
    def __init__(self, *attempts: Attempt) -> None:
        super().__init__(excuses=EXCUSES, patience_secs=0.1, attempts=attempts)


def tells(*usages: tuple[int, int], then: Attempt) -> Attempt:
    """Report usage as the vendor does, and go on."""

    async def attempt(service: LLMService[Any]) -> None:
        for prompt, completion in usages:
            usage = LLMTokenUsage(
                prompt_tokens=prompt, completion_tokens=completion, total_tokens=prompt + completion
            )
            await service.start_llm_usage_metrics(usage)
        await then(service)

    return attempt


async def speaks_and_hangs(service: LLMService[Any]) -> None:
    await service.push_frame(LLMTextFrame("x" * 30))
    await asyncio.Event().wait()


@pytest.mark.promise(
    "Cost", "A request that is interrupted, repeated or dropped is counted, as it is billed."
)
@pytest.mark.parametrize(
    ("attempts", "told"),
    [
        ([tells((70, 5), then=says("Noon."))], [(70, 5)]),
        ([tells((70, 5), (70, 5), then=says("Noon."))], [(70, 5)]),
        ([says("Noon.")], [(_PROMPT, 2)]),
        ([hangs, tells((70, 5), then=says("Noon."))], [(_PROMPT, 0), (70, 5)]),
        ([says(), tells((70, 5), then=says("Noon."))], [(_PROMPT, 0), (70, 5)]),
        ([fails(ValueError()), tells((70, 5), then=says("Noon."))], [(70, 5)]),
        ([fails(ProviderError(body=None, code="", status_code=401))], []),
        ([tells((-70, -5), then=says("Noon."))], [(_PROMPT, 2)]),
    ],
    ids=["told", "twice", "never", "hangs", "empty", "fails", "refused", "a lie"],
)
async def test_each_request_is_counted_once_and_a_refused_one_not(
    attempts: list[Attempt], told: list[tuple[int, int]]
) -> None:
    model = Model(*attempts)
    frame = LLMContextFrame(LLMContext([{"role": "user", "content": _ASKED}]))
    await run_test(model, frames_to_send=[frame, SleepFrame(0.3)])
    assert model.told == told


@pytest.mark.promise(
    "Cost", "A request that is interrupted, repeated or dropped is counted, as it is billed."
)
@pytest.mark.parametrize("is_speculation", [False, True])
@pytest.mark.parametrize(("attempt", "completion"), [(hangs, 0), (speaks_and_hangs, 10)])
async def test_a_reply_that_is_interrupted_is_counted(
    attempt: Attempt, completion: int, *, is_speculation: bool
) -> None:
    model = Model(attempt)
    context = LLMContext([{"role": "user", "content": _ASKED}])
    frame = LLMContextFrame(context, speculation=is_speculation)
    frames = [frame, SleepFrame(0.05), InterruptionFrame(), SleepFrame(0.05)]
    await run_test(model, frames_to_send=frames)
    assert model.told == [(_PROMPT, completion)]
