"""Several servers: parts are killed at random in the middle of calls, and the calls go on.

Needs Caddy, Redis and Postgres (on Debian: apt-get install caddy redis-server postgresql), as
`make deploy-check` says. PARLEY_KILLS and PARLEY_SEED say how many parts are killed, and which.
"""

from __future__ import annotations

import asyncio
import os
import random
import shutil
import sys
import time
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import psutil
import pytest
from livekit import api
from livekit.protocol.room import ListParticipantsRequest, ListRoomsRequest

from bot.livekit.install import find_or_install
from bot.rooms.plan import MOST_TAKEOVERS
from bot.settings import Settings
from bot.store.store import open_store
from tests.bot.store.handed_out import hand_out
from tests.chaos.client import Client, open_client_at
from tests.deploy.many_site import NODES, RUNNERS, ManySite
from tests.local_providers import open_local_providers
from tests.postgres_server import find_postgres, postgres_server
from tests.waiting import until

_CALLS = 4
_KILLS = int(os.environ.get("PARLEY_KILLS", "4"))
_SEED = int(os.environ.get("PARLEY_SEED", "1"))
_ANSWER_LIMIT_SECS = 90.0
_ASK_AGAIN_SECS = 6.0
"""A line that is typed while no bot is there is lost, unless a page keeps it."""
_KINDS = ("bot", "worker", "runner", "livekit")

needs_servers = pytest.mark.skipif(
    not (shutil.which("caddy") and shutil.which("redis-server") and find_postgres()),
    reason="Caddy, Redis or Postgres is not installed",
)


@pytest.fixture
async def site(tmp_path: Path) -> AsyncIterator[ManySite]:
    livekit = await find_or_install(Settings())
    with postgres_server() as database_url, open_local_providers() as providers:
        async with httpx.AsyncClient(base_url=providers.http_url) as http:
            tone = {"text_to_speech": {"tone_hz": 300}}
            (await http.post("/faults", json=tone)).raise_for_status()
        opened = ManySite(
            folder=tmp_path,
            livekit=livekit,
            database_url=database_url,
            providers_url=providers.http_url,
        )
        try:
            opened.start_redis()
            opened.start_caddy()
            for name in NODES:
                await asyncio.to_thread(opened.start_node, name)
            for name in RUNNERS:
                await asyncio.to_thread(opened.start_runner, name)
            yield opened
        finally:
            await asyncio.to_thread(opened.close)


@dataclass
class Figures:
    """What the trial has shown."""

    kills: list[str] = field(default_factory=list[str])
    calls: int = 0
    untouched: int = 0
    noticed: list[str] = field(default_factory=list[str])
    """Calls on other parts that noticed something."""
    back_secs: list[float] = field(default_factory=list[float])
    """From a kill until a call on that part had its answer, out of its memory."""
    ended: list[str] = field(default_factory=list[str])
    lost: list[str] = field(default_factory=list[str])

    def told(self) -> str:
        back = ", ".join(f"{one:.1f}" for one in self.back_secs)
        return (
            f"{self.calls} calls; killed: {', '.join(self.kills)}\n"
            f"untouched: {self.untouched}, of which noticed: {self.noticed}\n"
            f"answered from memory after s: {back}\nended by name: {self.ended}; lost: {self.lost}"
        )


class Trial:
    """Calls on a site, and what befalls them."""

    def __init__(self, site: ManySite, stack: AsyncExitStack) -> None:
        self.site = site
        self.figures = Figures()
        self.calls: list[Client] = []
        self.begun: list[Client] = []
        """All there were."""
        self.losses = Counter[int]()
        """Of each call, how often a part of it was killed."""
        self._stack = stack
        self._chance = random.Random(_SEED)

    async def fill(self) -> None:
        """Have as many calls as there are to be, and each of them know a name."""
        while len(self.calls) < _CALLS:
            call = await self._stack.enter_async_context(
                open_client_at(self.site.url, is_light=True)
            )
            await call.join()
            await self._ask(call, "My name is Bartholomew", "nice to meet you")
            self.calls.append(call)
            self.begun.append(call)
            self.figures.calls += 1

    async def kill(self, kind: str) -> None:
        """Kill one part, look at every call, and start the part anew as its supervisor would."""
        bots = self.site.bots()
        call = self._chance.choice(self.calls)
        runner, pid = bots[call.session_id]
        node = await self._node_of(call)
        victims = {
            "bot": [call],
            "worker": [one for one in self.calls if bots[one.session_id][0] == runner],
            "runner": [one for one in self.calls if bots[one.session_id][0] == runner],
        }
        if kind == "livekit":
            # Whose room is where is Redis' to know; whoever notices nothing was elsewhere.
            victims[kind] = list(self.calls)
        killed_at = time.monotonic()
        for one in self.calls:
            # What is seen again is told again.
            one.seen += [(killed_at, "kill"), (killed_at, "kill")]
        before = {id(one): len(one.seen) for one in self.calls}
        self.losses.update(id(one) for one in victims[kind])
        self.figures.kills.append(kind)
        match kind:
            case "bot":
                psutil.Process(pid).kill()
            case "worker":
                self.site.worker(runner).kill()
            case "runner":
                await asyncio.to_thread(self.site.kill, runner)
            case _:
                await asyncio.to_thread(self.site.kill, node)
        await asyncio.gather(
            *(self._look(one, killed_at, before[id(one)], victims[kind]) for one in self.calls)
        )
        if kind == "runner":
            await asyncio.to_thread(self.site.start_runner, runner)
        if kind == "livekit":
            await asyncio.to_thread(self.site.start_node, node)
        self.calls = [one for one in self.calls if not one.is_over]

    async def _look(self, call: Client, killed_at: float, seen: int, victims: list[Client]) -> None:
        try:
            await self._ask(call, "What is my name?", "your name is Bartholomew")
        except TimeoutError:
            # Only who has lost so many bots may end.
            is_spent = self.losses[id(call)] > MOST_TAKEOVERS
            ends = is_spent and any(what.startswith("ended") for _, what in call.seen)
            told = f"{self.figures.kills[-1]}: {call.seen[seen:]}"
            (self.figures.ended if ends else self.figures.lost).append(told)
            return
        noticed = [what for _, what in call.seen[seen:] if not what.startswith("well")]
        if call in victims and (noticed or self.figures.kills[-1] != "livekit"):
            self.figures.back_secs.append(time.monotonic() - killed_at)
            return
        self.figures.untouched += 1
        if noticed:
            self.figures.noticed.append(f"{self.figures.kills[-1]}: {noticed}")

    async def _ask(self, call: Client, question: str, answer: str) -> None:
        """Type it until it is answered: a room that is lost takes the line with it."""
        since = time.monotonic()
        async with asyncio.timeout(_ANSWER_LIMIT_SECS):
            while not call.is_over:
                if call.is_connected:
                    await call.say(question)
                until = time.monotonic() + _ASK_AGAIN_SECS
                while time.monotonic() < until and not call.is_over:
                    if call.has_said(answer, since):
                        return
                    await asyncio.sleep(0.2)
        raise TimeoutError

    async def _node_of(self, call: Client) -> str:
        """Return a node: the one that has the room of a call says so in its log."""
        for name in NODES:
            if call.started["room_name"] in self.site.log(name):
                return name
        return self._chance.choice(NODES)

    async def participants(self) -> dict[str, int]:
        """Return how many bots each room of a call has."""
        url, key = self.site.livekit_url, ("parley", "a-secret-of-this-test-alone-0123456789")
        async with api.LiveKitAPI(url, *key) as livekit:
            rooms = (await livekit.room.list_rooms(ListRoomsRequest())).rooms
            found: dict[str, int] = {}
            for room in rooms:
                if room.name.endswith(".ended"):
                    continue
                request = ListParticipantsRequest(room=room.name)
                there = (await livekit.room.list_participants(request)).participants
                found[room.name] = sum(one.kind == one.Kind.AGENT for one in there)
            return found


@needs_servers
@pytest.mark.timeout(900)
async def test_calls_go_on_when_parts_are_killed(site: ManySite) -> None:
    async with AsyncExitStack() as stack:
        trial = Trial(site, stack)
        kinds = [_KINDS[n % len(_KINDS)] for n in range(_KILLS)]
        random.Random(_SEED).shuffle(kinds)
        for kind in kinds:
            await trial.fill()
            await trial.kill(kind)
            sys.stderr.write(f"{trial.figures.told()}\n")
        bots = await trial.participants()
        rooms = {call.started["room_name"] for call in trial.calls}
        assert {name: bots.get(name) for name in rooms} == dict.fromkeys(rooms, 1)
        for call in trial.calls:
            await call.hang_up()
    assert trial.figures.lost == []
    assert trial.figures.noticed == []
    # What is left are the rooms that wait for the next callers, and nothing of those that ended.

    async def is_clean() -> bool:
        left = await trial.participants()
        return not any(one.started["room_name"] in left for one in trial.begun)

    await until(is_clean, limit_secs=60.0)


@needs_servers
@pytest.mark.timeout(900)
async def test_of_a_thousand_parked_rooms_none_is_handed_out_twice(tmp_path: Path) -> None:
    with postgres_server() as url:
        async with (
            open_store(tmp_path, database_url=url) as one,
            open_store(tmp_path, database_url=url) as other,
        ):
            taken = await hand_out((one, other), rooms=1000, seed=_SEED)
    assert [len(one) for one in taken] == [1] * 1000
    assert {kind for one in taken for kind in one} == {"start", "orphan"}
