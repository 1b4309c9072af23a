"""Start of a session: POST to bot ready, POST to greeting heard; bursts; memory per bot.

    python -m bench.start --starts 20

Runs `runner.py serve` for real, once per way to start: cold (no process waits), dispatched (warm
processes wait), parked (a bot waits in a prepared room), and bursts of 4 and 8.
"""

from __future__ import annotations

import argparse
import asyncio
import time
from collections.abc import Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import asdict, dataclass
from typing import Any

from livekit import api
from livekit.protocol.models import ParticipantInfo
from livekit.protocol.room import ListParticipantsRequest

from bench.caller import Caller
from bench.process import CpuMeter, command, memory, tree
from bench.rows import RowFile, machine
from bench.stage import Stage, open_stage, quiet_logs
from bench.start_table import print_table
from bench.subjects import Seat, Subject, open_subject

_BOT_LIMIT_SECS = 30.0
_READY_POLL_SECS = 0.02
_PAUSE_SECS = 1.0
# A parked bot is replaced in the background; a start before that is a dispatched one.
_PARK_PAUSE_SECS = 5.0
_SETTLE_SECS = 8.0
_CPU_SECS = 10.0
_NO_ROOM_LIMIT = {"MAX_SESSIONS": "16", "STARTS_PER_MINUTE": "1000"}


@dataclass(frozen=True)
class Way:
    """One way in which bots wait, or do not."""

    name: str
    settings: Mapping[str, str]
    pause_secs: float = _PAUSE_SECS
    bursts: Sequence[int] = ()


WAYS = (
    Way("cold", {"IDLE_BOTS": "0", "PARKED_BOTS": "0"}),
    Way("dispatched", {"IDLE_BOTS": "2", "PARKED_BOTS": "0"}, bursts=(4, 8)),
    Way("parked", {"IDLE_BOTS": "2", "PARKED_BOTS": "1"}, pause_secs=_PARK_PAUSE_SECS, bursts=(4,)),
)
_PEER_WAY = Way("default", {"ACCEPT_ALWAYS": ""}, bursts=(4,))


async def start_once(
    subject: Subject, rooms: api.LiveKitAPI | None, *, stay: asyncio.Event | None = None
) -> dict[str, float | None]:
    """Start one session and return its marks in ms after the POST; None = it never happened.

    Args:
        subject: Who is asked.
        rooms: Asked when the bot is ready; None trusts the caller's own view.
        stay: Stay in the room until it is set.
    """
    seat = await subject.start_session()
    ready = asyncio.create_task(_ready_secs(rooms, seat)) if rooms else None
    async with Caller.join(seat.server_url, seat.token) as caller:
        try:
            seen = await caller.wait_for_bot(_BOT_LIMIT_SECS)
            greeting_secs = await caller.wait_for_onset(0.0, _BOT_LIMIT_SECS)
        except TimeoutError:
            seen, greeting_secs = caller.bot_seen, None
        states_secs = [at for at, state in seen.states if state != "initializing"]
        ready_secs = await ready if ready else (states_secs[0] if states_secs else None)
        if stay is not None:
            await stay.wait()

        def since_post(at_secs: float | None) -> float | None:
            return None if at_secs is None else (at_secs - seat.asked_secs) * 1000

        return {
            "answered_ms": since_post(seat.answered_secs),
            "joined_ms": since_post(caller.joined_secs),
            "bot_ready_ms": since_post(ready_secs),
            "track_ms": since_post(seen.track_secs),
            "greeting_ms": since_post(greeting_secs),
        }


async def _ready_secs(rooms: api.LiveKitAPI, seat: Seat) -> float | None:
    """Ask LiveKit until a bot that is not initializing is in the room."""
    deadline_secs = time.monotonic() + _BOT_LIMIT_SECS
    request = ListParticipantsRequest(room=seat.room_name)
    while (asked_secs := time.monotonic()) < deadline_secs:
        try:
            people = (await rooms.room.list_participants(request)).participants
        except api.TwirpError:
            people = []
        for person in people:
            state = person.attributes.get("lk.agent.state", "")
            if person.kind == ParticipantInfo.Kind.AGENT and state != "initializing":
                return asked_secs
        await asyncio.sleep(_READY_POLL_SECS)
    return None


async def _run(options: argparse.Namespace) -> None:
    with RowFile("start") as rows:
        rows.add(kind="machine", **machine())
        async with open_stage() as stage:
            for name in options.subjects:
                for way in WAYS if name == "ours" else (_PEER_WAY,):
                    await _measure(rows, stage, name, way, options.starts)
        print_table(rows.rows)
        print(f"\nrows: {rows.path}")


async def _measure(rows: RowFile, stage: Stage, name: str, way: Way, starts: int) -> None:
    label: dict[str, Any] = {"subject": name, "way": way.name}
    if way.name == "cold":
        starts = max(2, starts // 4)
    async with AsyncExitStack() as stack:
        settings = {**_NO_ROOM_LIMIT, **way.settings}
        subject = await stack.enter_async_context(open_subject(name, stage, environment=settings))
        secret = stage.livekit.api_secret.get_secret_value()
        rooms = await stack.enter_async_context(
            api.LiveKitAPI(stage.livekit.url, stage.livekit.api_key, secret)
        )
        await asyncio.sleep(_SETTLE_SECS)
        for process in _look_at_memory(subject):
            rows.add(kind="memory", **label, live=0, **process)
        # Asking LiveKit again and again costs what is measured. A caller cannot see when a bot
        # became ready that was there before it; any other it can.
        asked = rooms if way.name == "parked" else None
        for _ in range(starts):
            rows.add(kind="start", **label, burst=1, **await start_once(subject, asked))
            await asyncio.sleep(way.pause_secs)
        for size in way.bursts:
            await asyncio.sleep(_SETTLE_SECS)
            await _burst(rows, label, subject, size)
    print(f"{name} {way.name}: done", flush=True)


async def _burst(rows: RowFile, label: dict[str, Any], subject: Subject, size: int) -> None:
    """Start `size` sessions at once; with all of them live, look at memory and CPU."""
    stay = asyncio.Event()
    async with asyncio.TaskGroup() as group:
        calls = [group.create_task(start_once(subject, None, stay=stay)) for _ in range(size)]
        await asyncio.sleep(_SETTLE_SECS)
        meter = CpuMeter(subject.roots)
        await asyncio.sleep(_CPU_SECS)
        bots = sorted(meter.used_secs().values())[-size:]
        listening_percent = 100 * sum(bots) / len(bots) / _CPU_SECS if bots else 0.0
        look = _look_at_memory(subject)
        stay.set()
    live = sum(call.result()["greeting_ms"] is not None for call in calls)
    for process in look:
        rows.add(kind="memory", **label, live=live, **process)
    rows.add(kind="listening_cpu", **label, live=live, percent=listening_percent)
    for call in calls:
        rows.add(kind="start", **label, burst=size, **call.result())


def _look_at_memory(subject: Subject) -> list[dict[str, Any]]:
    processes = [pid for root in subject.roots for pid in tree(root)]
    return [{"command": command(pid)[:120], **asdict(memory(pid))} for pid in processes]


def _main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--starts", type=int, default=20)
    parser.add_argument(
        "--subjects",
        nargs="+",
        default=["ours"],
        choices=["ours", "livekit-agents", "pipecat"],
    )
    quiet_logs()
    asyncio.run(_run(parser.parse_args()))


if __name__ == "__main__":
    _main()
