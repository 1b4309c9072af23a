"""What the use of a model costs, by the table in `prices.toml`."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from pipecat.metrics.metrics import (
    LLMTokenUsage,
    LLMUsageMetricsData,
    MetricsData,
    STTUsageMetricsData,
    TTSUsageMetricsData,
)

from bot.settings import Settings
from bot.stages.table import stages_of

TABLE = Path(__file__).with_name("prices.toml")
# A vendor's name before it, as at a server that brings several; a version's date behind it.
_NAME = re.compile(r"(?:.*/)?(?P<name>[^/]+?)(?:[-@]\d{4}-?\d{2}-?\d{2})?")

Price = Mapping[str, Any]


@cache
def prices() -> Mapping[str, Price]:
    """Return the table: prices by model."""
    return tomllib.loads(TABLE.read_text(encoding="utf-8"))


def price_of(model: str) -> Price | None:
    """Return a model's line; None if it has none."""
    table = prices()
    found = _NAME.fullmatch(model)
    bare = found["name"] if found else model
    for name in (model, bare):
        if name in table:
            return table[name]
    endless = (name for name in table if name.endswith("*") and bare.startswith(name[:-1]))
    return next((table[name] for name in endless), None)


def unpriced(settings: Settings) -> list[str]:
    """Return the models and voices in use that cost money and have no line."""
    stages = (stage for stage in stages_of(settings).in_use() if not stage.is_local)
    return sorted({one.shown_model for one in stages if price_of(one.shown_model) is None})


def cost_micros(used: MetricsData) -> int:
    """Return what a use costs, in millionths of a dollar; 0 if the model has no line."""
    price = price_of(used.model or "") or {}
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
