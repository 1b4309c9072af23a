"""Against what is promised of coming back into a call."""

from __future__ import annotations

from tests.mutants.mutant import Mutant

_TICKETS = "tests/bot/rooms/test_tickets.py"
_HTTP = "tests/bot/http/test_resume.py"

_ONLY_OWN = "Only who was given the ticket of a call comes back into it."
_SAME_PLACE = "The ticket of a call gives its caller a new token for the same place in it."
_OVER = "A call that has ended is not begun again by its ticket."

MUTANTS = (
    Mutant(
        name="a-ticket-that-nobody-signed",
        promise=_ONLY_OWN,
        file="bot/rooms/tickets.py",
        before="if not hmac.compare_digest(_bytes(signature), expected.encode()):",
        after="if len(signature) != len(expected):",
        tests=(f"{_TICKETS}::test_nobody_makes_a_ticket_or_makes_one_last_longer",),
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
        before="self._tokens.for_caller(plan, caller=caller)",
        after="self._tokens.for_caller(plan, caller=caller, creates_room=True)",
        tests=(f"{_HTTP}::test_a_ticket_gives_a_new_token_for_the_same_place",),
    ),
    Mutant(
        name="a-marked-room-is-come-back-to",
        promise=_OVER,
        file="bot/rooms/resuming.py",
        before="return room is not None and room.end_reason is None",
        after="return room is not None",
        tests=(f"{_HTTP}::test_a_call_that_has_ended_is_not_come_back_to",),
    ),
    Mutant(
        name="coming-back-passes-the-door",
        promise="With ACCESS=key nobody starts a call without the key.",
        file="bot/http/access.py",
        before=" and not path.endswith(RESUME_SUFFIX)",
        after="",
        tests=(f"{_HTTP}::test_coming_back_needs_what_a_start_needs",),
    ),
)
