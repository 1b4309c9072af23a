"""What workers say of themselves, and which of them is to take the job that LiveKit offers one.

LiveKit draws the worker of a job by lot, by what each said last. A worker that is offered a job
asks here whose it is: the first one that does has it settled, for all that follow.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import RowMapping, delete, or_, select

from bot.store.shared.leases import SEAT, WORKER, Holder, is_over
from bot.store.store import Store
from bot.store.tables import LEASES

ELSEWHERE = "elsewhere"
"""In place of a worker's name: a node of LiveKit's that was not asked has the one for a job."""
SAY_SECS = 2.0
"""How often a worker says how it is."""
LASTS_SECS = 10.0
"""A store that hiccups is asked again after 5 s: a worker that lives is not taken for dead then."""
_FRESH_SECS = 2 * SAY_SECS
"""Nothing is left to a worker that has been silent for longer: a room whose bot does not come is
sent another one after 5 s, and never waits for the same dead worker twice."""
_SEAT_SECS = 5.0
"""Until then its worker has it, and says so, or will not."""
# Any number that no other program in the same database takes a lock by: "seat".
_SEAT_LOCK = 0x73656174


@dataclass(frozen=True, kw_only=True)
class WorkerWord:
    """What a worker says."""

    places: int
    """Calls that it holds at most."""
    node: str = ""
    """Which of LiveKit's nodes it is registered at: that one offers its jobs to its own alone."""
    jobs: Sequence[str] = ()
    """Ids of those that it has."""
    is_waiting: bool = False
    """It can take none just now, and will soon: its places count, and others are given the jobs."""


async def say_places(store: Store, name: str, word: WorkerWord, *, holder: Holder) -> None:
    """Say that a worker lives, how many calls it holds, and which.

    Raises:
        StoreError: it is not known.
    """
    until = store.now_ms + round(1000 * LASTS_SECS)
    taken = max(len(word.jobs), word.places if word.is_waiting else 0)
    said = {"until": until, "amount": word.places, "taken": taken, "node": word.node}
    row = store.insert(LEASES).values(name=name, kind=WORKER, **said, **vars(holder))
    # Its LiveKit, too: it may have the name of one that was killed, and another LiveKit.
    kept = {one: row.excluded[one] for one in (*said, *vars(holder))}
    # They are counted among its own from now on.
    has_sat_down = LEASES.c.name.in_([_seat_name(job) for job in word.jobs])
    async with store.transaction() as connection:
        await store.lock(connection, _SEAT_LOCK)
        await connection.execute(
            row.on_conflict_do_update(index_elements=[LEASES.c.name], set_=kept)
        )
        if word.jobs:
            await connection.execute(
                delete(LEASES).where(has_sat_down, LEASES.c.kind == SEAT, LEASES.c.owner == name)
            )


async def worker_is_gone(store: Store, name: str) -> None:
    """Count a worker's places no more, at once.

    Raises:
        StoreError: it is counted until it has said nothing for long.
    """
    is_its = (LEASES.c.name == name) & (LEASES.c.kind == WORKER)
    async with store.transaction() as connection:
        await connection.execute(delete(LEASES).where(is_its))


async def seat(
    store: Store, job: str, *, worker: str, holder: Holder, is_waited_for: bool = True
) -> str:
    """Return which worker is to take a job: the emptiest of a node, whoever asks.

    `ELSEWHERE` if all of that node are full and another one's is not. A job that nobody waits for
    is the emptiest's of all.

    Args:
        store: Where.
        job: Its id.
        worker: Who was offered it, by the name of what it says; has it if nobody is emptier.
        holder: The worker.
        is_waited_for: Whether a caller waits until LiveKit has asked another node.

    Raises:
        StoreError: nobody knows.
    """
    left_ms = (LEASES.c.until - store.now_ms).label("left_ms")
    is_living = or_(
        (LEASES.c.kind == WORKER) & ~is_over(store, LASTS_SECS),
        (LEASES.c.kind == SEAT) & ~is_over(store, _SEAT_SECS),
    )
    seen = select(LEASES, left_ms).where(LEASES.c.place == holder.place, is_living)
    async with store.transaction() as connection:
        await store.lock(connection, _SEAT_LOCK)
        rows = (await connection.execute(seen)).mappings().all()
        seats = {row["name"]: str(row["owner"]) for row in rows if row["kind"] == SEAT}
        if (owner := seats.get(_seat_name(job))) is not None:
            return owner
        workers = [row for row in rows if row["kind"] == WORKER]
        coming = Counter(seats.values())
        chosen = _emptiest(workers, coming, worker, is_waited_for=is_waited_for)
        if chosen == ELSEWHERE:
            # Under an id of its own.
            return chosen
        row = store.insert(LEASES).values(
            name=_seat_name(job),
            kind=SEAT,
            place=holder.place,
            owner=chosen,
            until=store.now_ms + round(1000 * _SEAT_SECS),
        )
        # One that was settled long ago, of a job that is offered again, is settled anew.
        settled = {one: row.excluded[one] for one in ("place", "owner", "until")}
        await connection.execute(
            row.on_conflict_do_update(index_elements=[LEASES.c.name], set_=settled)
        )
    return chosen


def _emptiest(
    workers: Sequence[RowMapping], coming: Counter[str], worker: str, *, is_waited_for: bool
) -> str:
    """Return who is emptiest for its size, of those that the job may come to; at a tie `worker`."""
    own = next((row for row in workers if row["name"] == worker), None)
    if own is None:
        return worker

    def held(row: RowMapping) -> int:
        return int(row["taken"]) + coming[row["name"]]

    def is_open(row: RowMapping) -> bool:
        is_fresh = 0 <= 1000 * LASTS_SECS - row["left_ms"] <= 1000 * _FRESH_SECS
        return is_fresh and held(row) < row["amount"]

    def is_near(row: RowMapping) -> bool:
        return row["node"] == own["node"]

    # Half a call more: by Sainte-Laguë's rule neither the large nor the small ones come first.
    def filled(row: RowMapping) -> tuple[float, bool, bool]:
        share = (held(row) + 0.5) / max(row["amount"], 1)
        return share, not is_near(row), row["name"] != worker

    seen = [row for row in workers if row is own or is_open(row)]
    chosen = min(filter(is_near, seen), key=filled)
    if own["node"] and (not is_waited_for or held(chosen) >= chosen["amount"]):
        chosen = min((row for row in seen if row["node"]), key=filled)
    return str(chosen["name"]) if is_near(chosen) else ELSEWHERE


def _seat_name(job: str) -> str:
    return f"{SEAT}-{job}"
