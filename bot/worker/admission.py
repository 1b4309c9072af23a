"""Which jobs a worker takes, of those that LiveKit offers it."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from enum import Enum, auto
from typing import TYPE_CHECKING, Protocol

from loguru import logger

from bot.rooms.job_plan import JobPlan
from bot.rooms.watch.worker_mark import JOB_ATTRIBUTE, WORKER_ATTRIBUTE, worker_mark
from bot.settings import Settings
from bot.worker.bot_job import BotJob

if TYPE_CHECKING:
    from livekit.agents import AgentServer, JobRequest

ENDING_BOTS = 3
"""Bots whose room is gone and whose process still ends; they must not block the next call."""
_SENT_ON_SECS = 60.0
"""Longer than a room is sent another bot again and again (bot/rooms/watch/bot_watch.py)."""
_COMING_SECS = 15.0
"""A process that is made anew, while eight others are, takes five."""
_LEAST_ASKED_AT = 0.7
"""LiveKit 1.13.5 asks the node whose workers have most of `0.7 - load` in sum, by `target_load` of
its `agents`, and none that has nothing; there it draws a worker by lot, weighed by `1 - load` (read
in its source)."""
_HALVINGS = 8
"""Of that from empty to full: two workers are as much as one that has an eighth of its places more,
so that the emptiest worker's node is asked, not the one that has most workers."""


def places(settings: Settings) -> int:
    """Return how many bots this worker holds. Admitting callers is the HTTP API's business."""
    return settings.max_sessions + settings.parked_bots + ENDING_BOTS


def load_of(capacity: int, server: AgentServer) -> float:
    """Return how full a worker is for so many calls, as LiveKit's dispatcher wants it."""
    share = min(len(server.active_jobs) / capacity, 1.0)
    return _LEAST_ASKED_AT * (1 - 2 ** (-_HALVINGS * share))


class Whose(Enum):
    """Which worker a job is for."""

    OWN = auto()
    NEIGHBOUR = auto()
    """Another one of the node that was asked."""
    ELSEWHERE = auto()
    """One of another node, which LiveKit has to be asked for anew."""


class Others(Protocol):
    """The other workers, as far as this one has to do with them."""

    async def whose(self, job_id: str, *, is_waited_for: bool) -> Whose:
        """Tell whose a job is; a caller may wait for its bot."""
        ...

    async def send_on(self, room_name: str, metadata: str) -> None:
        """Have LiveKit ask again for a job that is for a worker of another node."""
        ...


@dataclass
class _Taken:
    job_id: str
    at_secs: float
    is_settled: bool = False
    """It is no other worker's."""
    is_launched: bool = False
    """A process of this worker has it, as long as that lives."""


class Admission:
    """Takes the jobs of one worker: as many as it has places, and one bot for a room at a time.

    A room without a bot is asked for again and again, also while one is on its way.

    Args:
        server: Whose jobs.
        settings: Of this worker.
        before_call: What has to be done before a bot comes.
        can_fork: Tells whether a bot can be had now.
    """

    def __init__(
        self,
        server: AgentServer,
        settings: Settings,
        *,
        before_call: Callable[[], Awaitable[None]] | None = None,
        can_fork: Callable[[], bool] = lambda: True,
    ) -> None:
        self._server = server
        self._can_fork = can_fork
        self._before_call = before_call
        self._settings = settings
        self._taken: dict[str, _Taken] = {}
        """By room, until its bot is gone."""
        self._jobs: dict[str, BotJob] = {}
        """By room: those that were taken, until their bots say hello."""
        self._sent_on: dict[str, float] = {}
        """By room, when: one that comes back is taken."""

    async def admit(self, request: JobRequest, *, others: Others | None = None) -> None:
        """Take a job unless the worker is full; the bot shows itself as starting at first.

        Args:
            request: LiveKit's. If it is rejected for now LiveKit asks another worker of its node.
            others: Workers that may be emptier; None: nobody knows. A caller who is in mid-call
                does not wait for them.
        """
        room_name, running = request.room.name, len(self._server.active_jobs)
        if self._is_coming(room_name):
            # Nobody else has to come either.
            await request.reject(terminate=True)
            return
        if running >= places(self._settings):
            logger.warning("A job was refused: {} bots are running", running)
            await request.reject(terminate=False)
            return
        if not self._can_fork():
            logger.warning("A job was refused: what its bot is forked from is being loaded")
            await request.reject(terminate=False)
            return
        taken = self._taken[room_name] = _Taken(request.job.id, asyncio.get_running_loop().time())
        job = request.job
        plan = JobPlan.from_job(job.metadata, room_name=room_name, room_sid=request.room.sid)
        try:
            if others is not None and await self._passed_on(request, plan, others):
                return
            taken.is_settled = True
            await self._accept(request, plan)
            taken.is_launched = True
        except BaseException:
            # LiveKit did not give it the job, or no process took it: the next one is as good.
            self._forget(room_name, taken)
            raise

    async def _passed_on(self, request: JobRequest, plan: JobPlan, others: Others) -> bool:
        """Leave a job to another worker, if it is that one's."""
        room_name, now_secs = request.room.name, asyncio.get_running_loop().time()
        self._sent_on = {
            room: at for room, at in self._sent_on.items() if now_secs - at < _SENT_ON_SECS
        }
        if plan.takeover or plan.given_by is not None or room_name in self._sent_on:
            return False
        whose = await others.whose(request.job.id, is_waited_for=not plan.is_parked)
        if whose is Whose.OWN:
            return False
        self._taken.pop(room_name, None)
        # Nobody else of this node is to be asked for what is another one's.
        await request.reject(terminate=whose is Whose.ELSEWHERE)
        if whose is Whose.ELSEWHERE:
            self._sent_on[room_name] = now_secs
            await others.send_on(room_name, request.job.metadata)
        return True

    async def _accept(self, request: JobRequest, plan: JobPlan) -> None:
        if self._before_call is not None:
            await self._before_call()
        job = self._jobs[request.room.name] = self._job(request, plan)
        await request.accept(
            name=self._settings.agent_name,
            # LiveKit ends the newest job of an identity when whoever has that leaves, and then that
            # is the bot that gives its call away: a bot that is given one joins by its own token.
            identity=job.identity if plan.given_by is None else request.job.id,
            attributes=dict(job.attributes),
        )

    def held(self) -> Sequence[str]:
        """Return the ids of the jobs that it has, also of those whose process is on its way."""
        coming = {
            one.job_id
            for room, one in self._taken.items()
            if one.is_settled and self._is_coming(room)
        }
        return sorted(coming | {running.job.id for running in self._server.active_jobs})

    def take_job(self, job_id: str) -> BotJob | None:
        """Return a job that was taken, once: whoever asks first is its bot."""
        for room_name, job in self._jobs.items():
            if job.job_id == job_id:
                return self._jobs.pop(room_name)
        return None

    def bot_gone(self, room_name: str) -> None:
        """Take the next job of a room."""
        self._taken.pop(room_name, None)

    def _forget(self, room_name: str, taken: _Taken) -> None:
        """Take the next job of a room, unless it has been taken."""
        if self._taken.get(room_name) is taken:
            del self._taken[room_name]
            self._jobs.pop(room_name, None)

    def _is_coming(self, room_name: str) -> bool:
        taken = self._taken.get(room_name)
        now_secs = asyncio.get_running_loop().time()
        if taken is None or now_secs - taken.at_secs >= _COMING_SECS:
            return False
        running = (job.job.id for job in self._server.active_jobs)
        return not taken.is_launched or taken.job_id in running

    def _job(self, request: JobRequest, plan: JobPlan) -> BotJob:
        return BotJob(
            job_id=request.job.id,
            room_name=request.room.name,
            session_id=plan.session_id,
            agent_name=self._settings.agent_name,
            given_by=plan.given_by,
            takeover=plan.takeover,
            instead_of=plan.instead_of,
            attributes={
                # Who is given a call is never seen to start.
                "lk.agent.state": "initializing" if plan.given_by is None else "listening",
                WORKER_ATTRIBUTE: worker_mark(os.getpid()),
                JOB_ATTRIBUTE: request.job.id,
            },
        )
