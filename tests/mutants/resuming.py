"""Against what is promised of coming back into a call."""

from __future__ import annotations

from tests.mutants.mutant import Mutant

_TICKETS = "tests/bot/rooms/test_tickets.py"
_HTTP = "tests/bot/http/test_resume.py"

_ONLY_OWN = "Only who was given the ticket of a call comes back into it."
_SAME_PLACE = "The ticket of a call gives its caller a new token for the same place in it."
_CALLED = "Who comes back, or goes on later, is called as before."
_AWAY = "tests/bot/call/test_session_away.py"
_GOES_ON = (
    "A caller who comes back within seconds hears the answer go on where it stopped for them."
)
_SECOND_TAB = "A second tab takes the call over: it hears the answer go on, and the first is told."
_TOLD = "A caller who was away for long is told that the bot is there."
_UNPAID = "While a caller is away no connection is paid for."
_OVER = "A call that has ended is not begun again by its ticket."
_LENGTH = "The length of a call is true, though the clock is set anew or the computer sleeps."

MUTANTS = (
    Mutant(
        name="a-call-as-young-as-its-new-room",
        promise=_LENGTH,
        file="bot/rooms/resuming.py",
        before="if room is None or room.takeovers or not room.is_admitted:",
        after="if room is None:",
        tests=(f"{_HTTP}::test_who_comes_back_is_told_how_long_the_call_has_been",),
    ),
    Mutant(
        name="page-a-call-as-long-as-its-sleep",
        promise=_LENGTH,
        file="web/lib/callLength.ts",
        before=" && stepMs <= LONGEST_STEP_MS",
        after="",
        tests=(f"web/tests/hooks/useEndedCall.test.ts::{_LENGTH}",),
    ),
    Mutant(
        name="a-ticket-that-nobody-signed",
        promise=_ONLY_OWN,
        file="bot/rooms/tickets.py",
        before="if not hmac.compare_digest(_bytes(signature), expected.encode()):",
        after="if len(signature) != len(expected):",
        tests=(f"{_TICKETS}::test_nobody_makes_a_ticket_or_makes_one_last_longer",),
    ),
    Mutant(
        name="who-comes-back-has-no-name",
        promise=_CALLED,
        file="bot/rooms/resuming.py",
        before="caller=replace(caller, name=name)",
        after="caller=caller",
        tests=(f"{_HTTP}::test_who_comes_back_is_called_as_before",),
    ),
    Mutant(
        name="a-ticket-opens-every-call",
        promise=_ONLY_OWN,
        file="bot/rooms/tickets.py",
        before="if not is_session_id(owner) or owner != session_id:",
        after="if not is_session_id(owner):",
        tests=(f"{_HTTP}::test_what_is_no_ticket_of_this_call_is_refused",),
    ),
    Mutant(
        name="a-ticket-is-anybodys",
        promise=_ONLY_OWN,
        file="bot/rooms/tickets.py",
        before='_bytes(f"{told}\\n{person}")',
        after="_bytes(told)",
        tests=(f"{_TICKETS}::test_a_ticket_of_another_session_or_person_opens_nothing",),
    ),
    Mutant(
        name="tickets-end-with-the-run",
        promise="A ticket is good for a runner that was started later, too.",
        file="bot/rooms/tickets.py",
        before="        key = open_key(path)\n",
        after="        key = secrets.token_bytes(KEY_BYTES)\n",
        tests=(f"{_TICKETS}::test_the_key_outlasts_the_runner",),
    ),
    Mutant(
        name="who-comes-back-makes-a-room",
        promise=_SAME_PLACE,
        file="bot/rooms/resuming.py",
        before="caller=replace(caller, name=name))",
        after="caller=replace(caller, name=name), creates_room=True)",
        tests=(f"{_HTTP}::test_a_ticket_gives_a_new_token_for_the_same_place",),
    ),
    Mutant(
        name="who-comes-back-waits-for-the-store",
        promise="Who comes back waits for no store that hangs.",
        file="bot/rooms/resuming.py",
        before="_WORDS_SECS = 1.0",
        after="_WORDS_SECS = 5.0",
        tests=("tests/bot/http/test_resume.py::test_who_comes_back_waits_for_no_store",),
    ),
    Mutant(
        name="a-marked-room-is-come-back-to",
        promise=_OVER,
        file="bot/rooms/resuming.py",
        before="        elif room.end_reason is not None:\n",
        after="        elif False:\n",
        tests=(f"{_HTTP}::test_a_call_that_has_ended_is_not_come_back_to",),
    ),
    Mutant(
        name="coming-back-passes-the-door",
        promise="With ACCESS=key nobody starts a call without the key.",
        file="bot/http/access.py",
        before=" and not path.endswith(_TICKET_SUFFIXES)",
        after="",
        tests=(f"{_HTTP}::test_coming_back_needs_what_a_start_needs",),
    ),
    Mutant(
        name="the-answer-runs-on-for-nobody",
        promise=_GOES_ON,
        file="processors/room/transport.py",
        before='        await self._hold()\n        await self._tell("on_caller_left", identity)',
        after='        await self._tell("on_caller_left", identity)',
        tests=(f"{_AWAY}::test_a_speech_goes_on_where_it_stopped_each_time",),
    ),
    Mutant(
        name="a-sound-ends-the-hold",
        promise=_GOES_ON,
        file="processors/room/playout.py",
        before="if not self._is_paused and not self._is_held:",
        after="if not self._is_paused:",
        tests=(
            "tests/processors/room/test_playout.py::"
            "test_a_hold_outlasts_every_pause_and_cut_and_loses_no_sample",
        ),
    ),
    Mutant(
        name="a-second-tab-hears-nothing",
        promise=_SECOND_TAB,
        file="processors/room/transport.py",
        before="                self.playout.release()",
        after="                pass",
        tests=(f"{_AWAY}::test_a_second_tab_takes_over",),
    ),
    Mutant(
        name="nothing-is-said-after-long",
        promise=_TOLD,
        file="bot/call/welcome.py",
        before="is_cut = away_secs > GO_ON_SECS and",
        after="is_cut = away_secs > 100 * GO_ON_SECS and",
        tests=("tests/bot/call/test_welcome.py::test_what_is_said_to_who_comes_back",),
    ),
    Mutant(
        name="connections-are-kept-for-nobody",
        promise=_UNPAID,
        file="processors/speech_to_text/live_connection.py",
        before=(
            "await socket.send_close_stream()\n            finally:\n"
            "                await socket.abort()"
        ),
        after="await socket.send_keep_alive()\n            finally:\n                pass",
        tests=(
            "tests/processors/speech_to_text/test_live_connection.py::"
            "test_nobody_to_hear_costs_no_connection_and_who_is_back_is_heard",
        ),
    ),
    Mutant(
        name="the-two-sides-are-mixed-up",
        promise="Who comes back is told at once what was said before.",
        file="bot/http/captions.py",
        before='sides = {"user": "caller"}',
        after='sides = {"caller": "caller"}',
        tests=(f"{_HTTP}::test_what_was_said_so_far_comes_with_the_answer",),
    ),
)
