"""Against what is promised of a call in which something does not answer."""

from __future__ import annotations

from tests.mutants.mutant import Mutant

_SUPERVISOR = "bot/call/supervisor.py"
_SUPERVISOR_TEST = "tests/bot/call/test_supervisor.py"

MUTANTS: tuple[Mutant, ...] = (
    Mutant(
        name="failed-turn-is-not-asked-for-again",
        promise="A turn whose answer failed is asked for again while its server is gone, and the "
        "caller, who is told, need not say it twice.",
        file="processors/language_model/asking_again.py",
        before="LLMMessagesAppendFrame(messages=[], run_llm=True)",
        after="LLMMessagesAppendFrame(messages=[], run_llm=False)",
        tests=(
            "tests/processors/language_model/test_asking_again.py::test_a_turn_that_failed_is_answered_when_the_server_is_back",
        ),
    ),
    Mutant(
        name="coughs-are-asked-about",
        promise="Speech of which no words come is asked about once, and a cough never.",
        file=_SUPERVISOR,
        before="VOICED_SECS = 0.7",
        after="VOICED_SECS = 0.0",
        tests=("tests/bot/call/test_supervisor.py::test_speech_without_words_is_asked_about_once",),
    ),
    Mutant(
        name="unheard-speech-is-asked-about-again-and-again",
        promise="Speech of which no words come is asked about once, and a cough never.",
        file=_SUPERVISOR,
        before="            self._has_asked = True\n",
        after="",
        tests=("tests/bot/call/test_supervisor.py::test_speech_without_words_is_asked_about_once",),
    ),
    Mutant(
        name="deaf-recogniser-is-not-told-of",
        promise="Within 3 s of speech that the recogniser does not answer, the caller hears that "
        "there is trouble hearing them, and once its words come they are not asked for.",
        file=_SUPERVISOR,
        before="HEARING_SECS = 1.0",
        after="HEARING_SECS = 4.0",
        tests=(
            "tests/bot/call/test_supervisor.py::test_a_recogniser_without_an_answer_is_told_of",
        ),
    ),
    Mutant(
        name="lost-turn-is-not-asked-again",
        promise="A turn that nobody answers is told of within 3 s and given to the model once "
        "more.",
        file=_SUPERVISOR,
        before="            self._lines.ask_again()\n",
        after="",
        tests=(
            "tests/bot/call/test_supervisor.py::test_a_turn_that_was_lost_on_its_way_is_asked_again",
        ),
    ),
    Mutant(
        name="muted-microphone-is-absence",
        promise="A caller whose microphone is muted, missing or dead is told so, and is not taken "
        "for absent.",
        file="processors/room/microphone_signs.py",
        before="return not self._is_there or self._is_muted",
        after="return False",
        tests=("tests/bot/call/test_supervisor.py::test_a_microphone_that_is_off_is_told_of",),
    ),
)
