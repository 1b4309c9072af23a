"""How many calls a machine holds: V2V and gaps in the voice as calls are added.

    python -m bench.density --calls 1 2 4 6 8 12

A number of calls holds if the 95th percentile of V2V is at most 1.15 times that of one call and no
reply has a gap above 40 ms. The callers run on the same cores and are part of the load.
"""

from __future__ import annotations

import argparse
import asyncio
import random
from collections.abc import Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from typing import Any

import numpy as np

from bench.caller import Caller
from bench.rows import RowFile, machine
from bench.sound import SAMPLE_RATE_HZ, loud_bounds
from bench.stage import Stage, open_stage, quiet_logs
from bench.standin.script import SpokenLine
from bench.standin.sets import SETS
from bench.stats import percentile, summarize
from bench.subjects import SUBJECTS, Subject, open_subject
from bench.tones import WINDOW_SECS, tone_windows
from bench.voice import spoken

QUESTION = "Could you tell me how this works?"
TURN = 1
_REPLY_LIMIT_SECS = 15.0
_REPLY_SECS = 2.0
_PAUSE_SECS = (1.5, 3.0)
_HOLDS_RATIO = 1.15
_GAP_LIMIT_MS = 40
SETTINGS = {"MAX_SESSIONS": "40", "STARTS_PER_MINUTE": "1000", "IDLE_BOTS": "2"}


@dataclass(frozen=True)
class Answer:
    """One answered question; None if no answer came."""

    v2v_ms: float | None
    gap_ms: float
    """The longest silence inside the first seconds of the reply."""


async def talk(
    subject: Subject, rounds: int, *, seed: int, everybody: asyncio.Barrier
) -> tuple[list[Answer], float]:
    """Hold one call among many; returns its answers and the caller's own lag."""
    generator = random.Random(seed)
    seat = await subject.start_session()
    async with Caller.join(seat.server_url, seat.token) as caller:
        await caller.wait_for_bot(60)
        await caller.wait_for_silence(1.5)
        await everybody.wait()
        answers: list[Answer] = []
        for _ in range(rounds):
            await asyncio.sleep(generator.uniform(*_PAUSE_SECS))
            answers.append(await ask(caller))
            await caller.wait_for_silence(0.8)
        await everybody.wait()
        return answers, caller.microphone.lag_p99_ms


async def ask(caller: Caller) -> Answer:
    """Ask once, and hear the beginning of the reply."""
    said = await caller.say(spoken(QUESTION))
    try:
        onset_secs = await caller.wait_for_onset(said.u0_secs, _REPLY_LIMIT_SECS)
    except TimeoutError:
        return Answer(None, 0.0)
    await asyncio.sleep(_REPLY_SECS)
    heard = tone_windows(caller.heard(onset_secs, onset_secs + _REPLY_SECS), TURN)
    longest = max((len(gap) for gap in _runs(heard, wanted=False)), default=0)
    return Answer((onset_secs - said.u1_secs) * 1000, longest * WINDOW_SECS * 1000)


def _runs(values: np.ndarray, *, wanted: bool) -> list[list[bool]]:
    """Return the stretches of `values` that are `wanted`."""
    found: list[list[bool]] = [[]]
    for value in values:
        if bool(value) == wanted:
            found[-1].append(wanted)
        elif found[-1]:
            found.append([])
    return [run for run in found if run]


async def _run(options: argparse.Namespace) -> None:
    line = question_line()
    with RowFile("density") as rows:
        rows.add(kind="machine", **machine())
        for calls in options.calls:
            for name in options.subjects:
                async with open_stage() as stage:
                    await stage.standin.set_delays(SETS["S"])
                    await stage.standin.expect(line, is_repeating=True)
                    await _measure(rows, stage, name, calls, options.rounds)
        print_table(rows.rows)
        print(f"\nrows: {rows.path}")


def question_line() -> SpokenLine:
    """Return what the providers are to hear, whoever asks."""
    first, last = loud_bounds(spoken(QUESTION))
    return SpokenLine(f"turn {TURN} {QUESTION}", (last - first) / SAMPLE_RATE_HZ, 1)


async def _measure(rows: RowFile, stage: Stage, name: str, calls: int, rounds: int) -> None:
    async with AsyncExitStack() as stack:
        subject = await stack.enter_async_context(open_subject(name, stage, environment=SETTINGS))
        everybody = asyncio.Barrier(calls)
        async with asyncio.TaskGroup() as group:
            talks = [
                group.create_task(talk(subject, rounds, seed=seed, everybody=everybody))
                for seed in range(calls)
            ]
        for finished in talks:
            answers, lag_ms = finished.result()
            for answer in answers:
                rows.add(
                    kind="answer",
                    subject=name,
                    calls=calls,
                    v2v_ms=answer.v2v_ms,
                    gap_ms=answer.gap_ms,
                    lag_p99_ms=lag_ms,
                )
    print(f"{name}: {calls} calls done", flush=True)


def print_table(rows: Sequence[dict[str, Any]]) -> None:
    """Print each number of calls and whether it holds."""
    answers = [row for row in rows if row["kind"] == "answer"]
    for name in dict.fromkeys(row["subject"] for row in answers):
        single_ms: float | None = None
        for calls in dict.fromkeys(r["calls"] for r in answers if r["subject"] == name):
            own = [r for r in answers if r["subject"] == name and r["calls"] == calls]
            v2v = [row["v2v_ms"] for row in own if row["v2v_ms"] is not None]
            p95_ms = percentile(v2v, 95) if v2v else float("inf")
            single_ms = single_ms or p95_ms
            gap_ms = max(row["gap_ms"] for row in own)
            holds = (
                len(v2v) == len(own)
                and p95_ms <= _HOLDS_RATIO * single_ms
                and gap_ms <= _GAP_LIMIT_MS
            )
            lag_ms = max(row["lag_p99_ms"] for row in own)
            print(
                f"{name:15}{calls:3} calls: {summarize(v2v)}  longest gap {gap_ms:.0f}"
                f"  callers' lag {lag_ms:.0f}  {'holds' if holds else 'does not hold'}"
            )


def _main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--subjects", nargs="+", default=list(SUBJECTS), choices=SUBJECTS)
    parser.add_argument("--calls", nargs="+", type=int, default=[1, 2, 4, 6, 8, 12])
    parser.add_argument("--rounds", type=int, default=8, help="questions a call")
    quiet_logs()
    asyncio.run(_run(parser.parse_args()))


if __name__ == "__main__":
    _main()
