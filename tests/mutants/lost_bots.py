"""Defects of the care for bots that are lost in the middle of a call."""

from __future__ import annotations

from .mutant import Mutant

_GUARD = "tests/bot/worker/test_bot_guard.py"
_ROOMS = "tests/bot/worker/test_bot_rooms.py"
_WATCH = "tests/bot/rooms/watch/test_bot_watch.py"
_ADMISSION = "tests/bot/worker/test_admission.py"
_KEPT = "tests/bot/call/test_session_kept.py::test_what_happens_is_written_before_it_happens"
_FORK = "tests/bot/worker/test_fork_server.py"
_OWN_ROOM = "A bot holds nothing that opens a room but its own."
_OWN_JOB = "A worker serves its own bots, each in its own room, and nobody else."
_ONCE = "What may happen once in a session happens once, whichever bot asks."
_NO_BOT = "A worker that can have no bot leaves its jobs to the others."
_TOGETHER = "Parked bots that are lost together are replaced at once."
_PARK = "tests/bot/rooms/test_parking.py"

MUTANTS: tuple[Mutant, ...] = (
    Mutant(
        name="whoever-is-put-out-ends-the-call",
        promise="However many bots are sent for, one has the call.",
        file="bot/worker/job_room.py",
        before='("LiveKit has lost this bot")\n        self._is_replaced = True\n',
        after='("LiveKit has lost this bot")\n',
        tests=(
            "tests/bot/worker/test_bot_job.py::"
            "test_of_two_bots_for_one_room_one_stays_and_the_other_ends_nothing",
        ),
    ),
    Mutant(
        name="any-agent-is-our-bot",
        promise="An agent of another program is taken for no bot of ours.",
        file="bot/rooms/watch/worker_mark.py",
        before="    return is_agent and bool(",
        after="    return is_agent or bool(",
        tests=(
            "tests/bot/rooms/watch/test_worker_mark.py::"
            "test_only_a_bot_of_ours_is_the_bot_of_a_room",
        ),
    ),
    Mutant(
        name="bots-that-are-lost-together-count-one-by-one",
        promise=_TOGETHER,
        file="bot/rooms/early_ends.py",
        before="        if born_at < self._noted_at:\n            return\n",
        after="",
        tests=(f"{_PARK}::test_bots_that_leave_together_are_replaced_at_once",),
    ),
    Mutant(
        name="rooms-that-no-worker-took-wait",
        promise=_TOGETHER,
        file="bot/rooms/parking.py",
        before="is_missed = state is BotState.ABSENT and room.born_at < self._worker_came_at",
        after="is_missed = False",
        tests=(f"{_PARK}::test_rooms_that_no_worker_took_are_made_anew_as_soon_as_one_does",),
    ),
    Mutant(
        name="rooms-whose-bots-have-just-come-are-made-anew",
        promise=_TOGETHER,
        file="bot/rooms/parking.py",
        before="is_missed = state is BotState.ABSENT and room.born_at",
        after="is_missed = room.born_at",
        tests=(f"{_PARK}::test_a_room_whose_bot_is_there_is_kept_as_a_worker_comes",),
    ),
    Mutant(
        name="jobs-are-taken-that-no-bot-can-have",
        promise=_NO_BOT,
        file="bot/worker/admission.py",
        before="if not self._can_fork():",
        after="if False:",
        tests=(
            "tests/bot/worker/test_admission.py"
            "::test_a_job_whose_bot_has_nothing_to_be_forked_from_is_another_worker_s",
        ),
    ),
    Mutant(
        name="bots-speak-for-what-they-were-forked-from",
        promise=_NO_BOT,
        file="bot/worker/fork_server.py",
        before="fcntl.lockf(loaded, fcntl.LOCK_EX)",
        after="fcntl.fcntl(loaded, 37, b'\\1' + bytes(31))  # F_OFD_SETLK",
        tests=(
            "tests/bot/worker/test_fork_place.py"
            "::test_it_is_known_at_once_that_it_has_died_and_when_it_is_back",
        ),
    ),
    Mutant(
        name="bot-that-is-back-is-deaf",
        promise="A bot whose connection was made anew hears the caller who was there before it.",
        file="bot/worker/job_room.py",
        before="publication.set_subscribed(True)",
        after="pass",
        tests=(
            "tests/bot/worker/test_job_room.py::test_a_bot_that_is_back_asks_for_microphones_again",
        ),
    ),
    Mutant(
        name="bots-are-forked-with-the-secret",
        promise=_OWN_ROOM,
        file="bot/worker/fork_server.py",
        before="    drop_livekit_secret()\n    if sys",
        after="    if sys",
        tests=(f"{_FORK}::test_what_bots_are_forked_from_never_held_the_secret",),
    ),
    Mutant(
        name="bot-is-given-a-token-for-all-rooms",
        promise=_OWN_ROOM,
        file="bot/worker/bot_rooms.py",
        before="room_join=True, room=job.room_name, agent=True",
        after="room_join=True, room_admin=True, room=job.room_name, agent=True",
        tests=(f"{_ROOMS}::test_a_token_for_a_bot_opens_its_room_and_nothing_else",),
    ),
    Mutant(
        name="memory-is-open-to-the-same-user",
        promise="What a worker and a runner hold no bot can read.",
        file="bot/processes/own_memory.py",
        before="prctl(_PR_SET_DUMPABLE, 0, ",
        after="prctl(_PR_SET_DUMPABLE, 1, ",
        tests=(
            "tests/bot/processes/test_own_memory.py"
            "::test_memory_that_is_hidden_cannot_be_read_by_the_same_user",
        ),
    ),
    Mutant(
        name="job-has-many-bots",
        promise=_OWN_JOB,
        file="bot/worker/admission.py",
        before="return self._jobs.pop(room_name)",
        after="return job",
        tests=(f"{_ADMISSION}::test_a_job_that_was_taken_is_given_out_once",),
    ),
    Mutant(
        name="any-process-may-call-for-a-bot",
        promise=_OWN_JOB,
        file="bot/worker/bot_guard.py",
        before="[:2] == (pid, os.getuid())",
        after="[1] == os.getuid()",
        tests=("tests/bot/worker/test_worker_line.py::test_who_has_no_job_is_hung_up_on",),
    ),
    Mutant(
        name="silent-bot-is-never-ended",
        promise="A bot that dies or hangs is out of its room within two seconds.",
        file="bot/processes/hung.py",
        before="        if doing is Doing.STOPPED:\n",
        after="        if doing is Doing.STOPPED and silent_secs < 0:\n",
        tests=(f"{_GUARD}::test_how_long_a_silence_is_borne",),
    ),
    Mutant(
        name="busy-bot-is-taken-for-dead",
        promise="A bot is not taken for dead because the machine is busy.",
        file="bot/processes/hung.py",
        before="self.waiting_looks + 1 if doing is Doing.WAITING else 0",
        after="self.waiting_looks + 1",
        tests=(f"{_GUARD}::test_a_bot_that_wants_a_processor_now_and_then_is_not_blocked",),
    ),
    Mutant(
        name="late-look-blames-the-bots",
        promise="A bot is not taken for dead because the machine is busy.",
        file="bot/worker/bot_guard.py",
        before="            if is_late:\n                bot.heard_at = now_secs\n",
        after="",
        tests=(f"{_GUARD}::test_a_worker_that_was_held_up_blames_no_bot",),
    ),
    Mutant(
        name="bot-does-not-see-its-worker-go",
        promise="A bot whose worker is gone knows it at once.",
        file="bot/worker/worker_line.py",
        before="        self._on_lost()\n",
        after="",
        tests=(f"{_GUARD}::test_a_bot_learns_that_its_worker_is_gone",),
    ),
    Mutant(
        name="ghost-of-an-ending-call-keeps-it",
        promise="A call whose bot dies while it ends has ended as it said.",
        file="bot/worker/bot_rooms.py",
        before="if reason := one.attributes.get(END_REASON_ATTRIBUTE):",
        after='if reason := one.attributes.get("parley.ended"):',
        tests=(f"{_ROOMS}::test_what_a_dead_bot_was_ending_is_ended",),
    ),
    Mutant(
        name="any-worker-s-bots-are-put-out",
        promise="A worker that dies leaves no bot in a room.",
        file="bot/rooms/rooms.py",
        before="            if bot.attributes.get(WORKER_ATTRIBUTE) == worker:\n",
        after="            if bot.attributes.get(WORKER_ATTRIBUTE):\n",
        tests=(f"{_ROOMS}::test_a_dead_worker_s_bots_are_taken_out_and_no_others",),
    ),
    Mutant(
        name="lost-bot-is-waited-for",
        promise="A bot that is lost in a call is replaced at once.",
        file="bot/rooms/watch/bot_watch.py",
        before=(
            "        self._watched[session_id].is_lost = True\n"
            "        self._watched[session_id].woken.set()\n"
        ),
        after="",
        tests=(f"{_WATCH}::test_bot_that_is_lost_is_replaced_at_once",),
    ),
    Mutant(
        name="room-gets-a-bot-for-every-request",
        promise="However often a bot is asked for, a room gets one.",
        file="bot/worker/admission.py",
        before="now_secs - taken.at_secs >= _COMING_SECS",
        after="now_secs >= taken.at_secs",
        tests=(f"{_ADMISSION}::test_a_room_gets_one_bot_however_often_it_is_asked_for",),
    ),
    Mutant(
        name="late-bot-puts-another-out",
        promise="A bot that comes late leaves the room to the one that is in it.",
        file="bot/worker/job_room.py",
        before="            if await self.has_other_bot():\n",
        after="            if not await self.has_other_bot():\n",
        tests=("tests/bot/worker/test_job_room.py::test_a_late_bot_does_not_put_another_one_out",),
    ),
    Mutant(
        name="rooms-of-a-dead-worker-are-handed-out",
        promise="No call begins in the room of a bot that is dead or dying.",
        file="bot/rooms/parking.py",
        before="            room.is_ready, room.is_spent, room.is_blameless = False, True, True\n",
        after="            room.is_blameless = True\n",
        tests=(
            "tests/bot/rooms/test_parking.py::"
            "test_no_room_of_a_dead_worker_is_handed_out_and_new_ones_come_at_once",
        ),
    ),
    Mutant(
        name="bots-are-lost-without-end",
        promise="After three takeovers the next bot says goodbye, and the call has ended.",
        file="bot/rooms/watch/bot_watch.py",
        before="        if number > MOST_TAKEOVERS + 1:\n",
        after="        if number > 100 * MOST_TAKEOVERS:\n",
        tests=(f"{_WATCH}::test_call_that_loses_one_bot_after_the_other_ends_by_name",),
    ),
    Mutant(
        name="loss-told-twice-counts-twice",
        promise="While no bot is in its room, the room says that one is coming.",
        file="bot/rooms/watch/bot_watch.py",
        before="_SAME_LOSS_SECS = 1.0\n",
        after="_SAME_LOSS_SECS = 0.0\n",
        tests=(f"{_WATCH}::test_room_says_that_another_bot_comes_and_which_one_it_is",),
    ),
    Mutant(
        name="clock-set-back-makes-a-call-longer",
        promise="Reminders and the time limit outlive the bot that was told of them.",
        file="bot/store/kept_session.py",
        before="min(max(differ_secs - counted_secs, 0.0), most_secs)",
        after="min(differ_secs - counted_secs, most_secs)",
        tests=(
            "tests/bot/store/test_kept_session.py"
            "::test_time_goes_on_by_what_the_bots_have_counted[set back]",
        ),
    ),
    Mutant(
        name="new-bot-has-keys-of-its-own",
        promise=_ONCE,
        file="tools/runtime/runtime.py",
        before="self._session_key if is_once else self._own_key",
        after="self._own_key",
        tests=(
            "tests/tools/runtime/test_repeated_requests.py::test_another_bot_of_the_session_has_the_key_of_the_first",
        ),
    ),
    Mutant(
        name="write-begins-before-it-is-known",
        promise="What an answer is owed to, and that a tool began, outlives a bot killed at once.",
        file="bot/call/session.py",
        before="            before_effect=log.kept,\n",
        after="",
        tests=(_KEPT,),
    ),
    Mutant(
        name="question-waits-to-be-written",
        promise="What an answer is owed to, and that a tool began, outlives a bot killed at once.",
        file="bot/session_log/turn_log.py",
        before="self._finish(row, is_urgent=True)",
        after="self._finish(row)",
        tests=(_KEPT,),
    ),
    Mutant(
        name="effect-does-not-wait",
        promise="No effect happens before it is written down that it may have.",
        file="tools/runtime/call_tasks.py",
        before="            if await self._before_effect():\n                return\n",
        after="            return\n",
        tests=(
            "tests/tools/runtime/test_repeated_requests.py::test_what_has_an_effect_waits_until_it_is_written_down",
        ),
    ),
    Mutant(
        name="runner-takes-its-own-calls-for-anothers",
        promise="A runner that is started anew knows the calls of the one that was killed.",
        file="bot/livekit/access.py",
        before="livekit=self.instance or elsewhere",
        after="livekit=elsewhere",
        tests=(
            "tests/bot/livekit/test_instance.py::test_an_instance_of_a_killed_runner_is_the_next_ones",
        ),
    ),
    Mutant(
        name="bot-that-was-held-up-goes-on",
        promise="A bot that was held up so long that another one has its call is gone at once.",
        file="bot/worker/worker_line.py",
        before="            on_awake(silent_secs)\n",
        after="            pass\n",
        tests=("tests/bot/worker/test_worker_line.py::test_a_bot_that_was_held_up_hears_of_it",),
    ),
    Mutant(
        name="bot-that-cannot-leave-stays",
        promise="A bot that a LiveKit which hangs does not let go comes back no more.",
        file="bot/worker/job_room.py",
        before='            self.abandon("LiveKit does not let the bot go")\n',
        after="            pass\n",
        tests=(
            "tests/bot/worker/test_job_room.py::test_a_bot_that_cannot_leave_is_gone_all_the_same",
        ),
    ),
)
