from __future__ import annotations

import pytest

from processors.language_model.openai_protocol.new_words import NewWords


@pytest.mark.parametrize(
    ("texts", "said"),
    [
        (["It", "It is", "It is noon."], "It is noon."),
        (["Hel", "Hello", "Hello, you."], "Hello, you."),
        (["It is ", "noon.", "It is noon."], "It is noon."),
        (["It is ", "noon.", ""], "It is noon."),
        # What a reply may begin with.
        (["ha", "haha"], "hahaha"),
        (["No. ", "No. ", "No."], "No. No. No."),
        (["1", "10"], "110"),
        (["10", "100"], "10100"),
        (["", "I", " am", " I", " am"], "I am I am"),
    ],
)
def test_what_was_said_before_is_not_said_again(texts: list[str], said: str) -> None:
    words = NewWords()
    ends = [False] * (len(texts) - 1) + [True]
    new = [words.feed(text, is_end=end) for text, end in zip(texts, ends, strict=True)]
    assert "".join(new) == said
