"""Text as people write it in one line, and what is no such text."""

from __future__ import annotations

import pytest

from bot.plain_text import is_one_line


@pytest.mark.parametrize(
    "text",
    [
        *("", "Ada Lovelace", "山田\u3000太郎", "Très bien\u00a0!", "علی\u200cرضا", "नमस्ते"),
        *("\U0001f469\u200d\U0001f4bb", "\u2764\ufe0f", "\U0001fae9"),
    ],
    ids=["none", "English", "wide space", "French", "Persian", "Hindi", "joined", "heart", "new"],
)
def test_what_people_write_is_one_line(text: str) -> None:
    assert is_one_line(text)


@pytest.mark.parametrize(
    "sign", "\n\r\t\0\x1b\x7f\x9b\x85\u2028\u2029\u202e\u2066\u200b\ufeff\ue000"
)
def test_what_breaks_a_line_or_hides_in_it_is_not(sign: str) -> None:
    assert not is_one_line(f"Ada{sign}Bob")


def test_half_a_character_is_none() -> None:
    assert not is_one_line("\ud800")
