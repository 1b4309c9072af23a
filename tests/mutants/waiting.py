"""Against what is promised of the waiting line, and of a session's true state."""

from __future__ import annotations

from tests.mutants.mutant import Mutant

_STARTS = "tests/bot/http/starts/test_starts.py"
_OWN = "tests/bot/rooms/test_own_session.py"

_ORDER = "Who waits for a line gets the next one, before anybody who came later."
_KEPT = "A place in the line is kept for a minute without a word."
_ADMISSION = "tests/bot/rooms/lines/test_admission.py"
_MEMORY = "A machine without memory for one more bot starts none until there is enough again."
_LATE = "A machine that is late takes no further call until it is in time."
_MANY = "tests/bot/http/test_many_starts.py"
_REAPER = "tests/bot/rooms/watch/test_reaper.py"
_NOBODYS = "What belongs to nobody is ended within seconds, and named in the log once."
_TRUE = "Who asks for the state of a session is told what is true, by any runner."
_OTHERS = "Runners on different LiveKits that share a database end none of each other's calls."

MUTANTS = (
    Mutant(
        name="who-comes-later-is-quicker",
        promise=_ORDER,
        file="bot/rooms/lines/waiting_line.py",
        before="            if mine is None or place.came_us < mine.came_us\n",
        after="            if mine is not None and place.came_us < mine.came_us\n",
        tests=(f"{_STARTS}::test_lines_are_given_in_the_order_of_arrival",),
    ),
    Mutant(
        name="token-passes-the-line",
        promise=_ORDER,
        file="bot/rooms/sessions.py",
        before="                ahead=lambda: self._line.ahead_of(None), network=network",
        after="                network=network",
        tests=(f"{_STARTS}::test_lines_are_given_in_the_order_of_arrival",),
    ),
    Mutant(
        name="line-is-kept-for-a-sleeper",
        promise=_KEPT,
        file="bot/rooms/lines/waiting_line.py",
        before="_TURN_SECS = 15.0",
        after="_TURN_SECS = 60.0",
        tests=(f"{_STARTS}::test_who_does_not_ask_loses_the_turn_and_then_the_place",),
    ),
    Mutant(
        name="place-is-for-ever",
        promise=_KEPT,
        file="bot/store/shared/others.py",
        before="WAITS_SECS = 60.0",
        after="WAITS_SECS = 600.0",
        tests=(f"{_STARTS}::test_who_does_not_ask_loses_the_turn_and_then_the_place",),
    ),
    Mutant(
        name="asking-again-is-a-start",
        promise="Waiting costs one start, however often it asks.",
        file="bot/http/starts/starts.py",
        before="if not self._backend.line.holds(ticket):",
        after="if ticket:",
        tests=(f"{_STARTS}::test_asking_again_costs_no_start",),
    ),
    Mutant(
        name="place-is-anybodys",
        promise="A place in the line is its own caller's alone.",
        file="bot/http/starts/starts.py",
        before='return self._hidden(f"start {whose}\\n{key}")',
        after='return self._hidden(f"start {key}")',
        tests=(f"{_STARTS}::test_somebody_elses_key_is_not_theirs",),
    ),
    Mutant(
        name="one-network-has-the-line",
        promise="One address has two places in the line at most.",
        file="bot/rooms/lines/waiting_line.py",
        before="is_fair = network is None or of_network < _MOST_OF_A_NETWORK",
        after="is_fair = of_network < 100",
        tests=(f"{_STARTS}::test_one_network_does_not_fill_the_line",),
    ),
    Mutant(
        name="line-without-an-end",
        promise="Four callers wait for each line at most.",
        file="bot/rooms/lines/waiting_line.py",
        before="return is_fair and len(given) < most",
        after="return is_fair",
        tests=(f"{_STARTS}::test_line_is_bounded",),
    ),
    Mutant(
        name="everybody-waits",
        promise="Whoever does not ask to wait is refused as ever.",
        file="bot/http/starts/starts.py",
        before="waits = ticket if body.wait else None",
        after="waits = ticket or Ticket(key=(visitor.address, visitor.address), network=None)",
        tests=(f"{_STARTS}::test_clients_that_cannot_wait_are_refused",),
    ),
    Mutant(
        name="line-waits-for-nothing",
        promise="A drain, a pause and a spent day end the waiting by name.",
        file="bot/rooms/lines/waiting_line.py",
        before='is_full = refusal.code == "at_capacity"',
        after='is_full = refusal.code != "rate_limited"',
        tests=(f"{_STARTS}::test_line_that_is_closed_says_why",),
    ),
    Mutant(
        name="who-is-away-is-live",
        promise=_TRUE,
        file="bot/rooms/own_session.py",
        before="return SessionState.AWAY if has_joined else SessionState.LIVE",
        after="return SessionState.LIVE",
        tests=(f"{_OWN}::test_state_is_what_is_true",),
    ),
    Mutant(
        name="who-recovers-starts",
        promise=_TRUE,
        file="bot/rooms/own_session.py",
        before="return SessionState.RECOVERING if has_begun else SessionState.STARTING",
        after="return SessionState.STARTING",
        tests=(f"{_OWN}::test_state_is_what_is_true",),
    ),
    Mutant(
        name="who-has-said-goodbye-is-live",
        promise=_TRUE,
        file="bot/rooms/own_session.py",
        before="        if seen.end_reason is not None:\n",
        after="        if False:\n",
        tests=(f"{_OWN}::test_end_is_told_wherever_it_is_written",),
    ),
    Mutant(
        name="end-that-was-seen-has-no-reason",
        promise=_TRUE,
        file="bot/rooms/own_session.py",
        before="if known not in (None, UNKNOWN_REASON):",
        after="if known is not None:",
        tests=(f"{_OWN}::test_end_is_told_wherever_it_is_written",),
    ),
    Mutant(
        name="age-of-a-room-is-told-by-our-clock",
        promise="A runner and a LiveKit whose clocks differ agree on how old a room is.",
        file="bot/livekit/server_clock.py",
        before="return self._now() if self._apart_secs is None else",
        after="return self._now() if self._clock_secs() else",
        tests=(
            "tests/bot/livekit/test_server_clock.py::"
            "test_what_our_clock_says_or_is_set_to_changes_nothing",
        ),
    ),
    Mutant(
        name="new-runner-knows-nothing",
        promise=_TRUE,
        file="bot/rooms/own_session.py",
        before="self._rooms.clock.now_secs() - room.begun_at > START_SECS",
        after="False",
        tests=(f"{_OWN}::test_state_is_what_is_true",),
    ),
    Mutant(
        name="time-before-the-hand-out-counts",
        promise=_TRUE,
        file="bot/rooms/watch/seen.py",
        before="        return max(self.created_at, self.handed_out_at)\n",
        after="        return self.created_at\n",
        tests=(f"{_OWN}::test_a_room_that_has_waited_parked_is_as_new_when_it_is_handed_out",),
    ),
    Mutant(
        name="bot-lost-before-its-runner-came-is-waited-for",
        promise="Without a webhook, all that happens to rooms is known within 5 s.",
        file="bot/rooms/watch/sweep.py",
        before="        is_old = seen.has_caller and ",
        after="        is_old = False and ",
        tests=(
            "tests/bot/rooms/watch/test_sweep.py"
            "::test_a_bot_that_was_lost_before_the_runner_came_is_replaced_at_once",
        ),
    ),
    Mutant(
        name="looks-have-no-rate",
        promise="Questions about calls have a rate; who asks too often can still end theirs.",
        file="bot/http/api.py",
        before="        looks.take(visitors.of(request).address)\n",
        after="",
        tests=(f"{_OWN}::test_looks_have_a_rate",),
    ),
    Mutant(
        name="memory-is-not-looked-at",
        promise=_MEMORY,
        file="bot/rooms/lines/admission.py",
        before='"memory" if is_short else None',
        after="None",
        tests=(f"{_ADMISSION}::test_start_needs_the_memory_of_a_bot",),
    ),
    Mutant(
        name="memory-is-enough-at-once",
        promise=_MEMORY,
        file="bot/rooms/lines/admission.py",
        before="_ENOUGH = 1.5",
        after="_ENOUGH = 1.0",
        tests=(f"{_ADMISSION}::test_start_needs_the_memory_of_a_bot",),
    ),
    Mutant(
        name="bots-on-their-way-need-nothing",
        promise=_MEMORY,
        file="bot/rooms/lines/admission.py",
        before="needed = BOT_BYTES * (1 + self._warming())",
        after="needed = BOT_BYTES",
        tests=(f"{_ADMISSION}::test_bots_on_their_way_count_before_they_have_their_memory",),
    ),
    Mutant(
        name="one-late-look-is-enough",
        promise=_LATE,
        file="bot/rooms/lines/admission.py",
        before="min(self._lags_secs) >= _LATE_SECS",
        after="max(self._lags_secs) >= _LATE_SECS",
        tests=(f"{_ADMISSION}::test_late_machine_takes_no_call",),
    ),
    Mutant(
        name="one-quick-look-is-enough",
        promise=_LATE,
        file="bot/rooms/lines/admission.py",
        before="max(self._lags_secs) < _SMOOTH_SECS",
        after="min(self._lags_secs) < _SMOOTH_SECS",
        tests=(f"{_ADMISSION}::test_late_machine_takes_no_call",),
    ),
    Mutant(
        name="runner-does-not-see-itself",
        promise=_LATE,
        file="bot/rooms/lines/admission.py",
        before="max(self._late_by_secs, await self._lag_secs())",
        after="await self._lag_secs()",
        tests=(f"{_ADMISSION}::test_lag_of_this_very_loop_is_noticed",),
    ),
    Mutant(
        name="parked-room-outlives-its-runner",
        promise=_NOBODYS,
        file="bot/rooms/watch/reaper.py",
        before="if is_old or await self._agreement.take_orphan(room.room_name):",
        after="if False:",
        tests=(f"{_REAPER}::test_room_parked_by_a_runner_that_is_gone_is_taken_away",),
    ),
    Mutant(
        name="parked-room-of-this-runner-is-nobodys",
        promise=_NOBODYS,
        file="bot/rooms/watch/reaper.py",
        before="if is_ours or not room.is_parked or self._records",
        after="if not room.is_parked or self._records",
        tests=(f"{_REAPER}::test_room_parked_by_a_runner_that_is_gone_is_taken_away",),
    ),
    Mutant(
        name="session-without-a-room-lives-on",
        promise=_NOBODYS,
        file="bot/rooms/watch/reaper.py",
        before="missed = set(self._records.open_for(_START_SECS)) - alive",
        after="missed = set[str]()",
        tests=(f"{_REAPER}::test_session_whose_room_was_lost_between_two_looks_is_over",),
    ),
    Mutant(
        name="written-session-has-no-end",
        promise=_NOBODYS,
        file="bot/rooms/watch/reaper.py",
        before="await note_state(store, session_id, ENDED,",
        after="await note_state(store, session_id[::-1], ENDED,",
        tests=(f"{_REAPER}::test_every_session_of_the_store_gets_its_end",),
    ),
    Mutant(
        name="session-of-another-livekit-is-ended",
        promise=_OTHERS,
        file="bot/store/sessions.py",
        before="(SESSIONS.c.livekit == livekit) | is_nobodys",
        after="SESSIONS.c.livekit == SESSIONS.c.livekit",
        tests=(f"{_REAPER}::test_each_livekit_has_its_own_sessions",),
    ),
    Mutant(
        name="session-that-nobody-saw-is-ended-by-all",
        promise=_OTHERS,
        file="bot/store/sessions.py",
        before="(nowhere & ~has_others)",
        after="nowhere",
        tests=(f"{_REAPER}::test_each_livekit_has_its_own_sessions",),
    ),
    Mutant(
        name="session-of-a-livekit-that-is-gone-lives-for-ever",
        promise=_NOBODYS,
        file="bot/store/sessions.py",
        before="(SESSIONS.c.seen_at < before_ms - _DAY_MS) | (nowhere",
        after="(nowhere & (SESSIONS.c.seen_at < before_ms - _DAY_MS)) | (nowhere",
        tests=(f"{_REAPER}::test_session_of_a_livekit_that_never_comes_back_has_an_end",),
    ),
    Mutant(
        name="session-in-a-room-of-others-is-ended",
        promise="A call in a room of another program is ended by no runner.",
        file="bot/store/sessions.py",
        before='(SESSIONS.c.livekit == "") & ~SESSIONS.c.id.contains(".")',
        after='SESSIONS.c.livekit == ""',
        tests=(f"{_REAPER}::test_a_silent_call_in_somebody_elses_room_goes_on",),
    ),
    Mutant(
        name="one-look-ends-a-session",
        promise=_NOBODYS,
        file="bot/rooms/watch/reaper.py",
        before="            for session_id in missed & self._missed:\n                if await",
        after="            for session_id in missed:\n                if await",
        tests=(f"{_REAPER}::test_session_that_a_wrong_look_has_missed_goes_on",),
    ),
    Mutant(
        name="rate-refuses-whom-the-line-would-take",
        promise="Fifty starts at once on a machine for four are four calls and 46 clear answers.",
        file="bot/http/starts/starts.py",
        before="_STARTS_PER_LINE = 10",
        after="_STARTS_PER_LINE = 5",
        tests=(f"{_MANY}::test_real_lines_go_to_four_of_fifty",),
    ),
)
