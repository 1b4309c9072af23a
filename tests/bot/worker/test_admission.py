from __future__ import annotations

import json
import os
from contextlib import suppress
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any, cast

import numpy as np
import pytest
from livekit.agents import AssignmentTimeoutError

from bot.rooms.watch.worker_mark import worker_mark
from bot.settings import Settings
from bot.worker.admission import Admission, Whose, load_of

_JOB_ID = "AJ_job"
_SESSION_ID = "0123456789abcdef0123"


@dataclass
class Request:
    """A job that LiveKit offers."""

    metadata: str = ""
    accepted: dict[str, Any] | None = None
    is_rejected: bool = False
    is_for_nobody: bool = False
    """LiveKit asks no other worker."""
    room: Any = field(default_factory=lambda: SimpleNamespace(name="some-room", sid="RM_1"))
    server: Any = None
    """Whose processes take it."""
    fails: Exception | None = None
    """LiveKit gives it to nobody, or no process takes it."""

    @property
    def job(self) -> Any:
        return SimpleNamespace(id=_JOB_ID, metadata=self.metadata)

    async def accept(self, **details: Any) -> None:
        if self.fails is not None:
            raise self.fails
        self.accepted = details
        if self.server is not None:
            self.server.active_jobs.append(SimpleNamespace(job=self.job))

    async def reject(self, *, terminate: bool) -> None:
        self.is_rejected, self.is_for_nobody = True, terminate


def server(active_jobs: int) -> Any:
    jobs = [SimpleNamespace(job=SimpleNamespace(id=f"AJ_{n}")) for n in range(active_jobs)]
    return SimpleNamespace(active_jobs=jobs)


async def offer(request: Request, *, active_jobs: int, settings: Settings) -> Request:
    await Admission(server(active_jobs), settings).admit(cast(Any, request))
    return request


def test_who_is_fuller_says_so_and_never_refuses_by_itself() -> None:
    loads = [load_of(10, server(jobs)) for jobs in range(13)]
    assert loads[0] == 0.0
    assert loads[:11] == sorted(set(loads[:11]))
    # LiveKit's dispatcher never picks a worker at 0.7.
    assert loads[10:] == [loads[10]] * 3 and np.float32(loads[10]) < np.float32(0.7)


@pytest.mark.parametrize(("alone", "together"), [(3, 5), (0, 2)])
def test_a_node_with_an_emptier_worker_is_asked_before_one_with_more_workers(
    alone: int, together: int
) -> None:
    # As LiveKit sums it (`JobRequestAffinity`).
    def affinity(*jobs: int) -> float:
        return sum(0.7 - load_of(8, server(each)) for each in jobs)

    assert affinity(alone) > affinity(together, together)


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
    assert request.accepted["identity"] == "bot-some-room.RM_1"


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
    # Another worker may have a place.
    assert not request.is_for_nobody


@pytest.mark.promise("Lost bots", "A worker that can have no bot leaves its jobs to the others.")
async def test_a_job_whose_bot_has_nothing_to_be_forked_from_is_another_worker_s(
    settings: Settings,
) -> None:
    is_loaded = False
    admission = Admission(server(0), settings, can_fork=lambda: is_loaded)
    refused, taken = Request(), Request()
    await admission.admit(cast(Any, refused))
    assert refused.is_rejected and not refused.is_for_nobody and not admission.held()
    is_loaded = True
    await admission.admit(cast(Any, taken))
    assert taken.accepted is not None


@pytest.mark.promise("Lost bots", "However often a bot is asked for, a room gets one.")
async def test_a_room_gets_one_bot_however_often_it_is_asked_for(settings: Settings) -> None:
    worker = server(0)
    admission = Admission(worker, settings)

    async def is_taken(room_name: str) -> bool:
        request = Request(room=SimpleNamespace(name=room_name, sid="RM_1"), server=worker)
        await admission.admit(cast(Any, request))
        assert request.is_for_nobody == request.is_rejected
        return not request.is_rejected

    assert await is_taken("room-1")
    assert not await is_taken("room-1")
    assert await is_taken("room-2")
    admission.bot_gone("room-1")
    assert await is_taken("room-1")
    assert not await is_taken("room-2")


@pytest.mark.promise("Lost bots", "A bot that cannot come is in no other one's way.")
@pytest.mark.parametrize("fails", ["assignment", "process", "places", "tables"])
async def test_a_room_whose_bot_cannot_come_gets_another_at_once(
    settings: Settings, fails: str
) -> None:
    worker, is_well = server(0), False

    async def before_call() -> None:
        if fails == "tables" and not is_well:
            raise RuntimeError("nothing can be written")

    admission = Admission(worker, settings, before_call=before_call)
    others = Elsewhere(Whose.OWN, admission)
    others.fails = fails == "places"
    first = Request(server=worker)
    first.fails = AssignmentTimeoutError() if fails == "assignment" else None
    with suppress(RuntimeError, AssignmentTimeoutError):
        await admission.admit(cast(Any, first), others=others)
    if fails == "process":
        # It dies before it has said a word.
        worker.active_jobs.clear()
    is_well, others.fails = True, False
    assert not admission.held()
    assert (admission.take_job(_JOB_ID) is None) is (fails != "process")
    next_one = Request(server=worker)
    await admission.admit(cast(Any, next_one), others=others)
    assert next_one.accepted is not None


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


@dataclass
class Elsewhere:
    """Other workers, and what they are left."""

    is_whose: Whose
    admission: Admission
    fails: bool = False
    asked: list[bool] = field(default_factory=list[bool])
    """For each job whether a caller waits for its bot."""
    sent_on: list[tuple[str, str]] = field(default_factory=list[tuple[str, str]])

    async def whose(self, job_id: str, *, is_waited_for: bool) -> Whose:
        # Whoever is told that it has it is told that no other worker will.
        assert not self.admission.held() and job_id == _JOB_ID
        if self.fails:
            raise RuntimeError("nobody knows")
        self.asked.append(is_waited_for)
        return self.is_whose

    async def send_on(self, room_name: str, metadata: str) -> None:
        self.sent_on.append((room_name, metadata))


@pytest.mark.promise("Limits", "Workers of any sizes fill evenly: none is a call off its share.")
async def test_a_job_that_is_another_s_is_passed_on_and_not_held_against_it(
    settings: Settings,
) -> None:
    worker = server(0)
    admission = Admission(worker, settings)
    others = Elsewhere(Whose.NEIGHBOUR, admission)

    async def is_taken() -> bool:
        request = Request(server=worker)
        await admission.admit(cast(Any, request), others=others)
        assert request.is_rejected == (request.accepted is None)
        assert not request.is_for_nobody
        return not request.is_rejected

    assert not await is_taken()
    assert not admission.held()
    assert admission.take_job(_JOB_ID) is None
    # The room is sent another one, as nobody came.
    others.is_whose = Whose.OWN
    assert await is_taken()
    assert admission.held() == [_JOB_ID]
    assert others.sent_on == []


@pytest.mark.promise("Limits", "A burst leaves no worker with more calls than it holds.")
@pytest.mark.parametrize("is_parked", [False, True])
async def test_a_job_for_another_node_is_sent_on_once(settings: Settings, is_parked: bool) -> None:
    admission = Admission(server(0), settings)
    others = Elsewhere(Whose.ELSEWHERE, admission)
    metadata = json.dumps({"session_id": _SESSION_ID, "is_parked": is_parked})
    request = Request(metadata)
    await admission.admit(cast(Any, request), others=others)
    # Or LiveKit would ask the next worker of the same node, too.
    assert request.is_rejected and request.is_for_nobody
    assert others.sent_on == [("some-room", metadata)]
    assert others.asked == [not is_parked]
    # LiveKit sees no other one that is emptier: nobody sends it round in circles.
    again = Request(metadata)
    await admission.admit(cast(Any, again), others=others)
    assert again.accepted is not None
    assert len(others.sent_on) == 1


@pytest.mark.parametrize("in_call", [{"takeovers": 1}, {"given_by": "AJ_other"}])
async def test_a_caller_in_mid_call_is_taken_by_whoever_is_asked(
    settings: Settings, in_call: dict[str, object]
) -> None:
    admission = Admission(server(0), settings)
    request = Request(json.dumps({"session_id": _SESSION_ID, **in_call}))
    await admission.admit(cast(Any, request), others=Elsewhere(Whose.NEIGHBOUR, admission))
    assert request.accepted is not None
