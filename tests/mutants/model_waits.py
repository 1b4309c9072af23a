"""Against what is promised of a model that lets the caller wait."""

from __future__ import annotations

from tests.mutants.mutant import Mutant

_WAITS = "tests/services/language_model/test_waits.py"

MUTANTS: tuple[Mutant, ...] = (
    Mutant(
        name="told-to-wait-too-late",
        promise=(
            "After 2 s without a word of the answer the bot says that it is on it, again "
            "every 10 s, and not any more once the answer has begun."
        ),
        file="processors/language_model/answering.py",
        before="SLOW_SECS = 2.0",
        after="SLOW_SECS = 20.0",
        tests=(f"{_WAITS}::test_a_caller_who_waits_is_told_so_sparingly",),
    ),
    Mutant(
        name="told-to-wait-all-the-time",
        promise=(
            "After 2 s without a word of the answer the bot says that it is on it, again "
            "every 10 s, and not any more once the answer has begun."
        ),
        file="processors/language_model/answering.py",
        before="again_secs=SLOW_AGAIN_SECS",
        after="again_secs=SLOW_SECS",
        tests=(f"{_WAITS}::test_a_caller_who_waits_is_told_so_sparingly",),
    ),
    Mutant(
        name="told-to-wait-in-the-middle-of-the-answer",
        promise=(
            "After 2 s without a word of the answer the bot says that it is on it, again "
            "every 10 s, and not any more once the answer has begun."
        ),
        file="processors/language_model/answering.py",
        before=("        await self._stop_slow_task()\n        await self._ahead.add(text)"),
        after="        await self._ahead.add(text)",
        tests=(f"{_WAITS}::test_a_caller_who_waits_is_told_so_sparingly",),
    ),
    Mutant(
        name="told-to-wait-never",
        promise=(
            "After 2 s without a word of the answer the bot says that it is on it, again "
            "every 10 s, and not any more once the answer has begun."
        ),
        file="processors/language_model/answering.py",
        before="        if self._excuses.slow:\n",
        after="        if self._excuses.slow and self._stand_in:\n",
        tests=(f"{_WAITS}::test_a_caller_who_waits_is_told_so_sparingly",),
    ),
    Mutant(
        name="patience-is-not-handed-on",
        promise=(
            "An attempt gets 4 s to its first word, or what is set; it is made a second "
            "time, and then the caller is asked for a moment."
        ),
        file="bot/call/services.py",
        before='        "patience_secs": stage.patience_secs,\n',
        after='        "patience_secs": None,\n',
        tests=(f"{_WAITS}::test_a_model_that_says_nothing_is_asked_twice_and_then_excused",),
    ),
    Mutant(
        name="second-attempt-without-a-deadline",
        promise=(
            "An attempt gets 4 s to its first word, or what is set; it is made a second "
            "time, and then the caller is asked for a moment."
        ),
        file="processors/language_model/attempting.py",
        before=("            reply.patience = self._patience()\n\n"),
        after=("            reply.patience.deadline_secs += 3600\n\n"),
        tests=(f"{_WAITS}::test_a_model_that_says_nothing_is_asked_twice_and_then_excused",),
    ),
    Mutant(
        name="headers-count-as-a-first-word",
        promise=(
            "Whatever a model's server writes, its words are said once, its thoughts "
            "never, and its calls are made whole or not at all."
        ),
        file="processors/language_model/openai_protocol/reply_stream.py",
        before=("    elif draft.has_surely_ended:\n        patience.note_end(now_secs)"),
        after=("    else:\n        patience.note_end(now_secs)"),
        tests=(
            f"{_WAITS}::test_a_header_is_no_word_and_no_end",
            "tests/processors/language_model/openai_protocol/test_model_servers.py::test_the_caller_hears_what_the_server_means",
        ),
    ),
    Mutant(
        name="stall-of-a-patient-setting-waited-for",
        promise=(
            "An answer that stops between two words is given up after 3 s, or after at "
            "most 10 s with a patient setting, and the caller is told that more was to come."
        ),
        file="processors/language_model/patience.py",
        before="min(stall_secs, LONGEST_STALL_SECS)",
        after="stall_secs",
        tests=(f"{_WAITS}::test_a_stall_between_words_is_not_waited_for",),
    ),
    Mutant(
        name="stall-gets-the-patience-of-the-first-word",
        promise=(
            "An answer that stops between two words is given up after 3 s, or after at "
            "most 10 s with a patient setting, and the caller is told that more was to come."
        ),
        file="processors/language_model/patience.py",
        before=(
            "        self._heard_secs = now_secs\n"
            "        self.deadline_secs = now_secs + self._stall_secs\n"
        ),
        after=(
            "        self._heard_secs = now_secs\n"
            "        self.deadline_secs = now_secs + self._first_token_secs\n"
        ),
        tests=(f"{_WAITS}::test_a_stall_between_words_is_not_waited_for",),
    ),
    Mutant(
        name="thought-for-ever",
        promise="A model may think for up to 60 s before its first word, and no longer.",
        file="processors/language_model/patience.py",
        before="REASONING_SECS = 60.0",
        after="REASONING_SECS = 6000.0",
        tests=(f"{_WAITS}::test_thought_is_waited_for_within_reason",),
    ),
    Mutant(
        name="thought-is-no-sign-of-life",
        promise="A model may think for up to 60 s before its first word, and no longer.",
        file="processors/language_model/openai_protocol/reply_stream.py",
        before=("    elif draft.has_new_thought:\n        patience.note_thought(now_secs)\n"),
        after="",
        tests=(f"{_WAITS}::test_thought_is_waited_for_within_reason",),
    ),
    Mutant(
        name="failure-of-the-last-turn-is-kept",
        promise="An apology is said once, and not again after the next good answer.",
        file="processors/language_model/answering.py",
        before="            reply, self.reply = self.reply, None",
        after="            reply = self.reply",
        tests=(f"{_WAITS}::test_an_apology_is_said_once_in_the_callers_language",),
    ),
    Mutant(
        name="excuse-is-not-said",
        promise=(
            "An answer that stops between two words is given up after 3 s, or after at "
            "most 10 s with a patient setting, and the caller is told that more was to come."
        ),
        file="processors/language_model/answering.py",
        before="            await self.push_frame(TTSSpeakFrame(reply.excuse))",
        after="            await self.push_frame(LLMContextSummaryRequestFrame())",
        tests=(f"{_WAITS}::test_a_stall_between_words_is_not_waited_for",),
    ),
    Mutant(
        name="slow-first-asked-each-time",
        promise="A first model that is slow to fail costs the caller its patience once.",
        file="processors/language_model/with_fallback.py",
        before="        self._fallback.note_failure(now_secs, is_permanent=self._is_first_lost)",
        after="        pass",
        tests=(f"{_WAITS}::test_a_hanging_first_model_is_waited_for_once",),
    ),
    Mutant(
        name="retry-after-in-the-wrong-unit",
        promise="A model that is busy is asked again when it says, if that is within 5 s.",
        file="processors/retry_after.py",
        before='("retry-after", 1.0)',
        after='("retry-after", 0.001)',
        tests=(f"{_WAITS}::test_a_busy_model_is_asked_again_when_it_says",),
    ),
    Mutant(
        name="retry-after-not-heeded",
        promise="A model that is busy is asked again when it says, if that is within 5 s.",
        file="processors/language_model/attempts.py",
        before="        asked_secs = retry_after_secs(error)\n",
        after="        asked_secs = None\n",
        tests=(f"{_WAITS}::test_a_busy_model_is_asked_again_when_it_says",),
    ),
    Mutant(
        name="waits-as-long-as-it-is-told",
        promise="A model that is busy is asked again when it says, if that is within 5 s.",
        file="processors/language_model/attempts.py",
        before="return pause_secs if pause_secs <= self._longest_pause_secs else None",
        after="return pause_secs",
        tests=(f"{_WAITS}::test_a_busy_model_is_asked_again_when_it_says",),
    ),
)
