"""Against what is promised of rooms that run by themselves, and of their bots."""

from __future__ import annotations

from tests.mutants.mutant import Mutant

_ENDS = "tests/bot/rooms/test_end_reasons.py"
_SWEEP = "tests/bot/rooms/watch/test_sweep.py"
_WATCH = "tests/bot/rooms/watch/test_bot_watch.py"
_ROOMS = "tests/bot/rooms/test_rooms.py"
_SESS = "tests/bot/rooms/test_sessions.py"
_EVENTS = "tests/bot/rooms/test_events.py"
_GRANTS = "tests/bot/rooms/test_token_grants.py"
_RUNNER = "tests/test_runner.py"

MUTANTS: tuple[Mutant, ...] = (
    Mutant(
        name="a-new-worker-waits-for-its-round",
        promise="A worker that is started anew is asked for bots at once.",
        file="bot/rooms/watch/bot_watch.py",
        before=" and self._worker_came_at <= began_at",
        after="",
        tests=(f"{_WATCH}::test_a_worker_that_comes_is_asked_at_once",),
    ),
    Mutant(
        name="rooms-of-others-are-taken-for-ours",
        promise="Rooms that are not ours change nothing here.",
        file="bot/rooms/events.py",
        before="        if session_id is None:\n            return\n",
        after="        if session_id is None:\n            session_id = event.room.name\n",
        tests=(f"{_ENDS}::test_no_event_of_a_foreign_room_does_anything",),
    ),
    Mutant(
        name="other-agents-rooms-are-taken-for-ours",
        promise="Rooms that are not ours change nothing here.",
        file="bot/rooms/plan.py",
        before="is_ours = room_name.startswith(prefix) and is_session_id(session_id)",
        after="session_id = room_name[-20:]\n    is_ours = is_session_id(session_id)",
        tests=(f"{_ENDS}::test_no_event_of_a_foreign_room_does_anything",),
    ),
    Mutant(
        name="any-name-with-our-prefix-is-ours",
        promise="Rooms that are not ours change nothing here.",
        file="bot/rooms/plan.py",
        before="is_ours = room_name.startswith(prefix) and is_session_id(session_id)",
        after="is_ours = room_name.startswith(prefix)",
        tests=(f"{_ENDS}::test_no_event_of_a_foreign_room_does_anything",),
    ),
    Mutant(
        name="any-guest-who-leaves-gives-a-parked-room-up",
        promise="Rooms that are not ours change nothing here.",
        file="bot/rooms/events.py",
        before='case "participant_left" if is_our_bot(event.participant):',
        after='case "participant_left":',
        tests=(f"{_ENDS}::test_event_of_another_session_or_person_leaves_a_parked_room_alone",),
    ),
    Mutant(
        name="parked-room-is-admitted",
        promise="A parked room is no call: it is not counted, and gets one bot.",
        file="bot/rooms/events.py",
        before="return told.is_parked or told.is_admitted",
        after="return told.is_admitted",
        tests=(f"{_ENDS}::test_events_of_a_parked_room_neither_admit_it_nor_send_a_second_bot",),
    ),
    Mutant(
        name="sweep-sends-parked-rooms-a-second-bot",
        promise="A parked room is no call: it is not counted, and gets one bot.",
        file="bot/rooms/watch/sweep.py",
        before="if not room.is_parked and room not in ended]",
        after="if room not in ended]",
        tests=(f"{_SWEEP}::test_parked_room_whose_bot_is_on_its_way_gets_no_second_one",),
    ),
    Mutant(
        name="bot-that-dies-is-not-replaced",
        promise="A room without a bot gets one.",
        file="bot/rooms/watch/bot_watch.py",
        before="            del self._watched[session_id]",
        after="            pass",
        tests=(f"{_WATCH}::test_bot_that_dies_in_a_call_is_replaced",),
    ),
    Mutant(
        name="nobody-is-asked-a-second-time",
        promise="A room without a bot gets one.",
        file="bot/rooms/rooms.py",
        before=("        await limited(self._api.agent_dispatch.create_dispatch(request))"),
        after="        assert request",
        tests=(f"{_ROOMS}::test_room_without_bot_gets_one_by_a_second_dispatch",),
    ),
    Mutant(
        name="bot-of-a-start-is-not-watched",
        promise="A room without a bot gets one.",
        file="bot/rooms/sessions.py",
        before="        self._watch.watch(plan.session_id)\n",
        after="",
        tests=(f"{_SESS}::test_bot_of_a_start_is_watched_from_the_first",),
    ),
    Mutant(
        name="room-of-a-token-waits-for-its-bot",
        promise="A room without a bot gets one.",
        file="bot/rooms/events.py",
        before="        self._watch.send(session_id)\n",
        after="        self._watch.watch(session_id)\n",
        tests=(
            f"{_EVENTS}::test_room_that_a_token_made_gets_its_bot_though_livekit_does_not_count",
        ),
    ),
    Mutant(
        name="uncounted-room-is-not-watched",
        promise="A room without a bot gets one.",
        file="bot/rooms/events.py",
        before=(
            '            logger.warning("{} could not be checked: {}", room_name, error.message)\n'
        ),
        after=(
            '            logger.warning("{} could not be checked: {}", room_name, '
            "error.message)\n"
            "            return\n"
        ),
        tests=(
            f"{_EVENTS}::test_room_that_a_token_made_gets_its_bot_though_livekit_does_not_count",
        ),
    ),
    Mutant(
        name="hanging-livekit-is-waited-for",
        promise="A LiveKit server that hangs or fails is an error within 5 s.",
        file="bot/livekit/server_api.py",
        before="asyncio.timeout(limit_secs)",
        after="asyncio.timeout(None)",
        tests=(f"{_ROOMS}::test_answer_that_never_comes_is_no_answer",),
    ),
    Mutant(
        name="failing-livekit-is-a-refusal",
        promise="A LiveKit server that hangs or fails is an error within 5 s.",
        file="bot/livekit/server_api.py",
        before="if error.status >= 500:",
        after="if error.status > 503:",
        tests=(f"{_ROOMS}::test_every_refusal_has_its_code",),
    ),
    Mutant(
        name="note-sends-for-nameless-workers",
        promise="The note of an end brings no bot of anybody's.",
        file="bot/rooms/end_note.py",
        before="        agents=[RoomAgentDispatch(agent_name=name)],\n",
        after="",
        tests=(f"{_ROOMS}::test_note_of_an_end_sends_for_no_worker_not_even_one_without_a_name",),
    ),
    Mutant(
        name="caller-is-taken-for-the-bot",
        promise="A room without a bot gets one.",
        file="bot/rooms/watch/seen.py",
        before="if is_our_bot(one)]",
        after="if one.identity]",
        tests=(f"{_GRANTS}::test_token_changes_no_metadata_or_attributes",),
    ),
    Mutant(
        name="room-is-watched-twice",
        promise="A room without a bot gets one.",
        file="bot/rooms/watch/bot_watch.py",
        before="        if not self.is_watching(session_id):\n            self._watched[",
        after="        if session_id:\n            self._watched[",
        tests=(f"{_WATCH}::test_room_that_is_reported_twice_is_not_sent_two_bots",),
    ),
    Mutant(
        name="bot-that-never-warms-up-keeps-the-caller",
        promise="A call whose bot never comes is ended within 20 s.",
        file="bot/rooms/watch/bot_watch.py",
        before=(
            "await self._rooms.bot_state(plan.room_name) is BotState.READY:\n"
            "            return\n"
            "        logger.error"
        ),
        after=(
            "await self._rooms.bot_state(plan.room_name) is not BotState.ABSENT:\n"
            "            return\n"
            "        logger.error"
        ),
        tests=(f"{_WATCH}::test_session_whose_bot_never_gets_ready_ends_in_time",),
    ),
    Mutant(
        name="room-that-is-brought-back-stays",
        promise="A room whose session has ended is deleted and gets no other bot.",
        file="bot/rooms/events.py",
        before=(
            '            case "participant_joined" if is_over:\n'
            "                # Before, a client takes the end for a connection that fails.\n"
            '                self._tasks.spawn(self._end(event.room.name), name="end")\n'
        ),
        after="",
        tests=(f"{_EVENTS}::test_room_that_somebody_brings_back_is_deleted_at_once",),
    ),
    Mutant(
        name="server-here-calls-no-webhook",
        promise="The LiveKit server that the runner starts calls its webhook.",
        file="bot/serve.py",
        before="webhook_url=url + WEBHOOK_PATH",
        after="webhook_url=url",
        tests=(f"{_RUNNER}::test_the_livekit_server_of_this_machine_is_told_where_the_webhook_is",),
    ),
    Mutant(
        name="nobody-sweeps",
        promise="Without a webhook, all that happens to rooms is known within 5 s.",
        file="bot/http/backend.py",
        before='        self.tasks.spawn(self.sweep.run(), name="room sweep")\n',
        after="",
        tests=(f"{_SWEEP}::test_running_backend_looks_every_five_seconds",),
    ),
    Mutant(
        name="sweep-comes-rarely",
        promise="Without a webhook, all that happens to rooms is known within 5 s.",
        file="bot/rooms/watch/sweep.py",
        before="SWEEP_SECS = 5.0",
        after="SWEEP_SECS = 10.0",
        tests=(f"{_SWEEP}::test_running_backend_looks_every_five_seconds",),
    ),
    Mutant(
        name="one-silent-room-ends-the-look",
        promise="Without a webhook, all that happens to rooms is known within 5 s.",
        file="bot/rooms/watch/sweep.py",
        before=(
            '            logger.warning("{} could not be looked at: {}", '
            "room.room_name, error.message)\n"
            "            return"
        ),
        after="            raise RoomError(error.code, error.message) from error",
        tests=(f"{_SWEEP}::test_one_room_that_cannot_be_looked_at_holds_up_no_other",),
    ),
    Mutant(
        name="parked-rooms-outlive-the-runner",
        promise="A runner that ends takes its parked rooms along.",
        file="bot/http/backend.py",
        before="            await backend.drain()",
        after="            backend.sessions.drain()",
        tests=(f"{_SWEEP}::test_real_parked_rooms_are_gone_with_their_runner",),
    ),
    Mutant(
        name="one-list-ends-a-session",
        promise="One list of LiveKit's that misses a room ends no session.",
        file="bot/rooms/watch/sweep.py",
        before="for session_id in missed & self._missed:",
        after="for session_id in missed:",
        tests=(f"{_SWEEP}::test_one_list_that_misses_a_room_ends_no_session",),
    ),
    Mutant(
        name="ended-session-gets-another-bot",
        promise="A room whose session has ended is deleted and gets no other bot.",
        file="bot/rooms/watch/sweep.py",
        before="        ended = [*left, *(room",
        after="        ended = [*(room",
        tests=(f"{_SWEEP}::test_room_that_stands_after_its_session_gets_no_bot_and_is_deleted",),
    ),
    Mutant(
        name="empty-room-of-a-start-stays",
        promise="LiveKit closes a room nobody is in: at once, or before a minute.",
        file="bot/rooms/plan.py",
        before=(
            "        return CreateRoomRequest(\n"
            "            name=self.room_name,\n"
            "            metadata=self.metadata,\n"
            "            max_participants=MAX_PARTICIPANTS,\n"
            "            empty_timeout=self.empty_timeout_secs,\n"
            "            departure_timeout=self._departure_timeout_secs,\n"
        ),
        after=(
            "        return CreateRoomRequest(\n"
            "            name=self.room_name,\n"
            "            metadata=self.metadata,\n"
            "            max_participants=MAX_PARTICIPANTS,\n"
            "            departure_timeout=self._departure_timeout_secs,\n"
        ),
        tests=(f"{_ROOMS}::test_livekit_elsewhere_is_told_too_by_starts_and_by_tokens",),
    ),
    Mutant(
        name="empty-room-of-a-token-stays",
        promise="LiveKit closes a room nobody is in: at once, or before a minute.",
        file="bot/rooms/plan.py",
        before=(
            "        return RoomConfiguration(\n"
            "            metadata=self.metadata,\n"
            "            max_participants=MAX_PARTICIPANTS,\n"
            "            empty_timeout=self.empty_timeout_secs,\n"
            "            departure_timeout=self._departure_timeout_secs,\n"
        ),
        after=(
            "        return RoomConfiguration(\n"
            "            metadata=self.metadata,\n"
            "            max_participants=MAX_PARTICIPANTS,\n"
            "            departure_timeout=self._departure_timeout_secs,\n"
        ),
        tests=(f"{_ROOMS}::test_livekit_elsewhere_is_told_too_by_starts_and_by_tokens",),
    ),
    Mutant(
        name="left-room-of-a-start-stays",
        promise="LiveKit closes a room nobody is in: at once, or before a minute.",
        file="bot/rooms/plan.py",
        before=(
            "        return CreateRoomRequest(\n"
            "            name=self.room_name,\n"
            "            metadata=self.metadata,\n"
            "            max_participants=MAX_PARTICIPANTS,\n"
            "            empty_timeout=self.empty_timeout_secs,\n"
            "            departure_timeout=self._departure_timeout_secs,\n"
        ),
        after=(
            "        return CreateRoomRequest(\n"
            "            name=self.room_name,\n"
            "            metadata=self.metadata,\n"
            "            max_participants=MAX_PARTICIPANTS,\n"
            "            empty_timeout=self.empty_timeout_secs,\n"
        ),
        tests=(f"{_ROOMS}::test_livekit_elsewhere_is_told_too_by_starts_and_by_tokens",),
    ),
    Mutant(
        name="left-room-of-a-token-stays",
        promise="LiveKit closes a room nobody is in: at once, or before a minute.",
        file="bot/rooms/plan.py",
        before=(
            "        return RoomConfiguration(\n"
            "            metadata=self.metadata,\n"
            "            max_participants=MAX_PARTICIPANTS,\n"
            "            empty_timeout=self.empty_timeout_secs,\n"
            "            departure_timeout=self._departure_timeout_secs,\n"
        ),
        after=(
            "        return RoomConfiguration(\n"
            "            metadata=self.metadata,\n"
            "            max_participants=MAX_PARTICIPANTS,\n"
            "            empty_timeout=self.empty_timeout_secs,\n"
        ),
        tests=(f"{_ROOMS}::test_livekit_elsewhere_is_told_too_by_starts_and_by_tokens",),
    ),
)
