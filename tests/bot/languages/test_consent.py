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
    return language.question(tool, {"subject": "Yoga", "starts_at": _WHEN}) or ""


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


_TAKEN_BACK = {
    # Of each language: a yes, and what takes it back or adds to it.
    "en": ("Yes, {}.", "but|but not|if|unless|not yet|no|maybe|later|wait|actually|instead|rather"),
    "de": (
        "Ja, {}.",
        "aber|wenn|falls|nicht|nein|vielleicht|später|warte|lieber|erst|doch",
    ),
    "fr": (
        "Oui, {}.",
        "mais|si|sauf|pas|non|peut-être|plus tard|attendez|plutôt|d'abord",
    ),
    "es": ("Sí, {}.", "pero|mejor|salvo|no|quizás|más tarde|espere|aunque|todavía|sino|luego"),
    "ja": ("はい、{}。", "でも|けど|もし|いいえ|多分|後で|待って|やっぱり|まだ|別の|代わりに"),
}


@pytest.mark.promise(
    "Tools", "A yes with a condition or an objection is no yes, in every language."
)
@pytest.mark.parametrize(
    ("code", "yes", "word"),
    [(code, yes, word) for code, (yes, found) in _TAKEN_BACK.items() for word in found.split("|")],
)
def test_a_yes_that_is_taken_back_is_none(code: str, yes: str, word: str) -> None:
    answers, language = language_for(code).tools.answers, language_for(code).tools
    asked = question(code, "book_appointment")
    book = next(tool for tool in language.told_in(TOOLS) if tool.name == "book_appointment")
    holds_it = language.question(book, {"subject": word, "starts_at": _WHEN}) or ""
    assert answers.consent(yes.format("Yoga"), question=asked) is YES
    for added in (word, f"{word} Yoga"):
        assert answers.consent(yes.format(added), question=asked) is not YES
        # The words of the question are the model's, so they may be any.
        assert answers.consent(yes.format(added), question=holds_it) is not YES


@pytest.mark.promise(
    "Tools", "A yes with a condition or an objection is no yes, in every language."
)
@pytest.mark.parametrize(
    ("code", "text"),
    [
        ("en", "Yes, if you would like to."),
        ("en", "Yes, if that is on Tuesday."),
        ("en", "Yes, but do it for me and Yoga."),
        ("de", "Ja, wenn es gut ist."),
        ("de", "Ja, aber jetzt gleich."),
        ("fr", "Oui, si vous pouvez."),
        ("fr", "Oui, mais tout de suite."),
        ("es", "Sí, si se puede."),
        ("es", "Sí, si es el martes."),
        ("es", "Si, si usted puede."),
        ("es", "Sí, pero ahora mismo."),
        ("ja", "はい、でもその火曜日です。"),
        ("ja", "はい、火曜日なら。"),
    ],
)
def test_a_condition_in_words_that_say_nothing_else_takes_a_yes_back(code: str, text: str) -> None:
    answers = language_for(code).tools.answers
    assert answers.consent(text, question=question(code, "book_appointment")) is not YES


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
