"""Against what is promised of a voice that fails."""

from __future__ import annotations

from tests.mutants.mutant import Mutant

_CONFORMANCE = "tests/services/text_to_speech/test_conformance.py"
_SPEECH_ATTEMPTS = "tests/processors/text_to_speech/test_speech_attempts.py"
_PACE = "tests/services/text_to_speech/test_pace.py"
_WIRE = "tests/services/text_to_speech/test_wire.py"

MUTANTS: tuple[Mutant, ...] = (
    Mutant(
        name="lost-text-is-remembered",
        promise=(
            "Text whose speech failed is never remembered as spoken, and the rest of the "
            "answer is spoken."
        ),
        file="processors/text_to_speech/service_contexts.py",
        before=("            if self._has_failed:\n                return\n            frame.text"),
        after="            frame.text",
        tests=(
            f"{_CONFORMANCE}::test_a_text_that_is_never_spoken_is_one_error_and_the_reply_goes_on",
        ),
    ),
    Mutant(
        name="broken-speech-is-remembered",
        promise=(
            "Text whose speech failed is never remembered as spoken, and the rest of the "
            "answer is spoken."
        ),
        file="processors/text_to_speech/service_contexts.py",
        before=(
            "        elif isinstance(frame, SpeechFailedFrame):\n"
            "            self._has_failed = True\n"
        ),
        after="",
        tests=(
            f"{_CONFORMANCE}::test_a_text_that_is_never_spoken_is_one_error_and_the_reply_goes_on",
        ),
    ),
    Mutant(
        name="one-failure-and-nothing-is-remembered-again",
        promise=(
            "Text whose speech failed is never remembered as spoken, and the rest of the "
            "answer is spoken."
        ),
        file="processors/text_to_speech/service_contexts.py",
        before=(
            '        self._last_piece = text if line else ""\n        self._has_failed = False'
        ),
        after='        self._last_piece = text if line else ""',
        tests=(
            f"{_CONFORMANCE}::test_a_text_that_is_never_spoken_is_one_error_and_the_reply_goes_on",
        ),
    ),
    Mutant(
        name="lost-piece-of-a-line-is-remembered",
        promise=(
            "Text whose speech failed is never remembered as spoken, and the rest of the "
            "answer is spoken."
        ),
        file="processors/text_to_speech/service_contexts.py",
        before=("            if not self._has_failed:\n                spoken"),
        after=("            if True:\n                spoken"),
        tests=(
            "tests/services/text_to_speech/test_long_lines.py::test_of_a_piece_that_failed_nothing_is_remembered",
        ),
    ),
    Mutant(
        name="silence-counts-as-speech",
        promise="Speech of which no sound came is asked for once more, unheard.",
        file="processors/text_to_speech/speech_attempts.py",
        before="            if said.has_sound:\n                return\n            if is_last:\n",
        after="            return\n            if is_last:\n",
        tests=(
            f"{_CONFORMANCE}::test_what_failed_before_a_sound_is_asked_for_again_unheard"
            "[silent-openai]",
            f"{_CONFORMANCE}::test_what_failed_before_a_sound_is_asked_for_again_unheard"
            "[empty-openai]",
        ),
    ),
    Mutant(
        name="asked-once-only",
        promise="Speech of which no sound came is asked for once more, unheard.",
        file="processors/text_to_speech/speech_attempts.py",
        before="is_transient(error) and not is_last and",
        after="is_transient(error) and is_last and",
        tests=(
            f"{_CONFORMANCE}::test_what_failed_before_a_sound_is_asked_for_again_unheard"
            "[503-openai]",
        ),
    ),
    Mutant(
        name="new-attempt-on-the-old-connection",
        promise=(
            "A voice whose connection was lost or hangs is connected anew, and nobody hears of it."
        ),
        file="processors/text_to_speech/speaking_on_socket.py",
        before="if self._is_lost or number > 1:",
        after="if self._is_lost:",
        tests=(f"{_WIRE}::test_a_second_attempt_is_made_on_a_new_connection",),
    ),
    Mutant(
        name="voice-is-waited-for-too-long",
        promise=(
            "A voice gets 2 s to its first sound, or what is set, and three quarters of it "
            "in a second attempt."
        ),
        file="processors/text_to_speech/speech_attempts.py",
        before="PATIENCE_SECS = 2.0",
        after="PATIENCE_SECS = 20.0",
        tests=(f"{_SPEECH_ATTEMPTS}::test_the_vendor_gets_two_seconds_and_then_one_and_a_half",),
    ),
    Mutant(
        name="a-pause-counts-from-what-came",
        promise=(
            "A voice that pauses while its words are still being heard is not asked for them again."
        ),
        file="processors/text_to_speech/speech_attempts.py",
        before="min(audible_until_secs + self._stall_secs, longest_secs)",
        after="min(now_secs + self._stall_secs, longest_secs)",
        tests=(f"{_PACE}::test_a_pause_is_measured_by_what_is_still_to_be_heard",),
    ),
    Mutant(
        name="second-attempt-has-no-time",
        promise=(
            "A voice gets 2 s to its first sound, or what is set, and three quarters of it "
            "in a second attempt."
        ),
        file="processors/text_to_speech/speech_attempts.py",
        before="(patience_secs, _SECOND_SHARE * patience_secs)",
        after="(patience_secs,)",
        tests=(f"{_SPEECH_ATTEMPTS}::test_the_vendor_gets_two_seconds_and_then_one_and_a_half",),
    ),
    Mutant(
        name="babble-is-heard-out",
        promise="A voice that speaks on without an end is stopped.",
        file="processors/text_to_speech/speech_attempts.py",
        before="            self.given_secs += self._secs(pcm)\n",
        after="",
        tests=(
            f"{_SPEECH_ATTEMPTS}::test_a_voice_that_babbles_on_is_stopped_and_the_reply_goes_on",
        ),
    ),
    Mutant(
        name="babble-limit-in-samples-of-a-letter",
        promise="A voice that speaks on without an end is stopped.",
        file="processors/text_to_speech/speaking.py",
        before="LONGEST_SECS + LONGEST_CHAR_SECS * len(text)",
        after="LONGEST_SECS * len(text)",
        tests=(
            f"{_SPEECH_ATTEMPTS}::test_a_voice_that_babbles_on_is_stopped_and_the_reply_goes_on",
        ),
    ),
    Mutant(
        name="refused-text-gives-the-voice-up",
        promise=(
            "A text that the voice refuses is lost alone; a voice that refuses or fails "
            "all is given up."
        ),
        file="processors/text_to_speech/verdict.py",
        before=(
            "        if self._trusted_refusals:\n"
            "            self._trusted_refusals -= 1\n"
            "            return True\n"
        ),
        after="",
        tests=(f"{_CONFORMANCE}::test_a_refused_text_is_lost_alone",),
    ),
    Mutant(
        name="silent-voice-is-kept-for-ever",
        promise=(
            "A text that the voice refuses is lost alone; a voice that refuses or fails "
            "all is given up."
        ),
        file="processors/text_to_speech/speaking.py",
        before="        if self._verdict.is_given_up:\n",
        after="        if self._verdict.is_given_up and not text:\n",
        tests=(f"{_CONFORMANCE}::test_a_voice_that_is_silent_for_three_replies_is_given_up",),
    ),
    Mutant(
        name="refused-answers-count-against-the-voice",
        promise=(
            "A text that the voice refuses is lost alone; a voice that refuses or fails "
            "all is given up."
        ),
        file="processors/text_to_speech/verdict.py",
        before=("        if await self._is_text_to_blame(text, error):\n            return"),
        after=(
            "        if await self._is_text_to_blame(text, error):\n"
            "            self._silent_replies.add(context_id)\n"
            "            return"
        ),
        tests=(
            f"{_SPEECH_ATTEMPTS}::test_a_voice_is_not_given_up_for_whole_replies_that_it_refuses",
        ),
    ),
    Mutant(
        name="failures-are-counted-over-the-call",
        promise="A voice that fails now and then, and speaks between, is not given up.",
        file="processors/text_to_speech/verdict.py",
        before="        self._silent_replies.clear()\n",
        after="",
        tests=(f"{_CONFORMANCE}::test_a_voice_that_speaks_between_its_failures_is_kept",),
    ),
    Mutant(
        name="vendor-is-not-told-of-a-cut",
        promise=(
            "Nothing of an answer that was cut is heard or remembered later, and the "
            "vendor is told."
        ),
        file="processors/text_to_speech/speaking.py",
        before="                    await self.on_audio_context_interrupted(service_id)",
        after="                    await self.on_audio_context_completed(service_id)",
        tests=(
            f"{_CONFORMANCE}::test_nothing_of_a_cut_reply_is_heard_or_remembered_later[cartesia]",
        ),
    ),
    Mutant(
        name="each-attempt-is-counted",
        promise="What is spoken is counted once, however often it had to be asked for.",
        file="processors/text_to_speech/service_contexts.py",
        before=('        """A service counts each attempt; `count_usage` counts a text once."""'),
        after=(
            '        """A service counts each attempt."""\n'
            "        await super().start_tts_usage_metrics(text)"
        ),
        tests=(f"{_CONFORMANCE}::test_a_text_is_counted_once_however_often_it_is_asked_for",),
    ),
    Mutant(
        name="nothing-spoken-is-counted",
        promise="What is spoken is counted once, however often it had to be asked for.",
        file="processors/text_to_speech/speaking.py",
        before="                    await self.count_usage(text)\n",
        after="",
        tests=(f"{_CONFORMANCE}::test_a_text_is_counted_once_however_often_it_is_asked_for",),
    ),
    Mutant(
        name="lost-connection-is-not-made-again",
        promise=(
            "A voice whose connection was lost or hangs is connected anew, and nobody hears of it."
        ),
        file="processors/text_to_speech/speaking_on_socket.py",
        before=(
            "            self._is_lost = False\n            await self._renew()\n        async"
        ),
        after=("            self._is_lost = False\n        async"),
        tests=(
            f"{_CONFORMANCE}::test_a_connection_lost_between_two_replies_is_nobodys_business"
            "[cartesia]",
            f"{_CONFORMANCE}::test_what_failed_before_a_sound_is_asked_for_again_unheard"
            "[hang-cartesia]",
        ),
    ),
    Mutant(
        name="lost-connection-ends-the-call",
        promise=(
            "A voice whose connection was lost or hangs is connected anew, and nobody hears of it."
        ),
        file="processors/text_to_speech/speaking_on_socket.py",
        before="        elif not (was_lost or self._is_opening):",
        after=(
            "        elif True:\n"
            "            await super().push_error_frame(error, force_treat_as_permanent=True)\n"
            "        elif not (was_lost or self._is_opening):"
        ),
        tests=(f"{_WIRE}::test_a_connection_lost_in_silence_is_made_again[cartesia]",),
    ),
    Mutant(
        name="hanging-voice-holds-the-call-up",
        promise="A voice whose server does not answer at the start holds no call up.",
        file="processors/text_to_speech/speaking_on_socket.py",
        before=(
            "            async with asyncio.timeout(OPEN_SECS):\n"
            "                await super().setup(setup)"
        ),
        after="            await super().setup(setup)",
        tests=(
            f"{_CONFORMANCE}::test_a_server_that_hangs_at_the_door_holds_nobody_up[cartesia]",
            f"{_CONFORMANCE}::test_a_server_that_hangs_at_the_door_holds_nobody_up[elevenlabs]",
        ),
    ),
    Mutant(
        name="an-end-that-is-not-said-is-none",
        promise=(
            "A server that never says that a text is over is understood: where it tells of the "
            "words at once, else by the first text, which is heard twice."
        ),
        file="processors/text_to_speech/unsaid_ends.py",
        before="        if self._are_usual and not is_begun:\n            return True\n",
        after="",
        tests=(f"{_PACE}::test_a_server_that_never_says_the_end_is_understood",),
    ),
    Mutant(
        name="words-that-prove-a-text-unfinished-are-not-read",
        promise=(
            "A server that never says that a text is over is understood: where it tells of the "
            "words at once, else by the first text, which is heard twice."
        ),
        file="processors/text_to_speech/unsaid_ends.py",
        before='told != "" and told != letters and letters.startswith(told)',
        after="False",
        tests=(
            "tests/processors/text_to_speech/test_unsaid_ends.py::"
            "test_where_ends_are_never_said_what_has_only_begun_is_not_all_of_it",
        ),
    ),
    Mutant(
        name="a-voice-that-wants-to-be-left-alone-is-asked-at-once",
        promise="A voice that wants to be left alone is, and says then what it owed.",
        file="processors/text_to_speech/service_speech.py",
        before="    asked_secs = retry_after_secs(error) if error else None\n",
        after="    asked_secs = None\n",
        tests=(f"{_PACE}::test_a_voice_that_wants_to_be_left_alone_is",),
    ),
)
