"""Against what is promised of servers that refuse, flap, cut, or send what nobody asked for."""

from __future__ import annotations

from tests.mutants.mutant import Mutant

_ASKING = "tests/processors/language_model/test_asking_again.py"
_MODELS = "tests/services/language_model/test_conformance.py"
_TWO_VOICES = "tests/processors/text_to_speech/test_with_fallback.py"
_FORMS = "tests/services/text_to_speech/test_other_forms.py"
_GONE = "tests/processors/speech_to_text/test_gone_recognisers.py"
_LIFE = "tests/processors/speech_to_text/test_live_connection.py"

MUTANTS: tuple[Mutant, ...] = (
    Mutant(
        name="what-the-second-owes-is-asked-for-all-the-same",
        promise=(
            "What two models failed to answer, and the first answers later, is answered once."
        ),
        file="processors/language_model/with_fallback.py",
        before="        await self._services[1].drop_owed()",
        after="        pass",
        tests=(f"{_ASKING}::test_what_the_second_owes_is_answered_by_the_first_once",),
    ),
    Mutant(
        name="a-new-turn-is-taken-for-the-last-one",
        promise="Each turn that fails is told of, whatever was owed before.",
        file="processors/language_model/asking_again.py",
        before="            self._is_asked_by_us = False\n            await self._stop_waiting()",
        after="            await self._stop_waiting()",
        tests=(
            f"{_ASKING}::"
            "test_a_turn_that_fails_is_told_of_though_the_last_one_was_about_to_be_asked_again",
        ),
    ),
    Mutant(
        name="an-owed-answer-is-told-of-once",
        promise="That an answer is still to come is told until it is asked for again.",
        file="processors/language_model/asking_again.py",
        before="await asyncio.sleep(min(_SIGN_SECS, left_secs))",
        after="await asyncio.sleep(left_secs)",
        tests=(
            f"{_ASKING}::"
            "test_an_owed_answer_is_told_of_for_as_long_as_the_server_wants_to_be_left_alone",
        ),
    ),
    Mutant(
        name="google-says-in-vain-when-to-come-back",
        promise="A model that is busy is asked again when it says, if that is within 5 s.",
        file="processors/retry_after.py",
        before="_FIELDS.search(text)",
        after='_FIELDS.search("")',
        tests=(f"{_MODELS}::test_a_busy_server_is_left_alone",),
    ),
    Mutant(
        name="half-a-word-of-google-is-a-whole-reply",
        promise=(
            "A turn never ends in silence: what a model fails to say is asked for once more, and "
            "then excused in words that are true."
        ),
        file="processors/language_model/google_reply.py",
        before="if text_end and not (has_ended or has_called or ends_a_sentence(text_end)):",
        after="if not text_end and has_ended and has_called:",
        tests=(f"{_MODELS}::test_the_caller_hears_what_is_true[google-ends in mid-word]",),
    ),
    Mutant(
        name="a-second-voice-that-is-refused-ends-the-call",
        promise=(
            "One of two voices that refuses for good ends no call while the other may speak; when "
            "neither will, it is over."
        ),
        file="processors/text_to_speech/with_fallback.py",
        before="            raise failure from error",
        after="            raise",
        tests=(
            f"{_TWO_VOICES}::test_a_second_that_refuses_ends_nothing_while_the_first_may_speak",
        ),
    ),
    Mutant(
        name="a-first-voice-rests-though-nobody-else-speaks",
        promise=(
            "One of two voices that refuses for good ends no call while the other may speak; when "
            "neither will, it is over."
        ),
        file="processors/text_to_speech/with_fallback.py",
        before="        self._fallback.note_success()\n\n    def _turn_of_second",
        after="\n    def _turn_of_second",
        tests=(f"{_TWO_VOICES}::test_a_second_that_refuses_ends_the_rest_of_the_first",),
    ),
    Mutant(
        name="anything-a-service-was-sent-is-played",
        promise="What is no speech, such as a page or noise, is never played.",
        file="processors/text_to_speech/speaking.py",
        before="decode_sounds(self._service_sounds(text), sample_rate_hz=self.sample_rate)",
        after="self._service_sounds(text)",
        tests=(f"{_FORMS}::test_what_is_no_speech_is_asked_for_again_unheard",),
    ),
    Mutant(
        name="a-lost-recogniser-is-taken-for-one-that-hears",
        promise="When one of two recognisers is gone for good, trouble of the other is told.",
        file="processors/speech_to_text/trouble.py",
        before="[service for service in self._services if service.is_usable]",
        after="[*self._services]",
        tests=(f"{_GONE}::test_who_is_left_may_be_in_trouble_alone",),
    ),
    Mutant(
        name="a-connection-that-ends-at-once-is-a-good-one",
        promise=(
            "A recogniser that takes connections and ends each at once is told of as trouble, "
            "until one lasts."
        ),
        file="processors/speech_to_text/connection_failures.py",
        before="        return self._flaps > 1",
        after="        return False",
        tests=(
            f"{_LIFE}::test_a_service_that_ends_each_connection_at_once_is_trouble_until_one_lasts",
        ),
    ),
    Mutant(
        name="yes-to-what-the-model-asked-by-itself",
        promise="A yes counts only for a question the caller has heard.",
        file="tools/runtime/announcer.py",
        before="_QUESTION_HEARD_SHARE = 0.7",
        after="_QUESTION_HEARD_SHARE = 0.0",
        tests=(
            "tests/tools/runtime/test_announcer.py::"
            "test_words_answer_a_question_that_was_heard_before_them",
        ),
    ),
    Mutant(
        name="text-that-the-second-voice-refuses-is-tried-for-ever",
        promise=(
            "One of two voices that refuses for good ends no call while the other may speak; when "
            "neither will, it is over."
        ),
        file="processors/text_to_speech/with_fallback.py",
        before="                if text in self._refused_texts:",
        after="                if False and text in self._refused_texts:",
        tests=(
            "tests/processors/text_to_speech/test_with_fallback.py::"
            "test_a_text_that_the_second_alone_would_have_to_speak_and_refuses_is_lost_alone",
        ),
    ),
    Mutant(
        name="yes-to-a-question-that-the-voice-lost",
        promise="A yes counts only for a question the caller has heard.",
        file="tools/runtime/announcer.py",
        before="        is_spoken = is_spoken and self._heard_call_id == call.call_id\n",
        after="",
        tests=(
            "tests/tools/runtime/test_announcer.py::"
            "test_words_answer_a_question_that_was_heard_before_them",
        ),
    ),
    Mutant(
        name="half-a-character-is-remembered",
        promise="Half a character, as bad JSON holds it, stops no later answer of the model.",
        file="processors/turns/talk_context.py",
        before="[_whole(message) for message in messages]",
        after="messages",
        tests=("tests/processors/turns/test_talk_context.py::test_what_is_remembered_can_be_sent",),
    ),
    Mutant(
        name="a-recogniser-that-wants-to-be-left-alone-is-asked-every-two-seconds",
        promise=(
            "A recogniser that wants to be left alone is while another one hears, else for 5 s at "
            "most; it is asked a last time before it is given up."
        ),
        file="processors/speech_to_text/connection_failures.py",
        before="min(asked_secs or 0.0, left_secs)",
        after="0.0",
        tests=(f"{_LIFE}::test_a_service_that_wants_to_be_left_alone_is",),
    ),
    Mutant(
        name="a-call-without-another-recogniser-is-deaf-for-as-long-as-its-own-wants",
        promise=(
            "A recogniser that wants to be left alone is while another one hears, else for 5 s at "
            "most; it is asked a last time before it is given up."
        ),
        file="processors/speech_to_text/connection_failures.py",
        before="self._asked_secs if self._is_relieved() else min(self._asked_secs, ALONE_SECS)",
        after="self._asked_secs",
        tests=(f"{_LIFE}::test_a_service_that_wants_to_be_left_alone_is",),
    ),
    Mutant(
        name="what-the-first-broke-off-is-tried-on-by-the-second",
        promise="Each turn that fails is told of, whatever was owed before.",
        file="processors/language_model/with_fallback.py",
        before="        if is_begun:\n",
        after="        if False:\n",
        tests=(
            f"{_ASKING}::"
            "test_a_turn_behind_one_that_the_first_began_to_answer_is_told_of[breaks off]",
        ),
    ),
    Mutant(
        name="a-busy-first-is-waited-for-though-a-second-may-answer",
        promise="A first model that wants to be left alone is not waited for.",
        file="processors/language_model/attempts.py",
        before="PAUSE_SECS if is_relieved else LONGEST_PAUSE_SECS",
        after="LONGEST_PAUSE_SECS",
        tests=(
            "tests/processors/language_model/test_with_fallback.py::"
            "test_a_first_that_wants_time_is_not_waited_for",
        ),
    ),
)
