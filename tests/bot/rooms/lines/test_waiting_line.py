"""The order of those who wait, without HTTP; with it: tests/bot/http/starts/test_starts.py."""

from __future__ import annotations

import asyncio

import pytest

from bot.errors import RoomError, SessionError
from bot.rooms.lines.waiting_line import KEPT_SECS, StillWaiting, Ticket, WaitingLine
from tests.fake_clock import FakeClock


def a_ticket(number: int) -> Ticket:
    return Ticket(key=f"{number}", network=f"192.0.2.{number}")


async def ask(line: WaitingLine, number: int, error: BaseException | None) -> int | None:
    """Ask once, refused by `error`; returns the place."""
    try:
        async with line.waiting(a_ticket(number)):
            if error is not None:
                raise error
    except StillWaiting as answer:
        return answer.place
    return None


def full() -> SessionError:
    return SessionError("at_capacity", "All lines are busy.")


def a_line() -> tuple[WaitingLine, FakeClock]:
    clock = FakeClock()
    return WaitingLine(limit=4, clock=clock), clock


async def test_who_asks_too_often_is_told_the_same_without_a_look() -> None:
    line, clock = a_line()
    assert await ask(line, 1, full()) == 1
    clock.now += 0.5
    # The block is not even entered.
    assert await ask(line, 1, AssertionError()) == 1
    clock.now += 0.6
    assert await ask(line, 1, None) is None
    assert len(line) == 0


@pytest.mark.parametrize("error", [RoomError("livekit_unreachable", "."), asyncio.CancelledError()])
async def test_failure_leaves_who_had_a_place_there_and_who_had_none_without(
    error: BaseException,
) -> None:
    line, clock = a_line()
    await ask(line, 1, full())
    clock.now += 2.0
    for number in (1, 2):
        with pytest.raises(type(error)):
            await ask(line, number, error)
    assert line.holds(a_ticket(1))
    assert not line.holds(a_ticket(2))
    assert len(line) == 1


async def test_who_has_a_slot_holds_up_nobody_and_waits_again_if_it_fails() -> None:
    line, clock = a_line()
    await ask(line, 1, full())
    await ask(line, 2, full())
    clock.now += 2.0
    with pytest.raises(RoomError):
        async with line.waiting(a_ticket(1)):
            assert line.ahead_of(a_ticket(2)) == 1
            line.take_turn(a_ticket(1))
            assert line.ahead_of(a_ticket(2)) == 0
            raise RoomError("livekit_unreachable", ".")
    assert line.ahead_of(a_ticket(2)) == 1


async def test_place_that_is_given_up_in_mid_start_does_not_come_back() -> None:
    line, clock = a_line()
    await ask(line, 1, full())
    clock.now += 2.0
    with pytest.raises(StillWaiting):
        async with line.waiting(a_ticket(1)):
            await line.leave(a_ticket(1))
            raise full()
    assert len(line) == 0


@pytest.mark.parametrize("step_secs", [1.5, 14.0, KEPT_SECS - 1])
async def test_place_stays_as_long_as_it_is_asked_for(step_secs: float) -> None:
    line, clock = a_line()
    for number in (1, 2):
        await ask(line, number, full())
    for _ in range(20):
        clock.now += step_secs
        assert [await ask(line, number, full()) for number in (2, 1)] == [2, 1]


async def test_those_far_behind_are_asked_to_come_less_often() -> None:
    line, _ = a_line()
    secs = list[int]()
    for number in range(16):
        with pytest.raises(StillWaiting) as caught:
            async with line.waiting(a_ticket(number)):
                raise full()
        secs.append(caught.value.ask_again_secs)
    assert secs == sorted(secs)
    assert (secs[0], secs[-1]) == (2, 5)
