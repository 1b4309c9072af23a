"""Against what is promised of a call's life and end."""

from __future__ import annotations

from tests.mutants.mutant import Mutant

_CALL = "tests/bot/call"
_COURSE = f"{_CALL}/test_course.py"
_ROOM = "tests/bot/worker/test_job_room.py"
_RUN = f"{_CALL}/test_run.py"
_SESSION = f"{_CALL}/test_session.py"
_SESSION_ENDS = f"{_CALL}/test_session_ends.py"
_SESSION_FAILURES = f"{_CALL}/test_session_failures.py"
_NEVER_JOINED = "A bot that nobody joins is gone after 60 s, a parked one after 15 min."
_RELOAD = "A caller who is gone is waited for until RESUME_SECS are over."
_AWAY = "While a caller is away nothing is said to nobody."
_SILENT = "A silent caller is asked, and the next time told goodbye."
_LIFE = "What is spoken and what is typed end a silence alike."
_LENGTH = "A call may last as long as is set, from the first join; 15 s before, the bot says so."
_HANGING = "A goodbye that hangs is cut after 15 s."
_ONE_REASON = "A call ends for one reason, the first there was."
_TOLD = "Every call that ends tells its caller why, and then its room is deleted."
_LEFT = "The room of a caller who left is deleted."
_WRITTEN = "Why a call ended is written down before its room goes."
_STEPS = "A step of leaving that fails or hangs keeps no other from being done."
_LAST_TOOLS = "When the call ends, a write has 3 s to finish; all else is stopped at once."
_JOINS = "A bot that cannot join its room at once tries again."
_TAKEN_AWAY = "A room that is taken away ends its session."
_CALLER = "The caller is who the plan names, not whoever comes first."

_LASTS = f"{_COURSE}::test_the_time_limit_counts_from_the_first_join"
_RELOADS = f"{_COURSE}::test_a_caller_who_leaves_is_waited_for_and_then_not"
_UNKIND_SERVER = (
    "tests/bot/worker/test_bot_rooms.py::test_end_of_a_room_on_a_server_that_is_not_well"
)

MUTANTS: tuple[Mutant, ...] = (
    Mutant(
        name="empty-room-is-waited-for-too-long",
        promise=_NEVER_JOINED,
        file="bot/call/course.py",
        before="NEVER_JOINED_SECS = 60.0\n",
        after="NEVER_JOINED_SECS = 600.0\n",
        tests=(f"{_COURSE}::test_nobody_ever_comes",),
    ),
    Mutant(
        name="parked-bot-leaves-after-a-minute",
        promise=_NEVER_JOINED,
        file="bot/call/course.py",
        before="PARKED_NEVER_JOINED_SECS if plan.is_parked else NEVER_JOINED_SECS",
        after="NEVER_JOINED_SECS",
        tests=(f"{_COURSE}::test_nobody_ever_comes",),
    ),
    Mutant(
        name="reload-is-too-slow-for-the-grace",
        promise=_RELOAD,
        file="bot/call/course.py",
        before="waits_secs = self.resume_secs if",
        after="waits_secs = ENDING_GRACE_SECS if",
        tests=(_RELOADS,),
    ),
    Mutant(
        name="goodbye-to-one-who-is-away",
        promise=_AWAY,
        file="bot/call/course.py",
        before="if self._phase is Phase.WAITING or self.is_away:",
        after="if self._phase is Phase.WAITING:",
        tests=(f"{_COURSE}::test_to_one_who_is_away_nothing_is_said",),
    ),
    Mutant(
        name="caller-who-came-back-is-hung-up-on",
        promise=_RELOAD,
        file="bot/call/course.py",
        before="self._left_at_secs = self._left_at_secs, None\n        self._stop_absence()",
        after="self._left_at_secs = self._left_at_secs, None",
        tests=(_RELOADS,),
    ),
    Mutant(
        name="second-report-of-a-leave-is-not-taken-back",
        promise=_RELOAD,
        file="bot/call/course.py",
        before='and end if they do not."""\n        self._stop_absence()',
        after='and end if they do not."""',
        tests=(f"{_COURSE}::test_a_caller_who_is_reported_gone_twice_comes_back_all_the_same",),
    ),
    Mutant(
        name="leave-during-the-goodbye-cuts-it-at-once",
        promise=_RELOAD,
        file="bot/call/course.py",
        before="        if self._phase is Phase.OVER:\n            return\n        logger",
        after="        if self._phase is Phase.ENDING:\n"
        "            self._to(Phase.OVER)\n"
        "        if self._phase is Phase.OVER:\n            return\n        logger",
        tests=(f"{_COURSE}::test_a_caller_who_reloads_the_page_hears_the_goodbye_to_its_end",),
    ),
    Mutant(
        name="speech-is-no-sign-of-life",
        promise=_SILENT,
        file="bot/call/course.py",
        before='"""Note a sign of life."""\n        self._times_asked = 0',
        after='"""Note a sign of life."""',
        tests=(f"{_COURSE}::test_a_silent_caller_is_asked_once_and_then_told_goodbye",),
    ),
    Mutant(
        name="silent-caller-is-asked-for-ever",
        promise=_SILENT,
        file="bot/call/course.py",
        before="self._times_asked += 1",
        after="self._times_asked = 0",
        tests=(f"{_COURSE}::test_a_silent_caller_is_asked_once_and_then_told_goodbye",),
    ),
    Mutant(
        name="typed-text-is-no-sign-of-life",
        promise=_LIFE,
        file="bot/call/session.py",
        before="    course.caller_spoke()\n    lines.answer",
        after="    lines.answer",
        tests=(
            f"{_SESSION_ENDS}::test_silence_is_asked_about_each_time_and_ends_the_call_only_unanswered",
        ),
    ),
    Mutant(
        name="caller-turns-are-not-watched",
        promise=_LIFE,
        file="bot/call/session.py",
        before='"on_user_turn_started", lambda *_: course.caller_spoke()',
        after='"on_user_turn_stopped", lambda *_: None',
        tests=(
            f"{_SESSION_ENDS}::test_silence_is_asked_about_each_time_and_ends_the_call_only_unanswered",
        ),
    ),
    Mutant(
        name="nudge-comes-while-typed-text-is-answered",
        promise=_LIFE,
        file="bot/call/lines.py",
        before="        self._put(UserIdleTimeoutUpdateFrame(timeout=nudge_secs))\n",
        after="",
        tests=(f"{_CALL}/test_lines.py::test_typed_text_begins_the_silence_anew",),
    ),
    Mutant(
        name="reload-starts-the-time-limit-anew",
        promise=_LENGTH,
        file="bot/call/course.py",
        before="if phase <= self._phase:",
        after="if phase < self._phase:",
        tests=(_LASTS,),
    ),
    Mutant(
        name="notice-comes-at-the-end-itself",
        promise=_LENGTH,
        file="bot/call/course.py",
        before="max(self._left_secs - TIME_LIMIT_NOTICE_SECS, 0.0)",
        after="self._left_secs",
        tests=(_LASTS,),
    ),
    Mutant(
        name="time-limit-is-the-default-one",
        promise=_LENGTH,
        file="bot/call/course.py",
        before="lasts_secs=settings.session_max_secs",
        after="lasts_secs=1800.0",
        tests=(_LASTS,),
    ),
    Mutant(
        name="time-limit-ends-without-a-word",
        promise=_LENGTH,
        file="bot/call/course.py",
        before="self._end(EndReason.TIME_LIMIT, farewell=self._sentences.time_limit_goodbye)",
        after="self._to(Phase.OVER, EndReason.TIME_LIMIT)",
        tests=(_LASTS,),
    ),
    Mutant(
        name="goodbye-may-hang-for-a-minute",
        promise=_HANGING,
        file="bot/call/course.py",
        before="\nEND_LIMIT_SECS = 15.0",
        after="\nEND_LIMIT_SECS = 60.0",
        tests=(f"{_COURSE}::test_an_end_is_said_if_somebody_hears_it",),
    ),
    Mutant(
        name="end-of-the-course-does-not-end-the-pipeline",
        promise=_HANGING,
        file="bot/call/run.py",
        before="asyncio.wait({run, over}, return_when=asyncio.FIRST_COMPLETED)",
        after="asyncio.wait({run})",
        tests=(f"{_RUN}::test_a_goodbye_that_hangs_is_cut",),
    ),
    Mutant(
        name="pipeline-that-cannot-be-cancelled-is-waited-for",
        promise=_HANGING,
        file="bot/call/run.py",
        before="await asyncio.wait({run}, timeout=_CANCEL_LIMIT_SECS)",
        after="await asyncio.wait({run})",
        tests=(f"{_RUN}::test_a_goodbye_that_hangs_is_cut",),
    ),
    Mutant(
        name="last-reason-is-kept",
        promise=_ONE_REASON,
        file="bot/call/course.py",
        before="self._reason = self._reason or reason",
        after="self._reason = reason or self._reason",
        tests=(f"{_COURSE}::test_the_first_reason_is_kept_and_one_goodbye_is_said",),
    ),
    Mutant(
        name="room-is-not-told-why",
        promise=_TOLD,
        file="bot/call/session.py",
        before="            await leave(audience, course.reason, is_replaced=is_replaced)\n",
        after="            del is_replaced\n",
        tests=(
            f"{_SESSION_FAILURES}::test_a_recogniser_that_refuses_the_key_ends_the_session_with_a_reason",
        ),
    ),
    Mutant(
        name="cancelled-session-leaves-its-room",
        promise=_TOLD,
        file="bot/call/session.py",
        before="            finally:\n                # Also the room of",
        after="            except Exception:\n                # Also the room of",
        tests=(f"{_SESSION}::test_a_session_that_is_cancelled_deletes_its_room",),
    ),
    Mutant(
        name="room-that-cannot-be-joined-is-a-failed-provider",
        promise=_TOLD,
        file="bot/call/failures.py",
        before="if isinstance(processor, BaseInputTransport | BaseOutputTransport):",
        after="if isinstance(processor, BaseOutputTransport):",
        tests=(f"{_SESSION}::test_a_bot_that_cannot_join_its_room_deletes_it_as_an_error",),
    ),
    Mutant(
        name="caller-who-leaves-is-not-noticed",
        promise=_LEFT,
        file="bot/call/welcome.py",
        before='    transport.add_event_handler("on_caller_left", on_caller_left)\n',
        after="",
        tests=(f"{_SESSION_ENDS}::test_a_caller_who_leaves_ends_the_session_within_the_grace",),
    ),
    Mutant(
        name="bot-without-a-connection-leaves-its-room",
        promise=_LEFT,
        file="bot/worker/job_room.py",
        before="reason in _FOR_NOBODY",
        after="reason is None",
        tests=(f"{_ROOM}::test_a_bot_that_loses_its_room_ends_the_call_only_if_the_call_is_over",),
    ),
    Mutant(
        name="room-is-marked-without-the-reason",
        promise=_WRITTEN,
        file="bot/worker/bot_rooms.py",
        before="RoomMetadata(session_id=job.session_id, end_reason=reason)",
        after="RoomMetadata(session_id=job.session_id)",
        tests=(_UNKIND_SERVER,),
    ),
    Mutant(
        name="reason-is-written-into-a-deleted-room",
        promise=_WRITTEN,
        file="bot/worker/bot_rooms.py",
        before="        await asyncio.gather(_done",
        after="        await self._api.room.delete_room(DeleteRoomRequest(room=job.room_name))\n"
        "        await asyncio.gather(_done",
        tests=(_UNKIND_SERVER,),
    ),
    Mutant(
        name="room-that-is-not-deleted-at-once-stays",
        promise=_STEPS,
        file="bot/worker/bot_rooms.py",
        before="(0.2, 1.0, 3.0, 5.0, 5.0)",
        after="()",
        tests=(_UNKIND_SERVER,),
    ),
    Mutant(
        name="listener-that-hangs-keeps-the-room",
        promise=_STEPS,
        file="bot/call/run.py",
        before="asyncio.timeout(_LEAVE_LIMIT_SECS)",
        after="asyncio.timeout(None)",
        tests=(f"{_RUN}::test_a_step_of_leaving_that_does_not_end_well_is_left_behind",),
    ),
    Mutant(
        name="listener-that-fails-keeps-the-room",
        promise=_STEPS,
        file="bot/call/run.py",
        before="except Exception as error:",
        after="except TimeoutError as error:",
        tests=(f"{_RUN}::test_a_step_of_leaving_that_does_not_end_well_is_left_behind",),
    ),
    Mutant(
        name="caller-has-to-stay-for-the-last-write",
        promise=_LAST_TOOLS,
        file="bot/call/session.py",
        before="                await self._session_room.delete("
        "reason=course.reason.value, usage=usage)\n",
        after="                pass\n"
        "        await self._session_room.delete(reason=course.reason.value, usage=usage)\n",
        tests=(f"{_SESSION}::test_a_write_outlasts_the_room_and_is_finished",),
    ),
    Mutant(
        name="tools-are-left-to-themselves",
        promise=_LAST_TOOLS,
        file="bot/call/session.py",
        before="tools = await stack.enter_async_context(opened)",
        after="tools = await opened.__aenter__()",
        tests=(f"{_SESSION}::test_a_write_outlasts_the_room_and_is_finished",),
    ),
    Mutant(
        name="room-is-tried-once",
        promise=_JOINS,
        file="bot/worker/job_room.py",
        before="_CONNECT_ATTEMPTS = 3",
        after="_CONNECT_ATTEMPTS = 1",
        tests=(f"{_ROOM}::test_a_room_that_does_not_answer_at_once_is_joined_all_the_same",),
    ),
    Mutant(
        name="end-of-the-room-is-not-noticed",
        promise=_TAKEN_AWAY,
        file="bot/call/session.py",
        before="            course.room_gone(_DAY_SPENT if is_day_spent else None)\n",
        after="",
        tests=(
            f"{_SESSION_ENDS}::test_a_room_that_is_taken_away_before_anybody_came_was_never_joined",
        ),
    ),
    Mutant(
        name="room-nobody-came-to-was-left",
        promise=_TAKEN_AWAY,
        file="bot/call/course.py",
        before="is_waiting = self._phase is Phase.WAITING",
        after="is_waiting = self._phase is Phase.OVER",
        tests=(f"{_COURSE}::test_the_room_is_gone_before_anybody_comes",),
    ),
    Mutant(
        name="first-who-comes-is-the-caller",
        promise=_CALLER,
        file="bot/call/session.py",
        before="caller_identity=self._plan.caller_identity",
        after="caller_identity=None",
        tests=(
            f"{_CALL}/test_session_room_events.py::test_a_listener_who_comes_first_is_not_the_caller",
        ),
    ),
    Mutant(
        name="a-bot-that-is-spoken-to-by-nobody-is-ended-by-the-library",
        promise="A bot in whose room nothing happens waits on.",
        file="bot/call/pipeline.py",
        before="        idle_timeout_secs=None,\n",
        after="",
        tests=(f"{_CALL}/test_pipeline.py::test_a_bot_in_whose_room_nothing_happens_waits_on",),
    ),
)
