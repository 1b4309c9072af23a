from __future__ import annotations

import datetime
from typing import Any, cast

import pytest

from bot.errors import LaunchError
from bot.prices import price_of, prices, read_prices, unpriced
from bot.settings import Settings


@pytest.mark.promise("Cost", "Each price has its date and its source.")
@pytest.mark.parametrize("model", prices())
def test_every_line_has_a_price_a_date_and_a_source(model: str) -> None:
    line = cast("dict[str, Any]", prices()[model])
    kinds = set(line) - {"date", "source"}
    assert kinds and kinds <= {"input", "cached", "output", "speech", "heard"}
    assert all(0 < line[kind] < 200 for kind in kinds)
    assert ("input" in kinds) == ("output" in kinds)
    assert isinstance(line["date"], datetime.date)
    assert "." in line["source"]
    assert "://" not in line["source"]


@pytest.mark.promise(
    "Cost", "A price that would count nothing stops the start, and its line is named."
)
@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("m = { heard = 0.0045", "it is not TOML"),
        ("m = 3", "m: Input should be a valid dictionary"),
        ('m = { heard = "a little" }', "m heard: Input should be a valid number"),
        ("m = { heard = -1 }", "m heard: Input should be greater than or equal to 0"),
        ("m = { heard = nan }", "m heard: Input should be a finite number"),
        ("m = { herd = 1 }", "m herd: Extra inputs are not permitted"),
    ],
)
def test_a_line_that_counts_nothing_is_named(line: str, words: str) -> None:
    with pytest.raises(LaunchError) as refused:
        read_prices(f'"a" = {{ input = 1, output = 2 }}\n{line}\n')
    assert refused.value.message.startswith(f"nothing can be counted by bot/prices.toml: {words}")


@pytest.mark.promise("Cost", "What is used is priced by the table; what is not in it is free.")
def test_a_name_that_begins_like_another_is_not_it() -> None:
    assert price_of("gpt-4.1-turbo") is None


@pytest.mark.parametrize(
    ("given", "names"),
    [
        ({}, []),
        ({"openai_api_key": "k"}, []),
        ({"openai_api_key": "k", "openai_model": "of-ones-own"}, ["of-ones-own"]),
        ({"deepgram_api_key": "k", "text_to_speech": "deepgram"}, ["aura-2-helena-en"]),
    ],
)
def test_what_is_in_use_and_has_no_line_is_named(given: dict[str, str], names: list[str]) -> None:
    assert unpriced(Settings.model_validate(given)) == names
