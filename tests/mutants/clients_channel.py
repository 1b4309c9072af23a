"""Against what is promised of the session channel: events, figures and requests."""

from __future__ import annotations

from tests.mutants.mutant import Mutant

_STAGE = "A failure is told with the stage that failed."
_USAGE = "Usage is summed for each model of each stage."
_AWAY = "A caller counts as away only while both sides are silent for 15 s."
_OWN_FIGURES = (
    "The figures of a turn are its own: nothing of a turn before it, or not heard, is in them."
)
_LOSES = "A network that hangs costs the events of its time; the end of the call waits for none."
_CALLER_ONLY = (
    "Only the caller is told of the conversation when asked; what a stranger asks is not read."
)
_ANSWERED = "Every request is answered, at the latest when the call ends."
_INTERRUPTED = "Only what was cut is told as interrupted."
_NAMES = "Whoever asks for the tools is told all there are."
_OBSERVER_TEST = "tests/processors/agent_protocol/test_observer.py"
_SESSION_USAGE_TEST = "tests/processors/agent_protocol/test_session_usage.py"
_SESSION_STATES_TEST = "tests/processors/agent_protocol/test_session_states.py"
_TURN_METRICS_TEST = "tests/processors/agent_protocol/test_turn_metrics.py"
_SESSION_CHANNEL_TEST = "tests/processors/agent_protocol/test_session_channel.py"
_SESSION_REQUESTS_TEST = "tests/processors/agent_protocol/test_session_requests.py"
_SESSION_HOST_TEST = "tests/processors/agent_protocol/test_session_host.py"
_AUDIENCE_TEST = "tests/bot/call/test_audience.py"

MUTANTS: tuple[Mutant, ...] = (
    Mutant(
        name="voice-failure-has-no-stage",
        promise=_STAGE,
        file="processors/agent_protocol/observer.py",
        before="    (TTSService, Stage.TEXT_TO_SPEECH),\n",
        after="",
        tests=(f"{_OBSERVER_TEST}::test_an_error_names_its_stage",),
    ),
    Mutant(
        name="recogniser-failure-is-the-models",
        promise=_STAGE,
        file="processors/agent_protocol/observer.py",
        before="(STTService, Stage.SPEECH_TO_TEXT)",
        after="(STTService, Stage.LANGUAGE_MODEL)",
        tests=(f"{_OBSERVER_TEST}::test_an_error_names_its_stage",),
    ),
    Mutant(
        name="answer-tokens-are-the-prompts",
        promise=_USAGE,
        file="processors/agent_protocol/session_usage.py",
        before="llm.output_tokens += item.value.completion_tokens",
        after="llm.output_tokens += item.value.prompt_tokens",
        tests=(f"{_SESSION_USAGE_TEST}::test_usage_is_summed_by_model",),
    ),
    Mutant(
        name="voice-usage-of-the-last-reply-only",
        promise=_USAGE,
        file="processors/agent_protocol/session_usage.py",
        before="tts.characters_count += item.value",
        after="tts.characters_count = item.value",
        tests=(f"{_SESSION_USAGE_TEST}::test_usage_is_summed_by_model",),
    ),
    Mutant(
        name="heard-audio-in-milliseconds",
        promise=_USAGE,
        file="processors/agent_protocol/session_usage.py",
        before="stt.audio_duration += item.value.audio_seconds",
        after="stt.audio_duration += item.value.audio_seconds * 1000",
        tests=(f"{_SESSION_USAGE_TEST}::test_usage_is_summed_by_model",),
    ),
    Mutant(
        name="usage-of-the-first-figure-only",
        promise=_USAGE,
        file="processors/agent_protocol/session_usage.py",
        before="return any([self._add_one(item) for item in data])",
        after="return any(self._add_one(item) for item in data)",
        tests=(f"{_SESSION_USAGE_TEST}::test_usage_is_summed_by_model",),
    ),
    Mutant(
        name="away-while-the-bot-speaks",
        promise=_AWAY,
        file="processors/agent_protocol/session_states.py",
        before="if self.agent == pb.AS_LISTENING and self.user == pb.US_LISTENING:",
        after="if self.user == pb.US_LISTENING:",
        tests=(f"{_SESSION_STATES_TEST}::test_a_caller_is_away_only_in_silence",),
    ),
    Mutant(
        name="away-after-a-minute",
        promise=_AWAY,
        file="processors/agent_protocol/session_states.py",
        before="AWAY_SECS = 15.0",
        after="AWAY_SECS = 60.0",
        tests=(f"{_SESSION_STATES_TEST}::test_a_caller_is_away_only_in_silence",),
    ),
    Mutant(
        name="listener-that-fails-ends-the-telling",
        promise="A listener that fails, as on half a character, keeps no other from an event.",
        file="processors/agent_protocol/audience.py",
        before="            except Exception as error:",
        after="            except EOFError as error:",
        tests=(
            "tests/processors/agent_protocol/test_audience.py::"
            "test_one_that_fails_on_an_event_keeps_no_other_from_it",
        ),
    ),
    Mutant(
        name="half-a-character-of-a-tools-is-told",
        promise="A listener that fails, as on half a character, keeps no other from an event.",
        file="processors/agent_protocol/session_items.py",
        before="return whole(text)[:MAX_JSON_CHARS]",
        after="return text[:MAX_JSON_CHARS]",
        tests=(
            "tests/processors/agent_protocol/test_session_items.py::"
            "test_half_a_character_of_a_models_or_a_tools_fails_nothing",
        ),
    ),
    Mutant(
        name="results-without-bound",
        promise="What clients are told of a tool's arguments and results is bounded.",
        file="processors/agent_protocol/session_items.py",
        before="return whole(text)[:MAX_JSON_CHARS]",
        after="return whole(text)",
        tests=(
            (
                "tests/processors/agent_protocol/test_session_items.py::"
                "test_arguments_and_results_are_bounded_and_readable"
            ),
        ),
    ),
    Mutant(
        name="figures-made-while-it-plays",
        promise=_OWN_FIGURES,
        file="processors/agent_protocol/turn_metrics.py",
        before=" or self._floor.is_bot_speaking:",
        after=":",
        tests=(
            f"{_TURN_METRICS_TEST}::test_each_reply_has_its_own_figures",
            f"{_TURN_METRICS_TEST}::test_the_pieces_of_a_reply_count_by_its_first",
            f"{_TURN_METRICS_TEST}::test_a_reply_nobody_heard_leaves_no_figures",
            f"{_TURN_METRICS_TEST}::test_a_noise_without_words_is_no_question_to_be_timed",
        ),
    ),
    Mutant(
        name="figures-of-the-reply-before",
        promise=_OWN_FIGURES,
        file="processors/agent_protocol/turn_metrics.py",
        before=(
            "        self._audible_secs = self._silent_secs = self._latency_secs = None\n"
            "        self._first_token_secs = self._first_audio_secs = None\n"
            "        return"
        ),
        after=(
            "        self._audible_secs = self._silent_secs = self._latency_secs = None\n"
            "        return"
        ),
        tests=(
            f"{_TURN_METRICS_TEST}::test_each_reply_has_its_own_figures",
            f"{_TURN_METRICS_TEST}::test_the_pieces_of_a_reply_count_by_its_first",
            f"{_TURN_METRICS_TEST}::test_a_reply_nobody_heard_leaves_no_figures",
            f"{_TURN_METRICS_TEST}::test_a_noise_without_words_is_no_question_to_be_timed",
        ),
    ),
    Mutant(
        name="latency-of-the-reply-before",
        promise=_OWN_FIGURES,
        file="processors/agent_protocol/turn_metrics.py",
        before="self._audible_secs = self._silent_secs = self._latency_secs = None\n",
        after="self._audible_secs = self._silent_secs = None\n",
        tests=(
            f"{_TURN_METRICS_TEST}::test_each_reply_has_its_own_figures",
            f"{_TURN_METRICS_TEST}::test_the_pieces_of_a_reply_count_by_its_first",
            f"{_TURN_METRICS_TEST}::test_a_reply_nobody_heard_leaves_no_figures",
            f"{_TURN_METRICS_TEST}::test_a_noise_without_words_is_no_question_to_be_timed",
        ),
    ),
    Mutant(
        name="figures-of-a-reply-nobody-heard",
        promise=_OWN_FIGURES,
        file="processors/agent_protocol/turn_metrics.py",
        before="        if not self._floor.is_bot_speaking:\n            self._first_token",
        after="        if self._floor.is_bot_speaking:\n            self._first_token",
        tests=(
            f"{_TURN_METRICS_TEST}::test_each_reply_has_its_own_figures",
            f"{_TURN_METRICS_TEST}::test_the_pieces_of_a_reply_count_by_its_first",
            f"{_TURN_METRICS_TEST}::test_a_reply_nobody_heard_leaves_no_figures",
            f"{_TURN_METRICS_TEST}::test_a_noise_without_words_is_no_question_to_be_timed",
        ),
    ),
    Mutant(
        name="noise-is-timed-as-a-question",
        promise=_OWN_FIGURES,
        file="processors/agent_protocol/turn_metrics.py",
        before="self._awaits_answer = has_words",
        after="self._awaits_answer = True",
        tests=(
            f"{_TURN_METRICS_TEST}::test_each_reply_has_its_own_figures",
            f"{_TURN_METRICS_TEST}::test_the_pieces_of_a_reply_count_by_its_first",
            f"{_TURN_METRICS_TEST}::test_a_reply_nobody_heard_leaves_no_figures",
            f"{_TURN_METRICS_TEST}::test_a_noise_without_words_is_no_question_to_be_timed",
        ),
    ),
    Mutant(
        name="voice-timed-by-its-last-piece",
        promise=_OWN_FIGURES,
        file="processors/agent_protocol/turn_metrics.py",
        before="elif stage is Stage.TEXT_TO_SPEECH and self._first_audio_secs is None:",
        after="elif stage is Stage.TEXT_TO_SPEECH:",
        tests=(
            f"{_TURN_METRICS_TEST}::test_each_reply_has_its_own_figures",
            f"{_TURN_METRICS_TEST}::test_the_pieces_of_a_reply_count_by_its_first",
            f"{_TURN_METRICS_TEST}::test_a_reply_nobody_heard_leaves_no_figures",
            f"{_TURN_METRICS_TEST}::test_a_noise_without_words_is_no_question_to_be_timed",
        ),
    ),
    Mutant(
        name="events-wait-for-ever",
        promise=_LOSES,
        file="processors/agent_protocol/session_channel.py",
        before="_SEND_TIMEOUT_SECS = 5.0",
        after="_SEND_TIMEOUT_SECS = 500.0",
        tests=(f"{_SESSION_CHANNEL_TEST}::test_a_network_that_hangs_is_given_up",),
    ),
    Mutant(
        name="end-waits-for-events",
        promise=_LOSES,
        file="processors/agent_protocol/session_channel.py",
        before="timeout=_CLOSE_TIMEOUT_SECS)",
        after="timeout=60.0)",
        tests=(f"{_SESSION_CHANNEL_TEST}::test_a_network_that_hangs_is_given_up",),
    ),
    Mutant(
        name="a-lost-event-ends-the-channel",
        promise=_LOSES,
        file="processors/agent_protocol/session_channel.py",
        before="except (ConnectionError, TimeoutError) as error:",
        after="except ConnectionError as error:",
        tests=(f"{_SESSION_CHANNEL_TEST}::test_a_network_that_hangs_is_given_up",),
    ),
    Mutant(
        name="strangers-read-the-history",
        promise=_CALLER_ONLY,
        file="processors/agent_protocol/session_channel.py",
        before="accepts=lambda sender: sender == caller_identity()",
        after="accepts=lambda sender: caller_identity() is not None",
        tests=(f"{_SESSION_REQUESTS_TEST}::test_a_stranger_is_told_nothing",),
    ),
    Mutant(
        name="answers-go-to-everybody",
        promise=_CALLER_ONLY,
        file="processors/agent_protocol/session_channel.py",
        before="destination_identities=[to] if to else None",
        after="destination_identities=None",
        tests=(f"{_SESSION_REQUESTS_TEST}::test_a_stranger_is_told_nothing",),
    ),
    Mutant(
        name="open-input-is-forgotten-at-the-end",
        promise=_ANSWERED,
        file="processors/agent_protocol/session_host.py",
        before="        self._requests.close()\n",
        after="",
        tests=(
            f"{_SESSION_REQUESTS_TEST}::test_an_input_that_is_open_when_the_call_ends_is_answered",
            f"{_SESSION_REQUESTS_TEST}::test_one_input_after_the_other_is_answered_with_its_own",
        ),
    ),
    Mutant(
        name="input-is-never-given-up",
        promise=_ANSWERED,
        file="processors/agent_protocol/session_requests.py",
        before="RUN_LIMIT_SECS = 50.0",
        after="RUN_LIMIT_SECS = 500.0",
        tests=(f"{_SESSION_HOST_TEST}::test_an_input_without_an_answer_gets_an_error_in_time",),
    ),
    Mutant(
        name="input-is-answered-with-the-question",
        promise=_ANSWERED,
        file="processors/agent_protocol/session_requests.py",
        before=(
            'if self._run is None or (item.HasField("message") and item.message.role == pb.USER):'
        ),
        after="if self._run is None:",
        tests=(
            f"{_SESSION_REQUESTS_TEST}::test_an_input_that_is_open_when_the_call_ends_is_answered",
            f"{_SESSION_REQUESTS_TEST}::test_one_input_after_the_other_is_answered_with_its_own",
        ),
    ),
    Mutant(
        name="callers-words-are-interrupted-too",
        promise=_INTERRUPTED,
        file="processors/agent_protocol/session_host.py",
        before="is_interrupted=self._was_cut and not is_caller",
        after="is_interrupted=self._was_cut",
        tests=(f"{_SESSION_HOST_TEST}::test_a_reply_after_a_cut_one_is_none_itself",),
    ),
    Mutant(
        name="every-turn-speaks-over-the-bot",
        promise=_INTERRUPTED,
        file="processors/agent_protocol/session_host.py",
        before="        if self._floor.is_bot_speaking and not self._is_spoken_over:",
        after="        if not self._is_spoken_over:",
        tests=(f"{_SESSION_HOST_TEST}::test_a_reply_after_a_cut_one_is_none_itself",),
    ),
    Mutant(
        name="tool-ends-twice",
        promise="The end of a tool call is told once.",
        file="processors/agent_protocol/tool_updates.py",
        before="        self._open.discard(call_id)\n",
        after="",
        tests=(
            (
                "tests/processors/agent_protocol/test_tool_updates.py::"
                "test_an_end_is_told_once_and_another_call_may_follow"
            ),
        ),
    ),
    Mutant(
        name="tools-are-not-told-to-clients",
        promise=_NAMES,
        file="bot/call/audience.py",
        before="        tools=tool_names,\n",
        after="",
        tests=(
            f"{_AUDIENCE_TEST}::test_the_bot_names_itself_and_its_tools_those_that_came_late_too",
        ),
    ),
    Mutant(
        name="tools-of-the-start-only",
        promise=_NAMES,
        file="bot/call/audience.py",
        before="        tools=tool_names,\n",
        after="        tools=list(tool_names),\n",
        tests=(
            f"{_AUDIENCE_TEST}::test_the_bot_names_itself_and_its_tools_those_that_came_late_too",
        ),
    ),
    Mutant(
        name="an-answered-input-keeps-its-time-limit",
        promise="Every request is answered, at the latest when the call ends.",
        file="processors/agent_protocol/session_requests.py",
        before="        run.limit.cancel()\n",
        after="",
        tests=(
            "tests/processors/agent_protocol/test_session_host.py::"
            "test_an_input_without_an_answer_gets_an_error_in_time",
        ),
    ),
)
