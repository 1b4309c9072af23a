"""Against what is promised of parked rooms and of how a session ended."""

from __future__ import annotations

from tests.mutants.mutant import Mutant

_HAND = "tests/bot/rooms/test_handing_out.py"
_PARK = "tests/bot/rooms/test_parking.py"
_RACES = "tests/bot/rooms/test_parking_races.py"
_SESS = "tests/bot/rooms/test_sessions.py"
_ENDS = "tests/bot/rooms/test_end_reasons.py"
_ELSEWHERE = "tests/bot/rooms/test_rooms_elsewhere.py"
_SENDER = "tests/bot/rooms/watch/test_sender.py"
_GONE = "No request about a room that is gone brings it back as a call."

MUTANTS: tuple[Mutant, ...] = (
    Mutant(
        name="closed-parked-room-is-kept",
        promise="A parked room that is gone, or whose bot is, is never handed out.",
        file="bot/rooms/events.py",
        before=(
            "                self._parking.drop(event.room.name)\n"
            "                self._records.note_ended"
        ),
        after="                self._records.note_ended",
        tests=(f"{_HAND}::test_what_is_known_to_be_gone_is_no_longer_counted_as_warm",),
    ),
    Mutant(
        name="parked-room-is-kept-without-its-bot",
        promise="A parked room that is gone, or whose bot is, is never handed out.",
        file="bot/rooms/events.py",
        before='case "participant_left" if is_our_bot(',
        after='case "participant_left" if not is_our_bot(',
        tests=(f"{_HAND}::test_what_is_known_to_be_gone_is_no_longer_counted_as_warm",),
    ),
    Mutant(
        name="last-place-is-a-dead-room",
        promise="A parked room that is gone, or whose bot is, is never handed out.",
        file="bot/rooms/parking.py",
        before="usable = [room for room in self._parked if not room.is_spent]",
        after="usable = list(self._parked)",
        tests=(f"{_HAND}::test_nor_is_it_when_it_would_be_the_last_place",),
    ),
    Mutant(
        name="room-that-closes-at-the-claim-fails-the-start",
        promise="A parked room that is gone, or whose bot is, is never handed out.",
        file="bot/rooms/sessions.py",
        before='if error.code != "room_not_found":\n                    self._delete',
        after='if error.code != "room_gone":\n                    self._delete',
        tests=(f"{_HAND}::test_start_gets_a_room_that_lives_with_a_bot_in_it",),
    ),
    Mutant(
        name="room-without-its-bot-is-handed-out",
        promise="A parked room that is gone, or whose bot is, is never handed out.",
        file="bot/rooms/sessions.py",
        before="if bot is not BotState.ABSENT or slot.is_last_bot:",
        after="if plan:",
        tests=(f"{_HAND}::test_start_gets_a_room_that_lives_with_a_bot_in_it",),
    ),
    Mutant(
        name="room-without-its-bot-stays-as-a-call",
        promise="A parked room that is gone, or whose bot is, is never handed out.",
        file="bot/rooms/sessions.py",
        before="                return plan\n            self._delete_later(plan)\n",
        after="                return plan\n",
        tests=(f"{_HAND}::test_start_gets_a_room_that_lives_with_a_bot_in_it",),
    ),
    Mutant(
        name="dead-bot-is-not-looked-for",
        promise="A parked room that is gone, or whose bot is, is never handed out.",
        file="bot/rooms/parking.py",
        before="has_died = was_ready and not room.is_ready",
        after="has_died = False",
        tests=(f"{_HAND}::test_what_is_known_to_be_gone_is_no_longer_counted_as_warm",),
    ),
    Mutant(
        name="parked-room-is-given-twice",
        promise="A parked room is handed out once, and then is its caller's alone.",
        file="bot/rooms/parking.py",
        before="        self._parked.remove(chosen)\n",
        after="",
        tests=(f"{_PARK}::test_room_is_handed_out_once_and_replaced",),
    ),
    Mutant(
        name="room-of-a-caller-is-deleted-as-stale",
        promise="A parked room is handed out once, and then is its caller's alone.",
        file="bot/rooms/parking.py",
        before=("            self._parked.remove(room)\n            await self._delete(room.plan)"),
        after="            self._parked.remove(room)\n        await self._delete(room.plan)",
        tests=(f"{_RACES}::test_stale_room_taken_while_another_one_is_deleted_stays",),
    ),
    Mutant(
        name="bots-that-leave-at-once-are-replaced-at-once",
        promise="Parked bots that leave at once are replaced after pauses, up to a minute.",
        file="bot/rooms/early_ends.py",
        before="self._pause_until_secs = now_secs + pause_secs",
        after="self._pause_until_secs = now_secs",
        tests=(f"{_PARK}::test_bots_that_leave_at_once_are_replaced_less_and_less_often",),
    ),
    Mutant(
        name="pauses-of-parking-grow-without-end",
        promise="Parked bots that leave at once are replaced after pauses, up to a minute.",
        file="bot/rooms/early_ends.py",
        before="_LONGEST_PAUSE_SECS = 60.0",
        after="_LONGEST_PAUSE_SECS = 6000.0",
        tests=(f"{_PARK}::test_bots_that_leave_at_once_are_replaced_less_and_less_often",),
    ),
    Mutant(
        name="bot-that-waited-long-counts-as-one-that-left",
        promise="Parked bots that leave at once are replaced after pauses, up to a minute.",
        file="bot/rooms/early_ends.py",
        before="self._count + 1 if now_secs - born_at < _EARLY_SECS else 0",
        after="self._count + 1",
        tests=(f"{_PARK}::test_bots_that_leave_after_a_while_are_replaced_at_once_each_time",),
    ),
    Mutant(
        name="stale-room-is-kept-until-livekit-closes-it",
        promise="A parked room is replaced before LiveKit closes it.",
        file="bot/rooms/parking.py",
        before="_STALE_SECS = 240.0",
        after="_STALE_SECS = 2400.0",
        tests=(f"{_PARK}::test_old_room_is_replaced_before_it_goes",),
    ),
    Mutant(
        name="link-loses-its-room-to-a-visitor",
        promise="The room behind the printed link is kept for it.",
        file="bot/rooms/sessions.py",
        before="keep = int(has_other and not is_free)",
        after="keep = 0",
        tests=(f"{_SESS}::test_room_behind_the_join_link_is_kept_for_it",),
    ),
    Mutant(
        name="half-parked-room-is-left",
        promise="A room whose preparation fails half-way leaves nothing behind.",
        file="bot/rooms/parking.py",
        before="            await self._delete(plan)\n            raise",
        after="            raise",
        tests=(f"{_HAND}::test_parking_that_fails_leaves_nothing",),
    ),
    Mutant(
        name="parking-that-is-cut-off-leaves-its-room",
        promise="A room whose preparation fails half-way leaves nothing behind.",
        file="bot/rooms/parking.py",
        before="        except BaseException:\n            # LiveKit may have made it",
        after="        except RoomError:\n            # LiveKit may have made it",
        tests=(f"{_HAND}::test_parking_that_fails_leaves_nothing",),
    ),
    Mutant(
        name="half-claimed-room-is-left",
        promise="A room whose preparation fails half-way leaves nothing behind.",
        file="bot/rooms/sessions.py",
        before=(
            "                    self._delete_later(plan)\n"
            "                    raise\n"
            "                continue"
        ),
        after="                    raise\n                continue",
        tests=(f"{_HAND}::test_claim_that_fails_leaves_nothing",),
    ),
    Mutant(
        name="claim-that-is-cut-off-leaves-its-room",
        promise="A room whose preparation fails half-way leaves nothing behind.",
        file="bot/rooms/sessions.py",
        before=(
            "            except BaseException:\n"
            "                self._delete_later(plan)\n"
            "                raise\n"
            "            # The last"
        ),
        after="            # The last",
        tests=(f"{_HAND}::test_claim_that_fails_leaves_nothing",),
    ),
    Mutant(
        name="half-made-room-is-left",
        promise="A room whose preparation fails half-way leaves nothing behind.",
        file="bot/rooms/sessions.py",
        before=(
            "            # LiveKit may have made the room although its answer was "
            "late or unwanted.\n"
            "            self._delete_later(plan)\n"
            "            raise"
        ),
        after="            raise",
        tests=(f"{_HAND}::test_start_that_fails_leaves_nothing",),
    ),
    Mutant(
        name="cut-off-start-uses-the-link-up",
        promise="A room whose preparation fails half-way leaves nothing behind.",
        file="bot/rooms/join_link.py",
        before="except BaseException:\n            self._is_used = False",
        after="except Exception:\n            self._is_used = False",
        tests=(f"{_HAND}::test_start_that_fails_leaves_nothing",),
    ),
    Mutant(
        name="lost-room-is-not-known-to-be-over",
        promise="A room whose preparation fails half-way leaves nothing behind.",
        file="bot/rooms/parking.py",
        before='        self._records.note_ended(plan.session_id, "never_joined")\n',
        after="",
        tests=(f"{_HAND}::test_room_that_could_not_be_deleted_either_goes_as_soon_as_it_is_seen",),
    ),
    Mutant(
        name="lost-start-is-not-known-to-be-over",
        promise="A room whose preparation fails half-way leaves nothing behind.",
        file="bot/rooms/sessions.py",
        before='        self._records.note_ended(plan.session_id, "error")\n',
        after="",
        tests=(f"{_HAND}::test_room_that_could_not_be_deleted_either_goes_as_soon_as_it_is_seen",),
    ),
    Mutant(
        name="webhook-brings-no-reason",
        promise="Who asks for the state of a session that has ended is told why it ended.",
        file="bot/rooms/events.py",
        before="        if metadata.end_reason:\n            return metadata.end_reason\n",
        after="",
        tests=(f"{_ENDS}::test_every_reason_reaches_who_asks",),
    ),
    Mutant(
        name="reason-in-the-metadata-is-not-seen",
        promise="Who asks for the state of a session that has ended is told why it ended.",
        file="bot/rooms/watch/sweep.py",
        before=(
            "            if room.end_reason is not None:\n"
            "                self._records.note_ended(room.session_id, room.end_reason)\n"
        ),
        after="            assert room.session_id\n",
        tests=(f"{_ENDS}::test_every_reason_reaches_who_asks",),
    ),
    Mutant(
        name="reason-of-the-bot-is-not-seen",
        promise="Who asks for the state of a session that has ended is told why it ended.",
        file="bot/rooms/watch/sweep.py",
        before=(
            "        if seen.end_reason is not None:\n"
            "            # It is about to delete the room, and may fail.\n"
            "            self._records.note_ended(room.session_id, seen.end_reason)\n"
        ),
        after="",
        tests=(f"{_ENDS}::test_every_reason_reaches_who_asks",),
    ),
    Mutant(
        name="note-is-not-seen-by-the-sweep",
        promise="Who asks for the state of a session that has ended is told why it ended.",
        file="bot/rooms/watch/sweep.py",
        before=(
            "        for session_id, reason in survey.ends.items():\n"
            "            self._records.note_ended(session_id, reason)\n"
        ),
        after="",
        tests=(f"{_ENDS}::test_every_reason_reaches_who_asks",),
    ),
    Mutant(
        name="note-is-not-read-for-who-asks",
        promise="Who asks for the state of a session that has ended is told why it ended.",
        file="bot/rooms/own_session.py",
        before="room.end_reason if room else await self.end_of(plan)",
        after="room.end_reason if room else None",
        tests=(f"{_ENDS}::test_every_reason_reaches_who_asks",),
    ),
    Mutant(
        name="later-reason-replaces-the-first",
        promise="Who asks for the state of a session that has ended is told why it ended.",
        file="bot/rooms/records.py",
        before="if record.end_reason in (None, UNKNOWN_REASON):",
        after="if reason != UNKNOWN_REASON:",
        tests=(f"{_ENDS}::test_every_reason_reaches_who_asks",),
    ),
    Mutant(
        name="bot-counts-as-the-caller-who-came",
        promise="Who asks for the state of a session that has ended is told why it ended.",
        file="bot/rooms/events.py",
        before='case "participant_joined" if is_person:',
        after='case "participant_joined":',
        tests=(f"{_ENDS}::test_room_that_ran_empty_tells_whether_its_caller_ever_came",),
    ),
    Mutant(
        name="over-is-told-as-yet-to-begin",
        promise="Who asks for the state of a session that has ended is told why it ended.",
        file="bot/rooms/watch/sweep.py",
        before="        self._records.note_started(room.session_id)\n",
        after="",
        tests=(f"{_ENDS}::test_call_of_a_token_that_is_over_is_not_one_that_has_yet_to_begin",),
    ),
    Mutant(
        name="room-of-a-dead-node-stays",
        promise="A room whose LiveKit node has died can be ended: another one takes it first.",
        file="bot/rooms/rooms.py",
        before="await limited(self._api.room.create_room(self._ended(room_name)))",
        after="pass",
        tests=(f"{_ELSEWHERE}::test_a_room_of_a_dead_node_can_be_deleted",),
    ),
    Mutant(
        name="what-a-slow-livekit-has-deleted-is-made-anew",
        promise=_GONE,
        file="bot/rooms/rooms.py",
        before="if not await self._is_listed(room_name):",
        after="if False:",
        tests=(f"{_ELSEWHERE}::test_a_room_that_a_slow_livekit_has_deleted_is_not_made_anew",),
    ),
    Mutant(
        name="room-that-comes-back-seems-to-be-a-call",
        promise=_GONE,
        file="bot/rooms/rooms.py",
        before="end_reason=UNKNOWN_REASON)",
        after=")",
        tests=(
            f"{_ELSEWHERE}::test_a_room_that_comes_back_while_it_is_deleted_says_that_it_is_over",
        ),
    ),
    Mutant(
        name="a-bot-brings-a-room-back",
        promise=_GONE,
        file="bot/rooms/watch/sender.py",
        before="now is None or now.sid == room.sid or not now.is_bare",
        after="True",
        tests=(
            f"{_SENDER}::test_room_that_is_gone_as_it_is_asked_about_is_left_to_whoever_made_it_anew",
        ),
    ),
    Mutant(
        name="room-made-for-nobody-gets-a-bot",
        promise=_GONE,
        file="bot/rooms/watch/sweep.py",
        before="if room.is_bare and seen.state is BotState.ABSENT and not seen.has_caller:",
        after="if False:",
        tests=(f"{_SENDER}::test_room_that_nobody_has_made_is_for_whoever_is_in_it",),
    ),
    Mutant(
        name="room-made-for-nobody-is-admitted",
        promise=_GONE,
        file="bot/rooms/events.py",
        before='begins_with = "room_started" if event.room.metadata else "participant_joined"',
        after='begins_with = "room_started"',
        tests=(
            "tests/bot/rooms/test_events.py"
            "::test_room_that_nobody_has_made_gets_a_bot_once_somebody_is_in_it",
        ),
    ),
)
