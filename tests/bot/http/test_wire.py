"""The HTTP bodies of `tests/contract/`: the page's tests read the same files."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import BaseModel

from bot.http.wire import ErrorAnswer, StartAnswer, StartRequest, WaitAnswer

_SAMPLES = Path(__file__).parents[2] / "contract"


@pytest.mark.parametrize(
    ("sample", "model"),
    [
        ("session_started.json", StartAnswer),
        ("at_capacity.json", ErrorAnswer),
        ("start_with_join_code.json", StartRequest),
        ("waiting.json", WaitAnswer),
    ],
)
def test_the_sample_the_page_is_tested_with_is_what_we_speak(
    sample: str, model: type[BaseModel]
) -> None:
    text = (_SAMPLES / sample).read_text(encoding="utf-8")
    parsed = model.model_validate_json(text)
    assert model.model_validate_json(parsed.model_dump_json(exclude_none=True)) == parsed
    assert set(parsed.model_dump(exclude_none=True)) == set(model.model_fields) - _unset(parsed)


def _unset(parsed: BaseModel) -> set[str]:
    return {name for name, value in parsed if value is None}
