"""Voice to voice and barge-in in a real LiveKit room: ours and its peers, interleaved in one run.

    python -m bench.room --sessions 5 --cycles 5 --sets D F S

One session of each subject after another, again and again, so that a drift of the machine meets all
alike. Raw rows go to bench/results/room-*.jsonl; bench/report.py draws them.
"""

from __future__ import annotations

import argparse
import asyncio
import time
from contextlib import AsyncExitStack
from dataclasses import asdict, dataclass
from tempfile import TemporaryDirectory
from typing import Any

from bench.caller import Caller
from bench.exchange import QUESTIONS, Exchange, Talk
from bench.process import CpuMeter, memory
from bench.room_table import print_table, short
from bench.round_trip import round_trip_ms
from bench.rows import RowFile, machine
from bench.stage import Stage, open_stage, quiet_logs
from bench.standin.sets import SETS
from bench.subjects import MAX_LAG_MS, SUBJECTS, UNKEPT, Subject, open_subject
from bench.voice import spoken

_BOT_LIMIT_SECS = 30.0


@dataclass(frozen=True)
class SessionFigures:
    """What one session cost."""

    lag_p99_ms: float
    cpu_percent: float
    """Of one core, of the session's own process."""
    rest_cpu_percent: float
    """Of the subject's other processes."""
    uss_mb: float


@dataclass(frozen=True)
class Plan:
    """One session to hold."""

    set_name: str
    session: int
    """Number of the session, and the seed of its questions and phases."""
    cycles: int
    is_plain: bool = False
    """Without interruptions."""


async def run_session(
    subject: Subject, stage: Stage, plan: Plan
) -> tuple[list[Exchange], SessionFigures]:
    """Hold one conversation: a first turn, then plain and interrupted ones in turn."""
    seat = await subject.start_session()
    exchanges: list[Exchange] = []
    async with Caller.join(seat.server_url, seat.token) as caller:
        await caller.wait_for_bot(_BOT_LIMIT_SECS)
        talk = Talk(
            caller=caller,
            standin=stage.standin,
            questions={question: spoken(question) for question in QUESTIONS},
            seed=plan.session,
        )
        await talk.settle()
        meter, start_secs = CpuMeter(subject.roots), time.monotonic()
        exchanges.append(await talk.plain_turn(kind="first"))
        await talk.finish_reply()
        for _ in range(plan.cycles):
            exchanges.append(await talk.plain_turn())
            await talk.finish_reply()
            if not plan.is_plain:
                exchanges.extend(await talk.interrupted_turn())
                await talk.finish_reply()
        used, length_secs = meter.used_secs(), time.monotonic() - start_secs
        bot_pid = max(used, key=lambda pid: used[pid])
        figures = SessionFigures(
            lag_p99_ms=caller.microphone.lag_p99_ms,
            cpu_percent=100 * used[bot_pid] / length_secs,
            rest_cpu_percent=100 * (sum(used.values()) - used[bot_pid]) / length_secs,
            uss_mb=memory(bot_pid).uss_mb,
        )
    return exchanges, figures


async def _run(options: argparse.Namespace) -> None:
    for question in QUESTIONS:
        spoken(question)  # now: synthesis in the middle of a call would make the caller late
    with RowFile("room") as rows:
        rows.add(kind="machine", **machine())
        async with AsyncExitStack() as stack:
            stage = await stack.enter_async_context(open_stage())
            for trip_ms in await round_trip_ms(stage):
                rows.add(kind="round_trip", ms=trip_ms)
            for set_name in options.sets:
                await _measure_set(rows, stage, set_name, options)
        print_table(rows.rows)
        print(f"\nrows: {rows.path}")


async def _measure_set(
    rows: RowFile, stage: Stage, set_name: str, options: argparse.Namespace
) -> None:
    """Open the subjects, each with the set's recogniser, and hold their sessions by turns."""
    delays = SETS[set_name]
    await stage.standin.set_delays(delays)
    async with AsyncExitStack() as stack:
        folder = stack.enter_context(TemporaryDirectory())
        kept = {"SPEECH_SHELF": folder, "SPEECH_SHELF_MB": "16"} if options.kept else {}
        subjects = [
            await stack.enter_async_context(
                open_subject(name, stage, recogniser=delays.recogniser, environment=kept)
            )
            for name in options.subjects
        ]
        for session in range(options.sessions):
            plan = Plan(
                set_name=set_name, session=session, cycles=options.cycles, is_plain=options.kept
            )
            for subject in subjects:
                await _measure(rows, subject, stage, plan)


async def _measure(rows: RowFile, subject: Subject, stage: Stage, plan: Plan) -> None:
    label: dict[str, Any] = {
        "subject": subject.name,
        "set": plan.set_name,
        "session": plan.session,
    }
    try:
        exchanges, figures = await run_session(subject, stage, plan)
    except (TimeoutError, OSError) as error:
        rows.add(kind="failed", **label, why=repr(error))
        print(f"{subject.name} {plan.set_name} session {plan.session}: failed, {error!r}")
        return
    is_valid = figures.lag_p99_ms <= MAX_LAG_MS
    found = [exchange.as_row() for exchange in exchanges]
    for row in found:
        rows.add(**(row | label | {"is_valid": is_valid}))
    rows.add(kind="session", **label, **asdict(figures), is_valid=is_valid)
    where = f"{subject.name} {plan.set_name} session {plan.session}"
    print(f"{where}: {short(found)}; lag {figures.lag_p99_ms:.1f}", flush=True)


def _main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--subjects", nargs="+", default=list(SUBJECTS), choices=(*SUBJECTS, UNKEPT)
    )
    parser.add_argument("--sets", nargs="+", default=["D", "F", "S"], choices=list(SETS))
    parser.add_argument("--sessions", type=int, default=5)
    parser.add_argument("--cycles", type=int, default=5, help="plain + interrupted turns a session")
    parser.add_argument(
        "--kept",
        action="store_true",
        help="ours keeps how its replies begin; plain turns alone, as kept speech has an old pitch",
    )
    quiet_logs()
    asyncio.run(_run(parser.parse_args()))


if __name__ == "__main__":
    _main()
