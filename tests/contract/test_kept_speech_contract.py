"""A listening test of the seam: the local voice's kept beginnings against those made anew."""

from __future__ import annotations

import asyncio
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest

from processors.text_to_speech.openai import OpenAITextToSpeech
from processors.text_to_speech.shelf.clip import Clip
from processors.text_to_speech.shelf.folder import ShelfFolder
from processors.text_to_speech.shelf.openers import Openers, phrases
from processors.text_to_speech.shelf.shelf import Shelf
from processors.text_to_speech.speech_frames import AUDIBLE
from tests.local_providers import LocalProviders
from tests.spoken_reply import reply, spoken
from tests.waiting import until

RATE_HZ = 24_000
OPENERS = Openers(clauses=phrases("sure, of course, let me check"))
_REST = "it is a quarter past nine."

Samples = npt.NDArray[np.float64]


def samples(audio: bytes) -> Samples:
    return np.frombuffer(audio, "<i2").astype(np.float64)


def correlation(a: Samples, b: Samples) -> float:
    return float(a @ b / np.sqrt((a @ a) * (b @ b)))


def loudness_db(audio: Samples) -> float:
    return float(10 * np.log10(np.mean(audio**2)))


def pause_ms(audio: Samples, seam: int) -> float:
    """Return how long it is quiet around a sample."""
    loud = np.flatnonzero(np.abs(audio) >= AUDIBLE)
    return float(loud[loud >= seam][0] - loud[loud < seam][-1]) / RATE_HZ * 1000


def kept_clip(path: Path) -> Clip:
    (file,) = path.glob("*-*")
    kept = Clip.from_bytes(file.read_bytes(), file.name)
    assert kept
    return kept[0]


@pytest.mark.promise(
    "Text-to-speech",
    "Between a kept beginning and the rest of a reply there is no seam: pause, loudness and sound "
    "are those of speech made anew.",
)
@pytest.mark.parametrize("opener", ["Sure,", "Of course!", "Let me check."])
async def test_a_kept_beginning_sounds_like_one_made_anew(
    local_providers: LocalProviders, tmp_path: Path, opener: str
) -> None:
    async def heard(*, has_shelf: bool) -> Samples:
        folder = ShelfFolder(tmp_path, limit_bytes=10**7)
        shelf = Shelf(folder, openers=OPENERS, of="local") if has_shelf else None
        voice = OpenAITextToSpeech(api_key="k", base_url=local_providers.openai_url, shelf=shelf)
        said = await spoken(voice, reply(f"{opener} ", _REST))
        assert said.remembered == [opener, _REST]
        return samples(said.heard)

    async def is_kept() -> bool:
        return await asyncio.to_thread(lambda: bool([*tmp_path.glob("*-*")]))

    made = await heard(has_shelf=False)
    await heard(has_shelf=True)
    await until(is_kept)
    kept = await heard(has_shelf=True)
    seam = len(kept_clip(tmp_path).pcm) // 2
    assert len(kept) == len(made)
    assert correlation(kept, made) > 0.999
    # The seam alone: 100 ms before it and behind it.
    around = slice(seam - RATE_HZ // 10, seam + RATE_HZ // 4)
    assert correlation(kept[around], made[around]) > 0.999
    assert pause_ms(kept, seam) == pytest.approx(pause_ms(made, seam), abs=1)
    assert loudness_db(kept[:seam]) == pytest.approx(loudness_db(made[:seam]), abs=0.1)
