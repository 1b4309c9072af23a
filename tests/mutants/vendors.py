"""Defects planted against what the servers of other vendors do."""

from __future__ import annotations

from tests.mutants.mutant import Mutant

_LIFE = "tests/processors/speech_to_text/test_live_connection.py"
_WIRE = "tests/services/text_to_speech/test_wire.py"
_RATES = "tests/services/text_to_speech/test_sample_rates.py"

_FAILURES = "tests/processors/speech_to_text/test_connection_failures.py"
_LET_GO = "test_a_service_that_has_only_been_let_go_of_has_heard_if_it_was_there_for_long[10.0]"
_BACK = "test_what_failed_before_the_caller_left_ends_nothing_for_who_is_back"
_BELIEVED_LATER = (
    "A recogniser that has heard in a call, and refuses a connection as if for good, is asked "
    "again: for 5 s where it refuses the key, else as one that is gone."
)

MUTANTS = (
    Mutant(
        name="a-connection-that-ends-in-silence-is-a-failure",
        promise=(
            "A connection that is ended for the caller's silence is made again, and is nobody's "
            "business."
        ),
        file="processors/speech_to_text/live_connection.py",
        before="is_told = is_hopeless or lived_secs < STABLE_SECS or self.unsettled.is_owed",
        after="is_told = True",
        tests=(f"{_LIFE}::test_a_connection_that_is_lost_in_silence_is_nobodys_business",),
    ),
    Mutant(
        name="a-dead-path-is-found-by-who-speaks-next",
        promise=(
            "A first recogniser that is lost in silence and not back within a second is told of: "
            "the second hears what is said next."
        ),
        file="processors/speech_to_text/trouble.py",
        before="            await missed()\n",
        after="            pass\n",
        tests=(
            "tests/processors/speech_to_text/test_gone_recognisers.py::"
            "test_a_first_that_is_lost_in_silence_and_not_back_at_once_is_not_waited_for",
        ),
    ),
    Mutant(
        name="some-failures-of-a-connection-end-it-untold",
        promise="Whatever a recogniser's connection fails with is told, and tried again.",
        file="processors/speech_to_text/live_connection.py",
        before="except Exception as error:",
        after="except OSError as error:",
        tests=(f"{_LIFE}::test_whatever_a_connection_fails_with_is_told_and_tried_again",),
    ),
    Mutant(
        name="a-key-that-assemblyai-refuses-is-tried-again",
        promise=(
            "A key that AssemblyAI refuses, which it does behind the handshake, is not tried again."
        ),
        file="processors/speech_to_text/assemblyai_messages.py",
        before="is_refusal = code == _REFUSED and",
        after="is_refusal = code is None and",
        tests=(
            "tests/services/speech_to_text/test_requests.py::"
            "test_a_key_that_assemblyai_refuses_behind_the_handshake_is_refused",
        ),
    ),
    Mutant(
        name="one-refusal-ends-a-call-that-was-heard",
        promise=_BELIEVED_LATER,
        file="processors/refusals.py",
        before="return is_lasting or not self._has_served",
        after="return True",
        tests=(f"{_FAILURES}::test_a_service_that_has_heard_is_believed_later_to_refuse_for_good",),
    ),
    Mutant(
        name="a-page-of-a-proxy-ends-the-call",
        promise=(
            "A service that has served a call, and refuses as if for good, is asked again: for 5 s "
            "where it refuses the key, else as one that is gone. One that has not is believed at "
            "once."
        ),
        file="processors/refusals.py",
        before="is_of_key=not is_gone",
        after="is_of_key=True",
        tests=("tests/processors/test_refusals.py::test_who_has_served_is_believed_later",),
    ),
    Mutant(
        name="a-model-has-answered-in-vain",
        promise=(
            "A model that has answered in a call, and refuses the key for a moment or is answered "
            "for by a proxy, is asked again."
        ),
        file="processors/language_model/attempting.py",
        before="self._refusals.note_served()",
        after="pass",
        tests=(
            "tests/processors/language_model/test_asking_again.py::"
            "test_a_model_that_has_answered_is_not_believed_at_once_to_refuse",
        ),
    ),
    Mutant(
        name="a-voice-has-spoken-in-vain",
        promise=(
            "A voice that has spoken in a call, and refuses the key for a moment or is answered "
            "for by a proxy, speaks on; one whose key stays refused says goodbye after 5 s."
        ),
        file="processors/text_to_speech/speech_attempts.py",
        before="self._refusals.note_served()",
        after="pass",
        tests=(
            "tests/processors/text_to_speech/test_persevering.py::"
            "test_a_voice_that_has_spoken_is_not_believed_at_once_to_refuse",
        ),
    ),
    Mutant(
        name="a-recogniser-of-utterances-has-heard-in-vain",
        promise=(
            "A recogniser of utterances that has heard in a call, and refuses the key for a moment "
            "or is answered for by a proxy, is asked again."
        ),
        file="processors/speech_to_text/segment_recognition.py",
        before="self._refusals.note_served()",
        after="pass",
        tests=(
            "tests/processors/speech_to_text/test_segment_recognition.py::"
            "test_a_recogniser_that_has_heard_is_not_believed_at_once_to_refuse",
        ),
    ),
    Mutant(
        name="who-is-back-waits-for-a-connection-that-takes-nothing",
        promise=(
            "A caller who is back is heard, whatever state the connection was in when it was let "
            "go of."
        ),
        file="processors/speech_to_text/live_connection.py",
        before="                await socket.abort()  # also",
        after="                pass  # also",
        tests=(
            f"{_FAILURES}::test_who_is_back_is_heard_though_the_goodbye_was_never_taken[False]",
        ),
    ),
    Mutant(
        name="a-turn-that-is-never-formatted-is-lost",
        promise="No turn of AssemblyAI's is lost with a server that formats none.",
        file="processors/speech_to_text/assemblyai_messages.py",
        before="return ended if is_another else None",
        after="return None",
        tests=(
            "tests/processors/speech_to_text/test_assemblyai_messages.py::"
            "test_the_first_of_two_turns_that_are_never_formatted_is_heard",
        ),
    ),
    Mutant(
        name="a-connection-that-was-let-go-of-has-heard-nothing",
        promise=_BELIEVED_LATER,
        file="processors/speech_to_text/live_connection.py",
        before="self._refusals.note(self._was_useful",
        after="self._is_left or self._refusals.note(self._was_useful",
        tests=(f"{_FAILURES}::{_LET_GO}",),
    ),
    Mutant(
        name="the-time-the-caller-was-away-counts-as-failed",
        promise=_BELIEVED_LATER,
        file="processors/speech_to_text/live_connection.py",
        before="        self._failures.begin_anew()\n",
        after="",
        tests=(f"{_FAILURES}::{_BACK}[False-None-503]",),
    ),
    Mutant(
        name="a-message-of-another-kind-costs-the-sentence",
        promise=(
            "A message on its socket that a voice does not know, or that lacks something, costs no "
            "word."
        ),
        file="processors/text_to_speech/cartesia.py",
        before='    elif kind == "timestamps" and isinstance(told, dict):',
        after=(
            '    elif kind != "timestamps":\n        yield message\n'
            "    elif isinstance(told, dict):"
        ),
        tests=(
            "tests/processors/text_to_speech/test_socket_messages.py::"
            "test_an_odd_message_costs_no_word",
        ),
    ),
    Mutant(
        name="line-ends-are-words",
        promise=(
            "A model that writes what nobody hears, without end, is given up as one that says "
            "nothing."
        ),
        file="processors/language_model/openai_protocol/reply_stream.py",
        before="    if any(map(str.isalnum, text)):",
        after="    if text:",
        tests=(
            "tests/services/language_model/test_waits.py::"
            "test_what_is_never_heard_is_no_sign_of_life_for_ever",
        ),
    ),
    Mutant(
        name="a-first-recogniser-is-waited-for-though-a-second-hears",
        promise="A first recogniser that wants to be left alone for long is not asked meanwhile.",
        file="processors/speech_to_text/segment_recognition.py",
        before="RELIEVED_PAUSE_SECS if self.is_relieved() else LONGEST_PAUSE_SECS",
        after="LONGEST_PAUSE_SECS",
        tests=(
            "tests/processors/speech_to_text/test_two_of_segments.py::"
            "test_a_first_that_wants_a_moment_is_not_waited_for",
        ),
    ),
    Mutant(
        name="an-unknown-reason-is-a-good-end",
        promise="The reason with which a reply ends is taken for what its vendor means by it.",
        file="processors/language_model/google_reply.py",
        before="if reason not in _WHOLE:",
        after="if False:",
        tests=("tests/services/language_model/test_ends.py::test_an_end_is_what_its_vendor_means",),
    ),
    Mutant(
        name="a-server-of-ones-own-is-not-asked-for-the-rate",
        promise=(
            "A server of one's own is asked for the rate that is played, or it may send its "
            "model's."
        ),
        file="processors/text_to_speech/openai.py",
        before="has_rate=not (is_openais(base_url) or is_azures(base_url))",
        after="has_rate=False",
        tests=(f"{_WIRE}::test_a_server_of_ones_own_is_asked_for_the_rate",),
    ),
    Mutant(
        name="a-form-is-given-up-by-a-text-that-is-refused",
        promise=(
            "However a server says that it knows no rate, it speaks; a text that is refused "
            "changes nothing for the next."
        ),
        file="processors/text_to_speech/openai.py",
        before="                form = other\n",
        after="                form = self._form = other\n",
        tests=(f"{_RATES}::test_a_text_that_is_refused_changes_nothing_for_the_next",),
    ),
    Mutant(
        name="a-rate-that-is-refused-without-a-word-is-asked-for-again",
        promise=(
            "However a server says that it knows no rate, it speaks; a text that is refused "
            "changes nothing for the next."
        ),
        file="processors/text_to_speech/openai.py",
        before="is_blind = not (self._has_spoken or",
        after="is_blind = not (True or",
        tests=(f"{_RATES}::test_a_server_that_knows_no_rate_speaks",),
    ),
    Mutant(
        name="a-socket-closed-for-the-voice-is-a-lost-one",
        promise=(
            "A socket that is closed for the key, the voice or the account is told from one that "
            "is lost."
        ),
        file="processors/text_to_speech/service_speech.py",
        before="if _NO_VOICE.search(said) and",
        after="if False and",
        tests=(f"{_WIRE}::test_why_a_socket_was_closed_is_read",),
    ),
    Mutant(
        name="a-socket-that-ends-at-once-is-renewed-on-and-on",
        promise=(
            "A voice whose server ends each connection at once is asked again when there is "
            "something to say, and speaks when one lasts."
        ),
        file="processors/text_to_speech/speaking_on_socket.py",
        before="self._opened_secs >= STABLE_SECS:",
        after="self._opened_secs >= 0.0:",
        tests=(f"{_WIRE}::test_a_server_that_ends_each_connection_is_not_asked_on_and_on",),
    ),
)
