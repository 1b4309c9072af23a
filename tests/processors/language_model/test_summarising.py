from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

import pytest
from pipecat.frames.frames import Frame, LLMContextFrame, LLMTextFrame
from pipecat.processors.aggregators.llm_context import LLMContext
from pipecat.tests.utils import SleepFrame, run_test
from typing_extensions import override

from processors.frames import SummaryFrame, SummaryRequestFrame
from tests.processors.language_model.test_answering import says
from tests.processors.language_model.test_counting import Model


class Writer(Model):
    """A model that writes what it is told, or fails, or takes long."""

    def __init__(self, *, summary: Any = "They like tea.", secs: float = 0.0) -> None:
        super().__init__(says("Noon."), says("One."))
        self.summary = summary
        self.secs = secs
        self.inferences: list[str] = []

    @override
    async def run_inference(self, context: LLMContext, *args: Any, **options: Any) -> str | None:
        assert 0 < options["max_tokens"] < 1_000
        assert options["system_instruction"]
        message: Any = context.get_messages()[0]
        self.inferences.append(message["content"])
        await asyncio.sleep(self.secs)
        if isinstance(self.summary, Exception):
            raise self.summary
        return self.summary


async def summaries(model: Writer, *frames: Frame) -> tuple[list[tuple[str, int]], Sequence[Frame]]:
    down, up = await run_test(model, frames_to_send=[*frames, SleepFrame(0.1)])
    return [(one.text, one.mark) for one in up if isinstance(one, SummaryFrame)], down


@pytest.mark.promise(
    "Memory", "What was said long ago is kept in short, if the model is a real one."
)
async def test_a_summary_is_written_and_counted() -> None:
    model = Writer()
    asked = SummaryRequestFrame(text="USER: I like tea.", mark=7)
    found, _ = await summaries(model, asked)
    assert found == [("They like tea.", 7)]
    assert model.inferences == ["USER: I like tea."]
    [(prompt, completion)] = model.told
    assert prompt > 100 and completion == 5


@pytest.mark.promise("Memory", "No reply waits for a summary of what was said before.")
async def test_no_reply_waits_for_a_summary() -> None:
    model = Writer(secs=60.0)
    question = LLMContextFrame(LLMContext([{"role": "user", "content": "Hi"}]))
    async with asyncio.timeout(10.0):
        found, down = await summaries(model, SummaryRequestFrame(text="t", mark=1), question)
    assert found == []
    assert [one.text for one in down if isinstance(one, LLMTextFrame)] == ["Noon."]


@pytest.mark.promise(
    "Memory", "What was said long ago is kept in short, if the model is a real one."
)
@pytest.mark.parametrize(
    "answer",
    [
        "<think>Tea, hm.</think>\n\nThey like tea.",
        "Tea, hm.</think>They like tea.",
        "They like tea.<|im_end|>",
        "<|channel|>analysis<|message|>Hm.<|end|><|channel|>final<|message|>They like tea.",
    ],
)
async def test_a_thought_is_no_part_of_a_summary(answer: str) -> None:
    found, _ = await summaries(Writer(summary=answer), SummaryRequestFrame(text="t", mark=1))
    assert found == [("They like tea.", 1)]


@pytest.mark.parametrize(
    "answer", [None, "", " \n", "<think>Tea, hm", "...", ValueError("words"), TimeoutError()]
)
async def test_a_summary_that_fails_is_none_and_harms_nothing(answer: Any) -> None:
    model = Writer(summary=answer)
    question = LLMContextFrame(LLMContext([{"role": "user", "content": "Hi"}]))
    found, down = await summaries(model, SummaryRequestFrame(text="t", mark=1), question)
    assert found == []
    assert [one.text for one in down if isinstance(one, LLMTextFrame)] == ["Noon."]


async def test_one_is_written_at_a_time() -> None:
    model = Writer(secs=0.03)
    asked = [SummaryRequestFrame(text=f"{number}", mark=number) for number in range(5)]
    found, _ = await summaries(model, *asked)
    assert found == [("They like tea.", 0)]
