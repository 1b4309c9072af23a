"""What models cost, by the table in `prices.toml`."""

from __future__ import annotations

import datetime
import re
import tomllib
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Annotated

from pydantic import ConfigDict, Field, TypeAdapter, ValidationError, with_config
from typing_extensions import TypedDict

from bot.errors import LaunchError
from bot.settings import Settings
from bot.stages.table import stages_of

TABLE = Path(__file__).with_name("prices.toml")
# A vendor's name before it, as at a server that brings several; a version's date behind it.
_NAME = re.compile(r"(?:.*/)?(?P<name>[^/]+?)(?:[-@]\d{4}-?\d{2}-?\d{2})?")

_Dollars = Annotated[float, Field(ge=0.0, allow_inf_nan=False)]


@with_config(ConfigDict(extra="forbid"))
class Price(TypedDict, total=False):
    """A line of the table, which says what each is a price of."""

    input: _Dollars
    cached: _Dollars
    output: _Dollars
    speech: _Dollars
    heard: _Dollars
    date: datetime.date
    source: str


_LINES = TypeAdapter(dict[str, Price])


@cache
def prices() -> Mapping[str, Price]:
    """Return the table: prices by model.

    Raises:
        LaunchError: code "bad_prices": nothing could be counted by it.
    """
    return read_prices(TABLE.read_text(encoding="utf-8"))


def read_prices(text: str) -> Mapping[str, Price]:
    """Return what a table says, which operators correct by hand.

    Raises:
        LaunchError: code "bad_prices"; the message names the line.
    """
    try:
        return _LINES.validate_python(tomllib.loads(text))
    except ValidationError as error:
        first = error.errors()[0]
        told = f"{' '.join(map(str, first['loc']))}: {first['msg']}"
    except tomllib.TOMLDecodeError as error:
        told = f"it is not TOML: {error}"
    raise LaunchError("bad_prices", f"nothing can be counted by bot/prices.toml: {told}")


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
