from __future__ import annotations

import json

import pytest

from bot.spent import Spent

_ALL = Spent(call_ms=1, prompt_tokens=2, completion_tokens=3, speech_chars=4, money_micros=5)


def test_what_is_beyond_is_never_negative() -> None:
    assert Spent(call_ms=3) - Spent(call_ms=5, prompt_tokens=2) == Spent()
    assert Spent(call_ms=3) + Spent(call_ms=4) == Spent(call_ms=7)
    assert Spent(call_ms=3) | Spent(prompt_tokens=2) == Spent(call_ms=3, prompt_tokens=2)


def test_a_report_is_read_as_it_was_written() -> None:
    assert Spent.from_json(_ALL.to_json()) == _ALL


@pytest.mark.parametrize(
    "text",
    [
        "",
        "no JSON",
        "[1, 2]",
        "[" * 100_000,
        '"prompt_tokens"',
        "{}",
        '{"prompt_tokens": -5}',
        '{"prompt_tokens": "7"}',
        '{"prompt_tokens": 1.5}',
        '{"prompt_tokens": true}',
        '{"prompt_tokens": null}',
        '{"prompt_tokens": NaN}',
        '{"prompt_tokens": 1e400}',
        '{"prompt_tokens": [7]}',
        f'{{"prompt_tokens": 1{"0" * 5000}}}',
        '{"others": 7}',
    ],
)
def test_what_is_no_count_in_a_report_is_nothing(text: str) -> None:
    assert Spent.from_json(text) == Spent()


def test_one_bad_number_takes_no_other_with_it() -> None:
    told = json.loads(_ALL.to_json()) | {"money_micros": -1, "more": 8}
    assert Spent.from_json(json.dumps(told)) == _ALL - Spent(money_micros=5)
