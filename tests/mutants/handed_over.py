"""Defects of calls that a bot gives away, as its worker is stopped."""

from __future__ import annotations

from .mutant import Mutant

_PAUSE = "tests/bot/call/test_pause.py"
_REST = "A call is handed over only while nobody speaks or is owed a word."
_HANDED = "tests/bot/call/test_session_handed_over.py"
_PLAN = "tests/bot/rooms/test_job_plan.py"
_WITHOUT_A_WORD = f"{_HANDED}::test_the_next_bot_has_the_call_without_a_word"
_GIVEN = (
    "A bot whose worker is stopped gives its call, between two turns, to one of another worker."
)
_ONCE = "What the caller says while a call is handed over is answered, once."
_GOES_ON = "A call that no other bot takes goes on with the one that has it."


def _disturbed(moment: str) -> str:
    return f"{_PAUSE}::test_a_call_does_not_rest_in_a_turn[{moment}]"


_TAKEN = "tests/bot/call/test_session_taken_over.py"


MUTANTS: tuple[Mutant, ...] = (
    Mutant(
        name="call-is-given-away-in-the-middle-of-a-tool",
        promise="A call is not given away while a tool of it runs; what that did is told first.",
        file="bot/call/pause.py",
        before="is_tool_at_work = bool(self._running) or tools.is_busy",
        after="is_tool_at_work = False",
        tests=(f"{_HANDED}::test_a_call_is_given_away_after_what_runs_in_it",),
    ),
    Mutant(
        name="question-is-given-away",
        promise="A question that waits for a yes is not given away, nor asked twice.",
        file="bot/call/pause.py",
        before="is_tool_at_work = bool(self._running) or tools.is_busy",
        after="is_tool_at_work = False",
        tests=(f"{_HANDED}::test_a_call_is_given_away_after_what_was_asked_in_it",),
    ),
    Mutant(
        name="call-rests-while-a-question-waits",
        promise=_REST,
        file="bot/call/pause.py",
        before="bool(self._running) or tools.is_busy",
        after="bool(self._running)",
        tests=(_disturbed("a question waits, or is asked"),),
    ),
    Mutant(
        name="call-rests-before-the-answer",
        promise=_REST,
        file="bot/call/pause.py",
        before="            or self._is_within(self._owed_since_secs, OWED_SECS)\n",
        after="",
        tests=(_disturbed("the turn is to be answered"),),
    ),
    Mutant(
        name="call-never-rests-after-a-lost-answer",
        promise=_REST,
        file="bot/call/pause.py",
        before="self._clock_secs() - since_secs < limit_secs",
        after="since_secs < self._clock_secs() + limit_secs",
        tests=(f"{_PAUSE}::test_what_never_comes_is_not_waited_for",),
    ),
    Mutant(
        name="call-in-anothers-room-is-not-given",
        promise=_GIVEN,
        file="bot/rooms/job_plan.py",
        before="if fields.session_id != plan.session_id:",
        after="if fields.session_id != room_name:",
        tests=(f"{_PLAN}::test_a_call_in_somebody_elses_room_is_given_with_its_caller",),
    ),
    Mutant(
        name="given-call-begins-with-an-apology",
        promise=_GIVEN,
        file="bot/call/takeover.py",
        before="    if kept is not None and is_given:\n",
        after="    if kept is None and is_given:\n",
        tests=(_WITHOUT_A_WORD,),
    ),
    Mutant(
        name="bot-does-not-say-that-it-waits-for-a-call",
        promise=_GIVEN,
        file="bot/call/ear.py",
        before="self._job_id, topic=READY_TOPIC, destination",
        after='self._job_id, topic="", destination',
        tests=(_WITHOUT_A_WORD,),
    ),
    Mutant(
        name="words-between-two-bots-are-lost",
        promise=_ONCE,
        file="bot/call/given_call.py",
        before="return None if self._ear is None else self._ear.hear(live)",
        after="return None",
        tests=(f"{_HANDED}::test_words_in_the_very_moment_are_answered_once",),
    ),
    Mutant(
        name="bot-whose-call-is-not-taken-stays-deaf",
        promise=_GOES_ON,
        file="bot/call/handover.py",
        before="        self._hearing.release()\n",
        after="",
        tests=(f"{_HANDED}::test_a_bot_that_does_not_take_its_call_is_not_waited_for",),
    ),
    Mutant(
        name="bot-that-never-had-the-call-ends-it",
        promise=_GOES_ON,
        file="bot/call/session.py",
        before="                self._given.let_be()\n",
        after="",
        tests=(f"{_HANDED}::test_a_bot_that_does_not_take_its_call_is_not_waited_for",),
    ),
    Mutant(
        name="parked-bot-keeps-its-worker",
        promise="A bot that waits parked leaves with its worker, and one that somebody has come for"
        " stays.",
        file="bot/call/handover.py",
        before="            await self._session_room.leave()\n",
        after="",
        tests=(f"{_HANDED}::test_a_bot_whom_nobody_knows_leaves_with_its_worker",),
    ),
    Mutant(
        name="session-of-a-bot-that-left-waits-to-be-told",
        promise="A bot that waits parked leaves with its worker, and one that somebody has come for"
        " stays.",
        file="bot/call/handover.py",
        before="            on_left()\n",
        after="            pass\n",
        tests=(
            "tests/bot/call/test_handover.py::"
            "test_a_session_whose_bot_leaves_is_over_also_if_livekits_client_tells_nothing",
        ),
    ),
    Mutant(
        name="absent-caller-was-never-there",
        promise="A caller who is away when a bot takes over is waited for, for RESUME_SECS.",
        file="bot/call/session.py",
        before="            if recovery.goes_on and not",
        after="            if not recovery.goes_on and not",
        tests=(f"{_TAKEN}::test_a_caller_who_is_away_at_a_takeover_and_back_is_answered",),
    ),
    Mutant(
        name="ended-bot-is-given-the-call",
        promise="A bot that is to end takes no call that is given.",
        file="bot/call/given_call.py",
        before="        await asyncio.wait({until_given, until_over}, ",
        after="        await asyncio.wait({until_given}, ",
        tests=(f"{_HANDED}::test_a_bot_that_waits_for_a_call_and_is_to_end_leaves",),
    ),
    Mutant(
        name="what-was-asked-before-is-not-heard",
        promise="What was asked of a bot that was lost, the next one does.",
        file="bot/call/session.py",
        before='            on_room_metadata_changed("", room.metadata)\n',
        after="            pass\n",
        tests=(f"{_TAKEN}::test_the_end_of_the_day_is_heard_by_the_bot_that_takes_over",),
    ),
    Mutant(
        name="next-bot-is-dead-before-its-call-comes",
        promise="A bot waits for the call it is to be given for as long as need.",
        file="bot/call/session.py",
        before="        if not await self._given.comes(stack, course):\n",
        after="        course.wait()\n        if not await self._given.comes(stack, course):\n",
        tests=(f"{_HANDED}::test_a_call_that_rests_late_is_given_all_the_same",),
    ),
)
