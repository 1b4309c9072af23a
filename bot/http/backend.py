"""Everything behind the HTTP API, put together once: sessions, parked bots, watch, health."""

from __future__ import annotations

import asyncio
import secrets
import time
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import ExitStack, asynccontextmanager, suppress
from dataclasses import dataclass
from functools import partial

from bot.access.invites import share_invites
from bot.errors import LaunchError
from bot.http.health import Health, PartsHealth
from bot.livekit.access import LiveKitAccess
from bot.livekit.mark import place_of
from bot.processes.free_memory import free_memory_bytes
from bot.processes.task_set import TaskSet
from bot.rooms.agreement import Agreement
from bot.rooms.check_rooms import CheckRooms
from bot.rooms.ended_sessions import EndedSessions
from bot.rooms.events import RoomEvents
from bot.rooms.forgetting import Forgetting
from bot.rooms.join_link import JoinLink, JoinLinks
from bot.rooms.journal import Journal
from bot.rooms.lines.admission import Admission
from bot.rooms.lines.arrivals import Arrivals
from bot.rooms.lines.capacity import Capacity
from bot.rooms.lines.shares import Shares
from bot.rooms.lines.waiting_line import WaitingLine
from bot.rooms.own_session import OwnSession
from bot.rooms.parking import Parking
from bot.rooms.records import SessionRecords
from bot.rooms.resuming import Resuming
from bot.rooms.rooms import Rooms
from bot.rooms.sessions import Sessions
from bot.rooms.spent.spending import Spending
from bot.rooms.tickets import Tickets, ticket_key
from bot.rooms.tokens import Tokens
from bot.rooms.watch.bot_watch import BotWatch
from bot.rooms.watch.ghosts import Ghosts
from bot.rooms.watch.lost_rooms import LostRooms
from bot.rooms.watch.predecessor import open_owner
from bot.rooms.watch.reaper import Reaper
from bot.rooms.watch.sweep import RoomSweep
from bot.rooms.watch.worker_mark import worker_mark
from bot.settings import Settings
from bot.store.shared.shared import SharedStore
from bot.store.store import START_PATIENCE_SECS, Store, open_store_of


@dataclass(frozen=True, kw_only=True)
class Backend:
    """What the API and the command `serve` talk to."""

    livekit: LiveKitAccess
    rooms: Rooms
    tokens: Tokens
    records: SessionRecords
    sessions: Sessions
    own_session: OwnSession
    line: WaitingLine
    admission: Admission
    resuming: Resuming
    ended_sessions: EndedSessions
    parking: Parking
    watch: BotWatch
    sweep: RoomSweep
    events: RoomEvents
    spending: Spending
    checks: CheckRooms
    journal: Journal
    health: Health
    tasks: TaskSet
    agreement: Agreement
    shared: SharedStore
    store: Store | None = None

    def start(self) -> None:
        """Begin to park bots and to watch rooms."""
        self.tasks.spawn(self.agreement.run(), name="agreement")
        self.tasks.spawn(self.parking.run(), name="parking")
        self.tasks.spawn(self.sweep.run(), name="room sweep")
        self.tasks.spawn(self.spending.run(), name="spending")
        self.tasks.spawn(self.admission.run(), name="admission")

    def worker_died(self, pid: int) -> None:
        """Send for other bots in place of those of a worker on this machine that has died.

        Args:
            pid: Of the worker.
        """
        self.parking.give_up()
        mark = worker_mark(pid)
        self.watch.worker_died(mark)
        self.tasks.spawn(self.agreement.worker_died(mark), name="places of a worker")

    def forks_died(self) -> None:
        """Wait for what bots are forked from on this machine: they leave their rooms without it.

        Whom it has forked and whom the next one has look alike: nobody is put out.
        """
        self.parking.give_up()
        self.watch.workers_gone()

    def worker_came(self) -> None:
        """Send again for the bots that nobody took: a worker on this machine does from now on."""
        self.watch.worker_came()
        self.parking.worker_came()

    async def drain(self) -> None:
        """Admit no more sessions and delete the rooms nobody took."""
        self.sessions.drain()
        await asyncio.gather(self.parking.close(), self.checks.close())


@asynccontextmanager
async def open_backend(
    *,
    settings: Settings,
    livekit: LiveKitAccess,
    join_link: JoinLink | None,
    look_at_parts: Callable[[], Awaitable[PartsHealth]],
) -> AsyncGenerator[Backend]:
    """Connect to LiveKit's API while the block runs; parked rooms are gone after it.

    Raises:
        LaunchError: what is kept is of a newer version, its server does not come, or invites cannot
            be shared.
    """
    rooms = Rooms(
        url=livekit.url,
        api_key=livekit.api_key,
        api_secret=livekit.api_secret,
        agent_name=settings.agent_name,
    )
    opening = open_store_of(settings, patience_secs=START_PATIENCE_SECS)
    async with opening as store, rooms, TaskSet() as tasks:
        if settings.access == "invite":
            await share_invites(store, settings.data_dir)
        backend = build_backend(
            settings=settings,
            livekit=livekit,
            rooms=rooms,
            tasks=tasks,
            join_link=join_link,
            look_at_parts=look_at_parts,
            store=store,
            key_of_tickets=ticket_key(
                api_secret=livekit.api_secret if settings.livekit_url else None,
                data_dir=settings.data_dir,
            ),
        )
        forgetting = Forgetting(store=store, keep_days=settings.keep_days)
        tasks.spawn(forgetting.run(), name="forgetting")
        # Whether calls are taken, and what the day has cost, is known before the first one.
        await backend.spending.keep()
        async with _among_others(backend, settings=settings, store=store):
            try:
                yield backend
            finally:
                await backend.drain()
                await backend.spending.keep()


@asynccontextmanager
async def _among_others(
    backend: Backend, *, settings: Settings, store: Store
) -> AsyncGenerator[None]:
    """Be one of the runners of a store while the block runs, in the place of one that is dead."""
    agreement = backend.agreement
    with ExitStack() as stack:

        async def be_known() -> None:
            with suppress(LaunchError):  # it has been told
                await store.until_kept()
                owner = open_owner(settings.data_dir, agreement.owner)
                if dead := stack.enter_context(owner):
                    await agreement.succeed(dead)

        if store.is_kept:
            await be_known()
        elif settings.store:
            backend.tasks.spawn(be_known(), name="owner")
        await agreement.look()
        yield


def build_backend(  # noqa: PLR0913 - the one place where the parts meet
    *,
    settings: Settings,
    livekit: LiveKitAccess,
    rooms: Rooms,
    tasks: TaskSet,
    join_link: JoinLink | None,
    look_at_parts: Callable[[], Awaitable[PartsHealth]],
    store: Store | None = None,
    key_of_tickets: bytes = b"",
) -> Backend:
    """Wire the parts; touches nothing outside."""

    def wanted_parked() -> int:
        # The room behind the join link comes on top of those for other visitors.
        return settings.parked_bots + links.is_open

    def most_of_a_network() -> int:
        return settings.sessions_per_address or max(1, capacity.limit // 2)

    agent_name = settings.agent_name
    place = place_of(livekit.mark(agent_name, key=key_of_tickets))
    shared = SharedStore(
        store,
        place=place,
        secret=livekit.mark(agent_name, key=livekit.api_secret.get_secret_value().encode()),
    )
    agreement = Agreement(shared)
    links = JoinLinks(join_link, shared=shared)
    agreement.listen(links.hear)
    agreement.each_round(links.tell)
    records = SessionRecords()
    tokens = Tokens(
        api_key=livekit.api_key,
        api_secret=livekit.api_secret,
        session_max_secs=settings.session_max_secs,
    )
    shares = Shares(records=records, most_live=most_of_a_network)
    line = WaitingLine(limit=settings.max_sessions, agreement=agreement)
    journal = Journal()
    spending = Spending(store=store, settings=settings, records=records, journal=journal)
    admission = Admission(
        free_memory_bytes=free_memory_bytes, lag_secs=partial(_lag_secs, look_at_parts)
    )
    capacity = Capacity(
        rooms=rooms,
        limit=settings.max_sessions,
        shares=shares,
        admission=admission,
        agreement=agreement,
    )
    parking = Parking(
        rooms=rooms,
        capacity=capacity,
        records=records,
        agent_name=agent_name,
        wanted=wanted_parked,
        agreement=agreement,
        resume_secs=settings.resume_secs,
    )
    watch = BotWatch(
        rooms=rooms, records=records, tasks=tasks, agent_name=agent_name, agreement=agreement
    )
    arrivals = Arrivals(rooms=rooms, records=records, tasks=tasks, agent_name=agent_name)
    lost = LostRooms(
        rooms=rooms,
        watch=watch,
        records=records,
        store=store,
        waits_secs=settings.resume_secs,
        lasts_secs=settings.session_max_secs,
    )
    sweep = RoomSweep(
        rooms=rooms,
        records=records,
        capacity=capacity,
        watch=watch,
        spending=spending,
        reaper=Reaper(
            records=records,
            parking=parking,
            store=store,
            lost=lost,
            agreement=agreement,
            livekit=place,
            livekit_now=rooms.clock.now_secs,
        ),
        lost=lost,
        ghosts=Ghosts(rooms),
    )
    sessions = Sessions(
        rooms=rooms,
        tokens=tokens,
        capacity=capacity,
        parking=parking,
        watch=watch,
        arrivals=arrivals,
        shares=shares,
        line=line,
        records=records,
        tasks=tasks,
        spending=spending,
        links=links,
        agreement=agreement,
        agent_name=agent_name,
        resume_secs=settings.resume_secs,
    )
    own_session = OwnSession(
        rooms=rooms,
        tokens=tokens,
        records=records,
        agent_name=agent_name,
        lost=lost,
        store=store,
    )
    tickets = Tickets(
        key=key_of_tickets or secrets.token_bytes(),
        lasts_secs=settings.session_max_secs + settings.resume_secs,
    )
    ended_sessions = EndedSessions(
        tickets=tickets,
        is_live=own_session.is_live,
        keep_days=settings.keep_days,
        store=store,
        redact_file=settings.redact_file,
    )
    resuming = Resuming(
        rooms=rooms,
        tokens=tokens,
        tickets=tickets,
        records=records,
        agent_name=agent_name,
        waits_secs=settings.resume_secs,
        lost=lost,
        is_draining=lambda: sessions.is_draining,
        end_of=own_session.end_of,
        store=store,
    )
    events = RoomEvents(
        rooms=rooms,
        capacity=capacity,
        parking=parking,
        watch=watch,
        records=records,
        spending=spending,
        tasks=tasks,
        agent_name=agent_name,
    )
    checks = CheckRooms(
        rooms=rooms,
        api_key=livekit.api_key,
        api_secret=livekit.api_secret,
        tasks=tasks,
        agent_name=agent_name,
    )
    health = Health(
        settings=settings,
        capacity=capacity,
        parking=parking,
        line=line,
        admission=admission,
        is_draining=lambda: sessions.is_draining,
        look_at_parts=look_at_parts,
        upkeep={"parking": parking.upkeep, "rooms": sweep.upkeep},
    )
    return Backend(
        livekit=livekit,
        rooms=rooms,
        tokens=tokens,
        records=records,
        sessions=sessions,
        own_session=own_session,
        line=line,
        admission=admission,
        resuming=resuming,
        ended_sessions=ended_sessions,
        parking=parking,
        watch=watch,
        sweep=sweep,
        events=events,
        spending=spending,
        checks=checks,
        journal=journal,
        health=health,
        tasks=tasks,
        agreement=agreement,
        shared=shared,
        store=store,
    )


async def _lag_secs(look_at_parts: Callable[[], Awaitable[PartsHealth]]) -> float:
    """Return how late the processes beside this one answer; one that is down is not late."""
    asked_at = time.monotonic()
    parts = await look_at_parts()
    return time.monotonic() - asked_at if parts.worker == "ok" else 0.0
