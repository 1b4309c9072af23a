"""Whose ticket it is: nobody makes one, no other session's opens, and none outlasts its time."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import SecretStr

from bot.processes.set_clock import SetClock
from bot.rooms.plan import new_session_id
from bot.rooms.tickets import MAX_TICKET_CHARS, Tickets, ticket_key
from bot.rooms.tokens import TokenError
from tests.fake_clock import FakeClock

_LASTS_SECS = 100.0
_SESSION = new_session_id()


def _tickets(clock: FakeClock | None = None, *, key: bytes = b"k" * 32) -> Tickets:
    clock = clock or FakeClock()
    time = SetClock(now=clock, clock_secs=clock)
    return Tickets(key=key, lasts_secs=_LASTS_SECS, time=time)


def _refusal(ticket: str, *, session_id: str = _SESSION, person: str = "") -> str:
    with pytest.raises(TokenError) as refused:
        _tickets().check(ticket, session_id=session_id, person=person)
    return refused.value.code


def test_a_ticket_brings_back_into_its_session_until_its_time_is_over() -> None:
    clock = FakeClock()
    tickets = _tickets(clock)
    ticket = tickets.ticket_of(_SESSION)
    assert len(ticket) <= MAX_TICKET_CHARS and ticket.isascii()
    clock.now += _LASTS_SECS - 1
    tickets.check(ticket, session_id=_SESSION)
    clock.now += 1
    with pytest.raises(TokenError) as refused:
        tickets.check(ticket, session_id=_SESSION)
    assert refused.value.code == "session_gone"


@pytest.mark.promise("Ending a call", "A clock that is set ends no wait for a caller early.")
@pytest.mark.parametrize("set_by_secs", [-3600.0, -50.0, 0.0, 50.0, 3600.0])
@pytest.mark.parametrize("is_made_after", [False, True], ids=["made before", "made after"])
def test_a_clock_that_is_set_makes_no_ticket_too_old(
    set_by_secs: float, *, is_made_after: bool
) -> None:
    wall, steady = FakeClock(), FakeClock()
    tickets = Tickets(
        key=b"k" * 32, lasts_secs=_LASTS_SECS, time=SetClock(now=wall, clock_secs=steady)
    )
    made = [] if is_made_after else [tickets.ticket_of(_SESSION)]
    wall.now += set_by_secs
    (ticket,) = made or [tickets.ticket_of(_SESSION)]
    for clock in (wall, steady):
        clock.now += _LASTS_SECS - 1
    tickets.check(ticket, session_id=_SESSION)
    # It lasts longer by no more than the clock was set.
    for clock in (wall, steady):
        clock.now += abs(set_by_secs) + 1
    with pytest.raises(TokenError) as refused:
        tickets.check(ticket, session_id=_SESSION)
    assert refused.value.code == "session_gone"


@pytest.mark.promise("Ending a call", "Who comes back, or goes on later, is called as before.")
@pytest.mark.parametrize("name", ["", "Ada", "a.b.c", "\N{GRINNING FACE}" * 64])
def test_a_ticket_tells_what_its_caller_is_called(name: str) -> None:
    ticket = _tickets().ticket_of(_SESSION, person="ada", name=name)
    assert len(ticket) <= MAX_TICKET_CHARS and ticket.isascii()
    assert _tickets().check(ticket, session_id=_SESSION, person="ada") == name
    told, _, signature = ticket.rpartition(".")
    assert _refusal(f"{told}.RXZl.{signature}", person="ada") == "unauthorized"


@pytest.mark.promise("Ending a call", "Only who was given the ticket of a call comes back into it.")
def test_nobody_makes_a_ticket_or_makes_one_last_longer() -> None:
    ticket = _tickets().ticket_of(_SESSION)
    session_id, until, signature = ticket.split(".")
    forged = [
        *("", ".", "..", "...", "\ud800", "é.9.é", signature, f"{session_id}.{until}."),
        f"{session_id}.{int(until) + 1}.{signature}",
        f"{new_session_id()}.{until}.{signature}",
        f"{ticket}0",
        f"{ticket}.{signature}",
        f"{session_id}.{until}.{signature[::-1]}",
        _tickets(key=b"x" * 32).ticket_of(_SESSION),
    ]
    assert {_refusal(one) for one in forged} == {"unauthorized"}


@pytest.mark.promise("Ending a call", "Only who was given the ticket of a call comes back into it.")
def test_a_ticket_of_another_session_or_person_opens_nothing() -> None:
    ticket = _tickets().ticket_of(_SESSION, person="ada")
    _tickets().check(ticket, session_id=_SESSION, person="ada")
    assert _refusal(ticket, session_id=new_session_id(), person="ada") == "forbidden"
    assert _refusal(ticket, person="eve") == _refusal(ticket) == "unauthorized"


@pytest.mark.promise("Ending a call", "A ticket is good for a runner that was started later, too.")
def test_the_key_outlasts_the_runner(tmp_path: Path) -> None:
    kept = ticket_key(api_secret=None, data_dir=tmp_path)
    assert ticket_key(api_secret=None, data_dir=tmp_path) == kept
    shared = ticket_key(api_secret=SecretStr("s" * 32), data_dir=tmp_path)
    assert shared == ticket_key(api_secret=SecretStr("s" * 32), data_dir=tmp_path / "other")
    assert len({kept, shared, ticket_key(api_secret=SecretStr("t"), data_dir=tmp_path)}) == 3


def test_without_a_place_for_the_key_tickets_end_with_the_run(tmp_path: Path) -> None:
    (tmp_path / "data").write_text("a file")
    keys = {ticket_key(api_secret=None, data_dir=tmp_path / "data") for _ in range(2)}
    (tmp_path / "tickets.key").write_bytes(b"short")
    keys |= {ticket_key(api_secret=None, data_dir=tmp_path)}
    assert [len(key) for key in keys] == [32] * 3
