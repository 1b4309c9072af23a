from __future__ import annotations

import asyncio

import pytest

from bot.errors import RoomError
from bot.processes.upkeep import Upkeep
from tests.log_lines import log_lines
from tests.virtual_time import run_in_virtual_time


class Work:
    """Rounds that end as told; those after them go well."""

    def __init__(self, *ends: BaseException | str) -> None:
        self.ends = list(ends)
        self.rounds = 0

    async def __call__(self) -> None:
        self.rounds += 1
        end = self.ends.pop(0) if self.ends else None
        if end == "hangs":
            await asyncio.Event().wait()
        if isinstance(end, BaseException):
            raise end


async def _a_second() -> None:
    await asyncio.sleep(1.0)


def upkeep_of(work: Work) -> Upkeep:
    clock = asyncio.get_running_loop().time
    return Upkeep(name="work", work=work, until_due=_a_second, clock=clock)


@pytest.mark.parametrize(
    "end",
    [
        RoomError("livekit_refused", "No."),
        ValueError("a bug"),
        KeyError("x"),
        asyncio.CancelledError(),
        TimeoutError(),
        ExceptionGroup("several", [ValueError()]),
        "hangs",
    ],
    ids=repr,
)
def test_whatever_a_round_does_the_next_ones_follow(end: BaseException | str) -> None:
    async def main() -> None:
        work = Work(end, end)
        upkeep = upkeep_of(work)
        running = asyncio.create_task(upkeep.run())
        await asyncio.sleep(80.0)
        assert work.rounds > 5
        assert upkeep.is_well
        running.cancel()
        with pytest.raises(asyncio.CancelledError):
            await running

    run_in_virtual_time(main())


def test_rounds_that_keep_failing_show_and_are_told_once_for_each_kind() -> None:
    async def main() -> None:
        work = Work(*[RoomError("livekit_refused", "No."), ValueError("secret words")] * 50)
        upkeep = upkeep_of(work)
        running = asyncio.create_task(upkeep.run())
        await asyncio.sleep(61.0)
        assert not upkeep.is_well
        await asyncio.sleep(600.0)
        assert upkeep.is_well
        running.cancel()
        await asyncio.wait((running,))

    with log_lines("bot.processes") as lines:
        run_in_virtual_time(main())
    assert len(lines) == 2
    assert not [line for line in lines if "secret" in line]


def test_work_that_nobody_does_shows() -> None:
    async def main() -> None:
        upkeep = upkeep_of(Work())
        assert upkeep.is_well
        await asyncio.sleep(61.0)
        assert not upkeep.is_well

    run_in_virtual_time(main())
