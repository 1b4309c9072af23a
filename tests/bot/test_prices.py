from __future__ import annotations

import datetime

import pytest

from bot.prices import price_of, prices, unpriced
from bot.settings import Settings


@pytest.mark.promise("Cost", "Each price has its date and its source.")
@pytest.mark.parametrize("model", prices())
def test_every_line_has_a_price_a_date_and_a_source(model: str) -> None:
    line = prices()[model]
    kinds = set(line) - {"date", "source"}
    assert kinds and kinds <= {"input", "cached", "output", "speech", "heard"}
    assert all(0 < line[kind] < 200 for kind in kinds)
    assert ("input" in kinds) == ("output" in kinds)
    assert isinstance(line["date"], datetime.date)
    assert "." in line["source"]
    assert "://" not in line["source"]


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
