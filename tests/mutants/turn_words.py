"""Against what is promised of the words of turns."""

from __future__ import annotations

from tests.mutants.mutant import Mutant

MUTANTS: tuple[Mutant, ...] = (
    Mutant(
        name="unheard-words-never-go-on",
        promise="Words that voice detection does not hear are speech too.",
        file="processors/turns/patience.py",
        before="UNHEARD_SECS = 1.0",
        after="UNHEARD_SECS = 100.0",
        tests=(
            (
                "tests/processors/turns/test_quiet_caller.py::test_words_that_grow_"
                "in_a_long_pause_are_speech"
            ),
        ),
    ),
    Mutant(
        name="only-voice-is-speech",
        promise="Words that voice detection does not hear are speech too.",
        file="processors/turns/end.py",
        before="            self._pause.on_unheard_words()",
        after="            pass",
        tests=(
            (
                "tests/processors/turns/test_quiet_caller.py::test_a_caller_too_"
                "quiet_for_voice_detection_is_heard_out"
            ),
        ),
    ),
    Mutant(
        name="a-late-word-is-a-message-of-its-own",
        promise="Words that come late make an unanswered turn longer.",
        file="processors/turns/talk_context.py",
        before="        self._unanswered = message\n",
        after="",
        tests=(
            (
                "tests/processors/turns/test_caller_side.py::test_a_late_final_that_"
                "adds_words_makes_the_turn_longer"
            ),
        ),
    ),
    Mutant(
        name="the-shorter-message-stays",
        promise="Words that come late make an unanswered turn longer.",
        file="processors/turns/talk_context.py",
        before="            self.set_messages(messages[:-1])\n",
        after="",
        tests=(
            (
                "tests/processors/turns/test_caller_side.py::test_a_late_final_that_"
                "adds_words_makes_the_turn_longer"
            ),
        ),
    ),
    Mutant(
        name="a-turn-has-no-account-with-the-recogniser",
        promise="A word that is said again is heard again.",
        file="bot/call/pipeline.py",
        before="        words=speech_to_text.words,\n",
        after="",
        tests=(
            "tests/bot/call/test_pipeline.py::"
            "test_a_word_that_is_said_again_is_heard_though_its_place_is_not_told",
        ),
    ),
    Mutant(
        name="the-recogniser-knows-no-number-words",
        promise="Each word is taken once, also if its final comes late.",
        file="bot/call/services.py",
        before="language=stage.language, numerals=numerals\n",
        after="language=stage.language\n",
        tests=(
            (
                "tests/bot/call/test_pipeline.py::test_words_are_taken_once_and_a_"
                "turn_is_one_message"
            ),
        ),
    ),
    Mutant(
        name="words-that-were-taken-are-not-noted",
        promise="Each word is taken once, also if its final comes late.",
        file="processors/turns/caller_side.py",
        before="            return self._words.take(frame.text)",
        after="            return True",
        tests=(
            (
                "tests/processors/turns/test_caller_side.py::test_a_final_of_words_"
                "that_were_taken_is_no_second_turn"
            ),
        ),
    ),
    Mutant(
        name="sound-does-not-count-between-words",
        promise="A word that is said again is heard again.",
        file="processors/turns/caller_side.py",
        before="            self._words.on_voice()\n",
        after="",
        tests=(
            "tests/processors/turns/test_caller_side.py::test_the_same_word_said_again_is_heard_again",
        ),
    ),
    Mutant(
        name="the-start-does-not-know-what-was-heard",
        promise="A noise or an echo lets the bot go on; 'stop' stops it.",
        file="bot/call/pipeline.py",
        before="        heard_text=lambda: transport.heard_text,\n",
        after="",
        tests=(
            (
                "tests/bot/call/test_pipeline.py::test_a_noise_or_an_echo_over_the_"
                "bot_lets_it_go_on_and_stop_stops_it"
            ),
        ),
    ),
    Mutant(
        name="the-start-knows-no-noises",
        promise="A noise or an echo lets the bot go on; 'stop' stops it.",
        file="bot/call/pipeline.py",
        before="        heard_text=heard_text,\n        caller_words=caller_words,\n",
        after="        heard_text=heard_text,\n",
        tests=(
            (
                "tests/bot/call/test_pipeline.py::test_a_noise_or_an_echo_over_the_"
                "bot_lets_it_go_on_and_stop_stops_it"
            ),
        ),
    ),
    Mutant(
        name="replies-are-remembered-elsewhere",
        promise="A noise or an echo lets the bot go on; 'stop' stops it.",
        file="bot/call/pipeline.py",
        before="LLMAssistantAggregator(context)",
        after="LLMAssistantAggregator(TalkContext())",
        tests=(
            (
                "tests/bot/call/test_pipeline.py::test_a_noise_or_an_echo_over_the_"
                "bot_lets_it_go_on_and_stop_stops_it"
            ),
        ),
    ),
    Mutant(
        name="a-cough-needs-a-second-of-silence",
        promise="A false alarm holds the bot for a moment and moves nothing else.",
        file="processors/turns/barge_in.py",
        before="\nRESUME_SECS = 0.16",
        after="\nRESUME_SECS = 1.6",
        tests=(
            (
                "tests/processors/turns/test_start.py::test_a_cough_resumes_the_bot_"
                "and_moves_nothing_else"
            ),
        ),
    ),
    Mutant(
        name="who-goes-on-does-not-cut-the-reply",
        promise="A caller who goes on before the reply takes the turn back.",
        file="processors/turns/barge_in.py",
        before=("        self._is_backchannel = False\n        return BargeInAction.CONFIRM"),
        after=(
            "        self._is_backchannel = False\n"
            "        return BargeInAction.CONFIRM if is_audible else "
            "BargeInAction.NONE"
        ),
        tests=(
            (
                "tests/processors/turns/test_start.py::test_a_caller_who_goes_on_"
                "before_the_reply_takes_the_turn_back"
            ),
        ),
    ),
    Mutant(
        name="the-turn-does-not-wait-for-the-memory",
        promise="Words that cut the bot follow in memory what was heard of it.",
        file="processors/turns/end.py",
        before=" and not self._cut.is_under_way",
        after="",
        tests=(
            (
                "tests/processors/turns/test_cut_reply.py::test_words_that_cut_the_"
                "greeting_follow_it_in_memory"
            ),
        ),
    ),
    Mutant(
        name="pieces-of-japanese-are-joined-like-english",
        promise="Words are joined as their script has it.",
        file="processors/turns/caller_side.py",
        before="        return without_gaps(super().aggregation_string())",
        after="        return super().aggregation_string()",
        tests=(
            "tests/processors/turns/test_caller_side.py::"
            "test_pieces_of_a_script_without_spaces_are_joined_without_any",
        ),
    ),
    Mutant(
        name="the-caller-knows-no-number-words",
        promise="Each word is taken once, also if its final comes late.",
        file="processors/turns/caller_side.py",
        before="words or WordsOnce(numerals=numerals)",
        after="words or WordsOnce()",
        tests=(
            "tests/processors/turns/test_caller_side.py::"
            "test_a_final_of_words_that_were_taken_is_no_second_turn",
        ),
    ),
)
