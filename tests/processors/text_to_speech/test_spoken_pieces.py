from __future__ import annotations

import pytest

from processors.text_to_speech.first_clause import MAX_CHARS, MAX_FIRST_CHARS
from processors.text_to_speech.spoken_pieces import SpokenPieces, pieces_of

SENTENCES: tuple[tuple[str, ...], ...] = (
    ("I met Dr. Smith and Mrs. Jones today.", "He is well."),
    ("Take fruit, e.g. apples or pears, i.e. no nuts etc. and so on.", "Fine."),
    ("The U.S. economy grew at 5 a.m. in St. Louis.", "Yes."),
    ("See No. 5 on p. 12 of vol. 2 for it.", "Then go."),
    ("It takes approx. 5 minutes, max. 10 of them.", "Then go."),
    ("Pi is 3.14 at 10.30 in version 2.0.1 of 192.168.1.1.", "Yes."),
    ("J. R. R. Tolkien wrote it... I think so.", "Then he slept."),
    ("It is on example.com now.", "Look!"),
    ("It is on https://www.example.com/a.b?c=d, now.", "Look!"),
    ("これは文です。", "次の文です！", "そうですか？", "はい"),
    ("你好。", "我很好。"),
    ("यह एक वाक्य है।", "दूसरा वाक्य।"),
)


async def cut(text: str, *, step: int = 4) -> list[str]:
    aggregator = SpokenPieces()
    pieces: list[str] = []
    for start in range(0, len(text), step):
        pieces += [piece.text async for piece in aggregator.aggregate(text[start : start + step])]
    rest = await aggregator.flush()
    return [*pieces, rest.text] if rest else pieces


@pytest.mark.parametrize("step", [1, 7, 1000])
@pytest.mark.parametrize("sentences", SENTENCES)
async def test_only_the_end_of_a_sentence_ends_it(sentences: tuple[str, ...], step: int) -> None:
    opening = "Well now. "
    pieces = await cut(opening + " ".join(sentences), step=step)
    expected = [s.replace("https://www.example.com/a.b?c=d", "example.com") for s in sentences]
    assert pieces == ["Well now.", *expected]


@pytest.mark.parametrize("step", [1, 5, 1000])
async def test_a_sentence_that_does_not_end_is_spoken_all_the_same(step: int) -> None:
    words = [f"word{number}" for number in range(900)]
    pieces = await cut(" ".join(words), step=step)
    assert " ".join(pieces).split() == words
    assert len(pieces[0]) <= MAX_FIRST_CHARS
    assert all(MAX_CHARS // 3 < len(piece) <= MAX_CHARS for piece in pieces[1:-1])


async def test_a_long_sentence_is_cut_where_a_speaker_would_breathe() -> None:
    half = "and so we went on over the hills for many hours without a rest until it was dark"
    pieces = await cut(f"Yes. {half} {half}, {half} {half}, {half} {half}")
    assert [piece[-5:] for piece in pieces[1:]] == ["dark,", "dark,", " dark"]


@pytest.mark.parametrize(
    "word", ["a" * 1000, "語" * 400, "https:" + "/" * 900, "🎉" * 500 + "a" * 600]
)
async def test_a_word_without_an_end_is_cut_by_force(word: str) -> None:
    pieces = await cut(f"So. {word}")
    assert all(len(piece) <= MAX_CHARS for piece in pieces)


async def test_chinese_is_cut_at_a_third_of_the_signs() -> None:
    pieces = await cut("很" * 30 + "，" + "好" * 200)
    assert all(len(piece) <= MAX_CHARS // 3 for piece in pieces)


@pytest.mark.parametrize(
    ("text", "pieces"),
    [
        ("🎉", []),
        ("```\na\nb\n```", []),
        ("...", []),
        ("- \n- \n", []),
        ("👍 Sure, it is noon.", ["Sure,", "it is noon."]),
        ("**Sure,** it is noon.", ["Sure,", "it is noon."]),
        ("Great 👍!", ["Great!"]),
        ("a | b ()", ["a, b"]),
        ("It is .5 of it.", ["It is .5 of it."]),
        ("# Fruit\n- apple\n- pear\n", ["Fruit.", "apple.", "pear."]),
        ("A table:\n| a | b |\n|---|---|\n| 1 | 2 |", ["A table:", "a, b.", "1, 2"]),
    ],
)
async def test_no_piece_is_without_a_word(text: str, pieces: list[str]) -> None:
    for step in (1, 1000):
        assert await cut(text, step=step) == pieces


async def test_a_line_ends_a_piece_without_waiting_for_the_next_word() -> None:
    aggregator = SpokenPieces()
    assert [p.text async for p in aggregator.aggregate("Hello there\n\n")] == ["Hello there."]


async def test_an_interruption_ends_the_reply() -> None:
    aggregator = SpokenPieces()
    async for _ in aggregator.aggregate("```\nSure"):
        pass
    await aggregator.handle_interruption()
    assert [p.text async for p in aggregator.aggregate("Right, so")] == ["Right,"]


async def test_a_text_that_is_there_as_a_whole_is_one_piece_unless_it_is_long() -> None:
    assert await pieces_of("Hi, I am **Parley** 🎉. How are you?") == [
        "Hi, I am Parley. How are you?"
    ]
    assert await pieces_of("🎉") == []
    long = "This is a sentence. " * 30
    assert await pieces_of(long) == ["This is a sentence."] * 30
