"""Yes and no to a tool's question, in every language that ships."""

from __future__ import annotations

from datetime import datetime

import pytest

from bot.languages.choice import language_for
from tests.tools.sample_tools import put_down
from tools import TOOLS
from tools.calls.call import Call, CallRequest, CallState
from tools.calls.commands import Ask, Start
from tools.calls.consent import Consent
from tools.calls.dead_air import DeadAir
from tools.calls.ledger import CallLedger

YES, NO, UNCLEAR = Consent.YES, Consent.NO, Consent.UNCLEAR

_WHEN = datetime(2026, 10, 6, 14, 0)
_ANSWERS = {
    "de": {
        YES: ["Ja.", "Ja, bitte.", "Klar, mach das.", "Okay.", "Ja, gerne, danke!", "In Ordnung."]
        + ["Ja, am Dienstag.", "Auf jeden Fall.", "Ja, bitte buchen Sie den Termin."],
        NO: ["Nein.", "Nein, danke.", "Nee.", "Auf keinen Fall.", "Bitte nicht.", "Stopp!"],
        UNCLEAR: ["", "Hm.", "Genau.", "Ja, aber am Mittwoch.", "Ja, am Mittwoch.", "Vielleicht."]
        + ["Ja, nein, warte.", "Wie bitte?", "Ja, wenn es geht.", "Noch nicht.", "Jahr."],
    },
    "fr": {
        YES: ["Oui.", "Oui, s'il vous plaît.", "D'accord.", "Bien sûr, allez-y.", "Ok, merci."]
        + ["Oui, mardi.", "Pas de problème.", "Vas-y !"],
        NO: ["Non.", "Non merci.", "Surtout pas.", "Jamais.", "Non, arrêtez."],
        UNCLEAR: ["", "Hum.", "Exactement.", "Oui, mais mercredi.", "Oui, mercredi.", "Peut-être."]
        + ["Oui, non, attendez.", "Pardon ?", "Pas encore.", "Ouïe fine."],
    },
    "es": {
        YES: ["Sí.", "Si.", "Sí, por favor.", "Claro que sí.", "Vale, gracias.", "Adelante."]
        + ["Sí, el martes.", "No hay problema.", "Hágalo."],
        NO: ["No.", "No, gracias.", "De ninguna manera.", "Nunca.", "No, déjelo."],
        UNCLEAR: ["", "Hm.", "Exacto.", "Sí, pero el miércoles.", "Sí, el miércoles.", "Quizás."]
        + ["Sí, no, espere.", "¿Cómo?", "Si es posible el viernes."],
    },
    "ja": {
        YES: [
            "はい。",
            "はい、お願いします。",
            "ええ、どうぞ。",
            "いいですよ。",
            "うん",
            "オッケーです。",
        ]
        + ["はい、火曜日に予約してください。", "はい お願い します"],
        NO: [
            "いいえ。",
            "いや、やめてください。",
            "いいえ、結構です。",
            "キャンセルしてください。",
            "だめです。",
        ],
        UNCLEAR: [
            "",
            "うーん。",
            "はい、でも水曜日に。",
            "はい、水曜日に。",
            "いいです。",
            "大丈夫です。",
        ]
        + ["はい、いや、待って。", "何ですか？", "多分。", "お願いしません。", "たいはい"],
    },
}


def question(code: str, name: str) -> str:
    language = language_for(code).tools
    tool = next(tool for tool in language.told_in(TOOLS) if tool.name == name)
    return language.question(tool, {"subject": "Yoga", "starts_at": _WHEN})


@pytest.mark.parametrize(
    ("code", "text", "meaning"),
    [
        (code, text, meaning)
        for code, answers in _ANSWERS.items()
        for meaning, texts in answers.items()
        for text in texts
    ],
)
def test_an_answer_means_what_a_person_would_take_it_for(
    code: str, text: str, meaning: Consent
) -> None:
    answers = language_for(code).tools.answers
    assert answers.consent(text, question=question(code, "book_appointment")) is meaning


@pytest.mark.parametrize(
    ("code", "yes", "no"),
    [
        ("de", "Ja, bitte absagen.", "Nein, nicht absagen."),
        ("fr", "Oui, annulez.", "Non, n'annulez pas."),
        ("es", "Sí, cancele la cita.", "No, no la cancele."),
        ("ja", "はい、キャンセルしてください。", "いいえ、キャンセルしないでください。"),
    ],
)
def test_words_of_the_question_are_no_refusal_of_it(code: str, yes: str, no: str) -> None:
    answers, asked = language_for(code).tools.answers, question(code, "cancel_appointment")
    assert answers.consent(yes, question=asked) is YES
    assert answers.consent(no, question=asked) is NO


@pytest.mark.parametrize("text", ["yes", "ok", "sim", "no", "não", "はい", ""])
def test_of_an_unknown_language_no_answer_is_clear(text: str) -> None:
    answers = language_for("pt-BR").tools.answers
    assert answers.consent(text, question="Shall I?") is UNCLEAR


@pytest.mark.parametrize(
    ("tag", "asked", "yes"),
    [
        ("de-AT", "Soll ich das wirklich tun: put down, number 1?", "Ja."),
        ("fr", "Dois-je vraiment faire ceci : put down, number 1 ?", "Oui."),
        ("es", "¿De verdad hago esto: put down, number 1?", "Sí."),
        ("ja", "本当に実行してもよろしいですか。put down, number 1", "はい。"),
    ],
)
def test_a_call_waits_for_a_yes_in_the_callers_language(tag: str, asked: str, yes: str) -> None:
    ledger = CallLedger(language_for(tag).tools)
    ledger.has_outside_text = True
    ledger.begin_turn()
    ledger.propose([CallRequest("1", put_down, {"number": 1})])
    assert [ask.question for ask in ledger.commit("1", 0.0) if isinstance(ask, Ask)] == [asked]
    for words, meaning in (("Yes.", UNCLEAR), (yes, YES)):
        answer, commands = ledger.hear(words, now_secs=1.0, was_question_heard=True)
        assert answer is meaning
        ledger.tick(2.0, quiet_secs=2.0)
        assert any(isinstance(command, Start) for command in commands) == (meaning is YES)


def test_what_only_fills_silence_is_not_said_in_an_unknown_language() -> None:
    neutral = language_for("pt-BR").tools.sentences
    call = Call(CallRequest("1", put_down, {}), batch=1, turn=1, step=1, is_after_data=False)
    call.state = CallState.RUNNING
    assert DeadAir(neutral).next_words([call], now_secs=5.0, silence_secs=5.0) == ""
    assert neutral.cannot_understand
