"""A crowd of strangers at the door: do the limits hold, and does whoever is invited get in?

    python -m bench.abuse [--secs 30] [--rate 1000] [--addresses 200]

A proxy that is trusted passes on requests from many addresses: starts, tokens, nonsense. Meanwhile
health is asked, rooms are counted, and in the middle somebody calls who may. Once with
`ACCESS=open`, where limits alone stand against the crowd, and once with `ACCESS=invite`. Loopback
only. Ends with code 1 if something gave way.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
import tempfile
import time
from dataclasses import dataclass, field

import httpx
from livekit import api
from livekit.protocol.room import ListParticipantsRequest, ListRoomsRequest

from bench.caller import Caller
from bench.crowd import Answers, Crowd
from bench.rows import RowFile, machine
from bench.stage import ROOT, Stage, open_stage, quiet_logs
from bench.stats import percentile
from bench.subjects import Ours, open_subject

MAX_SESSIONS = 4
_PARKED_BOTS = 1
_HEALTH_PAUSE_SECS = 0.25
_HEALTH_LIMIT_MS = 200.0
_ROOMS_PAUSE_SECS = 0.5
_GREETING_LIMIT_SECS = 20.0
_SETTLE_SECS = 6.0


@dataclass
class Outcome:
    """What came of one crowd."""

    answers: Answers = field(default_factory=Answers)
    health_ms: list[float] = field(default_factory=list[float])
    bots: int = 0
    """Rooms with somebody in them; the most at once."""
    invited_ms: float | None = None
    """From the start to the greeting of whoever is invited; None: not heard."""

    def faults(self, *, expects_invited: bool) -> list[str]:
        """Return what gave way, in words."""
        bad = [
            f"{count} answers of {status}"
            for status, count in self.answers.statuses.items()
            if status >= 500 and status != 503
        ]
        # 503 is said in full: every line is taken.
        if not 0 < self.bots <= MAX_SESSIONS + _PARKED_BOTS:
            bad.append(f"{self.bots} bots at once")
        if not self.health_ms or percentile(self.health_ms, 95) > _HEALTH_LIMIT_MS:
            bad.append("health was slow")
        if expects_invited and self.invited_ms is None:
            bad.append("who was invited heard nothing")
        return bad


async def _watch_health(url: str, outcome: Outcome) -> None:
    async with httpx.AsyncClient(base_url=url, timeout=10.0) as http:
        while True:
            asked_secs = time.monotonic()
            await http.get("/api/health")
            outcome.health_ms.append((time.monotonic() - asked_secs) * 1000)
            await asyncio.sleep(_HEALTH_PAUSE_SECS)


async def _count_bots(stage: Stage, outcome: Outcome) -> None:
    secret = stage.livekit.api_secret.get_secret_value()
    async with api.LiveKitAPI(stage.livekit.url, stage.livekit.api_key, secret) as livekit:
        while True:
            rooms = (await livekit.room.list_rooms(ListRoomsRequest())).rooms
            # A note about a session that has ended is a room too, without a bot; LiveKit's own
            # count of people leaves bots out.
            asked = [ListParticipantsRequest(room=room.name) for room in rooms]
            found = [(await livekit.room.list_participants(one)).participants for one in asked]
            outcome.bots = max(outcome.bots, sum(map(bool, found)))
            await asyncio.sleep(_ROOMS_PAUSE_SECS)


async def _call_invited(url: str, invite: str, outcome: Outcome) -> None:
    """Call once, from an address of one's own, and hear the greeting."""
    headers = {"Authorization": f"Bearer {invite}", "X-Forwarded-For": "203.0.113.7"}
    asked_secs = time.monotonic()
    async with httpx.AsyncClient(base_url=url, headers=headers, timeout=10.0) as http:
        answer = await http.post("/api/sessions", json={})
    if answer.status_code != 201:
        return
    seat = answer.json()
    async with Caller.join(seat["server_url"], seat["participant_token"]) as caller:
        await caller.wait_for_bot(_GREETING_LIMIT_SECS)
        heard_secs = await caller.wait_for_onset(0.0, _GREETING_LIMIT_SECS)
        outcome.invited_ms = (heard_secs - asked_secs) * 1000


async def _invite(data_dir: str) -> str:
    """Make an invite as the operator does; returns what its link holds."""
    command = ("runner.py", "invite", "--for", "Ada", "--uses", "3")
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        *command,
        cwd=ROOT,
        env={"DATA_DIR": data_dir, "ACCESS": "invite"},
        stdout=asyncio.subprocess.PIPE,
    )
    told, _ = await process.communicate()
    return told.decode().split("#invite=", 1)[1].split()[0]


async def meet(stage: Stage, access: str, options: argparse.Namespace) -> Outcome:
    """Let the crowd come once."""
    outcome = Outcome()
    with tempfile.TemporaryDirectory() as data_dir:
        settings = {
            "ACCESS": access,
            "DATA_DIR": data_dir,
            "TRUSTED_PROXIES": "127.0.0.1",
            "MAX_SESSIONS": str(MAX_SESSIONS),
            "PARKED_BOTS": str(_PARKED_BOTS),
            "STARTS_PER_MINUTE": "30",
        }
        invite = await _invite(data_dir) if access == "invite" else ""
        async with open_subject("ours", stage, environment=settings) as ours:
            assert isinstance(ours, Ours)
            await asyncio.sleep(_SETTLE_SECS)
            crowd = Crowd(ours.url, addresses=options.addresses)
            watches = [
                asyncio.create_task(_watch_health(ours.url, outcome)),
                asyncio.create_task(_count_bots(stage, outcome)),
            ]
            pressing = asyncio.create_task(
                crowd.press(outcome.answers, rate=options.rate, secs=options.secs)
            )
            await asyncio.sleep(options.secs / 2)
            if invite:
                await _call_invited(ours.url, invite, outcome)
            await pressing
            for watch in watches:
                watch.cancel()
            await asyncio.wait(watches)
    return outcome


async def _run(options: argparse.Namespace) -> int:
    gave_way = False
    with RowFile("abuse") as rows:
        rows.add(kind="machine", **machine())
        async with open_stage() as stage:
            for access in ("open", "invite"):
                outcome = await meet(stage, access, options)
                faults = outcome.faults(expects_invited=access == "invite")
                gave_way = gave_way or bool(faults)
                rows.add(
                    kind="abuse",
                    access=access,
                    sent=outcome.answers.sent,
                    statuses=dict(outcome.answers.statuses),
                    broken=outcome.answers.broken,
                    health_ms=outcome.health_ms,
                    bots=outcome.bots,
                    invited_ms=outcome.invited_ms,
                    faults=faults,
                )
                print(_table(access, outcome, options, faults), flush=True)
        print(f"\nrows: {rows.path}")
    return int(gave_way)


def _table(access: str, outcome: Outcome, options: argparse.Namespace, faults: list[str]) -> str:
    health = [percentile(outcome.health_ms, share) for share in (50, 95, 100)]
    statuses = ", ".join(f"{status}: {n}" for status, n in sorted(outcome.answers.statuses.items()))
    invited = "-" if outcome.invited_ms is None else f"{outcome.invited_ms:.0f} ms"
    lines = (
        f"\nACCESS={access}: {outcome.answers.sent} requests in {options.secs:.0f} s "
        f"from {options.addresses} addresses; connections lost: {outcome.answers.broken}",
        f"  answers            {statuses}",
        f"  health p50 p95 max {health[0]:.0f} {health[1]:.0f} {health[2]:.0f} ms",
        f"  bots at most       {outcome.bots} of {MAX_SESSIONS} and {_PARKED_BOTS} parked",
        f"  invited, greeted   {invited}",
        f"  {'GAVE WAY: ' + '; '.join(faults) if faults else 'held'}",
    )
    return "\n".join(lines)


def main() -> int:
    """Run it."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--secs", type=float, default=30.0)
    parser.add_argument("--rate", type=float, default=1000.0, help="requests a second")
    parser.add_argument("--addresses", type=int, default=200)
    quiet_logs()
    return asyncio.run(_run(parser.parse_args()))


if __name__ == "__main__":
    sys.exit(main())
