"""Sizing: whole machines, by whatever runs out first, and money by the price table."""

from __future__ import annotations

import dataclasses
from datetime import date

import pytest

from bot import sizing
from bot.settings import Settings
from bot.sizing import Figures, describe, figures, money_per_minute, size

FOUND = Figures(
    date=date(2026, 11, 27),
    commit="abc",
    machine="a machine",
    calls=4,
    busy_share=0.8,
    cores=(0.4, 0.2),
    livekit_cores=(0.0, 0.1),
    memory_mb=(600.0, 50.0),
    up_bytes=4000,
    down_bytes=5000,
)


@pytest.mark.parametrize(
    ("calls", "cores", "each", "bots", "livekit"),
    [
        (1, 2, 6, 1, 1),  # (1.6 - 0.4) / 0.2
        (6, 2, 6, 1, 1),
        (7, 2, 6, 2, 1),
        (500, 8, 30, 17, 8),  # (6.4 - 0.4) / 0.2; 50 / 6.4
        (10_000, 16, 62, 162, 79),
    ],
)
def test_machines_are_whole_and_as_many_as_the_cores_ask_for(
    calls: int, cores: int, each: int, bots: int, livekit: int
) -> None:
    sized = size(calls, machine_cores=cores, found=FOUND)
    assert (sized.calls_per_machine, sized.bot_machines, sized.livekit_machines) == (
        each,
        bots,
        livekit,
    )
    assert sized.bot_machines * sized.calls_per_machine >= calls
    assert sized.cores == pytest.approx(bots * 0.4 + calls * 0.2)


def test_memory_bounds_where_it_runs_out_first() -> None:
    found = dataclasses.replace(FOUND, memory_mb=(600.0, 800.0))
    # (16,000 - 1,000 - 600) / 800
    assert size(500, machine_cores=8, found=found).calls_per_machine == 18


def test_a_machine_too_small_for_one_call_is_given_one() -> None:
    found = dataclasses.replace(FOUND, memory_mb=(600.0, 5000.0))
    assert size(3, machine_cores=1, found=found).bot_machines == 3


@pytest.mark.parametrize(("calls", "cores"), [(1, 1), (9_999_999, 1), (1, 9_999_999)])
def test_there_is_a_plan_for_every_number_that_is_taken(calls: int, cores: int) -> None:
    text = describe(Settings.model_validate({}), calls, machine_cores=cores)
    assert "MAX_SESSIONS=" in text and "nan" not in text and "inf" not in text


def test_what_is_kept_is_what_a_plan_is_made_from() -> None:
    found = figures()
    assert found.calls >= 1
    assert 0 < found.busy_share <= 1
    for base, each in (found.cores, found.livekit_cores, found.memory_mb):
        assert base >= 0
        assert each > 0
    assert size(1000, machine_cores=8, found=found).bot_machines > 1


def test_what_goes_over_the_wire_has_headers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sizing, "figures", lambda: FOUND)
    text = describe(Settings.model_validate({}), 500, machine_cores=8)
    # 500 times 4,000 and 5,000 bytes a second, and 50 packets' headers of 28.
    assert "21.6 Mbit/s from callers and 25.6 to them" in text


def _settings(**changes: str) -> Settings:
    return Settings.model_validate({"deepgram_api_key": "k", "openai_api_key": "k", **changes})


def test_money_is_that_of_the_models_that_are_set() -> None:
    money = money_per_minute(_settings())
    # 33,000 tokens at 2 $ and 150 at 8 $ a million; 450 characters at 17 $; 0.0058 $ a minute.
    assert money == pytest.approx(
        {"language-model": 0.0672, "text-to-speech": 0.00765, "speech-to-text": 0.0058}
    )
    text = describe(_settings(), 500, machine_cores=8)
    assert "80.65 $ for 1,000 minutes" in text
    assert "425,832 $ a month" in text


@pytest.mark.parametrize(
    "fallback",
    [
        {"text_to_speech_fallback": "local"},
        {"language_model_fallback": "anthropic", "anthropic_api_key": "k"},
        {"speech_to_text_fallback": "assemblyai", "assemblyai_api_key": "k"},
    ],
)
def test_who_stands_in_is_not_who_is_paid(fallback: dict[str, str]) -> None:
    assert money_per_minute(_settings(**fallback)) == money_per_minute(_settings())


def test_what_has_no_price_is_named_and_what_runs_here_is_free() -> None:
    text = describe(_settings(openai_model="somebody-elses"), 1, machine_cores=8)
    assert "language-model has no price" in text
    assert "not in these figures" not in text
    text = describe(Settings.model_validate({}), 1, machine_cores=8)
    assert "0.00 $ for 1,000 minutes" in text
    assert "not in these figures" in text
