"""Against what is promised of a tool's call, from the model's wish to the answer."""

from __future__ import annotations

from tests.mutants.mutant import Mutant

_SEVERAL_CALLS_AT_ONCE_GET_ON = (
    "Several calls at once get one spoken answer, in which a failed one hides no other."
)
_WHAT_A_TOOL_RAISES_IS_TOLD_A = (
    "What a tool raises is told as a failure; its text reaches neither model nor log."
)
_A_WRITE_THAT_THE_CALLER_SPEA = (
    "A write that the caller speaks over goes on, and is told when there is room."
)
_WRONG_ARGUMENTS_GO_BACK_TO_T = (
    "Wrong arguments go back to the model twice; then the caller is told."
)
_A_MODEL_THAT_ONLY_CALLS_TOOL = (
    "A model that only calls tools is stopped after five times, and the caller is told."
)
_A_RESULT_THAT_WAS_LOST_ON_IT = "A result that was lost on its way to the model is told after all."
_WHAT_A_TOOL_RETURNS_CAUSES_N = "What a tool returns causes no effect without a yes of the caller."
_WHAT_A_TOOL_RETURNS_IS_BOUND = "What a tool returns is bounded, and framed as data."
_A_WRITE_HAPPENS_ONCE_IN_A_TU = (
    "A write happens once in a turn, and again if it is asked for in the next."
)
_WHAT_BROKE_HALFWAY_IS_NOT_TR = (
    "What broke half-way is not tried again; what changed nothing may be."
)
_A_BREATH = "A tool that takes longer than a breath is bridged by a word, whatever came before it."
_FILLERS_TEST = "tests/tools/runtime/test_fillers.py"
_TOOL_CALLING_TEST = "tests/tools/runtime/test_tool_calling.py"
_INJECTION_TEST = "tests/tools/runtime/test_injection.py"
_RESULT_TEST = "tests/tools/test_result.py"
_LEDGER_TEST = "tests/tools/calls/test_ledger.py"

MUTANTS: tuple[Mutant, ...] = (
    Mutant(
        name="no-word-for-the-second-tool-of-a-turn",
        promise=_A_BREATH,
        file="tools/calls/dead_air.py",
        before="is_first = call.batch != self._batch",
        after="is_first = self._batch is None",
        tests=(
            "tests/tools/calls/test_dead_air.py"
            "::test_a_call_that_follows_another_one_at_once_has_a_word_of_its_own",
        ),
    ),
    Mutant(
        name="words-that-were-typed-over-are-waited-for",
        promise=_A_BREATH,
        file="tools/calls/free_floor.py",
        before="""        self._is_model_writing = False
        self._words_awaited_secs = _NEVER
""",
        after="        self._is_model_writing = False\n",
        tests=("tests/tools/runtime/test_fillers.py::test_a_silence_of_a_tool_gets_a_word",),
    ),
    Mutant(
        name="an-answer-for-each-call",
        promise=_SEVERAL_CALLS_AT_ONCE_GET_ON,
        file="tools/calls/open_calls.py",
        before="is_last = all(other.state.is_end for other in siblings)",
        after="is_last = any(other.state.is_end for other in siblings)",
        tests=(
            f"{_TOOL_CALLING_TEST}::test_two_calls_at_once_get_one_answer_and_a_failure_hides_nothing",
        ),
    ),
    Mutant(
        name="no-answer-after-a-failure",
        promise=_SEVERAL_CALLS_AT_ONCE_GET_ON,
        file="tools/calls/open_calls.py",
        before="any(other.wants_reply for other in siblings)",
        after="all(other.state is CallState.DONE for other in siblings)",
        tests=(
            f"{_TOOL_CALLING_TEST}::test_two_calls_at_once_get_one_answer_and_a_failure_hides_nothing",
        ),
    ),
    Mutant(
        name="what-a-tool-raises-is-logged",
        promise=_WHAT_A_TOOL_RAISES_IS_TOLD_A,
        file="tools/runtime/call_tasks.py",
        before="call.tool.name, type(error).__name__)",
        after="call.tool.name, error)",
        tests=(f"{_TOOL_CALLING_TEST}::test_whatever_a_tool_raises_is_told_without_its_text",),
    ),
    Mutant(
        name="cancelled-tool-is-never-told",
        promise=_WHAT_A_TOOL_RAISES_IS_TOLD_A,
        file="tools/runtime/call_tasks.py",
        before="            await self._on_raise(call.call_id, None)\n            raise\n",
        after="            raise\n",
        tests=(f"{_TOOL_CALLING_TEST}::test_whatever_a_tool_raises_is_told_without_its_text",),
    ),
    Mutant(
        name="interrupted-write-is-dropped",
        promise=_A_WRITE_THAT_THE_CALLER_SPEA,
        file="tools/calls/ledger.py",
        before="_DROPPED_BY_INTERRUPTION = (Effect.READ, Effect.CALL)",
        after="_DROPPED_BY_INTERRUPTION = (Effect.READ, Effect.CALL, Effect.WRITE)",
        tests=(f"{_TOOL_CALLING_TEST}::test_an_interrupted_write_goes_on_and_reports_later",),
    ),
    Mutant(
        name="pipecat-drops-calls-itself",
        promise=_A_WRITE_THAT_THE_CALLER_SPEA,
        file="tools/runtime/runtime.py",
        before="cancel_on_interruption=False",
        after="cancel_on_interruption=True",
        tests=(f"{_TOOL_CALLING_TEST}::test_an_interrupted_write_goes_on_and_reports_later",),
    ),
    Mutant(
        name="thought-is-taken-for-the-turn",
        promise="A call of a thought that is dropped does not run.",
        file="tools/runtime/tool_calling.py",
        before=(
            "        await super().process_frame(frame, direction)\n"
            "        if isinstance(frame, InterruptionFrame):"
        ),
        after=(
            "        if isinstance(frame, LLMContextFrame):\n"
            "            frame = LLMContextFrame(context=frame.context)\n"
            "        await super().process_frame(frame, direction)\n"
            "        if isinstance(frame, InterruptionFrame):"
        ),
        tests=(f"{_TOOL_CALLING_TEST}::test_a_call_of_a_speculation_does_not_run",),
    ),
    Mutant(
        name="four-corrections",
        promise=_WRONG_ARGUMENTS_GO_BACK_TO_T,
        file="tools/calls/admission.py",
        before="_MAX_CORRECTIONS = 2",
        after="_MAX_CORRECTIONS = 4",
        tests=(f"{_TOOL_CALLING_TEST}::test_wrong_arguments_are_corrected_twice_and_then_told",),
    ),
    Mutant(
        name="wrong-arguments-end-in-silence",
        promise=_WRONG_ARGUMENTS_GO_BACK_TO_T,
        file="tools/calls/open_calls.py",
        before="if spoken and not should_reply:",
        after="if spoken and should_reply:",
        tests=(f"{_TOOL_CALLING_TEST}::test_wrong_arguments_are_corrected_twice_and_then_told",),
    ),
    Mutant(
        name="ten-generations-of-calls",
        promise=_A_MODEL_THAT_ONLY_CALLS_TOOL,
        file="tools/calls/admission.py",
        before="MAX_TOOL_STEPS = 5",
        after="MAX_TOOL_STEPS = 10",
        tests=(f"{_TOOL_CALLING_TEST}::test_a_loop_of_calls_ends_in_words",),
    ),
    Mutant(
        name="calls-without-end",
        promise=_A_MODEL_THAT_ONLY_CALLS_TOOL,
        file="tools/calls/admission.py",
        before="return step > self._max_steps + 1",
        after="return False",
        tests=(f"{_TOOL_CALLING_TEST}::test_a_loop_of_calls_ends_in_words",),
    ),
    Mutant(
        name="lost-result-stays-lost",
        promise=_A_RESULT_THAT_WAS_LOST_ON_IT,
        file="tools/runtime/announcer.py",
        before="            await self.outlet.ask_for_reply()",
        after="            pass",
        tests=(
            f"{_TOOL_CALLING_TEST}::test_a_result_lost_while_an_empty_turn_went_by_is_answered_after_all",
        ),
    ),
    Mutant(
        name="no-reply-is-expected",
        promise=_A_RESULT_THAT_WAS_LOST_ON_IT,
        file="tools/runtime/runtime.py",
        before="            self.announcer.expect_reply()",
        after="            pass",
        tests=(
            f"{_TOOL_CALLING_TEST}::test_a_result_lost_while_an_empty_turn_went_by_is_answered_after_all",
        ),
    ),
    Mutant(
        name="yes-of-an-open-turn-counts",
        promise="A yes of a turn that may go on does not count yet.",
        file="tools/runtime/tool_calling.py",
        before="        if frame.speculation:\n",
        after="        if False:\n",
        tests=(
            f"{_TOOL_CALLING_TEST}::test_an_answer_to_a_question_made_ahead_is_taken_back_itself_and_heard_later",
        ),
    ),
    Mutant(
        name="a-result-may-cause-effects",
        promise=_WHAT_A_TOOL_RETURNS_CAUSES_N,
        file="tools/calls/ledger.py",
        before=(
            "            self._turn.has_read_data = True\n"
            "            self._end(call, CallState.DONE"
        ),
        after="            self._end(call, CallState.DONE",
        tests=(f"{_INJECTION_TEST}::test_orders_in_a_result_cause_no_effect",),
    ),
    Mutant(
        name="a-failure-may-cause-effects",
        promise=_WHAT_A_TOOL_RETURNS_CAUSES_N,
        file="tools/calls/ledger.py",
        before="        self._turn.has_read_data = True\n        if error",
        after="        if error",
        tests=(f"{_INJECTION_TEST}::test_orders_in_a_result_cause_no_effect",),
    ),
    Mutant(
        name="booking-can-be-undone",
        promise=_WHAT_A_TOOL_RETURNS_CAUSES_N,
        file="tools/calls/admission.py",
        before="return call.tool.effect is not Effect.READ and call.is_after_data",
        after="return False",
        tests=(f"{_INJECTION_TEST}::test_orders_in_a_result_cause_no_effect",),
    ),
    Mutant(
        name="results-in-any-number-of-bytes",
        promise=_WHAT_A_TOOL_RETURNS_IS_BOUND,
        file="tools/result.py",
        before="[:MAX_RESULT_BYTES]",
        after="",
        tests=(f"{_RESULT_TEST}::test_a_huge_result_is_cut_in_characters_and_bytes",),
    ),
    Mutant(
        name="results-look-like-orders",
        promise=_WHAT_A_TOOL_RETURNS_IS_BOUND,
        file="tools/result.py",
        before='return {"status": "ok", "data": data, "note": _DATA_NOTE}',
        after='return {"status": "ok", "data": data}',
        tests=(f"{_RESULT_TEST}::test_a_result_is_framed_as_data",),
    ),
    Mutant(
        name="two-timers-in-a-breath",
        promise=_A_WRITE_HAPPENS_ONCE_IN_A_TU,
        file="tools/calls/attempts.py",
        before="return attempt if turn == call.turn else None",
        after="return None",
        tests=(f"{_LEDGER_TEST}::test_a_write_of_one_turn_happens_once_and_again_in_the_next",),
    ),
    Mutant(
        name="one-timer-a-call",
        promise=_A_WRITE_HAPPENS_ONCE_IN_A_TU,
        file="tools/calls/attempts.py",
        before="return attempt if turn == call.turn else None",
        after="return attempt",
        tests=(f"{_LEDGER_TEST}::test_a_write_of_one_turn_happens_once_and_again_in_the_next",),
    ),
    Mutant(
        name="broken-effect-is-tried-again",
        promise=_WHAT_BROKE_HALFWAY_IS_NOT_TR,
        file="tools/calls/ledger.py",
        before="            self.attempts.broke(call)\n        if error",
        after="            self.attempts.had_no_effect(call)\n        if error",
        tests=(
            f"{_LEDGER_TEST}::test_what_changed_nothing_may_be_tried_again_and_what_broke_may_not",
        ),
    ),
    Mutant(
        name="harmless-failure-is-final",
        promise=_WHAT_BROKE_HALFWAY_IS_NOT_TR,
        file="tools/calls/ledger.py",
        before="self.attempts.had_no_effect(call)",
        after="self.attempts.broke(call)",
        tests=(
            f"{_LEDGER_TEST}::test_what_changed_nothing_may_be_tried_again_and_what_broke_may_not",
        ),
    ),
    Mutant(
        name="timed-out-effect-is-tried-again",
        promise=_WHAT_BROKE_HALFWAY_IS_NOT_TR,
        file="tools/calls/ledger.py",
        before="                self.attempts.broke(call)\n                sentence",
        after="                self.attempts.had_no_effect(call)\n                sentence",
        tests=(f"{_LEDGER_TEST}::test_an_irreversible_call_that_took_too_long_is_not_tried_again",),
    ),
    Mutant(
        name="hangs-up-before-the-goodbye",
        promise="The bot hangs up when its goodbye was heard, and says no more.",
        file="tools/end_call.py",
        before="    await until_spoken()\n",
        after="",
        tests=("tests/tools/test_end_call.py::test_the_call_ends_after_the_goodbye",),
    ),
)
