"""One thing that was looked at, and what a look that takes too long becomes."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Finding:
    """One thing that was looked at; a fix for what is well is advice."""

    is_well: bool
    what: str
    fix: str = ""


def well(what: str, advice: str = "") -> Finding:
    """Return that a thing is well."""
    return Finding(is_well=True, what=what, fix=advice)


def wrong(what: str, fix: str) -> Finding:
    """Return that a thing is not well."""
    return Finding(is_well=False, what=what, fix=fix)


async def within(
    limit_secs: float, look: Awaitable[list[Finding]], *, what: str, fix: str
) -> list[Finding]:
    """Return what a look finds, or that it had no end.

    Args:
        limit_secs: How long it may take.
        look: Is cancelled then.
        what: It looks at.
        fix: What to do if it has no end.
    """
    try:
        async with asyncio.timeout(limit_secs):
            return await look
    except TimeoutError:
        return [wrong(f"{what}: no answer within {limit_secs:g} s", fix)]
