"""Against what is promised of a part that is not well, and of what the caller hears meanwhile."""

from __future__ import annotations

from tests.mutants.mutant import Mutant

_PERSEVERING = "tests/processors/text_to_speech/test_persevering.py"
_CONFORMANCE = "tests/services/text_to_speech/test_conformance.py"
_LIFE = "tests/processors/speech_to_text/test_live_connection.py"
_SEGMENTS = "tests/processors/speech_to_text/test_segment_recognition.py"
_PRESENCE = "tests/processors/agent_protocol/test_presence.py"

MUTANTS: tuple[Mutant, ...] = (
    Mutant(
        name="a-failed-text-is-given-up-at-once",
        promise=(
            "What the voice could not say is said when it is back within 20 s, in its place, and "
            "the model is not asked for it again."
        ),
        file="processors/text_to_speech/persevering.py",
        before="is_late = clock.time() + pause_secs > hopeless_secs",
        after="is_late = True",
        tests=(f"{_CONFORMANCE}::test_a_text_is_spoken_in_its_place_when_the_voice_is_back",),
    ),
    Mutant(
        name="a-sentence-that-broke-off-is-lost",
        promise="A sentence whose speech breaks off is said again from its start.",
        file="processors/text_to_speech/persevering.py",
        before="MOST_BROKEN = 2",
        after="MOST_BROKEN = 0",
        tests=(f"{_CONFORMANCE}::test_a_sentence_whose_speech_breaks_off_is_said_again",),
    ),
    Mutant(
        name="half-a-sentence-again-and-again",
        promise="A sentence that breaks off each time is begun three times at most.",
        file="processors/text_to_speech/persevering.py",
        before=" or broken > MOST_BROKEN:",
        after=":",
        tests=(
            "tests/processors/text_to_speech/test_persevering.py::"
            "test_a_sentence_that_breaks_off_each_time_is_begun_three_times",
        ),
    ),
    Mutant(
        name="spare-lines-are-never-made",
        promise=(
            "What is said when the voice is down was made by that voice early in a call, once for "
            "all calls, and while nothing else was to be said."
        ),
        file="processors/text_to_speech/speaking.py",
        before="        self._stock.begin(self.spare_lines or ())\n",
        after="",
        tests=(f"{_PERSEVERING}::test_spare_lines_are_made_once_for_all_calls",),
    ),
    Mutant(
        name="a-failing-voice-says-nothing",
        promise=(
            "A voice that fails says so in its own words, kept of it, within 2 s, and then what it "
            "owed."
        ),
        file="processors/text_to_speech/persevering.py",
        before="            await self.say_spare(line, context_id, then=text)\n",
        after="",
        tests=(
            f"{_PERSEVERING}::test_a_voice_that_is_gone_for_a_while_says_so_and_then_what_it_owed",
        ),
    ),
    Mutant(
        name="what-was-never-said-is-not-shown",
        promise=(
            "Words that no voice could say within 20 s are shown, and not remembered as spoken."
        ),
        file="processors/text_to_speech/speaking.py",
        before="        await self.append_speech(context_id, UnspokenTextFrame(text))\n",
        after="",
        tests=(f"{_PERSEVERING}::test_what_was_never_said_is_shown",),
    ),
    Mutant(
        name="a-voice-leaves-without-a-word",
        promise="A voice that is gone for good says goodbye in its own words, kept of it.",
        file="processors/text_to_speech/speaking.py",
        before="lines.stop if is_end else lines.lost",
        after="lines.lost",
        tests=(f"{_PERSEVERING}::test_a_voice_that_is_gone_for_good_says_goodbye",),
    ),
    Mutant(
        name="trouble-with-hearing-never-ends",
        promise=(
            "A recogniser that is gone for 20 s is told of as trouble, once, until it is back; "
            "what was said last is heard then."
        ),
        file="processors/speech_to_text/live_connection.py",
        before="await self._trouble.connected(is_sure=not self._failures.is_flapping)",
        after="await self._trouble.calm_down()",
        tests=(f"{_LIFE}::test_a_service_that_is_gone_for_long_is_trouble_until_it_is_back",),
    ),
    Mutant(
        name="an-utterance-is-lost-to-a-restart",
        promise=(
            "An utterance is kept for a server that is gone for up to 20 s, and read when it is "
            "back."
        ),
        file="processors/speech_to_text/segment_recognition.py",
        before="            if pause_secs is None:\n                break\n",
        after="            break\n",
        tests=(f"{_SEGMENTS}::test_an_utterance_is_read_when_the_server_is_back",),
    ),
    Mutant(
        name="trouble-stays-in-the-room",
        promise="Clients see which part of the bot is not well, and when all is well again.",
        file="processors/agent_protocol/presence.py",
        before="self._troubles.discard if is_over else self._troubles.add",
        after="self._troubles.add",
        tests=(f"{_PRESENCE}::test_the_room_sees_which_part_is_not_well",),
    ),
    Mutant(
        name="words-without-a-voice-are-not-shown",
        promise="Words that the bot could not speak are a caption of their own.",
        file="processors/agent_protocol/captions.py",
        before="        self._add(unspoken)\n",
        after="",
        tests=(
            "tests/processors/agent_protocol/test_captions.py::"
            "test_words_that_could_not_be_spoken_are_shown",
        ),
    ),
    Mutant(
        name="one-deaf-recogniser-is-trouble",
        promise="There is trouble with hearing when neither recogniser hears.",
        file="processors/speech_to_text/trouble.py",
        before="self._troubled.issuperset(left)",
        after="bool(self._troubled)",
        tests=(
            "tests/processors/speech_to_text/test_gone_recognisers.py::"
            "test_there_is_trouble_when_neither_hears",
        ),
    ),
    Mutant(
        name="what-is-kept-of-a-voice-is-cut-off",
        promise=(
            "In a call whose voice is gone for a while the caller hears what is wrong and then "
            "what was owed, sees it meanwhile, and the call ends aloud if it is gone for good."
        ),
        file="bot/call/course.py",
        before="            self._end(EndReason.PROVIDER_FAILED)\n",
        after="            self._to(Phase.OVER, EndReason.PROVIDER_FAILED)\n",
        tests=(
            "tests/bot/call/test_session_troubles.py::test_a_voice_that_leaves_says_so_and_comes_back_with_what_it_owed",
        ),
    ),
)
