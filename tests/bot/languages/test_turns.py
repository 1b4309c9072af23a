"""What the caller's words do to turns, in every language that ships and in one that is unknown."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from pipecat.frames.frames import UserStartedSpeakingFrame

from bot.languages.choice import language_for
from processors.frames import BotResumeFrame
from processors.turns.patience import TextKind, kind_of
from tests.turn_rig import TurnRig, open_turn_rig

_NOISES = {
    "de": ["Mhm.", "Ja.", "ach so", "ja genau", "Alles klar.", "Ich verstehe."],
    "fr": ["Mhm.", "D'accord.", "ah oui", "Je vois.", "Tout à fait.", "Oui."],
    "es": ["Ajá.", "Vale.", "claro que sí", "Ya veo.", "De acuerdo.", "Sí."],
    "ja": ["はい。", "うん、うん。", "なるほど", "そうですか。", "はい はい", "へえ、すごいですね"],
}
_INTERRUPTIONS = {
    "de": ["Stopp", "Warte", "Nein", "Moment mal", "ja aber", "Was heißt das", "okay stopp"],
    "fr": ["Stop", "Attendez", "Non", "Un moment", "oui mais", "Qu'est-ce que c'est", "ok stop"],
    "es": ["Para", "Espere", "No", "Un momento", "sí pero", "Qué es eso", "vale para"],
    "ja": [
        "ストップ",
        "待って",
        "いいえ",
        "ちょっと待って",
        "はい、でも",
        "それは何ですか",
        "やめて",
    ],
    "it": ["Sì", "Mhm", "Basta", "Ok"],
}
_QUESTIONS = {
    "de": ("Soll ich weitermachen?", "Ja."),
    "fr": ("Est-ce que je continue ?", "Oui."),
    "es": ("¿Sigo?", "Sí."),
    "ja": ("続けましょうか。", "はい。"),
}
_STATEMENTS = {
    "de": "Morgen scheint die Sonne.",
    "fr": "Demain il fait beau.",
    "es": "Mañana hace sol.",
    "ja": "明日は晴れです。",
    "it": "Domani c'è il sole.",
}


def _rows(table: dict[str, list[str]]) -> list[tuple[str, str]]:
    return [(code, text) for code, texts in table.items() for text in texts]


async def _over_speech(code: str, text: str, spoken: str) -> AsyncIterator[TurnRig]:
    """Have a caller say something for a third of a second while the bot speaks."""
    async with open_turn_rig(caller_words=language_for(code).caller_words) as rig:
        rig.bot_audio.is_audible = True
        rig.spoken = spoken
        await rig.say(10)
        await rig.interim(text)
        await rig.hush(2)
        await rig.final(text)
        yield rig


@pytest.mark.parametrize(("code", "text"), _rows(_NOISES))
async def test_a_listeners_noise_lets_the_bot_go_on(code: str, text: str) -> None:
    async for rig in _over_speech(code, text, _STATEMENTS[code]):
        assert rig.count(UserStartedSpeakingFrame) == 0
        assert rig.count(BotResumeFrame) == 1


@pytest.mark.parametrize(("code", "text"), _rows(_INTERRUPTIONS))
async def test_other_words_cut_it(code: str, text: str) -> None:
    async for rig in _over_speech(code, text, _STATEMENTS[code]):
        assert rig.count(UserStartedSpeakingFrame) == 1


@pytest.mark.parametrize("code", _QUESTIONS)
async def test_a_yes_to_a_question_is_an_answer(code: str) -> None:
    question, answer = _QUESTIONS[code]
    async for rig in _over_speech(code, answer, question):
        assert rig.count(UserStartedSpeakingFrame) == 1


@pytest.mark.parametrize("code", ["it", "zh-Hant"])
async def test_of_an_unknown_language_a_short_sound_without_words_is_no_turn(code: str) -> None:
    async with open_turn_rig(caller_words=language_for(code).caller_words) as rig:
        rig.bot_audio.is_audible = True
        await rig.say(10)
        await rig.hush(6)
        assert rig.count(UserStartedSpeakingFrame) == 0
        assert rig.count(BotResumeFrame) == 1
        await rig.say(30)
        assert rig.count(UserStartedSpeakingFrame) == 1


_KINDS = {
    TextKind.HANGING: [
        ("de", "Ich möchte einen Termin am"),
        ("de", "Buchen Sie mir bitte eine"),
        ("de", "und"),
        ("fr", "Je voudrais réserver une"),
        ("fr", "C'est pour le"),
        ("fr", "parce que je veux qu'"),
        ("es", "Quiero reservar una cita para el"),
        ("es", "y"),
        ("ja", "明日の予約を"),
        ("ja", "えっと"),
        ("ja", "東京に、"),
        ("it", "vorrei,"),
    ],
    TextKind.PLAIN: [
        ("de", "Rufen Sie mich bitte an"),
        ("de", "Was ist das"),
        ("de", "Das mache ich mit"),
        ("fr", "C'est où"),
        ("fr", "Est-ce qu'il vient"),
        ("es", "Quiero una mesa"),
        ("es", "Eso es lo que quiero"),
        ("ja", "明日の予約をお願いします"),
        ("ja", "こんにちは"),
        ("ja", "予約したいんですが"),
        ("ja", "天気はどうですか"),
        ("it", "vorrei un"),
    ],
    TextKind.DICTATION: [
        ("de", "meine Nummer ist null drei fünf"),
        ("de", "0 3 0"),
        ("fr", "c'est le zéro six douze"),
        ("es", "es el seis uno dos"),
        ("ja", "〇三の一二三四"),
        ("ja", "090の12"),
        ("it", "A B C"),
    ],
}


@pytest.mark.parametrize(
    ("code", "text", "kind"),
    [(code, text, kind) for kind, texts in _KINDS.items() for code, text in texts],
)
def test_how_long_a_pause_may_be_follows_from_the_words(
    code: str, text: str, kind: TextKind
) -> None:
    assert kind_of(text, language_for(code).caller_words) is kind


async def test_japanese_words_are_remembered_without_spaces() -> None:
    async with open_turn_rig(caller_words=language_for("ja").caller_words) as rig:
        await rig.say(10)
        await rig.final("明日の")
        await rig.say(10)
        await rig.final("天気は？", finalized=True)
        await rig.hush(30)
        assert [text for _, text in rig.requests][-1:] == ["明日の天気は？"]
        assert rig.messages == ["明日の天気は？"]
