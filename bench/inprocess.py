"""Voice to voice and barge-in without WebRTC and server: what the frameworks themselves take.

    python -m bench.inprocess --sessions 5 --cycles 5 --sets D S slow

Each session runs in a process of its own, subjects interleaved; the room is doubled by
bench/wire.py. Raw rows go to bench/results/inprocess-*.jsonl.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import sys
import tempfile
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.exchange import QUESTIONS
from bench.room_table import print_table, short
from bench.rows import RowFile, machine
from bench.stage import ROOT, open_log, quiet_logs
from bench.standin.server import open_standin
from bench.standin.sets import SETS
from bench.subjects import PEER_PYTHON, SUBJECTS
from bench.voice import spoken
from bot.processes.die_with_parent import with_parent

_SESSION_LIMIT_SECS = 300.0
# Every subject has Deepgram's `/v1/listen` here.
_CHOICES = [name for name, delays in SETS.items() if delays.recogniser in ("prompt", "nova")]


@dataclass(frozen=True)
class Plan:
    """One session to hold."""

    subject: str
    set_name: str
    session: int
    cycles: int


async def run_session(plan: Plan, *, standin_port: int, questions: Path) -> list[dict[str, Any]]:
    """Hold one conversation in a child process and return its rows.

    Raises:
        RuntimeError: if the child fails; its log is in bench/results/logs/.
    """
    python = str(PEER_PYTHON) if plan.subject == "livekit-agents" else sys.executable
    command = [python, "-m", "bench.inprocess_child", "--subject", plan.subject]
    command += ["--port", str(standin_port), "--questions", str(questions)]
    command += ["--cycles", str(plan.cycles), "--seed", str(plan.session)]
    environment = {**os.environ}
    if plan.subject == "ours":
        # The product sets these itself, before it forks its bots.
        environment |= {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}
    with open_log(f"inprocess-{plan.subject}") as log:
        process = await asyncio.create_subprocess_exec(
            *with_parent(command),
            cwd=ROOT,
            env=environment,
            stdout=asyncio.subprocess.PIPE,
            stderr=log,
        )
        try:
            async with asyncio.timeout(_SESSION_LIMIT_SECS):
                output, _ = await process.communicate()
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()
    rows = [json.loads(line) for line in output.splitlines() if line.startswith(b"{")]
    if not any(row["kind"] == "session" for row in rows):
        raise RuntimeError(f"{plan.subject} ended with code {process.returncode}")
    return rows


async def _run(options: argparse.Namespace) -> None:
    with RowFile("inprocess") as rows, tempfile.TemporaryDirectory() as folder:
        for question in QUESTIONS:
            (Path(folder) / f"{question}.pcm").write_bytes(spoken(question))
        rows.add(kind="machine", **machine())
        async with AsyncExitStack() as stack:
            standin = await stack.enter_async_context(open_standin())
            for set_name in options.sets:
                await standin.set_delays(SETS[set_name])
                for session in range(options.sessions):
                    for subject in options.subjects:
                        plan = Plan(subject, set_name, session, options.cycles)
                        await _measure(rows, plan, standin.port, Path(folder))
        print_table(rows.rows)
        print(f"\nrows: {rows.path}")


async def _measure(rows: RowFile, plan: Plan, port: int, questions: Path) -> None:
    label = {"subject": plan.subject, "set": plan.set_name, "session": plan.session}
    try:
        found = await run_session(plan, standin_port=port, questions=questions)
    except (RuntimeError, TimeoutError) as error:
        rows.add(kind="failed", **label, why=repr(error))
        print(f"{plan.subject} {plan.set_name} session {plan.session}: failed, {error!r}")
        return
    lag_ms = next(row["lag_p99_ms"] for row in found if row["kind"] == "session")
    for row in found:
        # The caller shares the framework's event loop: its lag is the framework's own doing.
        rows.add(**(row | label | {"is_valid": True}))
    print(
        f"{plan.subject} {plan.set_name} session {plan.session}: {short(found)}; lag {lag_ms:.1f}"
    )


def _main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--subjects", nargs="+", default=list(SUBJECTS), choices=SUBJECTS)
    parser.add_argument("--sets", nargs="+", default=["D", "S", "slow"], choices=_CHOICES)
    parser.add_argument("--sessions", type=int, default=5)
    parser.add_argument("--cycles", type=int, default=5, help="plain + interrupted turns a session")
    quiet_logs()
    asyncio.run(_run(parser.parse_args()))


if __name__ == "__main__":
    _main()
