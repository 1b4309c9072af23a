"""Against what is promised of the cost of calls."""

from __future__ import annotations

from tests.mutants.mutant import Mutant

_ACCOUNTS = "tests/bot/rooms/spent/test_accounts.py"
_BUDGET = "tests/bot/rooms/spent/test_daily_budget.py"
_COUNTING = "tests/processors/language_model/test_counting.py"
_DAY = "tests/bot/rooms/test_spent_day.py"
_JOURNAL = "tests/bot/rooms/test_journal.py"
_METER = "tests/bot/call/test_meter.py"
_PRICES = "tests/bot/test_prices.py"
_SPENDING = "tests/bot/rooms/spent/test_spending.py"
_SUMMARY = "tests/processors/language_model/test_summarising.py"
_TALK = "tests/processors/turns/test_talk_context.py"

_BOUND = "What a request to the model holds of the conversation is bounded, however long it is."
_BILLED = "A request that is interrupted, repeated or dropped is counted, as it is billed."
_GOODBYE = "A call that has used up what one may ends with a goodbye that says so."
_SPENT_DAY = "When a day's budget is used up, new calls are refused and running ones say goodbye."
_LIMITS = "DAILY_MINUTES, DAILY_TOKENS and DAILY_MONEY bound what all calls of a day may use."
_LIES = "A report that comes twice, late or with lies counts once and little."
_SILENT = "The minutes of a bot that reports nothing are counted all the same."
_RESTART = "What is spent is known after a restart, also of a call that goes on."
_MEMORY = "A store that fails stops no call, and the budget holds from memory."
_PAUSE = "`runner.py pause` refuses new calls until `resume`, also over a restart."
_LINES = "Each start, refusal and end of a call has one line."
_SHORT = "What was said long ago is kept in short, if the model is a real one."

MUTANTS = (
    Mutant(
        name="memory-without-an-end",
        promise=_BOUND,
        file="processors/turns/talk_context.py",
        before="        if size_bytes <= MAX_BYTES:\n",
        after="        if size_bytes:\n",
        tests=(
            f"{_TALK}::test_the_memory_stays_within_its_bound_and_keeps_the_newest",
            "tests/attacks/test_bill.py::test_what_is_sent_stays_flat_however_much_is_typed",
        ),
    ),
    Mutant(
        name="typed-words-make-no-room",
        promise=_BOUND,
        file="processors/turns/talk_context.py",
        before="for message in messages])\n        self._make_room()\n",
        after="for message in messages])\n",
        tests=("tests/attacks/test_bill.py::test_what_is_sent_stays_flat_however_much_is_typed",),
    ),
    Mutant(
        name="characters-for-bytes",
        promise=_BOUND,
        file="processors/turns/talk_context.py",
        before='len(str(value or "").encode(errors="replace"))',
        after='len(str(value or "")) // 4',
        tests=(f"{_TALK}::test_the_memory_stays_within_its_bound_and_keeps_the_newest",),
    ),
    Mutant(
        name="messages-go-one-by-one",
        promise="What the memory forgets are whole turns, each call with its result.",
        file="processors/turns/talk_context.py",
        before="            begins = _is_callers(message) or",
        after="            begins = bool(turn) or",
        tests=(f"{_TALK}::test_turns_go_whole_and_the_oldest_first",),
    ),
    Mutant(
        name="summary-is-forgotten",
        promise=_SHORT,
        file="processors/turns/talk_context.py",
        before='return turn[0] is self._summary or _role(turn[0]) == "system"',
        after='return _role(turn[0]) == "system"',
        tests=(f"{_TALK}::test_a_summary_stands_before_the_rest_and_is_never_forgotten",),
    ),
    Mutant(
        name="summary-is-thrown-away",
        promise=_SHORT,
        file="processors/language_model/summarising.py",
        before="            await self.push_frame(summary, FrameDirection.UPSTREAM)",
        after="            await self.push_frame(summary)",
        tests=(f"{_SUMMARY}::test_a_summary_is_written_and_counted",),
    ),
    Mutant(
        name="reply-waits-for-the-summary",
        promise="No reply waits for a summary of what was said before.",
        file="processors/language_model/summarising.py",
        before='self._summary_writer = self.create_task(self._summarise(frame), "summary")',
        after="await self._summarise(frame)",
        tests=(f"{_SUMMARY}::test_no_reply_waits_for_a_summary",),
    ),
    Mutant(
        name="interrupted-replies-are-free",
        promise=_BILLED,
        file="processors/language_model/attempting.py",
        before="            await self.end_request(frame.context, failure=reply.failure)\n",
        after="            if reply.task and not reply.task.cancelling():\n"
        "                await self.end_request(frame.context, failure=reply.failure)\n",
        tests=(f"{_COUNTING}::test_a_reply_that_is_interrupted_is_counted",),
    ),
    Mutant(
        name="sums-so-far-are-added-up",
        promise=_BILLED,
        file="processors/language_model/counting.py",
        before="new = tokens if self._usage is None else self._usage.beyond(tokens)",
        after="new = tokens if self._usage is None else (self._usage.beyond(tokens), tokens)[1]",
        tests=(f"{_COUNTING}::test_each_request_is_counted_once_and_a_refused_one_not",),
    ),
    Mutant(
        name="refused-requests-cost",
        promise=_BILLED,
        file="processors/language_model/counting.py",
        before="if usage is not None and (usage.has_words or not is_refused):",
        after="if usage is not None:",
        tests=(f"{_COUNTING}::test_each_request_is_counted_once_and_a_refused_one_not",),
    ),
    Mutant(
        name="answers-of-any-length",
        promise="How long an answer may be is told to each model.",
        file="bot/call/services.py",
        before=", max_tokens=settings.max_reply_tokens",
        after="",
        tests=(
            (
                "tests/services/language_model/test_wire.py::test_each_vendor_is_asked_for_"
                "what_is_set"
            ),
        ),
    ),
    Mutant(
        name="bound-by-a-name-that-nobody-knows",
        promise="How long an answer may be is told to each model.",
        file="processors/language_model/openai.py",
        before="if is_openais(base_url) and",
        after="if",
        tests=(
            (
                "tests/processors/language_model/test_openai.py::test_the_bound_of_an_answer_"
                "has_the_name_that_the_server_knows"
            ),
        ),
    ),
    Mutant(
        name="one-kind-of-use-without-a-limit",
        promise=_GOODBYE,
        file="bot/call/meter.py",
        before="if most and count > most",
        after="if most and count > most and name.startswith('prompt')",
        tests=(f"{_METER}::test_a_budget_that_is_used_up_is_told_once",),
    ),
    Mutant(
        name="spent-budget-ends-nothing",
        promise=_GOODBYE,
        file="bot/call/session.py",
        before="on_spent=course.session_spent)",
        after="on_spent=lambda: None)",
        tests=(
            (
                "tests/bot/call/test_session_ends.py::test_a_spent_budget_is_said_"
                "before_it_ends_the_call"
            ),
        ),
    ),
    Mutant(
        name="price-of-a-name-that-begins-alike",
        promise="What is used is priced by the table; what is not in it is free.",
        file="bot/prices.py",
        before='if name.endswith("*") and',
        after="if",
        tests=(f"{_PRICES}::test_a_name_that_begins_like_another_is_not_it",),
    ),
    Mutant(
        name="cached-tokens-at-the-full-price",
        promise="What is used is priced by the table; what is not in it is free.",
        file="bot/call/cost.py",
        before='cached * price.get("cached", full)',
        after="cached * full",
        tests=("tests/bot/call/test_cost.py::test_what_is_used_costs_what_the_table_says",),
    ),
    Mutant(
        name="price-by-a-name-of-no-price",
        promise="A price that would count nothing stops the start, and its line is named.",
        file="bot/prices.py",
        before='@with_config(ConfigDict(extra="forbid"))\n',
        after="",
        tests=(f"{_PRICES}::test_a_line_that_counts_nothing_is_named",),
    ),
    Mutant(
        name="price-without-a-source",
        promise="Each price has its date and its source.",
        file="bot/prices.toml",
        before='"gpt-4o" = { input = 2.50, cached = 1.25, output = 10.00, date = 2026-04-01, '
        'source = "openai.com/api/pricing" }',
        after='"gpt-4o" = { input = 2.50, cached = 1.25, output = 10.00, date = 2026-04-01 }',
        tests=(f"{_PRICES}::test_every_line_has_a_price_a_date_and_a_source",),
    ),
    Mutant(
        name="day-has-no-end",
        promise=_LIMITS,
        file="bot/rooms/spent/daily_budget.py",
        before="any(of(today) >= limit",
        after="any(of(today) > limit",
        tests=(f"{_BUDGET}::test_each_limit_ends_the_day_and_0_is_none",),
    ),
    Mutant(
        name="no-limit-is-a-limit-of-nothing",
        promise=_LIMITS,
        file="bot/rooms/spent/daily_budget.py",
        before="for name, limit in limits.items() if limit[0]}",
        after="for name, limit in limits.items()}",
        tests=(f"{_BUDGET}::test_each_limit_ends_the_day_and_0_is_none",),
    ),
    Mutant(
        name="operator-is-told-too-late",
        promise="The operator is warned when 80 % of a day's budget is used.",
        file="bot/rooms/spent/daily_budget.py",
        before="_WARNING_SHARE = 0.8",
        after="_WARNING_SHARE = 0.95",
        tests=(f"{_BUDGET}::test_the_operator_is_told_once_of_80_percent_and_once_of_all",),
    ),
    Mutant(
        name="spent-day-takes-calls",
        promise=_SPENT_DAY,
        file="bot/rooms/spent/spending.py",
        before="        if self.is_day_spent:\n            message",
        after="        if self._is_paused and self.is_day_spent:\n            message",
        tests=(f"{_DAY}::test_a_spent_day_refuses_every_kind_of_start_by_name",),
    ),
    Mutant(
        name="spent-day-cuts-calls-off",
        promise=_SPENT_DAY,
        file="bot/rooms/watch/sweep.py",
        before="_GOODBYE_ROUNDS = 6",
        after="_GOODBYE_ROUNDS = -1",
        tests=(f"{_DAY}::test_a_spent_day_has_running_calls_say_goodbye_and_waits_for_no_bot",),
    ),
    Mutant(
        name="last-report-is-believed",
        promise=_LIES,
        file="bot/rooms/spent/accounts.py",
        before="    more = account.so_far | so_far\n",
        after="    more = so_far\n",
        tests=(f"{_ACCOUNTS}::test_the_greatest_report_counts_within_what_is_possible",),
    ),
    Mutant(
        name="any-report-is-believed",
        promise=_LIES,
        file="bot/rooms/spent/accounts.py",
        before="_add(account, told - beyond)",
        after="_add(account, told)",
        tests=(f"{_ACCOUNTS}::test_the_greatest_report_counts_within_what_is_possible",),
    ),
    Mutant(
        name="time-is-what-the-bot-says",
        promise=_SILENT,
        file="bot/rooms/spent/accounts.py",
        before="            account.is_ours = True\n            self._tick(account)\n",
        after="            account.is_ours = True\n",
        tests=(f"{_ACCOUNTS}::test_a_call_whose_bot_says_nothing_is_timed",),
    ),
    Mutant(
        name="restart-counts-a-call-anew",
        promise=_RESTART,
        file="bot/rooms/spent/spending.py",
        before="        self._day_sum = await spent_on(store, self._day)\n",
        after="        self._day_sum += await spent_on(store, self._day)\n",
        tests=(f"{_SPENDING}::test_a_new_runner_takes_the_day_up_where_the_old_one_left_it",),
    ),
    Mutant(
        name="memory-of-a-failed-store-does-not-count",
        promise=_MEMORY,
        file="bot/rooms/spent/spending.py",
        before="return sum((one.so_far - one.counted for _, one in self._accounts), self._day_sum)",
        after="return self._day_sum",
        tests=(
            (
                f"{_SPENDING}::test_a_store_that_fails_is_told_once_and_what_was_spent_"
                "is_written_later"
            ),
        ),
    ),
    Mutant(
        name="pause-is-not-seen",
        promise=_PAUSE,
        file="bot/rooms/spent/spending.py",
        before="        self._is_paused = paused\n",
        after="",
        tests=(f"{_SPENDING}::test_the_switch_is_seen_and_outlasts_a_store_that_fails",),
    ),
    Mutant(
        name="address-in-the-log",
        promise="A caller's address is never logged, only its network.",
        file="bot/rooms/journal.py",
        before="prefix = 24 if",
        after="prefix = 32 if",
        tests=(f"{_JOURNAL}::test_of_an_address_only_its_network_is_told",),
    ),
    Mutant(
        name="refusals-leave-no-trace",
        promise=_LINES,
        file="bot/http/starts/starts.py",
        before="            journal.refused(error.code, network=network)\n",
        after="",
        tests=(f"{_DAY}::test_starts_and_refusals_are_in_the_log_with_their_network_alone",),
    ),
    Mutant(
        name="end-before-the-last-report",
        promise=_LINES,
        file="bot/rooms/spent/spending.py",
        before="            if now_secs - account.ended_at_secs < LAST_REPORT_SECS:\n"
        "                continue\n",
        after="",
        tests=(f"{_SPENDING}::test_an_end_is_told_once_with_the_last_report",),
    ),
    Mutant(
        name="note-opens-the-account-again",
        promise=_LIES,
        file="bot/rooms/spent/accounts.py",
        before="        if session_id in self._closed or not text:\n            return\n",
        after="",
        tests=(f"{_ACCOUNTS}::test_a_closed_session_is_not_opened_again_by_its_note",),
    ),
    Mutant(
        name="a-line-for-each-of-a-flood",
        promise="A flood of refused starts does not flood the log.",
        file="bot/rooms/journal.py",
        before="if self._lines <= _LINES:",
        after="if self._lines:",
        tests=(f"{_JOURNAL}::test_a_flood_of_refusals_is_told_in_sums",),
    ),
)
