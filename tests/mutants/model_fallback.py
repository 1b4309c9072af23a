"""Against what is promised of a second model, and of a second voice."""

from __future__ import annotations

from tests.mutants.mutant import Mutant

_LANGUAGE_MODEL_WITH_FALLBACK = "tests/processors/language_model/test_with_fallback.py"
_WAITS = "tests/services/language_model/test_waits.py"
_WITH_FALLBACK = "tests/processors/text_to_speech/test_with_fallback.py"

MUTANTS: tuple[Mutant, ...] = (
    Mutant(
        name="first-that-is-loading-rests",
        promise="A first model that is still loading answers what the second fails meanwhile.",
        file="processors/language_model/with_fallback.py",
        before="            self._fallback.end_rest()\n",
        after="            pass\n",
        tests=(
            "tests/processors/language_model/test_asking_again.py"
            "::test_a_first_that_is_loading_is_asked_again_as_soon_as_the_second_fails",
        ),
    ),
    Mutant(
        name="first-rests-for-ever",
        promise=(
            "A second model takes over the turn that the first failed and all turns of the "
            "next 30 s, without a word; then the first is asked again."
        ),
        file="processors/fallback.py",
        before="REST_SECS = 30.0",
        after="REST_SECS = 3000.0",
        tests=(f"{_WAITS}::test_the_first_model_rests_for_thirty_seconds",),
    ),
    Mutant(
        name="first-does-not-rest",
        promise=(
            "A second model takes over the turn that the first failed and all turns of the "
            "next 30 s, without a word; then the first is asked again."
        ),
        file="processors/fallback.py",
        before="until_secs is not None and now_secs < until_secs",
        after="until_secs is not None and now_secs > until_secs",
        tests=(f"{_WAITS}::test_the_first_model_rests_for_thirty_seconds",),
    ),
    Mutant(
        name="fallback-is-not-built",
        promise=(
            "A second model takes over the turn that the first failed and all turns of the "
            "next 30 s, without a word; then the first is asked again."
        ),
        file="bot/call/services.py",
        before=(
            "    if not stage.fallback:\n        return build(stage, ToolCalling, tools=tools)"
        ),
        after=("    if stage:\n        return build(stage, ToolCalling, tools=tools)"),
        tests=(f"{_WAITS}::test_the_first_model_rests_for_thirty_seconds",),
    ),
    Mutant(
        name="failure-is-excused-before-the-second-answers",
        promise=(
            "A second model takes over the turn that the first failed and all turns of the "
            "next 30 s, without a word; then the first is asked again."
        ),
        file="processors/language_model/answering.py",
        before=("            # What it opens, the other closes.\n            reply.end = None"),
        after=(
            "            # What it opens, the other closes.\n"
            "            reply.end = None\n"
            "            reply.excuse = self._excuses.apology"
        ),
        tests=(f"{_WAITS}::test_the_first_model_rests_for_thirty_seconds",),
    ),
    Mutant(
        name="lost-voice-is-tried-again",
        promise=(
            "A second voice speaks what the first made no sound of, and all that follows "
            "within 30 s; then the first is tried again, unless it will never speak."
        ),
        file="processors/text_to_speech/with_fallback.py",
        before="is_permanent=category.is_permanent)",
        after="is_permanent=False)",
        tests=(f"{_WITH_FALLBACK}::test_the_first_voice_rests_for_thirty_seconds",),
    ),
    Mutant(
        name="failed-voice-does-not-rest",
        promise=(
            "A second voice speaks what the first made no sound of, and all that follows "
            "within 30 s; then the first is tried again, unless it will never speak."
        ),
        file="processors/text_to_speech/with_fallback.py",
        before="        self._fallback.note_failure(now_secs, is_permanent",
        after="        Fallback().note_failure(now_secs, is_permanent",
        tests=(f"{_WITH_FALLBACK}::test_the_first_voice_rests_for_thirty_seconds",),
    ),
    Mutant(
        name="second-voice-is-not-built",
        promise=(
            "A second voice speaks what the first made no sound of, and all that follows "
            "within 30 s; then the first is tried again, unless it will never speak."
        ),
        file="bot/call/services.py",
        before=("    if not stage.fallback:\n        return first\n"),
        after=("    if stage:\n        return first\n"),
        tests=(f"{_WITH_FALLBACK}::test_the_first_voice_rests_for_thirty_seconds",),
    ),
    Mutant(
        name="fallback-with-the-key-of-the-first",
        promise="A fallback is asked with its own key at its own address.",
        file="bot/call/services.py",
        before="        second=build(stage.fallback, ToolCalls, calls_of=tools),",
        after="        second=build(stage, ToolCalls, calls_of=tools),",
        tests=(
            "tests/bot/call/test_services.py::test_a_fallback_is_built_with_its_own_key_after_the_first",
        ),
    ),
    Mutant(
        name="refused-second-ends-the-call",
        promise=(
            "One of two models that is refused for good ends no call while the other may "
            "answer; when neither will, it is over."
        ),
        file="processors/language_model/answering.py",
        before=(
            "        return self.is_relieved or bool(self._stood_in_for and not "
            "self._stood_in_for.is_first_lost)"
        ),
        after="        return self.is_relieved",
        tests=(
            f"{_LANGUAGE_MODEL_WITH_FALLBACK}::test_a_second_that_is_refused_ends_nothing_while_the_first_may_be_well_again",
        ),
    ),
    Mutant(
        name="lost-second-is-asked-while-the-first-rests",
        promise=(
            "One of two models that is refused for good ends no call while the other may "
            "answer; when neither will, it is over."
        ),
        file="processors/language_model/with_fallback.py",
        before="        if self._is_second_lost and not self._is_first_lost:",
        after="        if False:",
        tests=(
            f"{_LANGUAGE_MODEL_WITH_FALLBACK}::test_a_second_that_is_refused_ends_nothing_while_the_first_may_be_well_again",
        ),
    ),
    Mutant(
        name="neither-answers-and-nobody-is-told",
        promise=(
            "One of two models that is refused for good ends no call while the other may "
            "answer; when neither will, it is over."
        ),
        file="processors/language_model/with_fallback.py",
        before="        self._is_first_lost = self._is_first_lost or _is_permanent(error)\n",
        after="",
        tests=(f"{_LANGUAGE_MODEL_WITH_FALLBACK}::test_when_neither_will_ever_answer_it_is_over",),
    ),
    Mutant(
        name="refused-first-is-asked-again",
        promise="A first model that refuses the key from the beginning is not asked again.",
        file="processors/language_model/with_fallback.py",
        before="is_permanent=self._is_first_lost)",
        after="is_permanent=False)",
        tests=(
            f"{_LANGUAGE_MODEL_WITH_FALLBACK}::test_a_first_that_refuses_the_key_is_not_asked_again",
        ),
    ),
    Mutant(
        name="tools-of-the-first-model-only",
        promise="The second model calls the same tools as the first.",
        file="processors/language_model/with_fallback.py",
        before=("        for service in self._services:\n            service.register_function("),
        after=(
            "        for service in self._services[:1]:\n            service.register_function("
        ),
        tests=(f"{_LANGUAGE_MODEL_WITH_FALLBACK}::test_a_function_is_registered_with_both",),
    ),
    Mutant(
        name="both-attempts-at-the-first-voice",
        promise=("What the first voice made no sound of is spoken by the second, in its place."),
        file="processors/text_to_speech/with_fallback.py",
        before="is_first=is_first, attempts=1, is_fresh=is_in_doubt)",
        after="is_first=is_first, attempts=2, is_fresh=is_in_doubt)",
        tests=(
            f"{_WITH_FALLBACK}::test_what_the_first_made_no_sound_of_is_spoken_by_the_second_in_order",
        ),
    ),
    Mutant(
        name="half-a-text-is-no-sentence-of-its-own",
        promise=(
            "A sentence of the first voice that breaks off is said again from its start by the "
            "second."
        ),
        file="processors/text_to_speech/with_fallback.py",
        before="                if has_sound or self._is_second_lost:\n                    raise\n",
        after="",
        tests=(
            f"{_WITH_FALLBACK}::test_a_piece_that_broke_off_is_said_again_by_the_second_and_it_goes_on",
        ),
    ),
)
