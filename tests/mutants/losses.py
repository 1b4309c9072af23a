"""Defects of how bots that are lost are counted and replaced."""

from __future__ import annotations

from .mutant import Mutant

_LOSSES = "tests/bot/rooms/watch/test_sender.py"
_MADE_ANEW = (
    f"{_LOSSES}::test_room_that_is_gone_as_it_is_asked_about_is_left_to_whoever_made_it_anew"
)
_ADMISSION = "tests/bot/worker/test_admission.py"
_ONE_LOSS = "One bot that is lost is one takeover, however long it takes."
_NO_WAY = "A bot that cannot come is in no other one's way."

MUTANTS: tuple[Mutant, ...] = (
    Mutant(
        name="a-loss-is-counted-each-time-livekit-fails",
        promise=_ONE_LOSS,
        file="bot/rooms/watch/sweep.py",
        before="if has_begun and room.is_recovering:",
        after="if False:",
        tests=(
            f"{_LOSSES}::test_a_livekit_that_takes_no_dispatch_for_long_costs_no_further_takeover",
        ),
    ),
    Mutant(
        name="a-worker-that-dies-takes-every-bot-with-it",
        promise=_ONE_LOSS,
        file="bot/rooms/watch/bot_watch.py",
        before="if is_lost and seen.state is BotState.ABSENT:",
        after="if seen.state is BotState.ABSENT:",
        tests=(
            f"{_LOSSES}"
            "::test_a_worker_that_dies_again_and_again_as_it_starts_costs_no_further_takeover",
            f"{_LOSSES}::test_a_worker_that_dies_loses_no_bot_that_is_only_on_its_way",
        ),
    ),
    Mutant(
        name="a-bot-that-is-lost-as-it-comes-waits-for-the-next-look",
        promise="A bot that is lost in a call is replaced at once.",
        file="bot/rooms/watch/bot_watch.py",
        before="                if not wait.woken.is_set():\n                    return\n",
        after="                return\n",
        tests=(f"{_LOSSES}::test_a_bot_that_is_lost_as_it_is_told_of_is_replaced_at_once",),
    ),
    Mutant(
        name="a-job-that-nobody-got-keeps-its-room",
        promise=_NO_WAY,
        file="bot/worker/admission.py",
        before="            self._forget(room_name, taken)\n            raise",
        after="            raise",
        tests=(f"{_ADMISSION}::test_a_room_whose_bot_cannot_come_gets_another_at_once",),
    ),
    Mutant(
        name="a-process-that-died-keeps-its-room",
        promise=_NO_WAY,
        file="bot/worker/admission.py",
        before="return not taken.is_launched or taken.job_id in running",
        after="return True",
        tests=(f"{_ADMISSION}::test_a_room_whose_bot_cannot_come_gets_another_at_once",),
    ),
    Mutant(
        name="a-bot-that-has-said-goodbye-is-replaced",
        promise="A call whose bot dies while it ends has ended as it said.",
        file="bot/rooms/events.py",
        before="if reason != RECOVERY_FAILED:",
        after="if False:",
        tests=(
            "tests/bot/rooms/test_events.py::test_bot_that_leaves_after_its_goodbye_is_not_replaced",
        ),
    ),
    Mutant(
        name="a-bot-that-was-cancelled-ends-its-call",
        promise="A bot that is lost in a call is replaced at once.",
        file="bot/rooms/events.py",
        before="if reason != RECOVERY_FAILED:",
        after="if END_REASON_ATTRIBUTE in event.participant.attributes:",
        tests=(
            "tests/bot/rooms/test_events.py::test_bot_that_leaves_after_its_goodbye_is_not_replaced",
        ),
    ),
    Mutant(
        name="a-room-that-was-handed-out-waits-like-a-parked-one",
        promise="A bot that nobody joins is gone after 60 s, a parked one after 15 min.",
        file="bot/call/course.py",
        before="            self._waits_secs = NEVER_JOINED_SECS\n",
        after="",
        tests=("tests/bot/call/test_course.py::test_nobody_ever_comes",),
    ),
    Mutant(
        name="room-is-taken-from-who-just-comes",
        promise="A room that was made anew for a call is not taken from it.",
        file="bot/rooms/watch/sender.py",
        before="_LOOKS = 3",
        after="_LOOKS = 1",
        tests=(_MADE_ANEW,),
    ),
    Mutant(
        name="room-of-another-plan-is-nobodys",
        promise="A room that was made anew for a call is not taken from it.",
        file="bot/rooms/watch/sender.py",
        before="now.sid == room.sid or not now.is_bare",
        after="now.sid == room.sid",
        tests=(_MADE_ANEW,),
    ),
    Mutant(
        name="a-call-without-a-bot-ends-for-its-runner-alone",
        promise="A call that gets no bot has ended by name, whoever is asked.",
        file="bot/rooms/watch/sender.py",
        before="            await self._rooms.create_bare(note)\n",
        after="            del note\n",
        tests=(f"{_LOSSES}::test_a_call_that_gets_no_bot_leaves_word_why",),
    ),
    Mutant(
        name="a-bot-that-lost-its-session-goes-on-paying",
        promise="What may happen once in a session happens once, whichever bot asks.",
        file="bot/session_log/session_log.py",
        before="return self._writer.is_ours or not await self.is_taken()",
        after="return True",
        tests=(
            "tests/bot/session_log/test_session_log.py"
            "::test_a_bot_knows_whether_another_one_has_its_session",
        ),
    ),
    Mutant(
        name="whose-session-it-is-keeps-nobody-from-paying",
        promise="What may happen once in a session happens once, whichever bot asks.",
        file="tools/runtime/call_tasks.py",
        before="            if await self._before_effect():\n                return\n",
        after="            await self._before_effect()\n            return\n",
        tests=(
            "tests/tools/runtime/test_repeated_requests.py"
            "::test_a_bot_whose_session_is_another_one_s_has_no_effect",
        ),
    ),
)
