"""What models cost, by the table in `prices.toml`."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

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
