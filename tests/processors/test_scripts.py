from __future__ import annotations

import pytest

from processors.scripts import is_spaceless, joined, space_between, without_gaps, word_count


@pytest.mark.parametrize(
    ("texts", "whole"),
    [
        (["Hello there.", "How are you?"], "Hello there. How are you?"),
        (["明日の", "天気は？", "雨です。"], "明日の天気は？雨です。"),
        (["はい。", "Yes."], "はい。 Yes."),
        (["", "a", "", "b"], "a b"),
        (["a ", "b"], "a b"),
        # Thai has spaces between sentences, if not between words.
        (["สวัสดี", "ครับ"], "สวัสดี ครับ"),
    ],
)
def test_texts_are_joined_as_their_script_has_it(texts: list[str], whole: str) -> None:
    assert joined(texts) == whole


def test_a_gap_is_taken_out_only_between_signs_that_touch() -> None:
    assert without_gaps("明日の 天気は？ はい") == "明日の天気は？はい"
    assert without_gaps("iPhone を 2 台 please go") == "iPhone を 2 台 please go"
    assert space_between("", "a") == ""


def test_letters_of_a_script_without_spaces_count_as_parts_of_words() -> None:
    assert all(map(is_spaceless, "あ字กー々"))
    assert not any(map(is_spaceless, "aéß1。"))
    assert word_count(["yes", "please"]) == 2
    assert word_count(list("なるほど")) < 2
