from __future__ import annotations

from typing import Any

import pytest
from pipecat.adapters.schemas.function_schema import FunctionSchema
from pipecat.metrics.metrics import LLMTokenUsage
from pipecat.processors.aggregators.llm_context import LLMContext, LLMSpecificMessage

from processors.language_model.usage import RequestUsage, about_prompt, about_tokens


def told(prompt: int, completion: int = 0) -> LLMTokenUsage:
    return LLMTokenUsage(
        prompt_tokens=prompt, completion_tokens=completion, total_tokens=prompt + completion
    )


def sums(usages: list[LLMTokenUsage | None]) -> tuple[int, int]:
    known = [usage for usage in usages if usage is not None]
    return sum(u.prompt_tokens for u in known), sum(u.completion_tokens for u in known)


@pytest.mark.parametrize(
    ("reports", "expected"),
    [
        ([], (0, 0)),
        ([told(100, 7)], (100, 7)),
        ([told(100, 7), told(100, 7)], (100, 7)),
        ([told(100, 1), told(100, 5), told(100, 9)], (100, 9)),
        ([told(100), told(0, 9)], (100, 9)),
        ([told(100, 9), told(50, 4)], (100, 9)),
        ([told(-100, -9), told(10, 1)], (10, 1)),
    ],
    ids=["none", "one", "twice", "sums so far", "in two parts", "late", "negative"],
)
def test_a_request_counts_once_however_often_it_is_told(
    reports: list[LLMTokenUsage], expected: tuple[int, int]
) -> None:
    usage = RequestUsage()
    assert sums([usage.beyond(report) for report in reports]) == expected


@pytest.mark.parametrize(
    ("reports", "words", "expected"),
    [
        ([], ["one two three"], (500, 5)),
        ([], [], (500, 0)),
        ([told(100, 7)], ["one two three"], (0, 0)),
        ([told(100)], ["one two three"], (0, 5)),
        ([told(100)], [], (0, 0)),
        ([told(0, 7)], ["one"], (500, 0)),
    ],
)
def test_what_is_not_told_is_estimated(
    reports: list[LLMTokenUsage], words: list[str], expected: tuple[int, int]
) -> None:
    usage = RequestUsage()
    for report in reports:
        usage.beyond(report)
    for word in words:
        usage.note_words(word)
    untold = None if usage.is_told else usage.untold(prompt_tokens=500)
    assert sums([untold]) == expected


def test_a_prompt_is_its_instruction_its_messages_and_its_tools() -> None:
    messages: list[Any] = [
        {"role": "user", "content": "x" * 3_000},
        LLMSpecificMessage("google", {"thought": b"y" * 300}),
    ]
    tool = FunctionSchema("t", description="z" * 600, properties={}, required=[])
    bare = about_prompt(LLMContext(), instruction="")
    whole = about_prompt(LLMContext(messages, tools=[tool]), instruction="w" * 300)
    assert bare == 0
    assert 1_400 < whole < 1_500
    assert about_tokens(["語", "\ud800"]) == 2
