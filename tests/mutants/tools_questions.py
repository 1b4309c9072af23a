"""Against what is promised of a tool's question to the caller, and of the answers."""

from __future__ import annotations

from tests.mutants.mutant import Mutant

_HEARD = "A yes counts only for a question the caller has heard."
_TAKEN_BACK_IN_WORDS = "A yes with a condition or an objection is no yes, in every language."
_TAKEN_BACK = 'What takes a yes back ("yes, but ...", "yes, if ...") is spoken or typed: it counts.'
_TYPED = "A question of a tool may be answered in typed words."
_OVER = "A question that was refused, or not answered within 30 s, is over: no late yes counts."
_SEVERAL = "Of several questions each has its own time and its own chances."
_ONCE = "An irreversible request happens once in a call, however often it is asked for or allowed."
_ANNOUNCER_TEST = "tests/tools/runtime/test_announcer.py"
_CONSENT_TEST = "tests/bot/languages/test_consent.py"
_ANSWERS_TEST = "tests/tools/runtime/test_answers.py"
_LEDGER_TEST = "tests/tools/calls/test_ledger.py"
_TOOL_CALLING_TEST = "tests/tools/runtime/test_tool_calling.py"

_TOO_LONG = "A question that is too long to be understood aloud is not asked, and nothing is done."
_LANGUAGE_TEST = "tests/tools/test_language.py"

MUTANTS: tuple[Mutant, ...] = (
    Mutant(
        name="question-of-any-length",
        promise=_TOO_LONG,
        file="tools/language.py",
        before="return question if len(question) <= _MAX_QUESTION_CHARS else None",
        after="return question[:_MAX_QUESTION_CHARS]",
        tests=(f"{_LEDGER_TEST}::test_a_question_that_is_too_long_is_not_asked",),
    ),
    Mutant(
        name="question-in-the-order-of-the-model",
        promise="A question names numbers and short values first, and all of it as it is spoken.",
        file="tools/language.py",
        before="for name, value in arguments.items()), key=len\n",
        after="for name, value in arguments.items()), key=bool\n",
        tests=(f"{_LANGUAGE_TEST}::test_a_question_hides_nothing_behind_much_text_or_in_marks",),
    ),
    Mutant(
        name="question-in-marks-that-are-not-spoken",
        promise="A question names numbers and short values first, and all of it as it is spoken.",
        file="tools/language.py",
        before="return sign.isalnum() or",
        after="return sign.isprintable() or",
        tests=(f"{_LANGUAGE_TEST}::test_a_question_hides_nothing_behind_much_text_or_in_marks",),
    ),
    Mutant(
        name="yes-before-the-question-was-heard",
        promise=_HEARD,
        file="tools/runtime/announcer.py",
        before="return is_spoken and floor.caller_began_secs >= began_secs + _QUESTION_BEGUN_SECS",
        after="return True",
        tests=(
            f"{_ANNOUNCER_TEST}::test_words_answer_a_question_that_was_heard_before_them",
            f"{_ANNOUNCER_TEST}::test_a_yes_that_was_said_before_the_question_was_heard_causes_nothing",
        ),
    ),
    Mutant(
        name="yes-over-the-first-syllable",
        promise=_HEARD,
        file="tools/runtime/announcer.py",
        before=">= began_secs + _QUESTION_BEGUN_SECS",
        after=">= began_secs",
        tests=(f"{_ANNOUNCER_TEST}::test_words_answer_a_question_that_was_heard_before_them",),
    ),
    Mutant(
        name="yes-to-a-question-that-was-lost",
        promise=_HEARD,
        file="tools/runtime/announcer.py",
        before="return is_spoken and floor",
        after="return floor",
        tests=(f"{_ANNOUNCER_TEST}::test_words_answer_a_question_that_was_heard_before_them",),
    ),
    Mutant(
        name="unheard-yes-counts-in-the-ledger",
        promise=_HEARD,
        file="tools/calls/ledger.py",
        before="if answer is Consent.YES and not was_question_heard:",
        after="if answer is Consent.NO and not was_question_heard:",
        tests=(
            f"{_ANNOUNCER_TEST}::test_a_yes_that_was_said_before_the_question_was_heard_causes_nothing",
        ),
    ),
    Mutant(
        name="english-but-is-no-objection",
        promise=_TAKEN_BACK_IN_WORDS,
        file="tools/english.py",
        before="neither, but, instead",
        after="neither, instead",
        tests=(
            f"{_CONSENT_TEST}::test_a_yes_that_is_taken_back_is_none",
            f"{_CONSENT_TEST}::test_a_condition_in_words_that_say_nothing_else_takes_a_yes_back",
        ),
    ),
    Mutant(
        name="german-condition-is-an-empty-word",
        promise=_TAKEN_BACK_IN_WORDS,
        file="bot/languages/de.py",
        before="später, außer, wenn, falls,",
        after="später, außer, falls,",
        tests=(
            f"{_CONSENT_TEST}::test_a_yes_that_is_taken_back_is_none",
            f"{_CONSENT_TEST}::test_a_condition_in_words_that_say_nothing_else_takes_a_yes_back",
        ),
    ),
    Mutant(
        name="spanish-condition-is-a-yes",
        promise=_TAKEN_BACK_IN_WORDS,
        file="bot/languages/es.py",
        before=(
            '    "si se, si es, si está, si hay, si puede, si usted, si me, si quiero, si '
            'quisiera",'
        ),
        after='    "",',
        tests=(
            f"{_CONSENT_TEST}::test_a_yes_that_is_taken_back_is_none",
            f"{_CONSENT_TEST}::test_a_condition_in_words_that_say_nothing_else_takes_a_yes_back",
        ),
    ),
    Mutant(
        name="only-a-hard-no-takes-a-yes-back",
        promise=_TAKEN_BACK_IN_WORDS,
        file="tools/calls/consent.py",
        before="        if negative:\n",
        after="        if negative & self._hard_no:\n",
        tests=(
            f"{_CONSENT_TEST}::test_a_yes_that_is_taken_back_is_none",
            f"{_CONSENT_TEST}::test_a_condition_in_words_that_say_nothing_else_takes_a_yes_back",
        ),
    ),
    Mutant(
        name="other-words-are-overheard",
        promise=_TAKEN_BACK_IN_WORDS,
        file="tools/calls/consent.py",
        before="is_plain = bool(yes) and not rest - set(asked.split())",
        after="is_plain = bool(yes)",
        tests=(
            f"{_CONSENT_TEST}::test_a_yes_that_is_taken_back_is_none",
            f"{_CONSENT_TEST}::test_a_condition_in_words_that_say_nothing_else_takes_a_yes_back",
        ),
    ),
    Mutant(
        name="any-yes-runs-it",
        promise=_TAKEN_BACK,
        file="tools/calls/ledger.py",
        before="if answer is not Consent.UNCLEAR:",
        after="if answer is not Consent.NO:",
        tests=(f"{_ANSWERS_TEST}::test_a_yes_that_is_taken_back_sends_nothing",),
    ),
    Mutant(
        name="unclear-answer-is-kept-from-the-model",
        promise=_TAKEN_BACK,
        file="tools/runtime/runtime.py",
        before="is_answer = answer in (Consent.YES, Consent.NO)",
        after="is_answer = answer is not None",
        tests=(f"{_ANSWERS_TEST}::test_a_yes_that_is_taken_back_sends_nothing",),
    ),
    Mutant(
        name="question-is-not-put-again",
        promise=_TAKEN_BACK,
        file="tools/calls/questions.py",
        before="        self._unclear += was_unclear\n        self._asked_secs = None",
        after="        self._unclear += was_unclear",
        tests=(f"{_ANSWERS_TEST}::test_a_yes_that_is_taken_back_sends_nothing",),
    ),
    Mutant(
        name="typed-yes-is-not-heard",
        promise=_TYPED,
        file="tools/runtime/announcer.py",
        before="return True  # They said nothing aloud since: it was typed.",
        after="return False",
        tests=(f"{_ANSWERS_TEST}::test_a_typed_answer_is_one",),
    ),
    Mutant(
        name="answer-is-asked-of-the-model-too",
        promise=_TYPED,
        file="tools/runtime/tool_calling.py",
        before="return await self._tool_runtime.hear(text_of(message))",
        after="return not await self._tool_runtime.hear(text_of(message))",
        tests=(f"{_ANSWERS_TEST}::test_a_typed_answer_is_one",),
    ),
    Mutant(
        name="no-is-a-yes-by-button",
        promise=_OVER,
        file="tools/runtime/runtime.py",
        before="self._ledger.answer(call_id, is_yes, self._clock())",
        after="self._ledger.answer(call_id, True, self._clock())",
        tests=(f"{_ANSWERS_TEST}::test_no_yes_counts_after_a_no_or_after_half_a_minute",),
    ),
    Mutant(
        name="question-never-expires",
        promise=_OVER,
        file="tools/calls/questions.py",
        before="ANSWER_WITHIN_SECS = 30.0",
        after="ANSWER_WITHIN_SECS = 300.0",
        tests=(f"{_ANSWERS_TEST}::test_no_yes_counts_after_a_no_or_after_half_a_minute",),
    ),
    Mutant(
        name="question-expires-in-silence",
        promise=_OVER,
        file="tools/calls/ledger.py",
        before="self._cancel(head, result, wants_reply=True)",
        after="self._cancel(head, result)",
        tests=(f"{_ANSWERS_TEST}::test_no_yes_counts_after_a_no_or_after_half_a_minute",),
    ),
    Mutant(
        name="second-question-inherits-unclear-answers",
        promise=_SEVERAL,
        file="tools/calls/questions.py",
        before="self._asked_secs, self._asks, self._unclear = None, 0, 0",
        after="self._asked_secs = None",
        tests=(f"{_LEDGER_TEST}::test_each_question_has_its_own_chances_and_its_own_time",),
    ),
    Mutant(
        name="second-question-inherits-the-time",
        promise=_SEVERAL,
        file="tools/calls/questions.py",
        before='            self._last_asked_secs = float("-inf")\n        self._queue',
        after="        self._queue",
        tests=(f"{_LEDGER_TEST}::test_each_question_has_its_own_chances_and_its_own_time",),
    ),
    Mutant(
        name="done-is-not-remembered",
        promise=_ONCE,
        file="tools/calls/ledger.py",
        before="self.attempts.succeeded(call)",
        after="self.attempts.had_no_effect(call)",
        tests=(f"{_TOOL_CALLING_TEST}::test_the_same_irreversible_request_is_done_once",),
    ),
    Mutant(
        name="done-is-remembered-for-a-turn",
        promise=_ONCE,
        file="tools/calls/attempts.py",
        before="if attempt is Attempt.RUNNING or call.tool.effect is Effect.IRREVERSIBLE:",
        after="if attempt is Attempt.RUNNING:",
        tests=(f"{_TOOL_CALLING_TEST}::test_the_same_irreversible_request_is_done_once",),
    ),
)
