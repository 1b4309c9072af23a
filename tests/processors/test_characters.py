from __future__ import annotations

import json
from typing import Any

import pytest

from processors.characters import whole


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("plain", "plain"),
        ("Grüße, 語 👋", "Grüße, 語 👋"),
        ("\ud83d\udc4b", "👋"),
        ("a\ud83d", "a"),
        ("\udc4bb", "b"),
        ("\udc4b\ud83d", ""),
        ({"a\ud800": ["b\udfff", {"c": "\ud83d\udc4b"}]}, {"a": ["b", {"c": "👋"}]}),
        ([1, 2.5, None, True], [1, 2.5, None, True]),
    ],
)
def test_halves_of_characters_are_joined_or_left_out(value: Any, expected: Any) -> None:
    assert whole(value) == expected
    json.dumps(whole(value), ensure_ascii=False).encode()
