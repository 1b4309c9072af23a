"""Against what is promised of the tools: their keys, effects and what the bot says for them."""

from __future__ import annotations

from tests.mutants.mutant import Mutant

_SAME_KEY = "A request that is repeated, however it comes again, has the same idempotency key."
_OTHER_KEY = "Another request, or the same in another call, has another idempotency key."
_TIMER_ONCE = "A timer that is up is told once, and one that was cancelled or replaced never."
_TIMER_MOMENT = "A timer that is up is told when nobody speaks or is about to."
_DEAD_AIR = "A caller who waits for a tool hears a word now and then."
_STOPPED = "What was given up or dropped by an interruption does not go on in secret."
_GOODBYE = "A caller who speaks into the goodbye is not hung up on."
_REPEATED_REQUESTS_TEST = "tests/tools/runtime/test_repeated_requests.py"
_ANNOUNCER_TEST = "tests/tools/runtime/test_announcer.py"
_TOOL_CALLING_TEST = "tests/tools/runtime/test_tool_calling.py"
_END_CALL_TEST = "tests/tools/test_end_call.py"

MUTANTS: tuple[Mutant, ...] = (
    Mutant(
        name="key-of-each-call",
        promise=_SAME_KEY,
        file="tools/runtime/runtime.py",
        before="self._idempotency_key(call.tool, call.effect_key)",
        after="self._idempotency_key(call.tool, call.call_id)",
        tests=(
            f"{_REPEATED_REQUESTS_TEST}::test_a_repeated_request_has_the_key_of_the_first",
            f"{_REPEATED_REQUESTS_TEST}::test_a_write_repeated_within_its_turn_has_the_key_of_the_first",
        ),
    ),
    Mutant(
        name="key-of-the-arguments-as-written",
        promise=_SAME_KEY,
        file="tools/calls/call.py",
        before="jsonable(self.arguments)",
        after="jsonable(dict(self.request.arguments))",
        tests=(
            f"{_REPEATED_REQUESTS_TEST}::test_a_repeated_request_has_the_key_of_the_first",
            f"{_REPEATED_REQUESTS_TEST}::test_a_write_repeated_within_its_turn_has_the_key_of_the_first",
        ),
    ),
    Mutant(
        name="key-of-the-order-of-arguments",
        promise=_SAME_KEY,
        file="tools/calls/call.py",
        before=", sort_keys=True",
        after="",
        tests=(
            f"{_REPEATED_REQUESTS_TEST}::test_a_repeated_request_has_the_key_of_the_first",
            f"{_REPEATED_REQUESTS_TEST}::test_a_write_repeated_within_its_turn_has_the_key_of_the_first",
        ),
    ),
    Mutant(
        name="key-of-each-turn",
        promise=_SAME_KEY,
        file="tools/calls/call.py",
        before='return self.key if is_once else f"',
        after='return f"',
        tests=(
            f"{_REPEATED_REQUESTS_TEST}::test_a_repeated_request_has_the_key_of_the_first",
            f"{_REPEATED_REQUESTS_TEST}::test_a_write_repeated_within_its_turn_has_the_key_of_the_first",
        ),
    ),
    Mutant(
        name="key-without-the-session",
        promise=_OTHER_KEY,
        file="tools/runtime/runtime.py",
        before='return f"{self._session_key if is_once else self._own_key}-{effect_key}"',
        after="return effect_key",
        tests=(
            f"{_REPEATED_REQUESTS_TEST}::test_what_is_not_the_same_request_has_a_key_of_its_own",
        ),
    ),
    Mutant(
        name="key-without-the-arguments",
        promise=_OTHER_KEY,
        file="tools/calls/call.py",
        before="[self.tool.name, jsonable(self.arguments)]",
        after="[self.tool.name]",
        tests=(
            f"{_REPEATED_REQUESTS_TEST}::test_what_is_not_the_same_request_has_a_key_of_its_own",
        ),
    ),
    Mutant(
        name="key-of-writes-for-the-session",
        promise=_OTHER_KEY,
        file="tools/calls/call.py",
        before="is_once = self.tool.effect is Effect.IRREVERSIBLE",
        after="is_once = self.tool.effect is not Effect.READ",
        tests=(
            f"{_REPEATED_REQUESTS_TEST}::test_what_is_not_the_same_request_has_a_key_of_its_own",
        ),
    ),
    Mutant(
        name="cancelled-timer-is-told",
        promise=_TIMER_ONCE,
        file="tools/reminders.py",
        before="return self._announcements.withdraw(number)",
        after="return number > 0",
        tests=(
            f"{_ANNOUNCER_TEST}::test_a_timer_is_told_once_and_a_cancelled_or_replaced_one_never",
        ),
    ),
    Mutant(
        name="replaced-timer-is-told-too",
        promise=_TIMER_ONCE,
        file="tools/reminders.py",
        before="        self.cancel(label)\n",
        after="",
        tests=(
            f"{_ANNOUNCER_TEST}::test_a_timer_is_told_once_and_a_cancelled_or_replaced_one_never",
        ),
    ),
    Mutant(
        name="timer-is-told-again",
        promise=_TIMER_ONCE,
        file="tools/calls/announcements.py",
        before="return self._waiting.pop(0).text",
        after="return self._waiting[0].text",
        tests=(
            f"{_ANNOUNCER_TEST}::test_a_timer_is_told_once_and_a_cancelled_or_replaced_one_never",
        ),
    ),
    Mutant(
        name="timer-before-the-answer",
        promise=_TIMER_MOMENT,
        file="tools/runtime/tool_calling.py",
        before="            announcer.model_began()",
        after="            pass",
        tests=(
            f"{_ANNOUNCER_TEST}::test_a_timer_that_is_up_waits_for_an_answer_that_takes_its_time",
        ),
    ),
    Mutant(
        name="timer-before-the-result",
        promise=_TIMER_MOMENT,
        file="tools/runtime/announcer.py",
        before="        elif not running and self._reply_owed_secs is None:",
        after="        else:",
        tests=(f"{_ANNOUNCER_TEST}::test_a_timer_that_is_up_waits_for_the_result_of_a_tool",),
    ),
    Mutant(
        name="silence-while-a-tool-works",
        promise=_DEAD_AIR,
        file="tools/calls/dead_air.py",
        before="PROGRESS_EVERY_SECS = 7.0",
        after="PROGRESS_EVERY_SECS = 70.0",
        tests=(f"{_ANNOUNCER_TEST}::test_progress_is_told_every_seven_seconds",),
    ),
    Mutant(
        name="progress-all-the-time",
        promise=_DEAD_AIR,
        file="tools/calls/dead_air.py",
        before="        self._spoke_secs = now_secs\n",
        after="",
        tests=(f"{_ANNOUNCER_TEST}::test_progress_is_told_every_seven_seconds",),
    ),
    Mutant(
        name="fillers-of-tools-are-remembered",
        promise=_DEAD_AIR,
        file="tools/runtime/announcer.py",
        before="await self.say(words, is_remembered=False)",
        after="await self.say(words)",
        tests=(f"{_ANNOUNCER_TEST}::test_progress_is_told_every_seven_seconds",),
    ),
    Mutant(
        name="tools-do-not-know-who-speaks",
        promise=_DEAD_AIR,
        file="bot/call/session_tools.py",
        before="            floor=floor,\n",
        after="",
        tests=("tests/bot/call/test_session_tools.py::test_a_caller_who_waits_is_told_so",),
    ),
    Mutant(
        name="stopped-tool-goes-on",
        promise=_STOPPED,
        file="tools/runtime/runtime.py",
        before="                    self._tasks.stop(call)",
        after="                    pass",
        tests=(
            f"{_TOOL_CALLING_TEST}::test_an_interrupted_lookup_is_dropped_and_the_context_is_clean",
            f"{_TOOL_CALLING_TEST}::test_a_hanging_tool_is_given_up_and_told",
        ),
    ),
    Mutant(
        name="timed-out-tool-goes-on",
        promise=_STOPPED,
        file="tools/calls/ledger.py",
        before="                self._commands.append(Stop(call))\n                self.attempts",
        after="                self.attempts",
        tests=(f"{_TOOL_CALLING_TEST}::test_a_hanging_tool_is_given_up_and_told",),
    ),
    Mutant(
        name="interrupted-goodbye-hangs-up",
        promise=_GOODBYE,
        file="tools/calls/ledger.py",
        before="_DROPPED_BY_INTERRUPTION = (Effect.READ, Effect.CALL)",
        after="_DROPPED_BY_INTERRUPTION = (Effect.READ,)",
        tests=(f"{_END_CALL_TEST}::test_a_caller_who_interrupts_the_goodbye_is_not_hung_up_on",),
    ),
    Mutant(
        name="interruption-is-not-told-to-the-tools",
        promise=_GOODBYE,
        file="tools/runtime/tool_calling.py",
        before="            await self._tool_runtime.interrupt()",
        after="            pass",
        tests=(f"{_END_CALL_TEST}::test_a_caller_who_interrupts_the_goodbye_is_not_hung_up_on",),
    ),
    Mutant(
        name="ticker-does-not-wake-again",
        promise=_TIMER_ONCE,
        file="tools/runtime/ticker.py",
        before="is_idle = self._task is None or self._task.done()",
        after="is_idle = self._task is None",
        tests=(
            f"{_ANNOUNCER_TEST}::test_a_timer_is_told_once_and_a_cancelled_or_replaced_one_never",
        ),
    ),
    Mutant(
        name="answer-to-what-was-dropped-too",
        promise="A caller who speaks up is answered once, not also to what was dropped.",
        file="tools/calls/ledger.py",
        before="            call.wants_reply, call.sentence = False, None\n",
        after="            call.sentence = None\n",
        tests=(
            "tests/tools/calls/test_ledger.py::test_what_was_dropped_asks_for_no_reply_of_its_own",
        ),
    ),
    Mutant(
        name="progress-of-a-tool-is-not-told",
        promise=_DEAD_AIR,
        file="tools/calls/ledger.py",
        before="            call.progress = text\n",
        after="",
        tests=(f"{_ANNOUNCER_TEST}::test_progress_is_told_every_seven_seconds",),
    ),
)
