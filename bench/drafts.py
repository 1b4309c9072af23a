"""What the draft recogniser makes of whole sentences, and whether its answers would be released.

    python -m bench.drafts

Each sentence is read in passing and at its end, as in a call. An answer made for a draft is
released if the product takes draft and sentence for the same; a second normaliser, the benches'
own, says whether they are, word for word.
"""

from __future__ import annotations

import argparse
import asyncio
import time
from itertools import islice

import numpy as np

from bench.rows import RowFile, machine
from bench.sound import SAMPLE_RATE_HZ, level_at, loud_bounds, samples_of
from bench.stats import summarize
from bench.turn_corpus import sentences
from bench.voice import spoken
from bench.words import normalized
from bot.languages.en import LANGUAGE
from processors.turns.caller_pause import EARLY_SECS
from processors.turns.draft import PRE_SPEECH_SECS, DraftRecogniser, load

_WINDOW_BYTES = 1024
_NOISE_DBFS = -60


async def _run(options: argparse.Namespace) -> None:
    model = load()
    if model is None:
        raise SystemExit("the model is not installed")
    same = LANGUAGE.caller_words.same
    with RowFile("drafts") as rows:
        rows.add(kind="machine", **machine())
        for text, speed in islice(sentences(), options.limit):
            drafts = DraftRecogniser(model)
            read, secs = await _read(drafts, _sound(text, speed))
            rows.add(
                kind="draft",
                text=text,
                speed=speed,
                draft=read,
                read_ms=1000 * secs,
                is_released=same.matches(read, text),
                is_right=normalized(read) == normalized(text),
            )
        _print(rows)


async def _read(drafts: DraftRecogniser, pcm: bytes) -> tuple[str, float]:
    """Hear a sentence to its end and read it; returns the words and how long that took."""
    for at in range(0, len(pcm), _WINDOW_BYTES):
        drafts.hear(pcm[at : at + _WINDOW_BYTES], is_speech=True)
        # Faster than people speak, but what is read in passing is read.
        while drafts.is_reading:  # noqa: ASYNC110 - another thread's work
            await asyncio.sleep(0.001)
    began_secs = time.monotonic()
    heard = await drafts.read()
    secs = time.monotonic() - began_secs
    drafts.close()
    return heard.text if heard else "", secs


def _sound(text: str, speed: float) -> bytes:
    """Return a sentence between faint noise, cut where the draft recogniser is asked."""
    pcm = spoken(text, speed=speed)
    first, last = loud_bounds(pcm)
    speech = samples_of(pcm)[first : last + 1]
    before, after = (round(s * SAMPLE_RATE_HZ) for s in (PRE_SPEECH_SECS, EARLY_SECS))
    noise = np.random.default_rng(1).normal(0, level_at(_NOISE_DBFS), before + speech.size + after)
    noise[before : before + speech.size] += speech
    return noise.clip(-32768, 32767).astype("<i2").tobytes()


def _print(rows: RowFile) -> None:
    found = [row for row in rows.rows if row["kind"] == "draft"]
    released = [row for row in found if row["is_released"]]
    wrong = [row for row in released if not row["is_right"]]
    missed = [row for row in found if row["is_right"] and not row["is_released"]]
    print(f"sentences {len(found)}; released {len(released)}, of these wrong {len(wrong)}")
    print(f"right but asked anew {len(missed)}; read wrong {len(found) - len(released)}")
    for row in (*wrong, *missed):
        print(f"  {row['text']!r} {row['draft']!r}")
    print(f"read in ms: {summarize([row['read_ms'] for row in found])}")
    print(f"rows: {rows.path}")


def _main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--limit", type=int, default=1000, help="use only so many sentences")
    asyncio.run(_run(parser.parse_args()))


if __name__ == "__main__":
    _main()
