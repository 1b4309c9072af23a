"""Calls on several servers, and what becomes of them when a part suffers."""

from __future__ import annotations

import asyncio
import random
import ssl
import time
from collections import Counter
from contextlib import AsyncExitStack, suppress
from dataclasses import dataclass, field

import httpx
from livekit import api, rtc
from livekit.api.twirp_client import ServerError
from livekit.protocol.room import ListParticipantsRequest, ListRoomsRequest

from bot.rooms.plan import MOST_TAKEOVERS
from tests.chaos.client import Client, open_client_at
from tests.deploy.many_faults import FAULTS, Blow, Harm
from tests.deploy.many_site import ManySite
from tests.deploy.parts import KEY, SECRET
from tests.waiting import until

CALLS = 4
"""At once: as many as two cores hold beside all the parts."""
_KILLS_SEEN = 2
"""By each call, and by one of them twice as many, before another caller takes its place."""
_SPOKEN_EVERY = 4
_ANSWER_LIMIT_SECS = 90.0
_ASK_AGAIN_SECS = 6.0
"""A line that is typed while no bot is there is lost, unless a page keeps it."""
_START_LIMIT_SECS = 30.0
"""A worker that is killed counts no more after 10 s, and one that is started after as many."""
_START_AGAIN_SECS = 2.0
_BACK_SECS = 8.0
"""For bots that were away to find out that others have their calls."""


_DRAIN = "drain"


@dataclass
class Figures:
    """What the trial has shown."""

    kills: list[str] = field(default_factory=list[str])
    calls: int = 0
    spoken: int = 0
    busy: int = 0
    """How often a start was told to ask again, or nothing."""
    untouched: int = 0
    """How often a call that had lost nothing was looked at."""
    noticed: list[str] = field(default_factory=list[str])
    """Such that showed something, though nothing of it should be seen."""
    back_secs: list[float] = field(default_factory=list[float])
    """From a kill until a call on that part had its answer, out of its memory."""
    came_secs: list[float] = field(default_factory=list[float])
    """Until one who came while a part was amiss had talked with their bot."""
    ended: list[str] = field(default_factory=list[str])
    lost: list[str] = field(default_factory=list[str])
    doubled: list[str] = field(default_factory=list[str])
    """Rooms that did not come to have one bot, and how many they had."""

    def told(self) -> str:
        back = ", ".join(f"{one:.1f}" for one in sorted(self.back_secs))
        came = ", ".join(f"{one:.1f}" for one in self.came_secs)
        return (
            f"{self.calls} calls, {self.spoken} of them spoken; told {self.busy} times to "
            f"ask again; killed: {', '.join(self.kills)}\n"
            f"untouched: {self.untouched}, of which noticed: {self.noticed}\n"
            f"answered from memory after s: {back}\n"
            f"came meanwhile, within s: {came}\nended by name: {self.ended}; "
            f"lost: {self.lost}; not one bot: {self.doubled}\n"
        )


class Trial:
    """Calls on a site, and what befalls them."""

    def __init__(self, site: ManySite, stack: AsyncExitStack, *, seed: int) -> None:
        self.site = site
        self.figures = Figures()
        self.calls: list[Client] = []
        self.begun: list[Client] = []
        """All there were."""
        self.losses = Counter[int]()
        """Of each call, how often a part of it was killed."""
        self._seen = Counter[int]()
        self._names: dict[int, str] = {}
        """What each call was told by its caller."""
        self._stack = stack
        self._chance = random.Random(seed)
        self._trusted = ssl.create_default_context(cafile=site.root)

    async def fill(self) -> None:
        """Have as many calls as there are to be, and each of them know a name."""
        while len(self.calls) < CALLS:
            await self.add(is_light=self.figures.calls % _SPOKEN_EVERY != 0)

    async def add(self, *, is_light: bool) -> Client:
        """Begin a call."""
        call = await self._until_taken(is_light=is_light)
        await self._join(call)
        since = time.monotonic()
        await self._ask(call, "My name is Peter", "nice to meet you")
        await call.caller.wait_for_silence(since_secs=since)
        # What is spoken may be taken for another name; that one is to be remembered.
        told = " ".join(text for _, text in call.captions(since))
        self._names[id(call)] = told.rpartition("ice to meet you, ")[2].partition(".")[0]
        self.calls.append(call)
        self.begun.append(call)
        self.figures.calls += 1
        self.figures.spoken += not is_light
        return call

    async def _come_meanwhile(self) -> None:
        """Have one caller more, who comes while a part is amiss."""
        since = time.monotonic()
        try:
            await self.add(is_light=True)
        except (TimeoutError, httpx.HTTPError, rtc.ConnectError) as error:
            self.figures.lost.append(f"{self.figures.kills[-1]}, new: {type(error).__name__}")
        else:
            self.figures.came_secs.append(time.monotonic() - since)

    async def _until_taken(self, *, is_light: bool) -> Client:
        """Start a session, and ask again while none can be: a part may be gone just now."""
        deadline = time.monotonic() + _START_LIMIT_SECS
        while True:
            opening = open_client_at(self.site.url, is_light=is_light, verify=self._trusted)
            try:
                return await self._stack.enter_async_context(opening)
            except httpx.HTTPError as error:
                told = error.response if isinstance(error, httpx.HTTPStatusError) else None
                is_for_good = told is not None and not told.is_server_error
                if is_for_good or time.monotonic() > deadline:
                    raise
                self.figures.busy += 1
                await asyncio.sleep(_START_AGAIN_SECS)

    async def _join(self, call: Client) -> None:
        """Join, and as the page does by another way if that one fails."""
        deadline = time.monotonic() + _START_LIMIT_SECS
        with suppress(httpx.HTTPError, TimeoutError, rtc.ConnectError):
            await call.join()
        while not call.legs:
            if time.monotonic() > deadline:
                raise TimeoutError
            await asyncio.sleep(_START_AGAIN_SECS)
            with suppress(httpx.HTTPError, TimeoutError, rtc.ConnectError):
                await call.resume()

    async def strike(self, kind: str) -> None:
        """Have a part suffer, look at every call, and see that the part works again."""
        fault, bots = FAULTS[kind], self.site.bots()
        call = self._chance.choice(self.calls)
        machine, pid = bots[call.session_id]
        node = await asyncio.to_thread(self.site.node_of, call.started["room_name"])
        there = [one for one in self.calls if bots[one.session_id][0] == machine]
        victims = {"bot": [call], "worker": there, "all": list(self.calls), "none": []}
        self.losses.update(id(one) for one in victims[fault.takes])
        self.figures.kills.append(kind)
        struck_at, before = self._marked()
        blow = Blow(self.site, fault, bot=pid, machine=machine, node=node)
        await asyncio.to_thread(blow.fall)
        looking = asyncio.create_task(self._look_at_all(struck_at, before, victims[fault.takes]))
        going_on = {looking}
        if fault.harm is not Harm.KILL:
            going_on.add(asyncio.create_task(self._come_meanwhile()))
        if fault.lasts_secs is None:
            await asyncio.wait(going_on)
        else:
            await asyncio.sleep(fault.lasts_secs)
        await asyncio.to_thread(blow.mend)
        await asyncio.gather(*going_on)
        if fault.harm in (Harm.HANG, Harm.CUT):
            # What was given up for lost is back.
            await asyncio.sleep(_BACK_SECS)
            await asyncio.gather(*(self._look_again(one) for one in self.calls))
        self.calls = [one for one in self.calls if not one.is_over]
        await self._count_bots()

    async def drain(self, name: str) -> None:
        """Stop a machine in good order, and look at every call: nobody is to notice."""
        self.figures.kills.append(_DRAIN)
        stopped_at, before = self._marked()
        assert await asyncio.to_thread(self.site.stop, name) == 0
        await self._look_at_all(stopped_at, before, [])
        await self._count_bots()

    def spread(self) -> dict[str, int]:
        """Return how many of the calls each machine has."""
        bots = self.site.bots()
        return dict(Counter(bots[call.session_id][0] for call in self.calls))

    async def change_callers(self) -> None:
        """Have calls that have seen enough hang up."""
        self._seen.update(id(one) for one in self.calls)
        for nth, call in enumerate(list(self.calls)):
            if self._seen[id(call)] >= _KILLS_SEEN * (1 if nth else 2):
                await call.hang_up()
                self.calls.remove(call)

    async def rooms(self) -> dict[str, int]:
        """Return how many bots each room has."""
        async with api.LiveKitAPI(self.site.node_url, KEY, SECRET) as livekit:
            rooms = (await livekit.room.list_rooms(ListRoomsRequest())).rooms
            found: dict[str, int] = {}
            for room in rooms:
                if room.name.endswith(".ended"):
                    continue
                request = ListParticipantsRequest(room=room.name)
                found[room.name] = 0
                # Gone meanwhile, or nobody's, as its node is dead.
                with suppress(ServerError):
                    there = (await livekit.room.list_participants(request)).participants
                    found[room.name] = sum(one.kind == one.Kind.AGENT for one in there)
            return found

    def _marked(self) -> tuple[float, dict[int, int]]:
        """Return the time, and how much each call has seen until now."""
        now = time.monotonic()
        for one in self.calls:
            # What is seen again is told again.
            one.seen += [(now, "kill"), (now, "kill")]
        return now, {id(one): len(one.seen) for one in self.calls}

    async def _look_at_all(
        self, killed_at: float, before: dict[int, int], victims: list[Client]
    ) -> None:
        looks = (self._look(one, killed_at, before[id(one)], victims) for one in self.calls)
        await asyncio.gather(*looks)

    async def _look(self, call: Client, killed_at: float, seen: int, victims: list[Client]) -> None:
        kind = self.figures.kills[-1]
        try:
            await self._ask(call, "What is my name?", f"your name is {self._names[id(call)]}")
        except TimeoutError:
            # Only who has lost so many bots may end.
            is_spent = self.losses[id(call)] > MOST_TAKEOVERS
            ends = is_spent and any(what.startswith("ended") for _, what in call.seen)
            told = f"{kind}: {call.seen[seen:]}"
            (self.figures.ended if ends else self.figures.lost).append(told)
            return
        noticed = [what for _, what in call.seen[seen:] if not what.startswith("well")]
        # Of what all have a part of, a call may have lost nothing.
        if call in victims and (noticed or FAULTS[kind].takes != "all"):
            self.figures.back_secs.append(time.monotonic() - killed_at)
            return
        self.figures.untouched += 1
        if noticed and (kind == _DRAIN or not FAULTS[kind].may_show):
            self.figures.noticed.append(f"{kind}: {noticed}")

    async def _look_again(self, call: Client) -> None:
        if call.is_over:
            return
        try:
            await self._ask(call, "What is my name?", f"your name is {self._names[id(call)]}")
        except TimeoutError:
            self.figures.lost.append(f"after {self.figures.kills[-1]}: {call.seen[-6:]}")

    async def _ask(self, call: Client, question: str, answer: str) -> None:
        """Say it until it is answered: a room that is lost takes the line with it."""
        since = time.monotonic()
        async with asyncio.timeout(_ANSWER_LIMIT_SECS):
            while not call.is_over:
                if call.is_connected:
                    await call.say(question)
                again_at = time.monotonic() + _ASK_AGAIN_SECS
                while time.monotonic() < again_at and not call.is_over:
                    if call.has_said(answer, since):
                        return
                    await asyncio.sleep(0.2)
        raise TimeoutError

    async def _count_bots(self) -> None:
        """See that each call comes to have one bot again, and no more."""
        wanted = {call.started["room_name"]: 1 for call in self.calls}
        found: dict[str, int] = {}

        async def is_so() -> bool:
            rooms = await self.rooms()
            found.update({name: rooms.get(name, 0) for name in wanted})
            return found == wanted

        try:
            await until(is_so, limit_secs=30.0)
        except TimeoutError:
            kind = self.figures.kills[-1]
            self.figures.doubled.append(f"{kind}: {sorted(found.values())}")
