"""What a caller feels of another who attacks: V2V beside a call that sends bombs, and without.

    python -m bench.neighbour [--rounds 30]

One caller asks the same question over and over. In every other round a second caller, in a session
and a process of its own, sends what unpacks to far more than it was, a bomb of each kind in turn.
Both, and the attacker's own work, share the machine's cores. The ratio of the medians is to stay
below 1.2.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
import tempfile
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

from bench.caller import Caller
from bench.load import SETTINGS, Answer, ask, question_line
from bench.rows import RowFile, machine
from bench.stage import ROOT, open_stage, quiet_logs
from bench.standin.sets import SETS
from bench.stats import percentile
from bench.subjects import Seat, open_subject
from tests.attacks.test_stream_bombs import BOMBS, Attacker

_PAUSE_SECS = 2.0
_BOMB_LIMIT_SECS = 2.0
_BOMB_PAUSE_SECS = 0.2
_JOIN_LIMIT_SECS = 60.0
_RATIO_LIMIT = 1.2


async def _attack(server_url: str, token: str) -> None:
    """Send a bomb for each line that comes in."""
    loop, lines = asyncio.get_running_loop(), asyncio.StreamReader()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(lines), sys.stdin)
    with tempfile.TemporaryDirectory() as folder:
        async with Caller.join(server_url, token) as caller:
            await caller.wait_for_bot(_JOIN_LIMIT_SECS)
            attacker, sent = Attacker(caller, Path(folder)), 0
            print("ready", flush=True)
            while await lines.readline():
                bomb = list(BOMBS.values())[sent % len(BOMBS)]
                sent += 1
                # The bot may have left the topic, or ended the call.
                with suppress(Exception):
                    async with asyncio.timeout(_BOMB_LIMIT_SECS):
                        await bomb(attacker)


@asynccontextmanager
async def _attacker(seat: Seat) -> AsyncGenerator[Process]:
    command = ("-m", "bench.neighbour", "--attack", seat.server_url, seat.token)
    process = await asyncio.create_subprocess_exec(
        sys.executable, *command, cwd=ROOT, stdin=PIPE, stdout=PIPE
    )
    assert process.stdout is not None
    try:
        await process.stdout.readline()
        yield process
    finally:
        with suppress(ProcessLookupError):
            process.kill()
        await process.wait()


async def _press(attacker: Process) -> None:
    assert attacker.stdin is not None
    while attacker.returncode is None:
        attacker.stdin.write(b"\n")
        await asyncio.sleep(_BOMB_PAUSE_SECS)


async def _round(caller: Caller, attacker: Process | None) -> Answer:
    pressing = None if attacker is None else asyncio.create_task(_press(attacker))
    await asyncio.sleep(_PAUSE_SECS)
    try:
        answer = await ask(caller)
    finally:
        if pressing is not None:
            pressing.cancel()
            await asyncio.wait({pressing})
    await caller.wait_for_silence(0.8)
    return answer


async def _run(rounds: int) -> int:
    with RowFile("neighbour") as rows:
        rows.add(kind="machine", **machine())
        async with open_stage() as stage, open_subject("ours", stage, environment=SETTINGS) as ours:
            await stage.standin.set_delays(SETS["S"])
            await stage.standin.expect(question_line(), is_repeating=True)
            seat, theirs = await ours.start_session(), await ours.start_session()
            async with Caller.join(seat.server_url, seat.token) as caller, _attacker(theirs) as by:
                await caller.wait_for_bot(_JOIN_LIMIT_SECS)
                await caller.wait_for_silence(1.0)
                for at in range(2 * rounds):
                    is_attacked = at % 2 == 1
                    answer = await _round(caller, by if is_attacked else None)
                    rows.add(
                        kind="answer",
                        is_attacked=is_attacked,
                        is_attacker_alive=by.returncode is None,
                        v2v_ms=answer.v2v_ms,
                        gap_ms=answer.gap_ms,
                    )
        ratio = _report([row for row in rows.rows if row["kind"] == "answer"])
        print(f"rows: {rows.path}")
    return int(ratio >= _RATIO_LIMIT)


def _report(answers: list[dict[str, object]]) -> float:
    medians: list[float] = []
    for is_attacked in (False, True):
        own = [row for row in answers if row["is_attacked"] is is_attacked]
        v2v = [float(str(row["v2v_ms"])) for row in own if row["v2v_ms"] is not None]
        shown = [percentile(v2v, share) if v2v else float("inf") for share in (50, 95)]
        medians.append(shown[0])
        name = "attacked" if is_attacked else "in peace"
        print(f"{name}: V2V p50 {shown[0]:.0f}, p95 {shown[1]:.0f} ms, {len(v2v)} of {len(own)}")
    ratio = medians[1] / medians[0]
    print(f"ratio of the medians: {ratio:.3f}")
    return ratio


def main() -> int:
    """Run it."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rounds", type=int, default=30, help="of each kind")
    parser.add_argument("--attack", nargs=2, metavar=("URL", "TOKEN"), help=argparse.SUPPRESS)
    options = parser.parse_args()
    quiet_logs()
    if options.attack:
        asyncio.run(_attack(*options.attack))
        return 0
    return asyncio.run(_run(options.rounds))


if __name__ == "__main__":
    sys.exit(main())
