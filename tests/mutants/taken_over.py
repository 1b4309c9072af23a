"""Defects of how a bot goes on with the call of one that was lost."""

from __future__ import annotations

from .mutant import Mutant

_RECOVERY = "tests/bot/call/test_recovery.py"
_MOMENTS = f"{_RECOVERY}::test_what_a_bot_does_first_in_a_call_it_takes_over"
_ONCE = "What may happen once in a session happens once, whichever bot asks."
_OWED = "The bot that takes a call over answers what is owed, and the talk goes on with its memory."
_CUT = "A reply that was cut is remembered as far as it was heard, and its rest is given."
_REST = f"{_RECOVERY}::test_rest_of_a_reply_is_given"

_KEPT = "tests/bot/store/test_kept_session.py"
_IN_THE_ROOM = (
    "tests/bot/call/test_handover.py::"
    "test_whichever_bot_was_counted_last_the_one_in_the_room_keeps_what_is_said"
)

MUTANTS: tuple[Mutant, ...] = (
    Mutant(
        name="cut-reply-is-taken-for-an-answer",
        promise="The bot that takes over remembers the call and answers what is still due.",
        file="bot/call/recovery.py",
        before="    return not reply.is_finished or reply.memory.strip() == back\n",
        after="    return False\n",
        tests=(_MOMENTS,),
    ),
    Mutant(
        name="write-that-ran-is-asked-for-again",
        promise="What a lost bot was doing is never done twice.",
        file="bot/call/recovery.py",
        before="    return call.state == CallState.RUNNING\n",
        after="    return False\n",
        tests=(_MOMENTS,),
    ),
    Mutant(
        name="forgetful-bot-hides-it",
        promise="Without a memory the bot that takes over says so.",
        file="bot/call/recovery.py",
        before='        return Recovery(sentence=f"{sentences.back} {sentences.forgotten}")\n',
        after="        return Recovery()\n",
        tests=(f"{_RECOVERY}::test_bot_that_knows_nothing_says_so",),
    ),
    Mutant(
        name="takeovers-never-end",
        promise="After three takeovers the next bot says goodbye, and the call has ended.",
        file="bot/call/recovery.py",
        before="    if takeover > MOST_TAKEOVERS:\n",
        after="    if takeover > 2 * MOST_TAKEOVERS:\n",
        tests=(f"{_RECOVERY}::test_fourth_takeover_is_a_goodbye",),
    ),
    Mutant(
        name="clock-that-was-set-takes-the-time",
        promise="A clock that was set, or is another machine's, costs a call little of its time.",
        file="bot/store/kept_session.py",
        before="min(max(differ_secs - counted_secs, 0.0), most_secs)",
        after="max(differ_secs - counted_secs, 0.0)",
        tests=(f"{_KEPT}::test_time_goes_on_by_what_the_bots_have_counted[set forward]",),
    ),
    Mutant(
        name="time-of-a-store-that-was-away-is-not-counted",
        promise="A clock that was set, or is another machine's, costs a call little of its time.",
        file="bot/store/kept_session.py",
        before="min(max(differ_secs - counted_secs, 0.0), most_secs) + counted_secs",
        after="min(max(differ_secs, 0.0), most_secs)",
        tests=(
            "tests/bot/session_log/test_late_talk.py"
            "::test_the_time_of_a_store_that_was_away_is_counted",
        ),
    ),
    Mutant(
        name="caller-that-is-long-away-is-counted-short",
        promise="Reminders and the time limit outlive the bot that was told of them.",
        file="bot/store/kept_session.py",
        before="max(SILENT_SECS, WRITTEN_SECS + resume_secs)",
        after="SILENT_SECS",
        tests=(
            "tests/bot/call/test_takeover.py::test_nothing_is_written_for_as_long_as_a_caller_is_waited_for_without_a_room",
        ),
    ),
    Mutant(
        name="nothing-is-written-while-nothing-is-said",
        promise="Reminders and the time limit outlive the bot that was told of them.",
        file="bot/session_log/session_writer.py",
        before="_is_set_within(WRITTEN_SECS, self._wake)",
        after="_is_set_within(3600.0, self._wake)",
        tests=(
            "tests/bot/session_log/test_session_writer.py"
            "::test_a_session_in_which_nothing_happens_is_written_all_the_same",
        ),
    ),
    Mutant(
        name="time-limit-begins-anew",
        promise="Reminders and the time limit outlive the bot that was told of them.",
        file="bot/call/takeover.py",
        before="    course.spend(kept.lasted_secs)\n",
        after="",
        tests=("tests/bot/call/test_takeover.py::test_reminders_and_the_time_limit_go_on",),
    ),
    Mutant(
        name="clients-read-nothing-of-the-bot-before",
        promise="What a client reads of a call outlives the bot that told it.",
        file="bot/call/takeover.py",
        before="    tell_history(feed.items, kept)\n",
        after="",
        tests=("tests/bot/call/test_takeover.py::test_what_the_call_has_used_is_counted_on",),
    ),
    Mutant(
        name="costs-begin-anew",
        promise="What a call may use is counted on by the bot that takes over.",
        file="bot/call/takeover.py",
        before="    meter.go_on(kept.usage)\n",
        after="",
        tests=("tests/bot/call/test_takeover.py::test_what_the_call_has_used_is_counted_on",),
    ),
    Mutant(
        name="pending-question-is-forgotten",
        promise="The bot that takes over remembers the call and answers what is still due.",
        file="bot/call/recovery.py",
        before="any(call.place > asked_place or _is_asking(call) for call in untold)",
        after="False",
        tests=(_MOMENTS,),
    ),
    Mutant(
        name="lost-look-is-never-told-of",
        promise="The bot that takes over remembers the call and answers what is still due.",
        file="bot/call/recovery.py",
        before="            messages += _told(call, _LOST_RESULT)\n",
        after="            pass\n",
        tests=(_MOMENTS,),
    ),
    Mutant(
        name="new-bot-pays-once-more",
        promise=_ONCE,
        file="bot/call/takeover.py",
        before="        if call.state in _TRIED:\n",
        after="        if False:\n",
        tests=("tests/bot/call/test_takeover.py::test_what_was_tried_is_known_to_the_tools",),
    ),
    Mutant(
        name="goodbye-is-forgotten",
        promise="A call in which goodbye was said ends, whichever bot is there then.",
        file="bot/call/recovery.py",
        before="        return Recovery(is_end=True)\n",
        after="        pass\n",
        tests=(f"{_RECOVERY}::test_goodbye_that_was_said_is_the_end",),
    ),
    Mutant(
        name="owed-answer-is-never-given",
        promise=_OWED,
        file="bot/call/takeover.py",
        before="        lines.answer_last()\n",
        after="        pass\n",
        tests=(
            "tests/bot/call/test_session_taken_over.py::test_what_is_owed_is_heard_and_the_talk_goes_on",
        ),
    ),
    Mutant(
        name="what-was-heard-of-a-cut-reply-is-forgotten",
        promise=_CUT,
        file="bot/call/recovery.py",
        before="known = [*messages, *heard, *told]",
        after="known = [*messages, *told]",
        tests=(_REST,),
    ),
    Mutant(
        name="second-loss-forgets-what-is-owed",
        promise=_CUT,
        file="bot/call/recovery.py",
        before="    return not reply.is_finished or reply.memory.strip() == back\n",
        after="    return not reply.is_finished\n",
        tests=(_REST,),
    ),
    Mutant(
        name="cut-reply-begins-anew",
        promise=_CUT,
        file="bot/call/takeover.py",
        before="        pipeline.language_model.append_system_instruction(recovery.instruction)\n",
        after="        pass\n",
        tests=("tests/bot/call/test_takeover.py::test_the_rest_of_a_cut_reply_is_asked_for",),
    ),
    Mutant(
        name="replaced-bot-tells-of-an-end",
        promise="A bot that leaves its call to another one tells of no end.",
        file="bot/call/run.py",
        before='reason="" if is_replaced else reason.value',
        after="reason=reason.value",
        tests=("tests/bot/call/test_run.py::test_who_is_replaced_tells_of_no_end",),
    ),
    Mutant(
        name="a-bot-that-leaves-keeps-the-session",
        promise="However many bots are sent for, one has the call.",
        file="bot/call/handover.py",
        before='        tasks.spawn(handover.hold(), name="hold")\n',
        after="",
        tests=(_IN_THE_ROOM,),
    ),
    Mutant(
        name="a-bot-that-is-put-out-takes-the-session-back",
        promise="However many bots are sent for, one has the call.",
        file="bot/call/handover.py",
        before="not (self.is_given or self._session_room.is_replaced)",
        after="not self.is_given",
        tests=(_IN_THE_ROOM,),
    ),
    Mutant(
        name="a-late-bot-keeps-the-session",
        promise="However many bots are sent for, one has the call.",
        file="bot/call/handover.py",
        before="_HOLD_SECS = (0.0, 1.0, 2.0, 5.0)\n",
        after="_HOLD_SECS = (0.0,)\n",
        tests=(_IN_THE_ROOM,),
    ),
    Mutant(
        name="what-is-said-in-anothers-session-is-lost",
        promise="However many bots are sent for, one has the call.",
        file="bot/session_log/session_writer.py",
        before="self._put_back(rows.values())\n            logger.warning",
        after="logger.warning",
        tests=(_IN_THE_ROOM,),
    ),
    Mutant(
        name="a-writer-that-was-refused-late-stays-stopped",
        promise="However many bots are sent for, one has the call.",
        file="bot/session_log/session_log.py",
        before="if (is_stopped or await self.is_taken()) and is_here() and",
        after="if not is_stopped and await self.is_taken() and is_here() and",
        tests=(
            "tests/bot/call/test_handover.py::"
            "test_what_is_refused_while_the_session_is_taken_back_is_written_again",
        ),
    ),
)
