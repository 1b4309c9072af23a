"""Captions against the ear: when each word of the bot was shown, less when it was heard.

    python -m bench.caption_timing --replies 20 --interruptions 20

The whole product with its local providers repeats known sentences. What the caller heard is aligned
with the voice's own account of when each word begins (`bench/word_times.py`): right to about 25 ms.
Below zero: shown before it was heard.
"""

from __future__ import annotations

import argparse
import asyncio
import random
import time
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from math import inf, isfinite, isnan, nan
from typing import Any

import numpy as np

from bench.caller import Caller
from bench.captions import Caption
from bench.rows import RowFile, machine
from bench.sound import SAMPLE_RATE_HZ, samples_of
from bench.stage import open_stage, quiet_logs
from bench.stats import percentile, summarize
from bench.subjects import Subject, open_subject
from bench.voice import spoken
from bench.word_times import (
    DRIFT_SECS,
    LIKE,
    STEP_SECS,
    TimedSentence,
    TimedVoice,
    best_match,
    word_index,
)

_SENTENCES = (
    "The little boat went slowly past the old harbor.",
    "Most people forget their umbrella on a sunny morning.",
    "Seven brown horses walked across a wooden bridge.",
    "My neighbor grows enormous tomatoes behind her garage.",
    "Nobody knew where the music in the garden came from.",
    "A letter from Canada arrived with beautiful stamps.",
    "We should probably leave before it gets dark.",
    "Every window in that tall building was open.",
)
_SENTENCES_A_REPLY = 3
_REPLIES_A_CALL = 5
_STOP = "Stop, please."
_INTERRUPT_AFTER_SECS = (1.2, 6.0)
_REPLY_LIMIT_SECS = 20.0
_KNOWN_SECS = 0.8


class Reader:
    """Asks one bot to repeat sentences and compares what is heard with what is shown."""

    def __init__(self, caller: Caller, voice: TimedVoice, *, seed: int) -> None:
        self._caller = caller
        self._random = random.Random(seed)
        self._voice = voice

    async def whole_reply(self) -> list[dict[str, Any]]:
        """Hear a reply to its end; returns a row for each word."""
        sentences = self._draw()
        asked_secs, _ = await self._ask(sentences)
        await self._caller.wait_for_silence(1.2)
        return self._words(self._caption(asked_secs), sentences, asked_secs)

    async def cut_reply(self) -> dict[str, Any]:
        """Interrupt a reply; returns a row with how captions and sound ended."""
        sentences = self._draw()
        asked_secs, onset_secs = await self._ask(sentences)
        await asyncio.sleep(self._random.uniform(*_INTERRUPT_AFTER_SECS))
        stop = await self._caller.say(spoken(_STOP))
        answer_secs = await self._caller.wait_for_onset(stop.u1_secs, _REPLY_LIMIT_SECS)
        await self._caller.wait_for_silence(1.2, since_secs=answer_secs)
        end_secs = self._last_loud_secs(onset_secs, answer_secs - 0.1)
        caption = self._caption(asked_secs)
        starts = self._starts(sentences, asked_secs, until_secs=end_secs)
        shown = len(caption.text.split())
        # A word that begins within the last step of the word times may have been begun.
        if any(isnan(secs) for secs in starts[:shown]):
            return {"kind": "lost", "why": "a cut reply was not found in the sound"}
        late = [secs for secs in starts[:shown] if secs > end_secs + STEP_SECS]
        begun = sum(secs < end_secs - STEP_SECS for secs in starts)
        return {
            "kind": "cut",
            "shown": shown,
            "begun": begun,
            "never_begun": len(late),
            "missing": max(0, begun - shown),
            "talked_ms": (end_secs - onset_secs) * 1000,
        }

    def _draw(self) -> list[TimedSentence]:
        chosen = self._random.sample(_SENTENCES, _SENTENCES_A_REPLY)
        return [self._voice.say(sentence) for sentence in chosen]

    async def _ask(self, sentences: Sequence[TimedSentence]) -> tuple[float, float]:
        asked_secs = time.monotonic()
        text = " ".join(sentence.text for sentence in sentences)
        await self._caller.type_text(f"Repeat after me: {text}")
        return asked_secs, await self._caller.wait_for_onset(asked_secs, _REPLY_LIMIT_SECS)

    def _caption(self, asked_secs: float) -> Caption:
        return next(c for c in self._caller.bot_captions if c.first_secs > asked_secs)

    def _last_loud_secs(self, since_secs: float, until_secs: float) -> float:
        heard = self._caller.recording
        before = since_secs
        while before < until_secs:
            end = heard.offset_after(before)
            if end is None or end > until_secs:
                break
            since_secs, before = end, end + 1 / SAMPLE_RATE_HZ
        return since_secs

    def _words(
        self, caption: Caption, sentences: Sequence[TimedSentence], asked_secs: float
    ) -> list[dict[str, Any]]:
        words = [word for sentence in sentences for word in sentence.text.split()]
        if caption.text.split() != words:
            return [{"kind": "lost", "why": "the caption is not what was asked for"}]
        rows: list[dict[str, Any]] = []
        end = 0
        for word, heard_secs in zip(words, self._starts(sentences, asked_secs), strict=True):
            end = caption.text.index(word, end) + len(word)
            if not isfinite(heard_secs):
                rows.append({"kind": "lost", "why": "the word was not found in the sound"})
                continue
            after_ms = (caption.shown_secs(end) - heard_secs) * 1000
            rows.append({"kind": "word", "chars": len(word), "after_ms": after_ms})
        return rows

    def _starts(
        self,
        sentences: Sequence[TimedSentence],
        since_secs: float,
        *,
        until_secs: float | None = None,
    ) -> list[float]:
        """Return when each word began to be heard.

        Infinity for what was not heard, NaN for a sentence that is not found in broken sound.
        """
        recording = self._caller.recording
        base = recording.index_at(since_secs)
        heard = samples_of(recording.heard(since_secs, until_secs)).astype(np.float32)
        end = len(heard)
        # Of a cut sentence the beginning is found where the rest would be quiet.
        heard = np.append(heard, np.zeros(round(_KNOWN_SECS * SAMPLE_RATE_HZ), np.float32))
        starts: list[float] = []
        position = 0
        for sentence in sentences:
            # The beginning is enough to find it: a cut sentence has no end.
            known = sentence.samples[sentence.starts[0] :][: round(_KNOWN_SECS * SAMPLE_RATE_HZ)]
            searched = heard[position:]
            place, likeness = best_match(searched, known)
            is_too_short = bool(starts) and end - position < len(known) + sentence.starts[0]
            if likeness >= LIKE:
                position += place - sentence.starts[0]
            elif not is_too_short:
                starts += [nan] * len(sentence.starts)
                continue
            indexes = [word_index(heard, sentence, start, position) for start in sentence.starts]
            starts += [recording.secs_at(base + at) if at < end else inf for at in indexes]
            position += len(sentence.samples) - round(DRIFT_SECS * SAMPLE_RATE_HZ)
        return starts


async def _run(options: argparse.Namespace) -> None:
    voice = TimedVoice()
    spoken(_STOP)  # now: synthesis in the middle of a call would make the caller late
    # Nothing in the place of the stand-in's addresses: the product brings its local providers.
    names = ("DEEPGRAM_API_KEY", "DEEPGRAM_BASE_URL", "OPENAI_API_KEY", "OPENAI_BASE_URL")
    with RowFile("caption_timing") as rows:
        rows.add(kind="machine", **machine())
        async with (
            open_stage() as stage,
            open_subject("ours", stage, environment=dict.fromkeys(names, "")) as subject,
        ):
            for start in range(0, options.replies, _REPLIES_A_CALL):
                count = min(_REPLIES_A_CALL, options.replies - start)
                async with _call(rows, subject, voice, seed=start) as reader:
                    for _ in range(count):
                        for row in await reader.whole_reply():
                            rows.add(**row)
            for start in range(0, options.interruptions, _REPLIES_A_CALL):
                count = min(_REPLIES_A_CALL, options.interruptions - start)
                async with _call(rows, subject, voice, seed=start) as reader:
                    for _ in range(count):
                        rows.add(**await reader.cut_reply())
        print_table(rows.rows)
        print(f"\nrows: {rows.path}")


@asynccontextmanager
async def _call(
    rows: RowFile, subject: Subject, voice: TimedVoice, *, seed: int
) -> AsyncGenerator[Reader]:
    """Hold one call, greeted already."""
    seat = await subject.start_session()
    async with Caller.join(seat.server_url, seat.token) as caller:
        await caller.wait_for_bot(30.0)
        await caller.wait_for_onset(0.0)
        await caller.wait_for_silence(1.2)
        yield Reader(caller, voice, seed=seed)
        rows.add(kind="session", lag_p99_ms=caller.microphone.lag_p99_ms)
        print(f"call {seed}: done", flush=True)


def print_table(rows: Sequence[dict[str, Any]]) -> None:
    """Print both tables."""
    after = [row["after_ms"] for row in rows if row["kind"] == "word"]
    if after:
        off = [abs(ms) for ms in after]
        within = sum(ms <= 300 for ms in off) / len(off)
        print(f"shown after heard, ms: p5 {percentile(after, 5):.0f}  {summarize(after)}")
        print(f"off by, ms: {summarize(off)}; within 300 ms: {100 * within:.1f} %")
    lost = [row["why"] for row in rows if row["kind"] == "lost"]
    for why in dict.fromkeys(lost):
        print(f"left out: {lost.count(why)}, {why}")
    cuts = [row for row in rows if row["kind"] == "cut"]
    if cuts:
        total = {
            name: sum(row[name] for row in cuts) for name in ("shown", "never_begun", "missing")
        }
        print(
            f"{len(cuts)} interruptions: {total['shown']} words shown, {total['never_begun']} of"
            f" them never begun; {total['missing']} begun and not shown"
        )


def _main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--replies", type=int, default=3)
    parser.add_argument("--interruptions", type=int, default=3)
    quiet_logs()
    asyncio.run(_run(parser.parse_args()))


if __name__ == "__main__":
    _main()
