from __future__ import annotations

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

from bot.call.cost import cost_micros, prompt_tokens_of


def _tokens(model: str, **usage: int) -> LLMUsageMetricsData:
    prompt, completion = usage.pop("prompt", 0), usage.pop("completion", 0)
    value = LLMTokenUsage(
        prompt_tokens=prompt,
        completion_tokens=completion,
        total_tokens=usage.pop("total", prompt + completion),
        **usage,
    )
    return LLMUsageMetricsData(processor="p", model=model, value=value)


@pytest.mark.promise("Cost", "What is used is priced by the table; what is not in it is free.")
@pytest.mark.parametrize(
    ("used", "micros"),
    [
        (_tokens("gpt-4.1", prompt=1_000_000), 2_000_000),
        (_tokens("gpt-4.1", completion=1_000), 8_000),
        (_tokens("gpt-4.1-2025-04-14", completion=1_000), 8_000),
        (_tokens("openai/gpt-4.1", completion=1_000), 8_000),
        (_tokens("gpt-4.1-mini", completion=1_000), 1_600),
        (_tokens("gpt-4.1", prompt=1_000, cache_read_input_tokens=400), 1_400),
        (_tokens("gpt-4.1", prompt=10, cache_read_input_tokens=4_000), 5),
        # What was cached is told apart.
        (_tokens("claude-sonnet-4-6", prompt=100, total=1_100), 3_300),
        (_tokens("gpt-4.1", prompt=-5, completion=-5), 0),
        (_tokens("a-model-of-ones-own", prompt=1_000_000), 0),
        (_tokens("", prompt=1_000_000), 0),
        (TTSUsageMetricsData(processor="p", model="eleven_flash_v2_5", value=100), 5_000),
        (
            STTUsageMetricsData(
                processor="p", model="gpt-transcribe", value=STTUsage(audio_seconds=60.0)
            ),
            4_500,
        ),
        (TTFBMetricsData(processor="p", model="gpt-4.1", value=1.0), 0),
    ],
)
def test_what_is_used_costs_what_the_table_says(used: MetricsData, micros: int) -> None:
    assert cost_micros(used) == micros


def test_the_greater_count_of_what_was_read_counts() -> None:
    assert prompt_tokens_of(_tokens("m", prompt=100, completion=5, total=1_105).value) == 1_100
    assert prompt_tokens_of(_tokens("m", prompt=100, completion=5, total=0).value) == 100
