"""Against what is promised of the language model, as a call is built with it."""

from __future__ import annotations

from tests.mutants.mutant import Mutant

_ANSWERS = "tests/bot/call/test_answers.py"
_WAITS = "tests/services/language_model/test_waits.py"
_WIRE = "tests/services/language_model/test_wire.py"

MUTANTS: tuple[Mutant, ...] = (
    Mutant(
        name="model-of-the-setting-is-not-asked-for",
        promise=(
            "Each vendor is asked with its key, its model, the system prompt, the "
            "conversation and the tools, and nothing else decides how it answers."
        ),
        file="bot/call/services.py",
        before=("            model=stage.model,\n            settings"),
        after="            settings",
        tests=(f"{_WIRE}::test_each_vendor_is_asked_for_what_is_set",),
    ),
    Mutant(
        name="openai-usage-not-asked-for",
        promise=(
            "Each vendor is asked with its key, its model, the system prompt, the "
            "conversation and the tools, and nothing else decides how it answers."
        ),
        file="processors/language_model/openai.py",
        before="self._params = self.build_chat_completion_params(invocation)",
        after=(
            "self._params = self.build_chat_completion_params(invocation)\n"
            '        self._params.pop("stream_options", None)'
        ),
        tests=(f"{_WIRE}::test_each_vendor_is_asked_for_what_is_set[openai]",),
    ),
    Mutant(
        name="anthropic-prompt-paid-in-each-turn",
        promise=(
            "Each vendor is asked with its key, its model, the system prompt, the "
            "conversation and the tools, and nothing else decides how it answers."
        ),
        file="processors/language_model/anthropic.py",
        before="enable_prompt_caching=True",
        after="enable_prompt_caching=False",
        tests=(f"{_WIRE}::test_each_vendor_is_asked_for_what_is_set[anthropic]",),
    ),
    Mutant(
        name="anthropic-key-lost",
        promise=(
            "Each vendor is asked with its key, its model, the system prompt, the "
            "conversation and the tools, and nothing else decides how it answers."
        ),
        file="processors/language_model/anthropic.py",
        before=(
            "            api_key=api_key,\n            base_url=base_url or None,\n            http"
        ),
        after=(
            '            api_key="local",\n            base_url=base_url or None,\n            http'
        ),
        tests=(f"{_WIRE}::test_each_vendor_is_asked_for_what_is_set[anthropic]",),
    ),
    Mutant(
        name="google-at-its-own-server-whatever-is-set",
        promise=(
            "Each vendor is asked with its key, its model, the system prompt, the "
            "conversation and the tools, and nothing else decides how it answers."
        ),
        file="processors/language_model/google.py",
        before="base_url=base_url or None, httpx",
        after="base_url=None, httpx",
        tests=(f"{_WIRE}::test_each_vendor_is_asked_for_what_is_set[google]",),
    ),
    Mutant(
        name="system-prompt-not-handed-on",
        promise=(
            "Each vendor is asked with its key, its model, the system prompt, the "
            "conversation and the tools, and nothing else decides how it answers."
        ),
        file="bot/call/services.py",
        before="                system_instruction=system_prompt(settings), max_tokens",
        after="                max_tokens",
        tests=(f"{_WIRE}::test_each_vendor_is_asked_for_what_is_set",),
    ),
    Mutant(
        name="usage-of-an-event-without-words-is-lost",
        promise=(
            "What a reply has cost, and how long its first word took, is measured once for "
            "each reply."
        ),
        file="processors/language_model/openai_protocol/reply_stream.py",
        before="if text or draft.usage:",
        after="if text:",
        tests=(f"{_WIRE}::test_what_a_reply_costs_and_takes_is_measured_once[openai]",),
    ),
    Mutant(
        name="wait-measured-from-the-second-attempt",
        promise=(
            "What a reply has cost, and how long its first word took, is measured once for "
            "each reply."
        ),
        file="processors/language_model/attempting.py",
        before="if self.reply is None or not self.reply.is_repeated:",
        after="if self.reply is None or self.reply.is_repeated:",
        tests=(f"{_WIRE}::test_what_a_reply_costs_and_takes_is_measured_once",),
    ),
    Mutant(
        name="model-not-connected-early",
        promise=(
            "The connection to the model is open before the first reply, kept for the next "
            "ones, and closed at the end of the call."
        ),
        file="processors/language_model/sdk_answering.py",
        before='self.create_task(self._warm(), "warm")',
        after="None",
        tests=(f"{_WIRE}::test_a_connection_is_there_before_it_is_needed_and_gone_after_the_call",),
    ),
    Mutant(
        name="model-connection-left-open",
        promise=(
            "The connection to the model is open before the first reply, kept for the next "
            "ones, and closed at the end of the call."
        ),
        file="processors/language_model/sdk_answering.py",
        before="            await self._own_http_client.aclose()",
        after="            pass",
        tests=(f"{_WIRE}::test_a_connection_is_there_before_it_is_needed_and_gone_after_the_call",),
    ),
    Mutant(
        name="idle-connections-dropped-after-five-seconds",
        promise=(
            "The connection to the model is open before the first reply, kept for the next "
            "ones, and closed at the end of the call."
        ),
        file="processors/provider_requests.py",
        before="keepalive_expiry=600",
        after="keepalive_expiry=5",
        tests=(f"{_WAITS}::test_a_connection_outlives_a_long_silence",),
    ),
    Mutant(
        name="openai-client-retries-by-itself",
        promise="A model that is busy is asked again when it says, if that is within 5 s.",
        file="processors/language_model/openai.py",
        before="max_retries=0",
        after="max_retries=2",
        tests=(f"{_WAITS}::test_a_busy_model_is_asked_again_when_it_says",),
    ),
    Mutant(
        name="no-excuses-handed-on",
        promise="An apology is said once, and not again after the next good answer.",
        file="bot/call/services.py",
        before="            excuses=language_for(settings.language).excuses,\n",
        after="",
        tests=(f"{_ANSWERS}::test_a_failed_turn_is_excused_once",),
    ),
    Mutant(
        name="excuses-in-english",
        promise="An apology is said once, and not again after the next good answer.",
        file="bot/call/services.py",
        before="excuses=language_for(settings.language).excuses",
        after='excuses=language_for("en").excuses',
        tests=(f"{_ANSWERS}::test_a_failed_turn_is_excused_once",),
    ),
    Mutant(
        name="apology-again-after-the-next-answer",
        promise="An apology is said once, and not again after the next good answer.",
        file="processors/language_model/answering.py",
        before=(
            "        if reply is not None and reply.excuse:\n"
            "            await self.push_frame(TTSSpeakFrame(reply.excuse))"
        ),
        after=(
            '        self._said = (reply and reply.excuse) or getattr(self, "_said", "")\n'
            "        if self._said:\n"
            "            await self.push_frame(TTSSpeakFrame(self._said))"
        ),
        tests=(f"{_ANSWERS}::test_a_failed_turn_is_excused_once",),
    ),
    Mutant(
        name="voice-not-handed-to-the-model",
        promise=(
            "An answer that is all for the eye is never silence: the bot says that it can "
            "only show it."
        ),
        file="bot/call/pipeline.py",
        before="build_language_model(settings, voice=text_to_speech, tools=tools)",
        after="build_language_model(settings, tools=tools)",
        tests=(f"{_ANSWERS}::test_a_listing_is_no_silence_at_any_time",),
    ),
    Mutant(
        name="cutter-not-begun-anew",
        promise=(
            "An answer that is all for the eye is never silence: the bot says that it can "
            "only show it."
        ),
        file="processors/language_model/answering.py",
        before="        self._ahead.begin()\n",
        after="",
        tests=(f"{_ANSWERS}::test_a_listing_is_no_silence_at_any_time",),
    ),
    Mutant(
        name="no-word-on-what-can-only-be-shown",
        promise=(
            "An answer that is all for the eye is never silence: the bot says that it can "
            "only show it."
        ),
        file="processors/language_model/answering.py",
        before="            reply.excuse = self._excuses.unspeakable",
        after="            pass",
        tests=(f"{_ANSWERS}::test_a_listing_is_no_silence_at_any_time",),
    ),
    Mutant(
        name="refused-key-cancels-the-pipeline",
        promise=(
            "A model that refuses the key is said to be out of order and the pipeline "
            "lives on to say goodbye."
        ),
        file="bot/call/pipeline.py",
        before="ProcessorUnusablePolicy.CONTINUE,",
        after="ProcessorUnusablePolicy.CANCEL,",
        tests=(f"{_ANSWERS}::test_a_refused_key_is_said_and_ends_no_pipeline",),
    ),
    Mutant(
        name="refused-key-is-a-passing-failure",
        promise=(
            "A model that refuses the key is said to be out of order and the pipeline "
            "lives on to say goodbye."
        ),
        file="processors/language_model/answering.py",
        before="        if category.is_permanent and self._has_relief:",
        after="        if category.is_permanent:",
        tests=(f"{_ANSWERS}::test_a_refused_key_is_said_and_ends_no_pipeline",),
    ),
    Mutant(
        name="usage-metrics-off",
        promise=(
            "Clients are told what the model and the voice cost and how long each let the "
            "caller wait."
        ),
        file="bot/call/pipeline.py",
        before="enable_usage_metrics=True",
        after="enable_usage_metrics=False",
        tests=(f"{_ANSWERS}::test_what_an_answer_costs_is_told",),
    ),
    Mutant(
        name="metrics-off",
        promise=(
            "Clients are told what the model and the voice cost and how long each let the "
            "caller wait."
        ),
        file="bot/call/pipeline.py",
        before="enable_metrics=True",
        after="enable_metrics=False",
        tests=(f"{_ANSWERS}::test_what_an_answer_costs_is_told",),
    ),
)
