"""What one use of a model costs, by the table of bot/prices.py."""

from __future__ import annotations

from pipecat.metrics.metrics import (
    LLMTokenUsage,
    LLMUsageMetricsData,
    MetricsData,
    STTUsageMetricsData,
    TTSUsageMetricsData,
)

from bot.prices import Price, price_of


def cost_micros(used: MetricsData) -> int:
    """Return what a use costs, in millionths of a dollar; 0 if the model has no line."""
    price: Price = price_of(used.model or "") or {}
    if isinstance(used, LLMUsageMetricsData):
        return _cost_of_tokens(used.value, price)
    if isinstance(used, TTSUsageMetricsData):
        return round(used.value * price.get("speech", 0))
    if isinstance(used, STTUsageMetricsData):
        return round(used.value.audio_seconds / 60 * price.get("heard", 0) * 1_000_000)
    return 0


def prompt_tokens_of(usage: LLMTokenUsage) -> int:
    """Return all that the model read; some vendors tell what was cached apart."""
    return max(usage.prompt_tokens, usage.total_tokens - usage.completion_tokens, 0)


def _cost_of_tokens(usage: LLMTokenUsage, price: Price) -> int:
    """Price per million tokens is millionths per token."""
    read = prompt_tokens_of(usage)
    cached = min(max(usage.cache_read_input_tokens or 0, 0), read)
    full = price.get("input", 0)
    cost = (read - cached) * full + cached * price.get("cached", full)
    return round(cost + max(usage.completion_tokens, 0) * price.get("output", 0))
