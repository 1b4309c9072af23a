"""What the stand-in is told to do next, and the log of what it did."""

from __future__ import annotations

import math
import random
import re
import time
from collections import deque
from dataclasses import dataclass, field
from typing import Any

from bench.standin.sets import Delays

_TURN = re.compile(r"\bturn (\d+)\b", re.IGNORECASE)
_TONE_BASE_HZ, _TONE_STEP_HZ, _TONES = 400, 60, 20
# Seven steps apart, so that the tones of neighbouring turns differ by 420 Hz or more.
_TONE_STRIDE = 7
_CHARS_PER_SEC = 15.0
_MEMORY = 64

FIRST_SENTENCE_TOKENS = 7
_GREETING = "Hello there, how can I help?"


# Median and p95 of Deepgram nova-3, gpt-4o-mini and a fast text-to-speech, as published.
_FITS = {"stt": (247.0, 298.0), "llm": (553.0, 1947.0), "tts": (264.0, 350.0)}
_P95_SIGMAS = 1.645


@dataclass(frozen=True)
class SpokenLine:
    """The caller's next utterance, as the recogniser will report it."""

    text: str = ""
    """Empty: a noise, nothing is recognised."""
    secs: float = 1.0
    """First to last loud sample."""
    reply_sentences: int = 2
    turn: int = 0
    """The turn that the reply belongs to, where the words do not say it; 0: a reply to these words
    is no turn's."""


@dataclass
class Script:
    """State shared by the three providers of one stand-in."""

    delays: Delays = field(default_factory=Delays)
    line: SpokenLine = field(default_factory=SpokenLine)
    line_number: int = 0
    """Counts `line`s; a recogniser reports each once."""
    is_repeating: bool = False
    """Every new utterance is `line` again: for many callers at once."""
    log: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    _replies: deque[tuple[int, str]] = field(
        default_factory=lambda: deque[tuple[int, str]](maxlen=_MEMORY)
    )
    _random: random.Random = field(default_factory=lambda: random.Random(1))

    def note(self, event: str, **fields: Any) -> None:
        """Log `event` with the time it happened."""
        self.log.append({"event": event, "at_secs": time.monotonic(), **fields})

    def drawn_ms(self, stage: str, fixed_ms: float) -> float:
        """Return the delay of `stage` ("stt", "llm", "tts"): the fixed one or a drawn one."""
        if not self.delays.is_drawn:
            return fixed_ms
        median, p95 = _FITS[stage]
        sigma = math.log(p95 / median) / _P95_SIGMAS
        return self._random.lognormvariate(math.log(median), sigma)

    def spread_ms(self, middle_ms: float, spread_ms: float) -> float:
        """Return a delay at most `spread_ms` beside the middle, each as likely as the other."""
        return self._random.uniform(middle_ms - spread_ms, middle_ms + spread_ms)

    def reply_to(self, user_text: str) -> tuple[int, str]:
        """Return the turn of `user_text` (0 if none) and the reply to it."""
        turn = self._turn_asked(user_text)
        if not turn:
            return 0, _GREETING
        opening = f"Sure, this is the answer number {turn}."
        more = f" Answer {turn} goes on for a while so that somebody may cut in."
        text = opening + more * (self.line.reply_sentences - 1)
        self._replies.append((turn, text))
        return turn, text

    def _turn_asked(self, user_text: str) -> int:
        """Return the turn that the words name or, if it is the line that says them, its turn."""
        line, said = _letters(self.line.text), _letters(user_text)
        if self.line.turn and line and said and (said.endswith(line) or line.startswith(said)):
            return self.line.turn
        found = _TURN.findall(user_text)
        return int(found[-1]) if found else 0

    def turn_of(self, speech: str) -> int:
        """Return the newest turn whose reply holds `speech`; 0 for anything else."""
        wanted = _letters(speech)
        for turn, text in reversed(self._replies):
            if wanted in _letters(text):
                return turn
        return 0


def turn_hz(turn: int) -> float:
    """Return the pitch of a turn's voice."""
    return _TONE_BASE_HZ + _TONE_STEP_HZ * (turn * _TONE_STRIDE % _TONES)


def speech_secs(text: str) -> float:
    """Return how long `text` sounds."""
    return max(0.1, len(text.strip()) / _CHARS_PER_SEC)


def _letters(text: str) -> str:
    return re.sub(r"\W+", "", text.lower())
