"""Runs the recogniser in a few worker threads, so that no call waits long for another."""

from __future__ import annotations

import asyncio
import threading
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import numpy as np

from processors.moonshine import NOTHING_HEARD, Moonshine, Transcript

# Interims may wait, the text of a finished utterance may not: each kind has its own threads. Two
# keep four callers who stop at once within one decode of each other on a machine with two cores.
_INTERIM_THREADS = 1
_FINAL_THREADS = 2


class Draft:
    """One decode on its way. It can be dropped when it is no longer wanted."""

    def __init__(self, *, covers_until: int, is_urgent: bool) -> None:
        self.covers_until = covers_until
        """Stream position after the last voiced frame it heard."""
        self.is_urgent = is_urgent
        self.task: asyncio.Task[Transcript | None]
        self._is_dropped = threading.Event()

    @property
    def is_done(self) -> bool:
        return self.task.done()

    @property
    def text_so_far(self) -> Transcript:
        """Return the text if there is one yet."""
        is_good = self.is_done and not self.task.cancelled() and not self.task.exception()
        return (is_good and self.task.result()) or NOTHING_HEARD

    def drop(self) -> None:
        """Let the thread stop at its next step; the text is then empty."""
        self._is_dropped.set()

    def is_dropped(self) -> bool:
        return self._is_dropped.is_set()

    async def transcript(self) -> Transcript:
        """Wait for the text. Cancelling the waiter leaves the decode running."""
        return await asyncio.shield(self.task) or NOTHING_HEARD


class DecodePool:
    """Owns the threads. Close it last."""

    def __init__(self, recogniser: Moonshine) -> None:
        self._recogniser = recogniser
        self._interims = ThreadPoolExecutor(_INTERIM_THREADS, thread_name_prefix="interim")
        self._finals = ThreadPoolExecutor(_FINAL_THREADS, thread_name_prefix="final")

    async def decode(
        self, draft: Draft, audio: np.ndarray, *, after: Transcript
    ) -> Transcript | None:
        """Return a draft's text; see `Moonshine.transcribe` for the arguments and the result."""
        pool = self._finals if draft.is_urgent else self._interims
        decode = partial(self._decode, draft, audio, after)
        return await asyncio.get_running_loop().run_in_executor(pool, decode)

    def close(self) -> None:
        """Stop taking work; a decode on its way ends by itself."""
        self._interims.shutdown(wait=False, cancel_futures=True)
        self._finals.shutdown(wait=False, cancel_futures=True)

    def _decode(self, draft: Draft, audio: np.ndarray, after: Transcript) -> Transcript | None:
        if draft.is_dropped():
            return None
        return self._recogniser.transcribe(audio, after=after, is_cancelled=draft.is_dropped)
