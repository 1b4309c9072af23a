"""Speech that is made before it is asked for: of the next sentence, or of a turn not yet ended."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from typing import Generic, TypeVar

from ..provider_requests import EmptyAnswerError
from ..task_owner import TaskOwner

MAX_REQUESTS = 2
"""At a time: the sentence being spoken and the one after it."""

MAX_PIECES = 8
"""Remembered; more than a reply has before its first piece is spoken."""

T = TypeVar("T")
"""What speech comes in."""


class _Piece(Generic[T]):
    """The speech of one text: its frames, then how it ended."""

    def __init__(self, text: str, *, is_first: bool) -> None:
        self.text = text
        self.is_first = is_first
        self.task: asyncio.Task[None] | None = None
        self.is_free = False
        self.frames: asyncio.Queue[T | Exception | None] = asyncio.Queue()


class SpeechAhead(Generic[T]):
    """Keeps the speech of texts until it is taken; nothing of it is heard before.

    The first piece of a reply is begun at once, the later ones when it has been taken: a reply
    that is withdrawn costs one clause. Where the first costs nothing, the one behind it is begun.
    Owned by the text-to-speech service, which alone takes.

    Args:
        speak: Makes the speech of a text; the flag says whether it begins a reply.
        owner: Runs what is made ahead.
        is_free: Tells of what comes of a piece whether it was there already.
    """

    def __init__(
        self,
        *,
        speak: Callable[[str, bool], AsyncGenerator[T]],
        owner: TaskOwner,
        is_free: Callable[[T], bool] = lambda _: False,
    ) -> None:
        self._speak = speak
        self._owner = owner
        self._is_free = is_free
        self._pieces: deque[_Piece[T]] = deque()
        self._running: set[_Piece[T]] = set()
        self._is_speaking = False

    def prepare(self, text: str, *, is_first: bool) -> None:
        """Begin the speech of a text that will probably be taken, or note it for its turn."""
        if is_first:
            self._is_speaking = False
        if len(self._pieces) < MAX_PIECES:
            self._pieces.append(_Piece[T](text, is_first=is_first))
            self._start_next()

    def take(self, text: str) -> AsyncGenerator[T] | None:
        """Return the speech of a text that was prepared, as it comes; None if it was not."""
        for piece in self._pieces:
            if piece.text == text:
                self._pieces.remove(piece)
                self._is_speaking = True
                return self._drain(piece)
        return None

    async def drop(self) -> list[str]:
        """Forget everything prepared and stop its requests; returns the texts paid for."""
        pieces = [*self._pieces]
        self._pieces.clear()
        for piece in pieces:
            await self._stop(piece)
        return [piece.text for piece in pieces if piece.task and not piece.is_free]

    def _start_next(self) -> None:
        is_due = self._is_speaking
        for piece in self._pieces:
            if len(self._running) >= MAX_REQUESTS:
                return
            if piece.task is None and (piece.is_first or is_due):
                self._start(piece)
            is_due = self._is_speaking or piece.is_free

    def _start(self, piece: _Piece[T]) -> None:
        self._running.add(piece)
        piece.task = self._owner.create_task(self._make(piece), "speech_ahead")

    async def _make(self, piece: _Piece[T]) -> None:
        end: Exception | None = EmptyAnswerError("speech that was given up")
        try:
            async with aclosing(self._speak(piece.text, piece.is_first)) as frames:
                async for frame in frames:
                    piece.is_free = piece.is_free or self._is_free(frame)
                    piece.frames.put_nowait(frame)
            end = None
        except Exception as error:  # noqa: BLE001 - raised where the speech is taken
            end = error
        finally:
            self._running.discard(piece)
            piece.frames.put_nowait(end)
        self._start_next()

    async def _drain(self, piece: _Piece[T]) -> AsyncGenerator[T]:
        if piece.task is None:
            self._start(piece)
        self._start_next()
        try:
            while (frame := await piece.frames.get()) is not None:
                if isinstance(frame, Exception):
                    raise frame
                yield frame
        finally:
            await self._stop(piece)

    async def _stop(self, piece: _Piece[T]) -> None:
        if piece.task and not piece.task.done():
            await self._owner.cancel_task(piece.task)
