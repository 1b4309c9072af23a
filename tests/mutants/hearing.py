"""Against what is promised of two recognisers, of utterances and of the wire."""

from __future__ import annotations

from tests.mutants.mutant import Mutant

_REQUESTS = "tests/services/speech_to_text/test_requests.py"

MUTANTS: tuple[Mutant, ...] = (
    Mutant(
        name="sends-wait-for-the-network",
        promise="A network that takes nothing holds nobody.",
        file="processors/speech_to_text/live_socket.py",
        before="        write_limit=2 * MAX_BACKLOG_BYTES,\n",
        after="",
        tests=(
            (
                "tests/processors/speech_to_text/test_deepgram_socket.py::test_a_"
                "peer_that_takes_nothing_holds_no_send_and_no_end"
            ),
        ),
    ),
    Mutant(
        name="the-end-waits-for-a-peer-that-is-gone",
        promise="A network that takes nothing holds nobody.",
        file="processors/speech_to_text/live_socket.py",
        before="        close_timeout=1.0,\n",
        after="",
        tests=(
            (
                "tests/processors/speech_to_text/test_deepgram_socket.py::test_a_"
                "peer_that_takes_nothing_holds_no_send_and_no_end"
            ),
        ),
    ),
    Mutant(
        name="interim-words-are-no-sign-of-life",
        promise="A recogniser that shows words is not left in mid-sentence.",
        file="processors/speech_to_text/with_fallback.py",
        before="        self._unsettled.watch.on_result()\n"
        "        if not isinstance(frame, _PASSING):\n",
        after="        if not isinstance(frame, _PASSING):\n"
        "            self._unsettled.watch.on_result()\n",
        tests=(
            (
                "tests/processors/speech_to_text/test_with_fallback.py::test_a_first_"
                "that_shows_words_is_kept_through_a_long_sentence"
            ),
        ),
    ),
    Mutant(
        name="a-first-that-is-well-again-rests-on",
        promise="A first that hears what its stand-in failed to rests no more.",
        file="processors/speech_to_text/with_fallback.py",
        before="                self._fallback.note_success()\n",
        after="                pass\n",
        tests=(
            "tests/processors/speech_to_text/test_with_fallback.py::"
            "test_a_first_that_has_stood_in_for_the_second_hears_the_next_utterance_too",
        ),
    ),
    Mutant(
        name="the-second-hears-the-next-utterance-only",
        promise="A recogniser that dies in mid-utterance costs no word.",
        file="processors/speech_to_text/with_fallback.py",
        before=(
            "        if self._unsettled.is_owed or not self.first.is_usable:\n"
            "            self._use(self.second)"
        ),
        after=("        if not self.first.is_usable:\n            self._use(self.second)"),
        tests=(
            (
                "tests/processors/speech_to_text/test_with_fallback.py::test_a_first_"
                "that_dies_in_mid_utterance_loses_no_word_and_repeats_none"
            ),
        ),
    ),
    Mutant(
        name="the-second-is-not-told-that-the-voice-has-stopped",
        promise="A recogniser that dies in mid-utterance costs no word.",
        file="processors/speech_to_text/handover.py",
        before=(
            "        if unsettled.is_asked:\n"
            "            await self._give(VADUserStoppedSpeakingFrame(), to)\n"
        ),
        after="",
        tests=(
            (
                "tests/processors/speech_to_text/test_with_fallback.py::test_a_first_"
                "that_dies_after_the_voice_stopped_is_stood_in_for_at_once"
            ),
        ),
    ),
    Mutant(
        name="whoever-speaks-is-listened-to",
        promise="Words of a recogniser that was left are not taken twice.",
        file="processors/speech_to_text/with_fallback.py",
        before=("        if service is not self.active or not self._is_new(frame, service):"),
        after="        if not self._is_new(frame, service):",
        tests=(
            (
                "tests/processors/speech_to_text/test_with_fallback.py::test_late_"
                "words_of_the_first_are_dropped"
            ),
            (
                "tests/processors/speech_to_text/test_with_fallback.py::test_"
                "services_without_our_layers_stand_in_for_each_other_too"
            ),
        ),
    ),
    Mutant(
        name="each-of-two-recognisers-has-an-account-of-its-own",
        promise="What the first recogniser said the second does not repeat.",
        file="processors/speech_to_text/with_fallback.py",
        before=(
            "                service.words = CommonWords(self.words, of=service, "
            "active=lambda: self.active)\n"
        ),
        after="",
        tests=(
            (
                "tests/services/speech_to_text/test_turns.py::test_words_of_the_"
                "first_that_were_taken_do_not_come_again_from_the_second"
            ),
        ),
    ),
    Mutant(
        name="the-pair-knows-no-number-words",
        promise="What the first recogniser said the second does not repeat.",
        file="processors/speech_to_text/with_fallback.py",
        before="        self.words = WordsOnce(numerals=numerals)",
        after="        self.words = WordsOnce()",
        tests=(
            (
                "tests/services/speech_to_text/test_turns.py::test_words_of_the_"
                "first_that_were_taken_do_not_come_again_from_the_second"
            ),
        ),
    ),
    Mutant(
        name="one-attempt-for-an-utterance",
        promise="An utterance that a server fails is tried a second time.",
        file="processors/speech_to_text/segment_recognition.py",
        before="pause_secs is not None and not self._is_ending",
        after="pause_secs is None and not self._is_ending",
        tests=(
            (
                "tests/processors/speech_to_text/test_segment_recognition.py::test_"
                "an_utterance_is_tried_twice"
            ),
        ),
    ),
    Mutant(
        name="made-up-words-are-taken",
        promise="Words that a model makes up for noise are not taken.",
        file="processors/speech_to_text/segment_recognition.py",
        before=(
            "        words = [f for f in words if not is_invented(f.text, "
            "spoken_secs=spoken_secs)]\n"
        ),
        after="",
        tests=(
            (
                "tests/processors/speech_to_text/test_segment_recognition.py::test_"
                "words_that_nobody_can_have_said_are_none"
            ),
        ),
    ),
    Mutant(
        name="utterances-are-as-long-as-all-before-them",
        promise="Words that a model makes up for noise are not taken.",
        file="processors/speech_to_text/segment_recognition.py",
        before="            self._spoken_secs = 0.0\n        elif",
        after="            pass\n        elif",
        tests=(
            "tests/processors/speech_to_text/test_segment_recognition.py::"
            "test_a_noise_is_no_longer_for_the_speech_before_it",
        ),
    ),
    Mutant(
        name="a-dead-spare-is-kept-while-the-first-rests",
        promise="A spare recogniser that died is not counted on.",
        file="processors/speech_to_text/with_fallback.py",
        before="(is_worth_a_try or not self.second.is_usable)",
        after="is_worth_a_try",
        tests=(
            "tests/processors/speech_to_text/test_gone_recognisers.py::"
            "test_while_the_first_rests_a_spare_that_died_is_not_asked",
        ),
    ),
    Mutant(
        name="a-dead-first-is-kept-to-oneself",
        promise="The caller is told when nobody is left to hear.",
        file="processors/speech_to_text/with_fallback.py",
        before="            if is_news:\n"
        "                await self._head.push_frame(error, _UP)\n"
        "            return\n",
        after="            return\n",
        tests=(
            "tests/processors/speech_to_text/test_gone_recognisers.py::"
            "test_a_first_that_dies_when_the_spare_has_died_before_is_told_of",
        ),
    ),
    Mutant(
        name="a-dead-second-is-kept-to-oneself",
        promise="The caller is told when nobody is left to hear.",
        file="processors/speech_to_text/with_fallback.py",
        before="        elif is_news:\n            await self._head.push_frame(error, _UP)\n",
        after="",
        tests=(
            "tests/processors/speech_to_text/test_gone_recognisers.py::"
            "test_an_error_comes_out_when_nobody_is_left",
        ),
    ),
    Mutant(
        name="nobody-asks-for-interim-words",
        promise="Deepgram is asked for words as they are said.",
        file="processors/speech_to_text/deepgram.py",
        before='"interim_results": True',
        after='"interim_results": False',
        tests=(f"{_REQUESTS}::test_deepgram_is_asked_for_words_as_they_are_said",),
    ),
    Mutant(
        name="assemblyai-keeps-partial-words-back",
        promise="AssemblyAI ends its turns as soon as it can.",
        file="processors/speech_to_text/assemblyai.py",
        before='"continuous_partials": "true"',
        after='"continuous_partials": "false"',
        tests=(f"{_REQUESTS}::test_assemblyai_is_asked_to_end_its_turns_soon",),
    ),
    Mutant(
        name="every-model-is-asked-like-an-older-one",
        promise="AssemblyAI ends its turns as soon as it can.",
        file="processors/speech_to_text/assemblyai.py",
        before="**(_PRO if is_pro else _OTHERS)",
        after="**_OTHERS",
        tests=(f"{_REQUESTS}::test_assemblyai_is_asked_to_end_its_turns_soon",),
    ),
    Mutant(
        name="multi-is-a-language",
        promise="A Whisper server is told the language if there is one.",
        file="processors/speech_to_text/openai.py",
        before='spoken = "" if language == "multi" else language.partition("-")[0]',
        after='spoken = language.partition("-")[0]',
        tests=(f"{_REQUESTS}::test_a_whisper_server_is_told_the_language_alone",),
    ),
    Mutant(
        name="a-whisper-server-hears-no-number-words",
        promise="A number in words and in digits is one, for every recogniser.",
        file="processors/speech_to_text/openai.py",
        before="            numerals=numerals,\n            patience",
        after="            patience",
        tests=(f"{_REQUESTS}::test_every_recogniser_knows_the_number_words_of_its_language",),
    ),
    Mutant(
        name="assemblyai-hears-no-number-words",
        promise="A number in words and in digits is one, for every recogniser.",
        file="processors/speech_to_text/assemblyai.py",
        before="            numerals=numerals,\n",
        after="",
        tests=(f"{_REQUESTS}::test_every_recogniser_knows_the_number_words_of_its_language",),
    ),
    Mutant(
        name="three-failures-in-a-whole-call-are-the-end",
        promise="Lost utterances between good ones do not end a call.",
        file="processors/speech_to_text/segment_recognition.py",
        before="            self._failures = 0\n            await",
        after="            await",
        tests=(
            "tests/processors/speech_to_text/test_segment_recognition.py::"
            "test_failures_that_are_not_in_a_row_do_not_make_the_service_unusable",
        ),
    ),
)
