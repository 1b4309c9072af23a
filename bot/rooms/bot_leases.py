"""Whose bots one of several runners sees to: sends for the first one, and the next if it is lost.

LiveKit tells all runners, and two would send two and count one loss twice.
"""

from __future__ import annotations

import asyncio

from bot.processes.upkeep import Upkeep
from bot.store.shared.leases import hold, let_go
from bot.store.shared.shared import SharedStore

_LASTS_SECS = 3.0
"""So long a runner that sees to a bot may say nothing. With a second until another one notices, and
one that the store may take, that one begins within 5 s of its death."""
_SAY_SECS = 1.0
"""Two words in a row may be late."""


class BotLeases:
    """Those of one runner. While the store fails each runner goes on alone.

    Args:
        shared: Asks the store.
    """

    def __init__(self, shared: SharedStore) -> None:
        self._shared = shared
        self._mine: set[str] = set()
        self.upkeep = Upkeep(name="leases", work=self.keep, until_due=_until_due)

    async def take(self, session_id: str) -> bool:
        """Be, or stay, the one runner that sees to the bot of a session; False if another is.

        Whoever runs `upkeep` stays so until `let_go`.
        """
        name = _name_of(session_id)
        self._mine.add(name)
        await self.keep()
        return name in self._mine

    async def keep(self) -> None:
        """Say so of all of them; those that another one sees to are this one's no more."""
        if not (names := sorted(self._mine)):
            return
        me = self._shared.me
        held = await self._shared.ask(lambda store: hold(store, names, holder=me, secs=_LASTS_SECS))
        if held is not None:
            self._mine -= set(names) - held

    async def let_go(self, session_id: str) -> None:
        """Leave the bot of a session to whoever finds it lost."""
        name, me = _name_of(session_id), self._shared.me
        if name in self._mine:
            self._mine.remove(name)
            await self._shared.ask(lambda store: let_go(store, name, holder=me))


async def _until_due() -> None:
    await asyncio.sleep(_SAY_SECS)


def _name_of(session_id: str) -> str:
    return f"bot-{session_id}"
