"""Against what is promised of a model's replies, whatever its server does."""

from __future__ import annotations

from tests.mutants.mutant import Mutant

_ANSWERS = "tests/bot/call/test_answers.py"
_CONFORMANCE = "tests/services/language_model/test_conformance.py"

MUTANTS: tuple[Mutant, ...] = (
    Mutant(
        name="anthropic-cut-reply-is-whole",
        promise=(
            "A turn never ends in silence: what a model fails to say is asked for once "
            "more, and then excused in words that are true."
        ),
        file="processors/language_model/anthropic_reply.py",
        before='_CUT = ("max_tokens", ',
        after="_CUT = (",
        tests=(f"{_CONFORMANCE}::test_the_caller_hears_what_is_true[anthropic-cut]",),
    ),
    Mutant(
        name="anthropic-message-that-is-not-streamed-is-lost",
        promise=(
            "A server of Anthropic's protocol may write its answer as it likes: without names of "
            "events, without a beginning or an end, or as one message."
        ),
        file="processors/language_model/anthropic_events.py",
        before="        yield from _message(said)\n",
        after="        return\n",
        tests=(
            "tests/processors/language_model/test_anthropic_events.py::"
            "test_however_an_anthropic_server_writes_it_the_reply_is_heard"
            "[words-the message itself]",
        ),
    ),
    Mutant(
        name="google-filter-is-no-filter",
        promise=(
            "A turn never ends in silence: what a model fails to say is asked for once "
            "more, and then excused in words that are true."
        ),
        file="processors/language_model/google_reply.py",
        before="        if reason in _FILTERED:\n",
        after="        if reason is FinishReason.BLOCKLIST:\n",
        tests=(f"{_CONFORMANCE}::test_the_caller_hears_what_is_true[google-refused by the model]",),
    ),
    Mutant(
        name="anthropic-only-the-last-call",
        promise=(
            "A turn never ends in silence: what a model fails to say is asked for once "
            "more, and then excused in words that are true."
        ),
        file="processors/language_model/anthropic.py",
        before="        await super().run_function_calls(calls)",
        after="        await super().run_function_calls(calls[-1:])",
        tests=(f"{_CONFORMANCE}::test_the_caller_hears_what_is_true[anthropic-two calls]",),
    ),
    Mutant(
        name="empty-reply-is-a-reply",
        promise=(
            "A turn never ends in silence: what a model fails to say is asked for once "
            "more, and then excused in words that are true."
        ),
        file="processors/language_model/attempting.py",
        before="if reply.failure is None and not (reply.has_text or reply.has_called):",
        after="if False:",
        tests=(
            f"{_CONFORMANCE}::test_the_caller_hears_what_is_true"
            "[anthropic-ends without a word, always]",
            f"{_CONFORMANCE}::test_the_caller_hears_what_is_true[stock-ends without a word, once]",
        ),
    ),
    Mutant(
        name="after-a-tool-asked-to-say-it-again",
        promise=(
            "A turn never ends in silence: what a model fails to say is asked for once "
            "more, and then excused in words that are true."
        ),
        file="processors/language_model/reply.py",
        before='last.get("role") == "tool"',
        after='last.get("role") == "function"',
        tests=(
            f"{_CONFORMANCE}::test_the_caller_hears_what_is_true"
            "[openai-fails to say what came of a call]",
        ),
    ),
    Mutant(
        name="excuse-ahead-of-the-end-of-the-reply",
        promise=(
            "A turn never ends in silence: what a model fails to say is asked for once "
            "more, and then excused in words that are true."
        ),
        file="processors/language_model/excuses.py",
        before=("        elif reply.has_text:\n            chosen = self.cut"),
        after=("        elif reply.has_called:\n            chosen = self.cut"),
        tests=(
            f"{_CONFORMANCE}::test_the_caller_hears_what_is_true[google-breaks off between words]",
        ),
    ),
    Mutant(
        name="failed-speculation-is-excused",
        promise="An answer that was made ahead and failed is withdrawn, and nobody hears of it.",
        file="processors/language_model/answering.py",
        before=("        if self._open_turn.is_speculating:\n            # Nobody has"),
        after=("        if False:\n            # Nobody has"),
        tests=(
            f"{_CONFORMANCE}::test_ahead_of_the_end_of_the_turn_nobody_has_heard_of_a_failure"
            "[openai-500]",
        ),
    ),
    Mutant(
        name="failed-speculation-is-forgotten",
        promise="An answer that was made ahead and failed is withdrawn, and nobody hears of it.",
        file="processors/language_model/answering.py",
        before=(
            "            # Nobody has heard of it. It is asked again when the turn has ended.\n"
            "            await self.retract()"
        ),
        after="            pass",
        tests=(
            f"{_CONFORMANCE}::test_ahead_of_the_end_of_the_turn_nobody_has_heard_of_a_failure"
            "[openai-500]",
        ),
    ),
    Mutant(
        name="call-of-a-speculation-keeps-its-speech",
        promise=(
            "However many answers have been withdrawn, the first words of the next one are "
            "made ahead."
        ),
        file="processors/language_model/answering.py",
        before=(
            "            await self.broadcast_frame(EagerEndOfTurnCancelFrame)\n"
            "            await self._ahead.drop()"
        ),
        after="            await self.broadcast_frame(EagerEndOfTurnCancelFrame)",
        tests=(f"{_ANSWERS}::test_what_was_withdrawn_is_in_nobodys_way",),
    ),
    Mutant(
        name="interruption-keeps-prepared-speech",
        promise=(
            "However many answers have been withdrawn, the first words of the next one are "
            "made ahead."
        ),
        file="processors/language_model/answering.py",
        before="if isinstance(frame, InterruptionFrame | EagerEndOfTurnCancelFrame):",
        after="if isinstance(frame, InterruptionFrame):",
        tests=(f"{_ANSWERS}::test_what_was_withdrawn_is_in_nobodys_way",),
    ),
    Mutant(
        name="open-turn-is-taken-for-ended",
        promise="An answer that was made ahead and failed is withdrawn, and nobody hears of it.",
        file="processors/language_model/open_turn.py",
        before="self.is_speculating = is_speculation and not self._has_ended",
        after="self.is_speculating = False",
        tests=(
            f"{_CONFORMANCE}::test_ahead_of_the_end_of_the_turn_nobody_has_heard_of_a_failure"
            "[openai-500]",
            "tests/processors/language_model/openai_protocol/test_model_refusals.py::test_a_failure_in_the_middle_of_words_ahead_of_the_end_is_not_heard_of",
        ),
    ),
    Mutant(
        name="interruption-is-a-failed-attempt",
        promise=(
            "Of an answer that was interrupted nothing more is heard, and its request is "
            "broken off."
        ),
        file="processors/language_model/attempting.py",
        before=(
            "        except Exception as error:  # noqa: BLE001 - whatever the service lets through"
        ),
        after=(
            "        except BaseException as error:  # noqa: BLE001 - whatever the service "
            "lets through"
        ),
        tests=(
            f"{_CONFORMANCE}::test_an_interruption_leaves_nothing_to_be_heard[openai]",
            "tests/processors/language_model/openai_protocol/test_reply_stream.py::test_a_turn_that_is_over_leaves_no_request_behind",
        ),
    ),
    Mutant(
        name="tool-run-for-an-open-turn",
        promise="A tool is not run for a turn that may still go on.",
        file="processors/language_model/attempting.py",
        before=(
            "                await super().process_frame(frame, direction)\n"
            "        except TimeoutError"
        ),
        after=(
            "                await super().process_frame(LLMContextFrame(frame.context), "
            "direction)\n"
            "        except TimeoutError"
        ),
        tests=(f"{_CONFORMANCE}::test_a_call_made_ahead_is_not_carried_out",),
    ),
)
