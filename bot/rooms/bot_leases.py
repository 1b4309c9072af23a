"""Whose bots one of several runners sees to: sends for the first one, and the next if it is lost.

LiveKit tells all runners, and two would send two and count one loss twice.
"""

from __future__ import annotations

import asyncio
import math

from bot.processes.upkeep import Upkeep
from bot.store.shared.leases import hold, let_go
from bot.store.shared.shared import SharedStore

_LASTS_SECS = 3.0
"""So long a runner that sees to a bot may say nothing. With a second until another one notices, and
one that the store may take, that one begins within 5 s of its death."""
_SAY_SECS = 1.0
_LIMIT_SECS = 0.75
"""Of one word. A second after the last one that was heard one may be lost, and another one follows
in time."""
_AGAIN_SECS = 0.5
_ALONE_SECS = 10.0
"""So long who is not heard by the store leaves bots to another runner that may be: it begins within
5 s, and on two busy cores its bot has taken 5 s to come. Then it sees to them itself."""


class BotLeases:
    """Those of one runner.

    Args:
        shared: Asks the store.
    """

    def __init__(self, shared: SharedStore) -> None:
        self._shared = shared
        self._until: dict[str, float] = {}
        """By what it asks for: until when it is known to be its own, by the clock."""
        self.unheard_since = math.inf
        """When the first word was said that was not heard, by the clock; infinity while each is."""
        self._rounds = 0
        self._turn = asyncio.Lock()
        self.upkeep = Upkeep(name="leases", work=self.keep, until_due=self._until_due)

    async def take(self, session_id: str) -> bool:
        """Be, or stay, the one runner that sees to the bot of a session; False if another may be.

        Whoever runs `upkeep` stays so until `let_go`.
        """
        name = _name_of(session_id)
        self._until.setdefault(name, -math.inf)
        await self.keep()
        if name not in self._until:
            return False
        now = self._shared.clock()
        # Other questions may be answered where these are not: a dead runner's may lock their rows.
        fails_since = min(self.unheard_since, self._shared.fails_since)
        is_alone = not self._shared.is_shared or now - fails_since >= _ALONE_SECS
        return now < self._until[name] or is_alone

    async def keep(self) -> None:
        """Say so of all of them; those that another one sees to are this one's no more.

        In one question at a time, whoever asks: all take the same rows, and some would fail.
        """
        rounds = self._rounds
        async with self._turn:
            # What has begun since then has said all.
            if self._rounds == rounds and self._until:
                self._rounds += 1
                await self._say(sorted(self._until))

    async def _say(self, names: list[str]) -> None:
        me, asked_at = self._shared.me, self._shared.clock()
        held = await self._shared.insist(
            lambda store: hold(store, names, holder=me, secs=_LASTS_SECS), limit_secs=_LIMIT_SECS
        )
        if held is None:
            self.unheard_since = min(self.unheard_since, asked_at)
            return
        self.unheard_since = math.inf
        for name in self._until.keys() & names:
            if name in held:
                self._until[name] = asked_at + _LASTS_SECS
            else:
                del self._until[name]

    async def let_go(self, session_id: str) -> None:
        """Leave the bot of a session to whoever finds it lost."""
        name, me = _name_of(session_id), self._shared.me
        if self._until.pop(name, None) is not None:
            await self._shared.insist(
                lambda store: let_go(store, name, holder=me), limit_secs=_LIMIT_SECS
            )

    async def _until_due(self) -> None:
        await asyncio.sleep(_SAY_SECS if math.isinf(self.unheard_since) else _AGAIN_SECS)


def _name_of(session_id: str) -> str:
    return f"bot-{session_id}"
