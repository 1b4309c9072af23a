"""Several servers: parts are killed, hang or are cut off in the middle of calls, which go on.

Needs root, Caddy, Redis and Postgres (on Debian: apt-get install caddy redis-server postgresql), as
`make deploy-check` says. PARLEY_KILLS and PARLEY_SEED say how many parts are killed, and in which
order: fourteen kills see about thirty calls. PARLEY_HARMS names what else is tried, after commas.
PARLEY_DOOR=haproxy puts HAProxy in the place of Caddy.
"""

from __future__ import annotations

import asyncio
import os
import random
import sys
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from bot.livekit.install import find_or_install
from bot.settings import Settings
from bot.store.store import open_store
from tests.bot.store.handed_out import hand_out
from tests.deploy.many_calls import CALLS, Trial
from tests.deploy.many_faults import HARMED, KILLED
from tests.deploy.many_site import MACHINES, RUNNERS, ManySite
from tests.deploy.network import Network, in_own_network
from tests.postgres_server import find_postgres, postgres_server
from tests.waiting import until

_KILLS = int(os.environ.get("PARLEY_KILLS", "7"))
_HARMS = os.environ.get("PARLEY_HARMS", ",".join(HARMED)).split(",")
_DOOR = os.environ.get("PARLEY_DOOR", "caddy")
_SEED = int(os.environ.get("PARLEY_SEED", "1"))

needs_postgres = pytest.mark.skipif(not find_postgres(), reason="Postgres is not installed")


@pytest.fixture
async def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[ManySite]:
    livekit = await find_or_install(Settings())
    network = Network(tmp_path)
    network.add(*MACHINES)
    opened = ManySite(
        folder=tmp_path, livekit=livekit, network=network, is_haproxy=_DOOR == "haproxy"
    )
    monkeypatch.setenv("SSL_CERT_FILE", str(opened.root))
    try:
        await asyncio.to_thread(opened.start_all)
        yield opened
    finally:
        await asyncio.to_thread(opened.close)


@needs_postgres
@pytest.mark.timeout(300 + 120 * _KILLS)
@in_own_network(_DOOR, "redis-server", "redis-cli")
async def test_calls_go_on_when_parts_are_killed(site: ManySite) -> None:
    await _try(site, [list(KILLED)[n % len(KILLED)] for n in range(_KILLS)])


@needs_postgres
@pytest.mark.timeout(300 + 150 * len(_HARMS))
@in_own_network(_DOOR, "redis-server", "redis-cli")
async def test_calls_go_on_when_parts_hang_or_are_cut_off_or_two_are_killed(
    site: ManySite,
) -> None:
    await _try(site, list(_HARMS))


@needs_postgres
@pytest.mark.timeout(420)
@in_own_network(_DOOR, "redis-server", "redis-cli")
async def test_a_machine_that_is_stopped_gives_its_calls_to_one_that_is_added(
    site: ManySite,
) -> None:
    async with AsyncExitStack() as stack:
        trial = Trial(site, stack, seed=_SEED)
        await asyncio.to_thread(site.stop, "worker-2")
        await trial.fill()
        assert "worker-2" not in trial.spread()
        await asyncio.to_thread(site.start_again, "worker-2")
        for name in RUNNERS:
            await trial.drain(name)
        # Nobody is there any more to be asked by HTTP, and the calls go on.
        assert trial.spread() == {"worker-2": CALLS}
    found = trial.figures
    assert (found.lost, found.noticed, found.doubled) == ([], [], [])


@needs_postgres
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


async def _try(site: ManySite, kinds: list[str]) -> None:
    """Have callers at a site while parts of it suffer, in random order."""
    random.Random(_SEED).shuffle(kinds)
    async with AsyncExitStack() as stack:
        trial = Trial(site, stack, seed=_SEED)
        for kind in kinds:
            await trial.fill()
            await trial.strike(kind)
            await trial.change_callers()
            sys.stderr.write(trial.figures.told())
        for call in trial.calls:
            await call.hang_up()
    found = trial.figures
    assert (found.lost, found.noticed, found.doubled) == ([], [], [])
    # What is left are the rooms that wait for the next callers, and nothing of those that ended.

    async def is_clean() -> bool:
        left = await trial.rooms()
        return not any(one.started["room_name"] in left for one in trial.begun)

    await until(is_clean, limit_secs=60.0)
