"""Runs the recogniser in a few worker threads, so that no call waits long for another."""

from __future__ import annotations

import asyncio
import threading
from concurrent.futures import ThreadPoolExecutor

import numpy as np

from bot.local.moonshine import NOTHING_HEARD, Moonshine, Transcript

# Interims may wait, the text of a finished utterance may not: each kind has its own threads. Two
# keep four callers who stop at once within one decode of each other on a machine with two cores.
_INTERIM_THREADS = 1
_FINAL_THREADS = 2


class Draft:
    """One decode on its way. It can be dropped when it is no longer wanted."""

    def __init__(self, *, covers_until: int) -> None:
        self.covers_until = covers_until
        """Stream position after the last voiced frame it heard."""
        self.task: asyncio.Task[Transcript | None] | None = None
        self._is_dropped = threading.Event()

    @property
    def is_done(self) -> bool:
        return self.task is not None and self.task.done()

    def drop(self) -> None:
        """Let the thread stop at its next step; the result is then None."""
        self._is_dropped.set()

    def is_dropped(self) -> bool:
        return self._is_dropped.is_set()

    async def transcript(self) -> Transcript:
        """Wait for the text. Cancelling the waiter leaves the decode running."""
        if self.task is None:
            return NOTHING_HEARD
        return await asyncio.shield(self.task) or NOTHING_HEARD


class DecodePool:
    """Owns the threads. Close it last."""

    def __init__(self, recogniser: Moonshine) -> None:
        self._recogniser = recogniser
        self._interims = ThreadPoolExecutor(_INTERIM_THREADS, thread_name_prefix="interim")
        self._finals = ThreadPoolExecutor(_FINAL_THREADS, thread_name_prefix="final")

    def start(self, audio: np.ndarray, *, covers_until: int, is_urgent: bool) -> Draft:
        """Begin a decode and return its draft at once."""
        draft = Draft(covers_until=covers_until)
        pool = self._finals if is_urgent else self._interims
        draft.task = asyncio.create_task(self._run(pool, audio, draft))
        return draft

    def close(self) -> None:
        """Stop taking work; a decode on its way ends by itself."""
        self._interims.shutdown(wait=False, cancel_futures=True)
        self._finals.shutdown(wait=False, cancel_futures=True)

    async def _run(
        self, pool: ThreadPoolExecutor, audio: np.ndarray, draft: Draft
    ) -> Transcript | None:
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(pool, self._transcribe, audio, draft)

    def _transcribe(self, audio: np.ndarray, draft: Draft) -> Transcript | None:
        if draft.is_dropped():
            return None
        return self._recogniser.transcribe(audio, is_cancelled=draft.is_dropped)
