"""Against what is promised of what clients are sent in a call without trouble."""

from __future__ import annotations

from tests.mutants.mutant import Mutant

_THE_TURN_OF_THE_CALLER_IS_ON = (
    "The turn of the caller is one caption, sent whole each time and final at its end."
)
_A_REPLY_IS_ONE_CAPTION_THAT = (
    "A reply is one caption that grows as it is heard and is final when it has played."
)
_AFTER_A_LOST_CONNECTION_THE = (
    "After a lost connection the whole caption comes again under its segment id."
)
_OLDER_CLIENTS_GET_THE_CAPTIO = "Older clients get the captions as packets."
_CLIENTS_SEE_THE_STATES_OF_A = "Clients see the states of a turn in their order."
_WHY_THE_CALL_ENDED_IS_THE_LA = "Why the call ended is the last the room learns of it."
_TYPED_TEXT_IS_TAKEN_FROM_THE = "Typed text is taken from the caller only, and as plain words."
_A_TYPED_TEXT_OF_OVER__CHARAC = "A typed text of over 4,000 characters is refused aloud."
_ERRORS_INTERRUPTIONS_WORDS_A = (
    "Errors, interruptions, words and usage are told on the session channel."
)
_EVERY_EVENT_OF_A_TURN_IS_TOL = "Every event of a turn is told once and in order."
_WHAT_WAS_SAID_AND_TYPED_IS_T = (
    "What was said and typed is told as conversation; what we tell the model is not."
)
_CAPTIONS_TEST = "tests/processors/agent_protocol/test_captions.py"
_PRESENCE_TEST = "tests/processors/agent_protocol/test_presence.py"
_AUDIENCE_TEST = "tests/bot/call/test_audience.py"
_CHAT_TEST = "tests/processors/agent_protocol/test_chat.py"
_SESSION_HOST_TEST = "tests/processors/agent_protocol/test_session_host.py"
_OBSERVER_TEST = "tests/processors/agent_protocol/test_observer.py"

MUTANTS: tuple[Mutant, ...] = (
    Mutant(
        name="turn-loses-its-first-words",
        promise=_THE_TURN_OF_THE_CALLER_IS_ON,
        file="processors/agent_protocol/captions.py",
        before="joined([*self._finals, text])",
        after="text",
        tests=(f"{_CAPTIONS_TEST}::test_a_turn_of_several_segments_is_one_bubble",),
    ),
    Mutant(
        name="captions-in-the-bots-name",
        promise=_THE_TURN_OF_THE_CALLER_IS_ON,
        file="processors/agent_protocol/utterance.py",
        before="            sender_identity=self._speaker,",
        after="            sender_identity=self._room.local_participant.identity,",
        tests=(f"{_CAPTIONS_TEST}::test_a_turn_of_several_segments_is_one_bubble",),
    ),
    Mutant(
        name="captions-without-their-track",
        promise=_THE_TURN_OF_THE_CALLER_IS_ON,
        file="processors/agent_protocol/utterance.py",
        before="            attributes[TRACK_ID_ATTRIBUTE] = track_sid",
        after="            pass",
        tests=(f"{_CAPTIONS_TEST}::test_a_turn_of_several_segments_is_one_bubble",),
    ),
    Mutant(
        name="reply-is-sent-whole-each-time",
        promise=_A_REPLY_IS_ONE_CAPTION_THAT,
        file="processors/agent_protocol/utterance.py",
        before="delta = text[sent_chars:]",
        after="delta = text",
        tests=(
            f"{_CAPTIONS_TEST}::test_a_reply_is_one_open_stream_of_deltas_closed_when_it_has_played",
        ),
    ),
    Mutant(
        name="reply-is-never-final",
        promise=_A_REPLY_IS_ONE_CAPTION_THAT,
        file="processors/agent_protocol/utterance.py",
        before="await stream.aclose(attributes=self._trailer())",
        after="await stream.aclose()",
        tests=(
            f"{_CAPTIONS_TEST}::test_a_reply_is_one_open_stream_of_deltas_closed_when_it_has_played",
        ),
    ),
    Mutant(
        name="reply-is-final-at-once",
        promise=_A_REPLY_IS_ONE_CAPTION_THAT,
        file="processors/agent_protocol/utterance.py",
        before="stream = await self._open_stream(is_final=False)",
        after="stream = await self._open_stream(is_final=True)",
        tests=(
            f"{_CAPTIONS_TEST}::test_a_reply_is_one_open_stream_of_deltas_closed_when_it_has_played",
        ),
    ),
    Mutant(
        name="reply-before-the-question",
        promise="The last words of the caller are final before the reply has a caption.",
        file="processors/agent_protocol/captions.py",
        before="for utterance in list(self._waiting):",
        after="for utterance in reversed(list(self._waiting)):",
        tests=(f"{_CAPTIONS_TEST}::test_the_callers_final_is_closed_before_the_reply_opens",),
    ),
    Mutant(
        name="captions-go-on-in-a-void-stream",
        promise=_AFTER_A_LOST_CONNECTION_THE,
        file="processors/agent_protocol/captions.py",
        before='        room.on("reconnected", self._restart)\n',
        after="",
        tests=(f"{_CAPTIONS_TEST}::test_after_a_reconnection_the_whole_text_goes_out_again",),
    ),
    Mutant(
        name="only-the-rest-after-a-broken-stream",
        promise=_AFTER_A_LOST_CONNECTION_THE,
        file="processors/agent_protocol/utterance.py",
        before="sent_chars, self._sent_chars = self._sent_chars, 0",
        after="sent_chars = self._sent_chars",
        tests=(f"{_CAPTIONS_TEST}::test_a_broken_stream_is_followed_by_one_with_the_whole_text",),
    ),
    Mutant(
        name="older-clients-get-no-end",
        promise=_OLDER_CLIENTS_GET_THE_CAPTIO,
        file="processors/agent_protocol/utterance.py",
        before='language="", final=is_final',
        after='language="", final=False',
        tests=(f"{_CAPTIONS_TEST}::test_the_older_packet_is_sent_while_a_client_needs_it",),
    ),
    Mutant(
        name="older-clients-get-nothing",
        promise=_OLDER_CLIENTS_GET_THE_CAPTIO,
        file="processors/agent_protocol/utterance.py",
        before="_STREAMS_ONLY_PROTOCOL = 3",
        after="_STREAMS_ONLY_PROTOCOL = 1",
        tests=(f"{_CAPTIONS_TEST}::test_the_older_packet_is_sent_while_a_client_needs_it",),
    ),
    Mutant(
        name="state-of-the-end-of-speech-is-not-shown",
        promise=_CLIENTS_SEE_THE_STATES_OF_A,
        file="processors/agent_protocol/presence.py",
        before=(
            '        """Listen, unless a tool runs or the next reply is being made."""\n'
            "        self._update()"
        ),
        after='        """Listen, unless a tool runs or the next reply is being made."""',
        tests=(f"{_PRESENCE_TEST}::test_the_room_sees_each_state_of_a_turn",),
    ),
    Mutant(
        name="thinking-is-not-shown",
        promise=_CLIENTS_SEE_THE_STATES_OF_A,
        file="processors/agent_protocol/presence.py",
        before="self._expect_answer(has_words)\n\n    @override\n    def reply_started",
        after="self._expect_answer(False)\n\n    @override\n    def reply_started",
        tests=(f"{_PRESENCE_TEST}::test_the_room_sees_each_state_of_a_turn",),
    ),
    Mutant(
        name="end-reason-is-not-waited-for",
        promise=_WHY_THE_CALL_ENDED_IS_THE_LA,
        file="processors/agent_protocol/presence.py",
        before="        await self._attributes.close()\n",
        after="",
        tests=(f"{_PRESENCE_TEST}::test_the_end_reason_is_written_before_the_close_returns",),
    ),
    Mutant(
        name="end-reason-before-the-last-caption",
        promise=_WHY_THE_CALL_ENDED_IS_THE_LA,
        file="processors/agent_protocol/audience.py",
        before="            for listener in self._listeners:\n                stack.push_async",
        after=(
            "            for listener in reversed(self._listeners):\n"
            "                stack.push_async"
        ),
        tests=(f"{_AUDIENCE_TEST}::test_why_the_call_ends_is_the_last_the_room_learns",),
    ),
    Mutant(
        name="state-is-not-told-on-the-channel",
        promise="What clients are shown of the state is told on the session channel too.",
        file="bot/call/audience.py",
        before=", on_change=session_host.agent_state_changed",
        after="",
        tests=(f"{_AUDIENCE_TEST}::test_a_change_of_state_is_told_on_the_session_channel",),
    ),
    Mutant(
        name="anybody-types",
        promise=_TYPED_TEXT_IS_TAKEN_FROM_THE,
        file="processors/agent_protocol/chat.py",
        before="accepts=lambda sender: sender == caller_identity()",
        after="accepts=lambda sender: caller_identity() is not None",
        tests=(f"{_CHAT_TEST}::test_what_others_type_is_not_passed_on",),
    ),
    Mutant(
        name="typed-tags-reach-the-model",
        promise=_TYPED_TEXT_IS_TAKEN_FROM_THE,
        file="processors/agent_protocol/chat.py",
        before=".translate(_NO_TAGS)",
        after="",
        tests=(f"{_CHAT_TEST}::test_markup_arrives_as_plain_words",),
    ),
    Mutant(
        name="typed-controls-reach-the-model",
        promise=_TYPED_TEXT_IS_TAKEN_FROM_THE,
        file="processors/agent_protocol/chat.py",
        before='_DROPPED_CATEGORIES = ("Cc", "Cs", "Co", "Cn")',
        after='_DROPPED_CATEGORIES = ("Cs", "Co", "Cn")',
        tests=(f"{_CHAT_TEST}::test_markup_arrives_as_plain_words",),
    ),
    Mutant(
        name="forty-thousand-characters",
        promise=_A_TYPED_TEXT_OF_OVER__CHARAC,
        file="processors/agent_protocol/chat.py",
        before="MAX_TEXT_CHARS = 4_000",
        after="MAX_TEXT_CHARS = 40_000",
        tests=(
            f"{_CHAT_TEST}::test_a_text_at_the_limit_is_taken_and_one_beyond_is_refused_in_words",
        ),
    ),
    Mutant(
        name="long-text-is-dropped-in-silence",
        promise=_A_TYPED_TEXT_OF_OVER__CHARAC,
        file="processors/agent_protocol/chat.py",
        before="            await self.refuse(Refusal.TOO_LONG)\n            return None\n",
        after="            return None\n",
        tests=(
            f"{_CHAT_TEST}::test_a_text_at_the_limit_is_taken_and_one_beyond_is_refused_in_words",
        ),
    ),
    Mutant(
        name="input-is-answered-before-its-tools",
        promise="An input on the session channel is answered with all that came of it.",
        file="processors/agent_protocol/session_requests.py",
        before=" and not self._run.has_open_call:",
        after=":",
        tests=(f"{_SESSION_HOST_TEST}::test_an_input_is_answered_with_what_came_of_it",),
    ),
    Mutant(
        name="silence-is-told-as-words",
        promise=_ERRORS_INTERRUPTIONS_WORDS_A,
        file="processors/agent_protocol/session_host.py",
        before="        if text.strip():\n            words",
        after="        if True:\n            words",
        tests=(f"{_SESSION_HOST_TEST}::test_errors_interruptions_words_and_usage_are_told",),
    ),
    Mutant(
        name="usage-of-the-last-figure-only",
        promise=_ERRORS_INTERRUPTIONS_WORDS_A,
        file="processors/agent_protocol/session_usage.py",
        before="llm.input_tokens += item",
        after="llm.input_tokens = item",
        tests=(f"{_SESSION_HOST_TEST}::test_errors_interruptions_words_and_usage_are_told",),
    ),
    Mutant(
        name="interruptions-are-not-told",
        promise=_ERRORS_INTERRUPTIONS_WORDS_A,
        file="processors/agent_protocol/session_host.py",
        before="            self._tell_overlap(is_interruption=True)",
        after="            pass",
        tests=(f"{_SESSION_HOST_TEST}::test_errors_interruptions_words_and_usage_are_told",),
    ),
    Mutant(
        name="silence-is-not-told",
        promise=_EVERY_EVENT_OF_A_TURN_IS_TOL,
        file="processors/agent_protocol/observer.py",
        before=(
            "            VADUserStoppedSpeakingFrame: lambda f, to: "
            "to.caller_fell_silent(f.stop_secs),\n"
        ),
        after="",
        tests=(f"{_OBSERVER_TEST}::test_a_turn_and_its_reply_are_told",),
    ),
    Mutant(
        name="events-are-told-twice",
        promise=_EVERY_EVENT_OF_A_TURN_IS_TOL,
        file="processors/agent_protocol/observer.py",
        before="if case is None or is_copy or is_progress:",
        after="if case is None or is_progress:",
        tests=(f"{_OBSERVER_TEST}::test_the_upstream_copy_of_a_broadcast_frame_is_not_told_again",),
    ),
    Mutant(
        name="notes-to-the-model-are-shown",
        promise=_WHAT_WAS_SAID_AND_TYPED_IS_T,
        file="processors/agent_protocol/observer.py",
        before='if is_foreign or message.get("role") != Side.CALLER.value:',
        after="if is_foreign:",
        tests=(
            f"{_OBSERVER_TEST}::test_what_the_memory_takes_in_is_told_but_not_what_we_tell_the_model",
        ),
    ),
)
