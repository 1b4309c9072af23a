from __future__ import annotations

import pytest

from processors.text_to_speech.first_clause import FirstClause


async def pieces_of(aggregator: FirstClause, text: str, *, step: int = 1) -> list[str]:
    pieces: list[str] = []
    for start in range(0, len(text), step):
        pieces += [piece.text async for piece in aggregator.aggregate(text[start : start + step])]
    rest = await aggregator.flush()
    return [*pieces, rest.text] if rest else pieces


@pytest.mark.promise(
    "Text-to-speech",
    "An answer begins with its first clause, and sentences are cut where they end.",
)
@pytest.mark.parametrize("step", [1, 4, 100])
async def test_the_first_clause_goes_ahead_of_its_sentence(step: int) -> None:
    text = "Sure, it is noon, I think. Shall I go on, or not?"
    assert [piece.strip() for piece in await pieces_of(FirstClause(), text, step=step)] == [
        "Sure,",
        "it is noon, I think.",
        "Shall I go on, or not?",
    ]


async def test_the_first_clause_does_not_wait_for_what_follows_its_comma() -> None:
    assert [piece.text async for piece in FirstClause().aggregate("Sure,")] == ["Sure,"]
    assert [piece.text async for piece in FirstClause().aggregate("About 1,")] == []


@pytest.mark.parametrize(
    "text",
    ["A, b and c.", "Yes, it is.", "It is 3:30 now.", "About 1,000 people.", "See http://a.b now."],
)
async def test_short_openings_and_numbers_are_not_cut(text: str) -> None:
    assert await pieces_of(FirstClause(), text) == [text]


async def test_only_the_first_sentence_is_cut() -> None:
    assert len(await pieces_of(FirstClause(), "Hello there. Well now, it is noon.")) == 2


async def test_every_reply_has_a_first_clause() -> None:
    aggregator = FirstClause()
    await pieces_of(aggregator, "Hello there.")
    assert len(await pieces_of(aggregator, "Sure, it is noon.")) == 2


async def test_an_interruption_ends_the_reply() -> None:
    aggregator = FirstClause()
    async for _ in aggregator.aggregate("Sure, it is"):
        pass
    await aggregator.handle_interruption()
    assert len(await pieces_of(aggregator, "Right, it is noon.")) == 2


@pytest.mark.promise(
    "Text-to-speech",
    "An answer begins with its first clause, and sentences are cut where they end.",
)
@pytest.mark.parametrize(
    ("language", "sentences"),
    [
        ("de", ["Das ist am 6. Oktober um 14 Uhr, z. B. bei Dr. Meier.", "Passt das?"]),
        ("de-AT", ["Es kostet ca. 5 Euro zzgl. Porto bzw. Nr. 3.", "Gut."]),
        ("fr", ["Vous verrez M. Dupont et Mme. Lorin.", "Est-ce que ça va ?"]),
        ("es", ["Le espera el Sr. García con la Sra. Ruiz.", "¿Le va bien?"]),
        ("ja", ["東京は晴れです。", "大阪は雨でしょうか？", "はい！", "そうです。"]),
        ("zh-Hant", ["今天天氣很好。", "明天呢？"]),
        ("en", ["It costs approx. 5 euros.", "Good."]),
        ("", ["It costs approx. 5 euros.", "Good."]),
        ("xx", ["It is so.", "Good."]),
    ],
)
async def test_sentences_end_where_they_end_in_their_language(
    language: str, sentences: list[str]
) -> None:
    gap = "" if language in ("ja", "zh-Hant") else " "
    aggregator = FirstClause(language=language)
    await pieces_of(aggregator, "")
    # Of a reply that has begun: no first clause goes ahead.
    first = [piece.text async for piece in aggregator.aggregate("Ah. " if gap else "はい。")]
    pieces = [*first, *await pieces_of(aggregator, gap.join(sentences))]
    assert [piece.strip() for piece in pieces][1:] == sentences


async def test_a_japanese_clause_goes_ahead_too() -> None:
    pieces = await pieces_of(FirstClause(language="ja"), "そうですね、明日は晴れです。")
    assert pieces == ["そうですね、", "明日は晴れです。"]


@pytest.mark.parametrize(
    ("language", "word"), [("de", "und"), ("fr", "et"), ("es", "pero"), ("en", "and")]
)
async def test_a_long_sentence_is_cut_before_a_word_that_joins(language: str, word: str) -> None:
    text = f"{'lala ' * 16}{word} {'lolo ' * 16}"
    pieces = await pieces_of(FirstClause(language=language), text)
    assert pieces[1].startswith(f"{word} ")
