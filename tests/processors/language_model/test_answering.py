"""The layer around a service of a few lines, which behaves as badly as it is told."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

import pytest
from pipecat.frames.frames import (
    ErrorFrame,
    Frame,
    LLMContextFrame,
    LLMFullResponseEndFrame,
    LLMFullResponseStartFrame,
    LLMTextFrame,
    LLMThoughtTextFrame,
    TTSSpeakFrame,
    UserStoppedSpeakingFrame,
)
from pipecat.processors.aggregators.llm_context import LLMContext
from pipecat.processors.frame_processor import FrameDirection
from pipecat.services.llm_service import LLMService
from pipecat.services.settings import LLMSettings
from pipecat.tests.utils import SleepFrame, run_test
from pipecat.utils.errors import ErrorCategory
from typing_extensions import override

from processors.language_model.answering import Answering
from tests.model_call import EXCUSES
from tests.virtual_time import VirtualTimePolicy

Attempt = Callable[[LLMService[Any]], Awaitable[None]]


@pytest.fixture
def event_loop_policy() -> VirtualTimePolicy:
    """A tenth of a second is a tenth of a second, however busy the machine is."""
    return VirtualTimePolicy()


class Small(LLMService[Any]):
    """As small as a service of Pipecat's can be."""

    def __init__(self, *, attempts: Sequence[Attempt], **options: Any) -> None:
        settings = LLMSettings(
            model="m",
            system_instruction=None,
            temperature=None,
            max_tokens=None,
            top_p=None,
            top_k=None,
            frequency_penalty=None,
            presence_penalty=None,
            seed=None,
            filter_incomplete_user_turns=False,
            user_turn_completion_config=None,
            extra={},
        )
        super().__init__(settings=settings, **options)
        self._attempts = [*attempts]
        self.asked = 0

    @override
    async def process_frame(self, frame: Frame, direction: FrameDirection) -> None:
        await super().process_frame(frame, direction)
        if not isinstance(frame, LLMContextFrame):
            await self.push_frame(frame, direction)
            return
        self.asked += 1
        await self.push_frame(LLMFullResponseStartFrame())
        try:
            await self._attempts.pop(0)(self)
        except Exception as error:  # noqa: BLE001 - as Pipecat's services do
            await self.push_error("words of the caller", exception=error)
        finally:
            await self.push_frame(LLMFullResponseEndFrame())


class Model(Answering, Small):
    """The service in the layer."""

    def __init__(self, *attempts: Attempt, **options: Any) -> None:
        super().__init__(excuses=EXCUSES, patience_secs=0.1, attempts=attempts, **options)


def says(*words: str, every_secs: float = 0.0) -> Attempt:
    async def attempt(service: LLMService[Any]) -> None:
        for word in words:
            await asyncio.sleep(every_secs)
            await service.push_frame(LLMTextFrame(word))

    return attempt


def thinks(times: int, *, every_secs: float) -> Attempt:
    async def attempt(service: LLMService[Any]) -> None:
        for _ in range(times):
            await asyncio.sleep(every_secs)
            await service.push_frame(LLMThoughtTextFrame("Hm."))
        await service.push_frame(LLMTextFrame("Noon."))

    return attempt


def fails(error: Exception) -> Attempt:
    async def attempt(_: LLMService[Any]) -> None:
        raise error

    return attempt


async def hangs(_: LLMService[Any]) -> None:
    await asyncio.Event().wait()


async def reports(service: LLMService[Any]) -> None:
    await service.push_error_frame(ErrorFrame("words of the caller"))


async def answer(model: Model) -> tuple[Sequence[Frame], Sequence[ErrorFrame]]:
    frame = LLMContextFrame(LLMContext([{"role": "user", "content": "Hi"}]))
    down, up = await run_test(model, frames_to_send=[frame])
    return down, [frame for frame in up if isinstance(frame, ErrorFrame)]


def told(frames: Sequence[Frame]) -> list[str]:
    """Return the reply with its marks, and what is said beside it."""
    marks: dict[type[Frame], str] = {LLMFullResponseStartFrame: "<", LLMFullResponseEndFrame: ">"}
    found = [
        frame.text if isinstance(frame, LLMTextFrame | TTSSpeakFrame) else marks.get(type(frame))
        for frame in frames
    ]
    return [one for one in found if one is not None]


@pytest.mark.parametrize(
    "first",
    [fails(ValueError()), hangs, says(), says(" ", "\n"), reports],
    ids=["fails", "hangs", "says nothing", "says blanks", "reports"],
)
async def test_a_failed_attempt_is_made_again_within_one_reply(first: Attempt) -> None:
    model = Model(first, says("Noon."))
    down, errors = await answer(model)
    assert [one for one in told(down) if one.strip()] == ["<", "Noon.", ">"]
    assert not errors
    assert model.asked == 2


@pytest.mark.parametrize(
    "attempt",
    [fails(ValueError("words")), hangs, says(), reports],
    ids=["fails", "hangs", "says nothing", "reports"],
)
async def test_two_failures_are_one_error_without_words_and_an_excuse(attempt: Attempt) -> None:
    down, errors = await answer(Model(attempt, attempt))
    assert told(down) == ["<", ">", EXCUSES.apology]
    assert len(errors) == 1
    assert "words" not in errors[0].error
    assert not (errors[0].category or ErrorCategory.UNKNOWN).is_permanent


@pytest.mark.parametrize(("before_secs", "is_told"), [(0.0, False), (0.2, False), (1.0, True)])
async def test_what_the_turn_has_taken_is_no_more_there_for_the_model(
    before_secs: float, *, is_told: bool
) -> None:
    asks = LLMContextFrame(LLMContext([{"role": "user", "content": "Hi"}]))
    frames = [UserStoppedSpeakingFrame(), SleepFrame(sleep=before_secs), asks]
    down, _ = await run_test(Model(thinks(30, every_secs=0.06)), frames_to_send=frames)
    assert told(down) == ["<", *([EXCUSES.slow] if is_told else []), "Noon.", ">"]


@pytest.mark.parametrize("closes", [True, False])
async def test_what_a_service_lets_through_is_a_failure_too(*, closes: bool) -> None:
    class Leaky(Model):
        @override
        async def push_error(self, *_: Any, **__: Any) -> None:
            raise ValueError("words of the caller")

        @override
        async def push_frame(
            self, frame: Frame, direction: FrameDirection = FrameDirection.DOWNSTREAM
        ) -> None:
            if self.asked < 2 and not closes and isinstance(frame, LLMFullResponseEndFrame):
                raise ValueError("words of the caller")
            await super().push_frame(frame, direction)

    down, _ = await answer(Leaky(fails(ValueError()), says("Noon.")))
    assert told(down) == ["<", "Noon.", ">"]


async def test_words_and_thoughts_are_signs_of_life() -> None:
    model = Model(thinks(4, every_secs=0.06))
    down, _ = await answer(model)
    assert told(down) == ["<", "Noon.", ">"]
    model = Model(says("It ", "is ", "noon.", every_secs=0.06))
    down, _ = await answer(model)
    assert told(down) == ["<", "It ", "is ", "noon.", ">"]


async def test_endless_thought_is_no_sign_of_life(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("processors.language_model.patience.REASONING_SECS", 0.1)
    model = Model(thinks(20, every_secs=0.02))
    down, _ = await answer(model)
    assert told(down) == ["<", ">", EXCUSES.apology]
    assert model.asked == 1


async def test_a_stall_after_words_is_a_cut(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("processors.language_model.attempting.STALL_SECS", 0.05)

    async def stalls(service: LLMService[Any]) -> None:
        await service.push_frame(LLMTextFrame("It is "))
        await hangs(service)

    model = Model(stalls)
    down, _ = await answer(model)
    assert told(down) == ["<", "It is ", ">", EXCUSES.cut]
    assert model.asked == 1


async def test_an_error_of_another_task_fails_no_reply() -> None:
    async def reports_beside(service: LLMService[Any]) -> None:
        await asyncio.create_task(service.push_error("the rest"))
        await service.push_frame(LLMTextFrame("Noon."))

    down, errors = await answer(Model(reports_beside))
    assert told(down) == ["<", "Noon.", ">"]
    assert [error.error for error in errors] == ["the rest"]


def test_no_vendors_sdk_is_loaded_for_another() -> None:
    code = (
        "import sys, processors.language_model.openai, processors.language_model.with_fallback\n"
        "print([name for name in ('anthropic', 'google.genai') if name in sys.modules])"
    )
    printed = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True).stdout
    assert printed.strip() == "[]"
