"""Barge-in over a corpus: real interruptions must stop the bot, everything else must not.

    python -m bench.barge_in --set D --subjects ours livekit-agents

The bot speaks one long tone in a real room; clips come at random points of it. A real interruption
is answered by the next long reply, which is the next clip's target. The recogniser is told what was
said, and tells it as the set's does; with --misheard it is told what the local recogniser makes of
the sound, faults and all. Noises have no words: recognisers listen for voice first.
"""

from __future__ import annotations

import argparse
import asyncio
import random
import time
from collections.abc import Mapping
from contextlib import AsyncExitStack
from dataclasses import asdict, dataclass
from typing import Any

from bench.barge_in_table import print_table
from bench.caller import Caller
from bench.corpus import Clip, clips, loud_secs
from bench.ear import understood
from bench.microphone import Utterance
from bench.round_trip import round_trip_ms
from bench.rows import RowFile, machine
from bench.sound import SAMPLE_RATE_HZ, silence
from bench.stage import Stage, open_stage, quiet_logs
from bench.standin.script import SpokenLine
from bench.standin.sets import SETS
from bench.subjects import SUBJECTS, Subject, open_subject
from bench.tones import WINDOW_SECS, tone_windows
from bench.voice import spoken

_QUESTION = "Could you tell me how this works?"
_LONG_REPLY_SENTENCES = 12
_CLIPS_A_SESSION = 12
_PHASE_SECS = (0.4, 2.2)
_WATCH_SECS = 1.6
"""After the end of a clip: long enough for the answer to an interruption."""
_REPLY_LIMIT_SECS = 10.0
_AROUND_SECS = 0.2
"""Of silence that a segment keeps around speech."""
_GAP_SECS = 0.06
"""Shorter silence is a lost packet, not a pause."""
_NEEDED_REPLY_SECS = 8.0


@dataclass(frozen=True)
class Outcome:
    """What one clip did; times in ms after its first loud sample, None = it did not happen."""

    clip: str
    clip_kind: str
    clip_ms: float
    stop_ms: float | None
    """The old reply fell silent."""
    resume_ms: float | None
    """It went on."""
    is_answered: bool
    """A new reply came."""
    leaked_ms: float
    """Heard of the old reply between its first stop and the new reply."""
    silent_ms: float | None
    """The old reply was heard for the last time, however often it went on before."""
    words: str
    """What the recogniser was told."""


@dataclass(frozen=True)
class _Plan:
    """One session to hold."""

    clips: tuple[Clip, ...]
    words: Mapping[str, str]
    seed: int


class Heckler:
    """Plays clips into a bot's long replies.

    Args:
        caller: In the room with the bot.
        stage: Whose stand-in knows the words.
        words: What the recogniser hears in each clip, by its name.
        seed: Of the phases.
    """

    def __init__(
        self, *, caller: Caller, stage: Stage, words: Mapping[str, str], seed: int
    ) -> None:
        self._caller = caller
        self._words = words
        self._standin = stage.standin
        self._random = random.Random(seed)
        self._turn = 0
        self._reply_end_secs = 0.0

    async def heckle(self, clip: Clip) -> Outcome:
        """Make sure the bot talks, play `clip` at a random point, and see what it does."""
        if self._reply_end_secs - time.monotonic() < _NEEDED_REPLY_SECS:
            await self._ask()
        await asyncio.sleep(self._random.uniform(*_PHASE_SECS))
        old_turn = self._turn
        if clip.kind == "real":
            self._turn += 1
        line = SpokenLine(
            self._words[clip.name],
            loud_secs(clip),
            _LONG_REPLY_SENTENCES,
            turn=self._turn if clip.kind == "real" else 0,
        )
        await self._standin.expect(line)
        said = await self._caller.say(clip.pcm)
        await asyncio.sleep(max(0.0, said.u1_secs + _WATCH_SECS - time.monotonic()))
        outcome = self._outcome(clip, said, old_turn)
        if not outcome.is_answered:
            self._turn = old_turn if outcome.stop_ms is None or outcome.resume_ms else self._turn
        if outcome.is_answered:
            self._expect_reply()
        elif outcome.stop_ms is not None and outcome.resume_ms is None:
            self._reply_end_secs = 0.0
        return outcome

    async def _ask(self) -> None:
        self._turn += 1
        await self._caller.wait_for_silence(1.0, timeout_secs=90)
        pcm = spoken(_QUESTION)
        line = SpokenLine(f"turn {self._turn} {_QUESTION}", 1.3, _LONG_REPLY_SENTENCES)
        await self._standin.expect(line)
        said = await self._caller.say(pcm)
        await self._caller.wait_for_onset(said.u0_secs, _REPLY_LIMIT_SECS)
        self._expect_reply()

    def _expect_reply(self) -> None:
        # About 4 s a sentence; less is promised, so that no clip meets a natural end.
        self._reply_end_secs = time.monotonic() + 3.5 * _LONG_REPLY_SENTENCES

    def _outcome(self, clip: Clip, said: Utterance, old_turn: int) -> Outcome:
        heard = self._caller.heard(said.u0_secs, said.u1_secs + _WATCH_SECS)
        old = tone_windows(heard, old_turn)
        new = tone_windows(heard, self._turn) if self._turn != old_turn else old & False
        stop = _first_gap(list(old))
        answered = int(new.argmax()) if new.any() else None
        later = [] if stop is None else [i for i in range(stop, len(old)) if old[i]]
        before_answer = [i for i in later if answered is None or i < answered]
        return Outcome(
            clip=clip.name,
            clip_kind=clip.kind,
            clip_ms=len(clip.pcm) / 2 / SAMPLE_RATE_HZ * 1000,
            stop_ms=None if stop is None else stop * WINDOW_SECS * 1000,
            resume_ms=later[0] * WINDOW_SECS * 1000 if later else None,
            is_answered=answered is not None,
            leaked_ms=len(before_answer) * WINDOW_SECS * 1000,
            silent_ms=silence_ms(list(old)),
            words=self._words[clip.name],
        )


def _first_gap(sounding: list[Any]) -> int | None:
    """Return the window where the tone first falls silent for more than a hiccup."""
    needed = round(_GAP_SECS / WINDOW_SECS)
    for start in range(len(sounding) - needed + 1):
        if not any(sounding[start : start + needed]):
            return start
    return None


def silence_ms(sounding: list[Any]) -> float | None:
    """Return when the tone sounded for the last time; None if it does to the end."""
    loud = [window for window, sounds in enumerate(sounding) if sounds]
    if not loud:
        return 0.0
    is_on = len(sounding) - loud[-1] <= round(_GAP_SECS / WINDOW_SECS)
    return None if is_on else (loud[-1] + 1) * WINDOW_SECS * 1000


def heard_words(clip: Clip) -> str:
    """Return what the local recogniser makes of a clip that somebody says."""
    if clip.kind == "noise":
        return ""
    return understood(silence(_AROUND_SECS) + clip.pcm + silence(_AROUND_SECS))


async def _run(options: argparse.Namespace) -> None:
    chosen = list(clips())
    random.Random(1).shuffle(chosen)
    chosen = chosen[: options.limit]
    spoken(_QUESTION)
    # Now: in the middle of a call it would make the caller late.
    words = {clip.name: heard_words(clip) if options.misheard else clip.text for clip in chosen}
    delays = SETS[options.set]
    with RowFile("barge_in") as rows:
        rows.add(kind="machine", **machine(), set=options.set, is_misheard=options.misheard)
        async with AsyncExitStack() as stack:
            stage = await stack.enter_async_context(open_stage())
            for trip_ms in await round_trip_ms(stage):
                rows.add(kind="round_trip", ms=trip_ms)
            await stage.standin.set_delays(delays)
            subjects = [
                await stack.enter_async_context(
                    open_subject(name, stage, recogniser=delays.recogniser)
                )
                for name in options.subjects
            ]
            for start in range(0, len(chosen), _CLIPS_A_SESSION):
                for subject in subjects:
                    part = chosen[start : start + _CLIPS_A_SESSION]
                    plan = _Plan(tuple(part), words, start)
                    await _session(rows, subject, stage, plan)
        print_table(rows.rows)
        print(f"\nrows: {rows.path}")


async def _session(rows: RowFile, subject: Subject, stage: Stage, plan: _Plan) -> None:
    seat = await subject.start_session()
    async with Caller.join(seat.server_url, seat.token) as caller:
        await caller.wait_for_bot(30)
        heckler = Heckler(caller=caller, stage=stage, words=plan.words, seed=plan.seed)
        for clip in plan.clips:
            try:
                outcome = await heckler.heckle(clip)
            except TimeoutError:
                rows.add(kind="failed", subject=subject.name, clip=clip.name)
                break
            rows.add(kind="clip", subject=subject.name, **asdict(outcome))
        rows.add(kind="session", subject=subject.name, lag_p99_ms=caller.microphone.lag_p99_ms)
    print(f"{subject.name}: {len(plan.clips)} clips", flush=True)


def _main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--subjects", nargs="+", default=list(SUBJECTS), choices=SUBJECTS)
    parser.add_argument("--set", default="D", choices=list(SETS))
    parser.add_argument(
        "--misheard", action="store_true", help="words are what the local recogniser hears"
    )
    parser.add_argument("--limit", type=int, default=1000, help="use only so many clips")
    quiet_logs()
    asyncio.run(_run(parser.parse_args()))


if __name__ == "__main__":
    _main()
