"""What a machine that is short of memory, or late, does with starts."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import pytest

from bot.errors import SessionError
from bot.rooms.lines.admission import BOT_BYTES, Admission
from bot.rooms.lines.capacity import Capacity
from bot.rooms.plan import RoomPlan, new_session_id
from tests.fake_rooms import FakeRooms
from tests.virtual_time import run_in_virtual_time

_PLENTY = 100 * BOT_BYTES


class Machine:
    """Has as much memory, and is as late, as a test says."""

    def __init__(self, *, free: int | None = _PLENTY) -> None:
        self.free = free
        self.lag_secs = 0.0
        self.admission = Admission(free_memory_bytes=lambda: self.free, lag_secs=self._lag)
        self.rooms = FakeRooms(agent_name="parley")
        self.capacity = Capacity(rooms=self.rooms, limit=8, admission=self.admission)

    async def _lag(self) -> float:
        return self.lag_secs

    async def looks(self, lags_secs: Sequence[float]) -> None:
        for self.lag_secs in lags_secs:
            await self.admission.look()

    async def admits(self) -> str:
        """Return what a start gets: any bot, a parked one, or nothing."""
        try:
            async with self.capacity.slot() as slot:
                return "any" if slot.may_be_fresh else "parked"
        except SessionError as error:
            assert error.code == "at_capacity"
            return "nothing"


@pytest.mark.promise(
    "Limits", "A machine without memory for one more bot starts none until there is enough again."
)
@pytest.mark.parametrize("has_parked", [True, False])
async def test_start_needs_the_memory_of_a_bot(has_parked: bool) -> None:
    machine = Machine()
    if has_parked:
        await machine.rooms.create(
            RoomPlan(agent_name="parley", session_id=new_session_id(), is_parked=True)
        )
    got = list[str]()
    for free in (_PLENTY, BOT_BYTES - 1, BOT_BYTES, int(1.4 * BOT_BYTES), 2 * BOT_BYTES):
        machine.free = free
        got.append(await machine.admits())
    # What has a bot already can be given; there and back again takes more than one byte.
    short = "parked" if has_parked else "nothing"
    assert got == ["any", short, short, short, "any"]


@pytest.mark.promise(
    "Limits", "A machine without memory for one more bot starts none until there is enough again."
)
def test_bots_on_their_way_count_before_they_have_their_memory() -> None:
    async def story() -> None:
        machine = Machine(free=3 * BOT_BYTES)
        got = list[str]()
        for _ in range(5):
            got.append(await machine.admits())
            if got[-1] == "any":
                machine.capacity.note_bot()
        assert got == ["any", "any", "any", "nothing", "nothing"]
        assert not machine.capacity.may_start_bot
        await asyncio.sleep(11.0)
        assert await machine.admits() == "any"

    run_in_virtual_time(story())


@pytest.mark.promise("Limits", "A machine that is late takes no further call until it is in time.")
@pytest.mark.parametrize(
    ("lags_secs", "expected"),
    [
        ([0.0] * 5, "any"),
        # A hiccup, and one between quick looks.
        ([0.9], "any"),
        ([2.0, 2.0], "any"),
        ([0.6, 0.6, 0.1, 0.6, 0.6], "any"),
        ([0.6, 0.6, 0.6], "nothing"),
        # Late once, it takes more than one quick look, or half-quick ones.
        ([0.6, 0.6, 0.6, 0.1, 0.1], "nothing"),
        ([0.6, 0.6, 0.6, *([0.3] * 9)], "nothing"),
        ([0.6, 0.6, 0.6, 0.1, 0.1, 0.1], "any"),
    ],
)
async def test_late_machine_takes_no_call(lags_secs: list[float], expected: str) -> None:
    machine = Machine()
    # Not even with a bot that waits: it would work from now on.
    await machine.rooms.create(
        RoomPlan(agent_name="parley", session_id=new_session_id(), is_parked=True)
    )
    await machine.looks(lags_secs)
    assert await machine.admits() == expected
    assert machine.admission.shortage() == (None if expected == "any" else "lag")


@pytest.mark.promise("Limits", "A machine that is late takes no further call until it is in time.")
async def test_lag_of_this_very_loop_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    loop, machine = asyncio.get_running_loop(), Machine()
    late_by_secs, time_secs = 0.0, loop.time

    async def oversleep(secs: float) -> None:
        nonlocal late_by_secs
        late_by_secs += secs + 0.7

    monkeypatch.setattr(loop, "time", lambda: time_secs() + late_by_secs)
    monkeypatch.setattr("bot.rooms.lines.admission.asyncio.sleep", oversleep)
    for _ in range(4):
        await machine.admission.look()
        await machine.admission._until_due()  # pyright: ignore[reportPrivateUsage]
    assert machine.admission.shortage() == "lag"


async def test_where_nothing_tells_of_memory_everything_goes_on() -> None:
    machine = Machine(free=None)
    assert await machine.admits() == "any"
