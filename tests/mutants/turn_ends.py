"""Against what is promised of how a turn ends, and of its words."""

from __future__ import annotations

from tests.mutants.mutant import Mutant

MUTANTS: tuple[Mutant, ...] = (
    Mutant(
        name="a-sure-turn-waits-as-long-as-an-unsure-one",
        promise="A finished sentence ends the turn after a tenth of a second.",
        file="processors/turns/end.py",
        before="                self._voice_activity.is_sure = True",
        after="                pass",
        tests=(
            (
                "tests/processors/turns/test_end.py::test_a_sure_turn_ends_after_a_"
                "hundred_milliseconds_of_silence"
            ),
        ),
    ),
    Mutant(
        name="the-turn-model-is-asked-late",
        promise="A finished sentence ends the turn after a tenth of a second.",
        file="processors/turns/patience.py",
        before="LOOK_SECS = (0.03, 0.19, 0.45, 0.9)",
        after="LOOK_SECS = (0.19, 0.45, 0.9)",
        tests=(
            (
                "tests/processors/turns/test_end.py::test_a_sure_turn_ends_after_a_"
                "hundred_milliseconds_of_silence"
            ),
        ),
    ),
    Mutant(
        name="mute-recogniser-holds-the-turn",
        promise="A turn ends in bounded time, whatever recogniser and turn model do.",
        file="processors/turns/patience.py",
        before="MUTE_SECS = 1.5",
        after="MUTE_SECS = 15.0",
        tests=(
            ("tests/processors/turns/test_end.py::test_a_deaf_recogniser_does_not_hold_the_turn"),
        ),
    ),
    Mutant(
        name="interim-words-are-waited-for",
        promise="A turn ends in bounded time, whatever recogniser and turn model do.",
        file="processors/turns/patience.py",
        before="NEVER_FINAL_SECS = 0.9",
        after="NEVER_FINAL_SECS = 9.0",
        tests=(
            (
                "tests/processors/turns/test_end.py::test_words_that_never_become_"
                "final_are_taken_as_they_are"
            ),
        ),
    ),
    Mutant(
        name="no-answer-of-the-turn-model-means-no-end",
        promise="A turn ends in bounded time, whatever recogniser and turn model do.",
        file="processors/turns/caller_pause.py",
        before="UNKNOWN_PROBABILITY = 0.5",
        after="UNKNOWN_PROBABILITY = -1.0",
        tests=(
            (
                "tests/processors/turns/test_end.py::test_a_turn_model_that_is_late_"
                "does_not_hold_the_turn"
            ),
        ),
    ),
    Mutant(
        name="news-that-there-are-no-words-is-not-used",
        promise="A turn ends in bounded time, whatever recogniser and turn model do.",
        file="processors/turns/end.py",
        before="NO_WORDS_SECS if words.is_settled else MUTE_SECS",
        after="MUTE_SECS",
        tests=(
            (
                "tests/processors/turns/test_end.py::test_a_sound_without_words_ends_"
                "the_turn_soon_and_asks_nothing"
            ),
        ),
    ),
    Mutant(
        name="an-answer-to-older-words-is-kept",
        promise="An answer to other words than were said is thrown away.",
        file="processors/turns/same_words.py",
        before="return self._read(text) == self._read(other)",
        after="return self._read(other)[: len(self._read(text))] == self._read(text)",
        tests=(
            ("tests/processors/turns/test_end.py::test_words_that_change_withdraw_the_speculation"),
        ),
    ),
    Mutant(
        name="the-model-is-not-told-of-a-withdrawal",
        promise="An answer to other words than were said is thrown away.",
        file="processors/turns/end.py",
        before=(
            "        if self._speculation.end():\n"
            "            await self.trigger_user_turn_speculation_cancelled()"
        ),
        after="        self._speculation.end()",
        tests=(
            ("tests/processors/turns/test_end.py::test_words_that_change_withdraw_the_speculation"),
        ),
    ),
    Mutant(
        name="any-prepared-answer-will-do",
        promise="An answer to other words than were said is thrown away.",
        file="processors/turns/speculation.py",
        before="return self._text is not None and self._is_same(self._text, text)",
        after="return self._text is not None",
        tests=(("tests/processors/turns/test_end.py::test_a_final_that_differs_is_asked_anew"),),
    ),
    Mutant(
        name="a-refused-answer-is-not-made-again",
        promise="A turn is answered though its prepared answer was dropped.",
        file="processors/turns/end.py",
        before="            await self.push_frame(LLMRunFrame())",
        after="            pass",
        tests=(
            (
                "tests/processors/turns/test_end.py::test_a_refusal_that_crosses_the_"
                "end_of_the_turn_is_asked_again"
            ),
        ),
    ),
    Mutant(
        name="an-interruption-leaves-the-prepared-answer-counted-on",
        promise="A turn is answered though its prepared answer was dropped.",
        file="processors/turns/end.py",
        before=(
            "            self._speculation.end()\n            self._confirmed = None\n        elif"
        ),
        after="            self._confirmed = None\n        elif",
        tests=(
            (
                "tests/processors/turns/test_speculation.py::test_an_answer_that_an_"
                "interruption_has_dropped_is_not_counted_on"
            ),
        ),
    ),
    Mutant(
        name="every-pause-ends-the-turn",
        promise="A caller who pauses to think is heard out.",
        file="processors/turns/patience.py",
        before="(0.45, 0.5), (0.9, 0.3)",
        after="(0.45, 0.1), (0.9, 0.1)",
        tests=(
            ("tests/processors/turns/test_end.py::test_an_unsure_turn_waits_for_a_longer_pause"),
            (
                "tests/processors/turns/test_end.py::test_a_caller_who_goes_on_in_"
                "the_pause_is_heard_out"
            ),
        ),
    ),
    Mutant(
        name="a-number-is-a-sentence-like-any-other",
        promise="Pauses in a number that is being dictated end no turn.",
        file="processors/turns/patience.py",
        before=("    if caller_words.is_dictation(text):\n        return TextKind.DICTATION\n"),
        after="",
        tests=(("tests/processors/turns/test_end.py::test_a_dictated_number_gets_more_patience"),),
    ),
    Mutant(
        name="the-end-of-a-turn-knows-no-words",
        promise="A sentence that cannot be over is waited for.",
        file="bot/call/pipeline.py",
        before="analyzer=analyzer,\n        floor=floor,\n        caller_words=caller_words,\n",
        after="analyzer=analyzer,\n        floor=floor,\n",
        tests=(("tests/bot/call/test_pipeline.py::test_a_sentence_that_hangs_is_waited_for"),),
    ),
    Mutant(
        name="four-prepared-answers-a-call",
        promise="Every turn's answer is prepared ahead of its end.",
        file="processors/turns/end.py",
        before="        self._speculation.reset()\n        self._pause.reset()",
        after="        self._pause.reset()",
        tests=(
            (
                "tests/processors/turns/test_speculation.py::test_after_many_turns_"
                "an_answer_is_still_prepared_ahead"
            ),
        ),
    ),
    Mutant(
        name="the-words-of-the-last-turn-stay",
        promise="A cough after a turn asks nothing.",
        file="processors/turns/end.py",
        before="        self._transcript.reset()\n",
        after="",
        tests=(
            (
                "tests/processors/turns/test_speculation.py::test_a_sound_without_"
                "words_after_a_turn_asks_nothing"
            ),
        ),
    ),
    Mutant(
        name="the-turn-model-hears-the-last-turn-too",
        promise="The end of a turn is judged by that turn's sound alone.",
        file="processors/turns/end.py",
        before="        await self._reset()\n        self._analyzer.clear()",
        after="        await self._reset()",
        tests=(
            (
                "tests/processors/turns/test_analyzer.py::test_each_turn_is_judged_"
                "by_its_own_sound_and_the_half_second_before"
            ),
        ),
    ),
    Mutant(
        name="the-turn-model-misses-the-first-syllable",
        promise="The end of a turn is judged by that turn's sound alone.",
        file="processors/turns/end.py",
        before=(
            "        self._analyzer.append_audio(frame.audio, "
            "is_speech=self._pause.is_speaking)\n"
            "        if not self._is_open:\n"
            "            return\n"
        ),
        after=(
            "        if not self._is_open:\n"
            "            return\n"
            "        self._analyzer.append_audio(frame.audio, "
            "is_speech=self._pause.is_speaking)\n"
        ),
        tests=(
            (
                "tests/processors/turns/test_analyzer.py::test_each_turn_is_judged_"
                "by_its_own_sound_and_the_half_second_before"
            ),
        ),
    ),
    Mutant(
        name="every-recogniser-is-as-quick-as-deepgram",
        promise="A slow recogniser has its own time for the rest of the words.",
        file="processors/turns/end.py",
        before="            self._stt_secs = frame.ttfs_p99_latency",
        after="            pass",
        tests=(
            (
                "tests/processors/turns/test_patience.py::test_a_slow_recogniser_is_"
                "waited_for_as_long_as_it_takes"
            ),
        ),
    ),
    Mutant(
        name="the-end-of-a-turn-has-a-voice-detection-of-its-own",
        promise="A finished sentence ends the turn after a tenth of a second.",
        file="bot/call/pipeline.py",
        before="voice_activity=voice_activity,\n        analyzer=analyzer",
        after="voice_activity=VoiceActivity(),\n        analyzer=analyzer",
        tests=(
            "tests/bot/call/test_pipeline.py::"
            "test_a_finished_question_is_over_before_voice_detection_alone_would_say_so",
        ),
    ),
)
