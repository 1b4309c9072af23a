"""Recorded human speech with its words, from packages on this machine."""

from __future__ import annotations

import wave
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from bench.sound import SAMPLE_RATE_HZ, resampled

_POCKETSPHINX = Path("/usr/share/pocketsphinx/test/data")
_LIBRIVOX = "librivox/sense_and_sensibility_01_austen_64kb-{}.wav"


@dataclass(frozen=True)
class Clip:
    name: str
    path: Path
    words: str

    def pcm(self, *, sample_rate_hz: int = SAMPLE_RATE_HZ) -> bytes:
        """Return the clip as 16-bit mono PCM."""
        with wave.open(str(self.path)) as recording:
            pcm = recording.readframes(recording.getnframes())
            return resampled(pcm, from_hz=recording.getframerate(), to_hz=sample_rate_hz)


def _wheel(name: str) -> Path:
    spec = find_spec("moonshine_voice")
    assert spec is not None and spec.origin is not None
    return Path(spec.origin).parent / "assets" / name


BECKETT = Clip(
    "beckett",
    _wheel("beckett.wav"),
    "Ever tried, ever failed. No matter. Try again. Fail again. Fail better.",
)
TWO_CITIES = Clip(
    "two cities",
    _wheel("two_cities.wav"),
    "It was the best of times, it was the worst of times, it was the age of wisdom, it was the age"
    " of foolishness, it was the epoch of belief, it was the epoch of incredulity, it was the"
    " season of light, it was the season of darkness, it was the spring of hope, it was the winter"
    " of despair, we had everything before us, we had nothing before us, we were all going direct"
    " to heaven, we were all going direct the other way. In short, the period was so far like the"
    " present period, that some of its noisiest authorities insisted on its being received, for"
    " good or for evil, in the superlative degree of comparison only.",
)
WHEEL_CLIPS = (BECKETT, TWO_CITIES)
"""Always there: they come with the recogniser."""

_LIBRIVOX_WORDS = {
    "0870": "And Mr. John Dashwood had then leisure to consider how much there might be prudently"
    " in his power to do for them.",
    "0880": "He was not an ill-disposed young man,",
    "0890": "unless to be rather cold-hearted and rather selfish is to be ill-disposed.",
    "0920": "Had he married a more amiable woman, he might have been made still more respectable"
    " than he was.",
    "0930": "He might even have been made amiable himself.",
}
_CARDS = {
    "001": "ten of clubs",
    "002": "four queen of clubs",
    "003": "seven of clubs",
    "004": "five five",
    "005": "eight of spades, four of clubs, seven of hearts",
}


def human_clips() -> list[Clip]:
    """Return all recordings on this machine; Debian's pocketsphinx-testdata adds ten."""
    librivox = [
        Clip(name, _POCKETSPHINX / _LIBRIVOX.format(name), words)
        for name, words in _LIBRIVOX_WORDS.items()
    ]
    cards = [
        Clip(f"card {name}", _POCKETSPHINX / f"cards/{name}.wav", words)
        for name, words in _CARDS.items()
    ]
    return [*WHEEL_CLIPS, *(clip for clip in (*librivox, *cards) if clip.path.exists())]
