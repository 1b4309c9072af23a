from __future__ import annotations

import asyncio
import json
import os
import signal
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any, cast

import pytest

from bot.rooms.worker_mark import worker_mark
from bot.settings import Settings
from bot.worker.worker import LOAD_WHEN_FULL, Admission, end_on_signals, load_of
from bot.worker.worker_line import DRAIN

_JOB_ID = "AJ_job"
_SESSION_ID = "0123456789abcdef0123"


@dataclass
class Request:
    """A job that LiveKit offers."""

    metadata: str = ""
    accepted: dict[str, Any] | None = None
    is_rejected: bool = False
    room: Any = field(default_factory=lambda: SimpleNamespace(name="some-room"))

    @property
    def job(self) -> Any:
        return SimpleNamespace(id=_JOB_ID, metadata=self.metadata)

    async def accept(self, **details: Any) -> None:
        self.accepted = details

    async def reject(self) -> None:
        self.is_rejected = True


def server(active_jobs: int) -> Any:
    return SimpleNamespace(active_jobs=[object()] * active_jobs)


async def offer(request: Request, *, active_jobs: int, settings: Settings) -> Request:
    await Admission(server(active_jobs), settings).admit(cast(Any, request))
    return request


@pytest.mark.parametrize(("jobs", "load"), [(0, 0.0), (5, 0.5), (10, 1.0), (12, 1.0)])
def test_the_load_is_the_share_of_places_taken_and_never_refuses_by_itself(
    jobs: int, load: float
) -> None:
    assert load_of(10, server(jobs)) == pytest.approx(load * LOAD_WHEN_FULL)
    # LiveKit's dispatcher never picks a worker at 0.7.
    assert load_of(10, server(jobs)) < 0.7


async def test_a_bot_is_named_after_its_session_and_seen_as_starting(settings: Settings) -> None:
    metadata = json.dumps({"session_id": _SESSION_ID, "is_parked": False})
    request = await offer(Request(metadata), active_jobs=0, settings=settings)
    assert request.accepted == {
        "name": settings.agent_name,
        "identity": f"bot-{_SESSION_ID}",
        "attributes": {
            "lk.agent.state": "initializing",
            "parley.worker": worker_mark(os.getpid()),
            "parley.job": _JOB_ID,
        },
    }


async def test_a_dispatch_of_somebody_else_is_taken_under_the_name_of_its_room(
    settings: Settings,
) -> None:
    request = await offer(Request("not json"), active_jobs=0, settings=settings)
    assert request.accepted is not None
    assert request.accepted["identity"] == "bot-some-room"


@pytest.mark.promise("Limits", "A worker takes MAX_SESSIONS calls beside the bots that wait.")
async def test_a_worker_has_room_for_every_call_while_others_wait_or_end() -> None:
    settings = Settings.model_validate({"max_sessions": 4, "parked_bots": 2})
    # Three calls and the parked ones live, and three that are over have not quite gone.
    request = await offer(Request(), active_jobs=3 + 2 + 3, settings=settings)
    assert request.accepted is not None


@pytest.mark.promise(
    "Limits", "A worker has a place for every session, every parked room and three that still end."
)
@pytest.mark.parametrize(("active_jobs", "is_taken"), [(7, True), (8, False)])
async def test_a_worker_takes_a_bot_for_each_of_its_places_and_no_more(
    active_jobs: int, is_taken: bool
) -> None:
    settings = Settings.model_validate({"max_sessions": 4, "parked_bots": 1})
    request = await offer(Request(), active_jobs=active_jobs, settings=settings)
    assert (request.is_rejected, request.accepted is not None) == (not is_taken, is_taken)


@pytest.mark.promise("Lost bots", "However often a bot is asked for, a room gets one.")
async def test_a_room_gets_one_bot_however_often_it_is_asked_for(settings: Settings) -> None:
    admission = Admission(server(0), settings)

    async def is_taken(room_name: str) -> bool:
        request = Request(room=SimpleNamespace(name=room_name))
        await admission.admit(cast(Any, request))
        return not request.is_rejected

    assert await is_taken("room-1")
    assert not await is_taken("room-1")
    assert await is_taken("room-2")
    admission.bot_gone("room-1")
    assert await is_taken("room-1")
    assert not await is_taken("room-2")


@pytest.mark.promise(
    "Parts on this machine",
    "A worker serves its own bots, each in its own room, and nobody else.",
)
async def test_a_job_that_was_taken_is_given_out_once(settings: Settings) -> None:
    admission = Admission(server(0), settings)
    metadata = json.dumps({"session_id": _SESSION_ID, "is_parked": False})
    await admission.admit(cast(Any, Request(metadata)))
    assert admission.take_job("AJ_other") is None
    job = admission.take_job(_JOB_ID)
    assert job is not None
    assert (job.room_name, job.session_id) == ("some-room", _SESSION_ID)
    assert admission.take_job(_JOB_ID) is None


async def test_a_job_that_was_refused_is_given_to_nobody(settings: Settings) -> None:
    admission = Admission(server(100), settings)
    await admission.admit(cast(Any, Request()))
    assert admission.take_job(_JOB_ID) is None


class EndingServer:
    """A server whose calls end when the test says so."""

    def __init__(self) -> None:
        self.drains = asyncio.Event()
        self.may_drain = asyncio.Event()
        self.is_closed = asyncio.Event()

    async def drain(self) -> None:
        self.drains.set()
        await self.may_drain.wait()

    async def aclose(self) -> None:
        self.is_closed.set()


@pytest.mark.promise(
    "Parts on this machine", "The worker's first SIGTERM lets its calls go on, the second ends it."
)
@pytest.mark.parametrize("is_hurried", [False, True])
async def test_the_first_signal_waits_for_the_calls_and_the_second_does_not(
    is_hurried: bool,
) -> None:
    server = EndingServer()
    orders: list[bytes] = []
    end_on_signals(cast(Any, server), order=orders.append)
    os.kill(os.getpid(), signal.SIGTERM)
    await asyncio.wait_for(server.drains.wait(), 10.0)
    for _ in range(20):
        await asyncio.sleep(0)
    assert not server.is_closed.is_set()
    assert orders == [DRAIN]
    if is_hurried:
        os.kill(os.getpid(), signal.SIGTERM)
    else:
        server.may_drain.set()
    await asyncio.wait_for(server.is_closed.wait(), 10.0)
