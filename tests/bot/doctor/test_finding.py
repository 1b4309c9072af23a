"""A look that has no end has one all the same."""

from __future__ import annotations

import asyncio

from bot.doctor.finding import Finding, within


async def test_a_look_without_an_end_has_one() -> None:
    async def forever() -> list[Finding]:
        await asyncio.Event().wait()
        raise AssertionError

    (found,) = await within(0.05, forever(), what="it", fix="mend it")
    assert (found.is_well, found.fix) == (False, "mend it")
