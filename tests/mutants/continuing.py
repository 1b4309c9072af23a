"""Against what is promised of going on with a call that has ended."""

from __future__ import annotations

from tests.mutants.mutant import Mutant

_CONTINUING = "tests/bot/rooms/test_ended_sessions.py"
_EARLIER = "tests/bot/call/test_earlier_talk.py"
_JOB_PLAN = "tests/bot/rooms/test_job_plan.py"

_GOES_ON = "A call that has ended can be continued: a new bot goes on with the same memory."
_OWN = "Nobody but who held a call continues it, and nobody learns what was said in it."
_FORGOTTEN = "What was forgotten is not remembered, and a bot that knows nothing says so."
_ONCE = "A continued call repeats no reminder that is past, and does nothing a second time."

MUTANTS = (
    Mutant(
        name="a-parked-bot-is-not-told-what-it-continues",
        promise=_GOES_ON,
        file="bot/rooms/sessions.py",
        before="                continues=continues,\n                network",
        after="                network",
        tests=(
            f"{_CONTINUING}::test_its_ticket_starts_a_new_session_that_knows_which_it_continues",
        ),
    ),
    Mutant(
        name="a-continued-call-remembers-nothing",
        promise=_GOES_ON,
        file="bot/call/earlier_talk.py",
        before="        messages = remembered(kept, only_reads=self._tools.only_reads)\n",
        after="        messages: list[object] = []\n",
        tests=(f"{_EARLIER}::test_the_memory_comes_before_the_first_words",),
    ),
    Mutant(
        name="any-person-continues-any-call",
        promise=_OWN,
        file="bot/rooms/ended_sessions.py",
        before="(kept is None or kept.person != person)",
        after="kept is None",
        tests=(f"{_CONTINUING}::test_a_person_needs_no_ticket_and_nobody_stands_in_for_them",),
    ),
    Mutant(
        name="nobody-is-somebody",
        promise=_OWN,
        file="bot/rooms/ended_sessions.py",
        before="elif not person:",
        after="elif False:",
        tests=(f"{_CONTINUING}::test_a_stranger_gets_nobodys_memory",),
    ),
    Mutant(
        name="any-room-gets-a-memory",
        promise=_OWN,
        file="bot/call/earlier_talk.py",
        before="not earlier_id or self._plan.caller_identity is None or",
        after="not earlier_id or",
        tests=(f"{_EARLIER}::test_a_room_of_somebody_elses_program_gets_nobodys_memory",),
    ),
    Mutant(
        name="a-room-s-name-is-a-call",
        promise=_OWN,
        file="bot/rooms/job_plan.py",
        before='f"{name[:_MOST_NAME_CHARS]}.{room_sid}"',
        after="name",
        tests=(f"{_JOB_PLAN}::test_the_next_room_of_a_name_is_another_session",),
    ),
    Mutant(
        name="a-store-that-fails-takes-back-what-it-told",
        promise=_GOES_ON,
        file="bot/call/earlier_talk.py",
        before="                    with suppress(StoreError):\n",
        after="                    if True:\n",
        tests=(f"{_EARLIER}::test_what_a_store_has_told_is_known_though_it_fails_then",),
    ),
    Mutant(
        name="an-old-ticket-goes-on-for-ever",
        promise=_FORGOTTEN,
        file="bot/rooms/tickets.py",
        before="if int(until) + kept_secs <= self._time.earliest_secs():",
        after="if not kept_secs and int(until) <= self._time.earliest_secs():",
        tests=(f"{_CONTINUING}::test_what_is_not_kept_is_not_continued",),
    ),
    Mutant(
        name="a-bot-that-knows-nothing-pretends",
        promise=_FORGOTTEN,
        file="bot/call/earlier_talk.py",
        before="self._lines.say(self._language.recovery.forgotten)",
        after="self._lines.say(self._language.session.continued)",
        tests=(f"{_EARLIER}::test_a_bot_that_knows_nothing_says_so",),
    ),
    Mutant(
        name="a-past-reminder-is-said-after-all",
        promise=_ONCE,
        file="bot/call/earlier_talk.py",
        before="if (delay_secs := timer.due_at - now_secs) > 0:",
        after="if (delay_secs := max(timer.due_at - now_secs, 0.1)):",
        tests=(f"{_EARLIER}::test_reminders_that_are_past_are_not_repeated",),
    ),
    Mutant(
        name="what-was-running-was-never-there",
        promise=_ONCE,
        file="bot/call/recovery.py",
        before="return [*_before(kept, only_reads), *kept.messages, *told]",
        after="return [*_before(kept, only_reads), *kept.messages, *told[:0]]",
        tests=(f"{_EARLIER}::test_what_a_tool_did_is_known_and_what_was_only_asked_is_not_done",),
    ),
)
