"""The caller's words before the recogniser has them: a small model of our own hears along.

What it hears is good for guesses alone: a question asked ahead of time, the text rules of a turn,
whether a sound is an interruption. Nothing it says reaches the context, the captions or a tool.
"""

from __future__ import annotations

import asyncio
import functools
import time
from collections import deque
from concurrent.futures import Future, ThreadPoolExecutor
from threading import Event

import numpy as np
from loguru import logger

from ..model_files import ModelFileError
from ..moonshine import NOTHING_HEARD, SAMPLE_RATE_HZ, Moonshine, Transcript

LANGUAGE = "en"
"""What the model understands."""

PRE_SPEECH_SECS = 0.5
"""Heard before voice is detected, as by the turn model."""

MOST_SECS = 8.0
"""Longer speech without a final is not read: it takes 150 ms and more."""

GUESS_SECS = 1.5
"""New speech after which it is read in passing: what is read in the pause then takes half as long
(bench sentences of 5 s: 70 ms instead of 140)."""

BUDGET = 0.03
"""Of a core, over the call."""

_FIRST_BUDGET_SECS, _MOST_BUDGET_SECS, _GUESS_BUDGET_SECS = 0.6, 1.0, 0.3
"""Of computing: at the start of a call, at most saved, and left to the pauses."""

_SLOW_FACTOR, _SLOW_SECS = 3.0, 0.05
"""A read that takes so many times what it computes, and a little, says that the machine is full."""

_REST_SECS = 10.0
"""After that nothing is read this long, so that the calls have the machine."""


@functools.cache
def load() -> Moonshine | None:
    """Load the model, once per process; before a fork, for all children.

    Returns:
        None if its package is not installed, or is another version: calls go on without guesses.
    """
    try:
        model = Moonshine()
    except ModelFileError as error:
        logger.warning("callers' words are not guessed: {}", error)
        return None
    model.warm_up()
    return model


class DraftRecogniser:
    """Reads what one caller has said since the last final words. English only.

    One read at a time, on a thread of its own; all waiting is counted in audio.

    Args:
        model: What reads.
    """

    def __init__(self, model: Moonshine) -> None:
        self._model = model
        self._pcm = bytearray()
        self._is_whole = True
        self._guess = NOTHING_HEARD
        self._unread_bytes = 0
        self._budget_secs = _FIRST_BUDGET_SECS
        self._rest_secs = 0.0
        self._holds_memory = False
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="draft")
        self._spent: deque[float] = deque()
        self._read: tuple[Future[Transcript | None], Event] | None = None
        self.is_behind = True
        """The recogniser's words were late in the last pause: reading in passing pays."""

    def hear(self, audio: bytes, *, is_speech: bool) -> None:
        """Hear mono 16-bit PCM at 16 kHz; between speech only the last of it is kept."""
        secs = len(audio) / 2 / SAMPLE_RATE_HZ
        self._budget_secs = min(_MOST_BUDGET_SECS, self._budget_secs + BUDGET * secs)
        while self._spent:
            self._budget_secs -= self._spent.popleft()
        self._rest_secs = max(0.0, self._rest_secs - secs)
        self._pcm += audio
        if not is_speech:
            self.forget(keep_secs=PRE_SPEECH_SECS)
            return
        self._unread_bytes += len(audio)
        if len(self._pcm) > _bytes_in(MOST_SECS):
            del self._pcm[: -_bytes_in(MOST_SECS)]
            self._is_whole = False
        is_due = self.is_behind and self._unread_bytes >= _bytes_in(GUESS_SECS)
        if is_due and self._budget_secs > _GUESS_BUDGET_SECS and not self.is_reading:
            self._start()

    def forget(self, *, keep_secs: float = 0.0) -> None:
        """Forget all but the last of the audio: words that are final cover it."""
        if len(self._pcm) > _bytes_in(keep_secs):
            del self._pcm[: len(self._pcm) - _bytes_in(keep_secs)]
            self._stop()
            self._guess = NOTHING_HEARD
        self._is_whole = True
        self._unread_bytes = 0
        if not keep_secs and self._holds_memory:
            self._holds_memory = False
            self._thread.submit(self._model.give_back_memory)

    async def read(self) -> Transcript | None:
        """Return what was said in all audio so far; None if there is no time or no room for it."""
        if not self._is_whole or self._budget_secs <= 0 or self._rest_secs:
            return None
        self._stop()
        try:
            return await asyncio.wrap_future(self._start())
        except asyncio.CancelledError:
            self._stop()
            raise

    @property
    def is_reading(self) -> bool:
        """True while the thread is busy."""
        return self._read is not None and not self._read[0].done()

    def close(self) -> None:
        """End the thread."""
        self._stop()
        self._thread.shutdown(wait=False)

    def _start(self) -> Future[Transcript | None]:
        self._unread_bytes = 0
        self._holds_memory = True
        is_dropped = Event()
        future = self._thread.submit(self._transcribe, bytes(self._pcm), self._guess, is_dropped)
        self._read = future, is_dropped
        return future

    def _stop(self) -> None:
        if self._read:
            self._read[1].set()

    def _transcribe(self, pcm: bytes, guess: Transcript, is_dropped: Event) -> Transcript | None:
        began_secs, computed_secs = time.monotonic(), time.thread_time()
        audio = np.frombuffer(pcm, np.int16).astype(np.float32) / 32768
        try:
            heard = self._model.transcribe(audio, guess=guess, is_cancelled=is_dropped.is_set)
        except Exception as error:  # noqa: BLE001 - whatever ails it, a call goes on without guesses
            logger.warning("the draft recogniser failed and rests: {}", type(error).__name__)
            self._rest_secs = _REST_SECS
            return None
        computed_secs = time.thread_time() - computed_secs
        self._spent.append(computed_secs)
        if time.monotonic() - began_secs > _SLOW_FACTOR * computed_secs + _SLOW_SECS:
            self._rest_secs = _REST_SECS
        if heard is not None and not is_dropped.is_set():
            self._guess = heard
        return None if is_dropped.is_set() else heard


def _bytes_in(secs: float) -> int:
    return round(secs * SAMPLE_RATE_HZ) * 2
