"""How many calls a machine holds, and what each takes: calls are added until it is too much.

    python -m bench.load --keep
    python -m bench.load --subjects ours --calls 3 --minutes 10

A number of calls holds if every question is answered, the 95th percentile of V2V is at most 1.15
times that of one call, and no reply has a gap above 40 ms. The callers run on the same cores and
are part of the load. `--minutes` lets calls go on for so long: the slope of memory.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import random
import time
from collections.abc import AsyncGenerator, Sequence
from contextlib import AsyncExitStack
from dataclasses import asdict, dataclass

import numpy as np
import psutil

from bench.caller import Caller
from bench.load_table import holds, keep_figures, print_table, write_plots
from bench.process import CpuMeter, memory, tree
from bench.rows import RowFile, machine
from bench.sound import SAMPLE_RATE_HZ, loud_bounds
from bench.stage import Stage, open_stage, quiet_logs
from bench.standin.script import SpokenLine
from bench.standin.sets import SETS
from bench.subjects import SUBJECTS, Subject, open_subject
from bench.tones import WINDOW_SECS, tone_windows
from bench.voice import spoken

QUESTION = "Could you tell me how this works?"
TURN = 1
_REPLY_LIMIT_SECS = 15.0
_REPLY_SECS = 2.0
_PAUSE_SECS = (1.5, 3.0)
_MEMORY_EVERY_SECS = 5.0
SETTINGS = {"MAX_SESSIONS": "40", "STARTS_PER_MINUTE": "1000", "IDLE_BOTS": "2"}


@dataclass(frozen=True)
class Answer:
    """One answered question; None if no answer came."""

    v2v_ms: float | None
    gap_ms: float
    """The longest silence inside the first seconds of the reply."""


@dataclass(frozen=True)
class Talk:
    """One call among many."""

    answers: list[Answer]
    lag_p99_ms: float
    """The caller's own."""
    up_bytes: float
    down_bytes: float
    """A second, as the caller's client counts them."""


async def talk(
    subject: Subject, *, rounds: int, secs: float, seed: int, everybody: asyncio.Barrier
) -> Talk:
    """Hold one call among many, for so many questions and at least so long."""
    generator = random.Random(seed)
    seat = await subject.start_session()
    async with Caller.join(seat.server_url, seat.token) as caller:
        await caller.wait_for_bot(60)
        await caller.wait_for_silence(1.5)
        await everybody.wait()
        began_secs, before = time.monotonic(), await _bytes(caller)
        answers: list[Answer] = []
        while len(answers) < rounds or time.monotonic() - began_secs < secs:
            await asyncio.sleep(generator.uniform(*_PAUSE_SECS))
            answers.append(await ask(caller))
            await caller.wait_for_silence(0.8)
        took_secs, after = time.monotonic() - began_secs, await _bytes(caller)
        await everybody.wait()
        up, down = ((b - a) / took_secs for a, b in zip(before, after, strict=True))
        return Talk(answers, caller.microphone.lag_p99_ms, up, down)


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


async def _bytes(caller: Caller) -> tuple[int, int]:
    """Return what the caller has sent and received so far, all headers of IP and UDP left out."""
    stats = await caller.room.get_rtc_stats()
    both = (*stats.publisher_stats, *stats.subscriber_stats)
    transports = [one.transport.transport for one in both if one.HasField("transport")]
    return sum(t.bytes_sent for t in transports), sum(t.bytes_received for t in transports)


def _memory_mb(roots: Sequence[int]) -> float:
    return sum(memory(pid).pss_mb for root in roots for pid in tree(root))


@contextlib.asynccontextmanager
async def _memory_noted(rows: RowFile, subject: Subject, calls: int) -> AsyncGenerator[None]:
    """Write down the memory of the subject again and again."""

    async def note() -> None:
        while True:
            # The kernel takes its time over it, in which callers have to go on speaking.
            pss_mb = await asyncio.to_thread(_memory_mb, subject.roots)
            rows.add(
                kind="memory", subject=subject.name, calls=calls, at=time.monotonic(), pss_mb=pss_mb
            )
            await asyncio.sleep(_MEMORY_EVERY_SECS)

    noting = asyncio.create_task(note())
    try:
        yield
    finally:
        noting.cancel()
        await asyncio.gather(noting, return_exceptions=True)


async def _measure(
    rows: RowFile, stage: Stage, name: str, calls: int, options: argparse.Namespace
) -> None:
    async with AsyncExitStack() as stack:
        subject = await stack.enter_async_context(open_subject(name, stage, environment=SETTINGS))
        # One more than the calls: this one, which begins and ends the measurement with them.
        everybody = asyncio.Barrier(calls + 1)
        async with asyncio.TaskGroup() as group:
            talks = [
                group.create_task(
                    talk(
                        subject,
                        rounds=options.rounds,
                        secs=60 * options.minutes,
                        seed=seed,
                        everybody=everybody,
                    )
                )
                for seed in range(calls)
            ]
            await everybody.wait()
            meters = CpuMeter(subject.roots), CpuMeter([stage.livekit.pid or 0])
            began_secs = time.monotonic()
            psutil.cpu_percent()
            async with _memory_noted(rows, subject, calls):
                await everybody.wait()
            took_secs = time.monotonic() - began_secs
            cores, livekit_cores = (sum(m.used_secs().values()) / took_secs for m in meters)
            rows.add(
                **{"kind": "load", "subject": name, "calls": calls, "secs": took_secs},
                **{"cores": cores, "livekit_cores": livekit_cores},
                busy_share=psutil.cpu_percent() / 100,
            )
        for finished in talks:
            _note_talk(rows, name, calls, finished.result())
    print(f"{name}: {calls} calls done", flush=True)


def _note_talk(rows: RowFile, name: str, calls: int, found: Talk) -> None:
    about = {"subject": name, "calls": calls}
    rows.add(kind="line", **about, up_bytes=found.up_bytes, down_bytes=found.down_bytes)
    for answer in found.answers:
        rows.add(kind="answer", **about, **asdict(answer), lag_p99_ms=found.lag_p99_ms)


async def _run(options: argparse.Namespace) -> None:
    line = question_line()
    with RowFile("load") as rows:
        rows.add(kind="machine", **machine())
        left = list(options.subjects)
        for calls in options.calls or range(1, options.most + 1):
            for name in [*left]:
                async with open_stage() as stage:
                    await stage.standin.set_delays(SETS["S"])
                    await stage.standin.expect(line, is_repeating=True)
                    await _measure(rows, stage, name, calls, options)
                if not options.calls and not holds(rows.rows, name, calls):
                    left.remove(name)
        print_table(rows.rows)
        write_plots(rows.rows)
        print(f"\nrows: {rows.path}")
        if options.keep:
            keep_figures(rows.rows)


def question_line() -> SpokenLine:
    """Return what the providers are to hear, whoever asks."""
    first, last = loud_bounds(spoken(QUESTION))
    return SpokenLine(f"turn {TURN} {QUESTION}", (last - first) / SAMPLE_RATE_HZ, 1)


def _main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--subjects", nargs="+", default=list(SUBJECTS), choices=SUBJECTS)
    parser.add_argument("--calls", nargs="+", type=int, help="these numbers instead of a ramp")
    parser.add_argument("--most", type=int, default=16, help="where the ramp ends")
    parser.add_argument("--rounds", type=int, default=6, help="questions a call")
    parser.add_argument("--minutes", type=float, default=0.0, help="how long calls go on at least")
    parser.add_argument("--keep", action="store_true", help="write bot/sizing.toml anew")
    quiet_logs()
    asyncio.run(_run(parser.parse_args()))


if __name__ == "__main__":
    _main()
