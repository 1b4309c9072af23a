"""Turns with labelled pauses: where the caller goes on (hold) and where the turn ends (end).

A pause inside a turn is made where a speaker would make one: at a quiet point inside a sentence
that was spoken in one breath (the melody goes on), or after a filler. Recordings of people are cut
at their own pauses.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product

import numpy as np

from bench.corpus import human_recordings
from bench.sound import SAMPLE_RATE_HZ, loud_bounds, read_wav, room_tone, samples_of
from bench.voice import spoken

_OPENINGS = (
    "I would like to book a table for",
    "Could you please remind me to call",
    "I was wondering if you could tell me about",
    "The thing I really want to know is about",
    "Yesterday I went to the market with",
    "Please write a short message to",
    "What is the best way to travel with",
    "I need to find a present for",
    "My neighbour keeps complaining about",
    "Tell me something interesting about",
)
_ENDINGS = (
    "four people on Friday evening.",
    "my sister and her two children.",
    "the old bridge near the station.",
    "a friend who likes to cook.",
    "the manager of the shop downstairs.",
    "somebody who is afraid of dogs.",
    "the garden behind our house.",
    "a group of students from Spain.",
)
_FLUENT = (
    "What time is it in Tokyo?",
    "Can you tell me a joke?",
    "I think that is a good idea.",
    "How is the weather tomorrow?",
    "Turn the music down, please.",
    "No, thank you.",
    "Yes, that would be great.",
    "My name is Peter and I live in Leeds.",
    "How do I get to the airport from here?",
    "That was all for today, goodbye.",
    "Let us talk about something else.",
    "I have never been to Italy.",
    "Do you know a good restaurant nearby?",
    "It costs twelve pounds and fifty pence.",
    "We should leave at half past seven.",
)
_SPEEDS = (0.85, 0.95, 1.0, 1.1, 1.2)
_FILLERS = ("Um,", "Uh,", "Well,", "You know,")
_HESITANT_TURNS = 130
_FLUENT_TURNS = 75
# Pauses of hesitation: a median of .55 s, a tenth above 1.2 s.
_PAUSE_MEDIAN_SECS, _PAUSE_SIGMA, _PAUSE_LIMITS_SECS = 0.55, 0.6, (0.15, 2.0)
_END_SECS = 3.2
_BLOCK = 160
_CUT_RANGE = (0.3, 0.7)
_MIN_PAUSE_SECS = 0.1


@dataclass(frozen=True)
class Pause:
    """A silence after speech."""

    start: int
    """Index of the first silent sample."""
    secs: float
    is_end: bool


@dataclass(frozen=True)
class Turn:
    """One turn of a caller, at 16 kHz; it ends in silence."""

    name: str
    pcm: bytes
    pauses: tuple[Pause, ...]


def sentences() -> Iterator[tuple[str, float]]:
    """Return what is said without a pause, and at which speed."""
    long = (f"{opening} {ending}" for opening, ending in product(_OPENINGS, _ENDINGS))
    yield from product((*long, *_FLUENT), _SPEEDS)


def turns(*, seed: int = 1) -> Iterator[Turn]:
    """Yield the corpus: over 200 turns with over 100 pauses inside them."""
    generator = random.Random(seed)
    sentences = [f"{opening} {ending}" for opening, ending in product(_OPENINGS, _ENDINGS)]
    generator.shuffle(sentences)
    for number in range(_HESITANT_TURNS):
        sentence = sentences[number % len(sentences)]
        pcm = spoken(sentence, speed=_SPEEDS[number % len(_SPEEDS)])
        filler = _FILLERS[number // 3 % len(_FILLERS)] if number % 3 == 0 else None
        yield _hesitant(f"hesitant {number}", pcm, filler, generator)
    for number, (text, speed) in enumerate(product(_FLUENT, _SPEEDS)):
        if number < _FLUENT_TURNS:
            yield _joined(f"fluent {number}", [spoken(text, speed=speed)], [])
    for path in human_recordings():
        yield from _recorded(path.stem, read_wav(path))


def _hesitant(name: str, pcm: bytes, filler: str | None, generator: random.Random) -> Turn:
    cut = _quiet_point(pcm)
    first, second = pcm[: 2 * cut], pcm[2 * cut :]
    if filler is None:
        return _joined(name, [first, second], [_drawn_pause_secs(generator)])
    parts = [first, spoken(filler), second]
    return _joined(name, parts, [_drawn_pause_secs(generator) for _ in range(2)])


def _drawn_pause_secs(generator: random.Random) -> float:
    low, high = _PAUSE_LIMITS_SECS
    secs = _PAUSE_MEDIAN_SECS * generator.lognormvariate(0.0, _PAUSE_SIGMA)
    return min(high, max(low, secs))


def _quiet_point(pcm: bytes) -> int:
    """Return the quietest sample in the middle part of a sentence: a border of words."""
    blocks = np.abs(samples_of(pcm).astype(np.int32))
    level = blocks[: blocks.size // _BLOCK * _BLOCK].reshape(-1, _BLOCK).mean(axis=1)
    smooth = np.convolve(level, np.ones(4) / 4, "same")
    low, high = (int(part * smooth.size) for part in _CUT_RANGE)
    return (low + int(np.argmin(smooth[low:high]))) * _BLOCK


def _joined(name: str, parts: list[bytes], pauses_secs: list[float]) -> Turn:
    """Join loud parts with pauses between them and the end's silence after."""
    audio = bytearray(room_tone(0.5))
    pauses: list[Pause] = []
    for part, secs in zip(parts, [*pauses_secs, _END_SECS], strict=True):
        first, last = loud_bounds(part)
        audio += part[2 * first : 2 * last + 2]
        pauses.append(Pause(len(audio) // 2, secs, is_end=len(pauses) == len(pauses_secs)))
        audio += room_tone(secs, seed=len(audio))
    return Turn(name, bytes(audio), tuple(pauses))


def _recorded(name: str, pcm: bytes) -> Iterator[Turn]:
    """Yield a recording as turns: one sentence each, its own pauses kept."""
    first, last = loud_bounds(pcm)
    loud = np.flatnonzero(np.abs(samples_of(pcm).astype(np.int32)) > _recording_floor(pcm))
    gaps = np.flatnonzero(np.diff(loud) > _MIN_PAUSE_SECS * SAMPLE_RATE_HZ)
    pauses = [
        Pause(
            start=int(loud[gap]) - first,
            secs=float(loud[gap + 1] - loud[gap]) / SAMPLE_RATE_HZ,
            is_end=False,
        )
        for gap in gaps
    ]
    speech = pcm[2 * first : 2 * last + 2]
    # A long reading has ends of sentences inside, which are neither hold nor end.
    if len(speech) / 2 / SAMPLE_RATE_HZ > 12:
        return
    end = Pause(start=len(speech) // 2, secs=_END_SECS, is_end=True)
    yield Turn(name, speech + room_tone(_END_SECS), (*pauses, end))


def _recording_floor(pcm: bytes) -> float:
    """Return the level that parts speech from the room of a recording."""
    blocks = np.abs(samples_of(pcm).astype(np.int32))
    level = blocks[: blocks.size // _BLOCK * _BLOCK].reshape(-1, _BLOCK).max(axis=1)
    return float(max(104.0, 3.0 * np.percentile(level, 5)))
