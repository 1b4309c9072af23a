"""Defects of the care for sessions whose room LiveKit has lost."""

from __future__ import annotations

from .mutant import Mutant

_TESTS = "tests/bot/rooms/watch/test_lost_rooms.py"
_GOES_ON = "After a restart of LiveKit the call goes on in a new room, with its memory."
_OVER = "What was ended on purpose stays ended, whatever LiveKit has forgotten."
_WAITS = "A session whose room is lost waits for its caller, and then ends."
_ENDED = "tests/bot/rooms/test_ended_sessions.py"

MUTANTS: tuple[Mutant, ...] = (
    Mutant(
        name="new-room-gets-a-bot-without-memory",
        promise=_GOES_ON,
        file="bot/rooms/watch/lost_rooms.py",
        before="is_admitted=True, takeover=1,",
        after="is_admitted=True,",
        tests=(f"{_TESTS}::test_who_comes_back_finds_a_new_room_with_one_bot_that_takes_over",),
    ),
    Mutant(
        name="new-room-is-made-twice",
        promise=_GOES_ON,
        file="bot/rooms/watch/lost_rooms.py",
        before="            if await self._rooms.find(plan.room_name) is not None:\n",
        after="            if await self._rooms.find(plan.room_name + 'x') is not None:\n",
        tests=(f"{_TESTS}::test_who_comes_back_finds_a_new_room_with_one_bot_that_takes_over",),
    ),
    Mutant(
        name="sweep-ends-what-may-go-on",
        promise=_GOES_ON,
        file="bot/rooms/watch/sweep.py",
        before="            if await self._lost.may_go_on(session_id):\n",
        after="            if not await self._lost.may_go_on(session_id):\n",
        tests=(f"{_TESTS}::test_who_comes_back_finds_a_new_room_with_one_bot_that_takes_over",),
    ),
    Mutant(
        name="rooms-end-with-their-livekit",
        promise=_GOES_ON,
        file="bot/rooms/events.py",
        before='            case "room_finished" if event.room_end_reason in _LOST:\n',
        after='            case "room_finished" if event.room_end_reason not in _LOST:\n',
        tests=(f"{_TESTS}::test_rooms_that_end_with_their_livekit_are_not_over",),
    ),
    Mutant(
        name="only-who-is-told-takes-over",
        promise=_GOES_ON,
        file="bot/call/takeover.py",
        before="    is_new = plan.is_parked and not plan.takeover\n",
        after="    is_new = not plan.takeover\n",
        tests=(
            "tests/bot/call/test_takeover.py::"
            "test_a_call_that_is_written_down_is_taken_over_whoever_sends_for_the_bot",
        ),
    ),
    Mutant(
        name="ended-session-goes-on",
        promise=_OVER,
        file="bot/rooms/resuming.py",
        before="if reason or not await",
        after="if not await",
        tests=(f"{_TESTS}::test_what_was_ended_on_purpose_stays_ended",),
    ),
    Mutant(
        name="hanging-up-is-not-kept",
        promise=_OVER,
        file="bot/rooms/own_session.py",
        before="        await self._note_end(session_id)\n",
        after="",
        tests=(f"{_TESTS}::test_what_was_ended_on_purpose_stays_ended",),
    ),
    Mutant(
        name="store-that-is-away-ends-lost-calls",
        promise="LiveKit and the store may be started anew at once: no call ends by that.",
        file="bot/rooms/watch/lost_rooms.py",
        before="        except StoreError:\n            return True\n",
        after="        except StoreError:\n            return False\n",
        tests=(f"{_TESTS}::test_a_store_that_is_away_with_livekit_ends_no_call",),
    ),
    Mutant(
        name="store-that-hangs-is-asked-about-each-call",
        promise="LiveKit and the store may be started anew at once: no call ends by that.",
        file="bot/rooms/watch/lost_rooms.py",
        before="self._asks_again_at = self._clock_secs() + _ASK_AGAIN_SECS",
        after="self._asks_again_at = self._clock_secs()",
        tests=(f"{_TESTS}::test_a_store_that_hangs_is_not_asked_about_each_session",),
    ),
    Mutant(
        name="lost-session-is-begun-twice",
        promise="A call whose room is lost is come back to, and not begun twice.",
        file="bot/rooms/own_session.py",
        before="await self.end_of(plan) is None and await self._lost.may_go_on(session_id)",
        after="False",
        tests=(f"{_ENDED}::test_a_call_whose_room_is_lost_is_come_back_to_as_well",),
    ),
    Mutant(
        name="a-clock-that-is-set-makes-tickets-old",
        promise="A clock that is set ends no wait for a caller early.",
        file="bot/rooms/tickets.py",
        before="<= self._time.earliest_secs():",
        after="<= self._time.latest_secs():",
        tests=(
            "tests/bot/rooms/test_tickets.py::test_a_clock_that_is_set_makes_no_ticket_too_old",
        ),
    ),
    Mutant(
        name="session-of-days-ago-is-lost-just-now",
        promise="A call whose room is lost is come back to, and not begun twice.",
        file="bot/rooms/watch/lost_rooms.py",
        before="began_ms is None or self._time.earliest_secs() - began_ms / 1000 > longest_secs:",
        after="began_ms is None:",
        tests=(f"{_ENDED}::test_a_call_whose_room_is_lost_is_come_back_to_as_well",),
    ),
    Mutant(
        name="lost-session-waits-for-ever",
        promise=_WAITS,
        file="bot/rooms/watch/lost_rooms.py",
        before="        if self._clock_secs() - missed_at >= self._waits_secs:\n",
        after="        if self._clock_secs() < missed_at:\n",
        tests=(f"{_TESTS}::test_it_waits_as_long_as_for_any_caller_who_is_gone",),
    ),
)
