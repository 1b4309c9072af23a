"""The shelf of one voice in one call: speech that was made before is heard without a request."""

from __future__ import annotations

import asyncio
import hashlib
import json
from collections.abc import AsyncGenerator, Callable, Coroutine, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from typing import Any

from pipecat.frames.frames import DataFrame, Frame

from ...task_owner import TaskOwner
from ..speech_frames import KEPT_SILENCE_MS
from .clip import Clip
from .folder import ShelfFolder
from .openers import Openers
from .spare_lines import SpareLines

LOAD_SECS = 0.1
"""What reading the disk may take at the start; the call goes on without. 20 clips take 3 ms."""

CLOSE_SECS = 0.5
"""What writing may take at the end; a clip is on a disk that is well within milliseconds."""

LOOK_AGAIN_SECS = 10.0
"""Between two looks at what other calls have kept meanwhile: a bot may wait long for its caller."""

_FORM = 1
"""Of what is kept; another one is another voice."""

InThread = Callable[[Callable[[], Any]], Coroutine[Any, Any, Any]]
"""Runs what blocks, beside the event loop."""


@dataclass
class KeptSpeechFrame(DataFrame):
    """Comes ahead of speech that was not asked for now; it does not leave the voice."""


@dataclass
class WholeSpeechFrame(DataFrame):
    """Comes behind speech that may be kept, once it was spoken; it does not leave the voice."""

    keep: Callable[[], None]


class Shelf:
    """Finds and keeps the speech of openers; owned by the voice whose speech it is.

    A text is asked for alone whether or not it is kept, so its clip is, to the sample, what the
    vendor once gave for the same request.

    Args:
        folder: Where the clips are.
        openers: Which texts may be kept.
        of: Whose voice it is and where: what the voice's own settings do not tell.
        spare: Which of those texts are said when the voice does not speak.
        in_thread: Runs what blocks.
    """

    def __init__(
        self,
        folder: ShelfFolder,
        *,
        openers: Openers,
        of: str,
        spare: SpareLines | None = None,
        in_thread: InThread = asyncio.to_thread,
    ) -> None:
        self._folder = folder
        self._openers = openers
        self._of = of
        self.spare = spare
        self._in_thread = in_thread
        self._clips: dict[str, Clip] = {}
        self._used: set[str] = set()
        self._owner: TaskOwner | None = None
        self._settings: Callable[[], Sequence[Any]] = tuple
        self._tasks: set[asyncio.Task[None]] = set()
        self._look: asyncio.Task[None] | None = None
        self._looked_at_secs = 0.0

    async def open(self, owner: TaskOwner, settings: Callable[[], Sequence[Any]]) -> None:
        """Read what is there; a disk that is slow does not hold the call up.

        Args:
            owner: Runs what is done beside the call.
            settings: Returns all that changes how the voice sounds; it may change in mid-call.
        """
        self._owner, self._settings = owner, settings
        self._look_for_more()
        assert self._look is not None
        await asyncio.wait({self._look}, timeout=LOAD_SECS)

    async def close(self) -> None:
        """Let what was spoken last be kept, and stop what else is done beside the call."""
        if self._tasks:
            await asyncio.wait([*self._tasks], timeout=CLOSE_SECS)
        if self._owner:
            for task in [*self._tasks]:
                await self._owner.cancel_task(task)

    async def speech(
        self,
        text: str,
        made: AsyncGenerator[Frame],
        *,
        kept_silence_ms: int,
        is_fresh: bool,
        is_whole: Callable[[], bool] = lambda: True,
    ) -> AsyncGenerator[Frame]:
        """Yield the kept speech of a text behind `KeptSpeechFrame`, or that which is made.

        Args:
            text: What to say.
            made: Its speech, not begun; `WholeSpeechFrame` follows it if it may be kept.
            kept_silence_ms: Of its leading silence.
            is_fresh: It must be made.
            is_whole: Tells at its end whether that is sure: others will hear it.
        """
        name = self._name(text, kept_silence_ms) if self._owner and text in self._openers else ""
        if name and not is_fresh and (clip := self._find(name)):
            yield KeptSpeechFrame()
            for frame in clip.frames():
                yield frame
            return
        frames: list[Frame] = []
        async with aclosing(made):
            async for frame in made:
                if name:
                    frames.append(frame)
                yield frame
        # The voice may have been told another one meanwhile.
        if name and is_whole() and name == self._name(text, kept_silence_ms):
            yield WholeSpeechFrame(keep=lambda: self._keep(name, text, frames))

    def kept(self, text: str) -> Clip | None:
        """Return the speech of a text that begins a reply or is a line, if it is there."""
        return self._find(self._name(text, KEPT_SILENCE_MS)) if self._owner else None

    def _find(self, name: str) -> Clip | None:
        self._look_for_more()
        clip = self._clips.get(name)
        if clip and name not in self._used:
            self._used.add(name)
            self._do(self._in_thread(lambda: self._folder.note_use(name)))
        return clip

    def _keep(self, name: str, text: str, frames: Sequence[Frame]) -> None:
        if name not in self._clips and (clip := Clip.of_frames(frames, text)):
            self._clips[name] = clip
            self._do(self._in_thread(lambda: self._folder.write(name, clip)))

    def _look_for_more(self) -> None:
        now_secs = asyncio.get_running_loop().time()
        if self._look is None or now_secs >= self._looked_at_secs + LOOK_AGAIN_SECS:
            self._looked_at_secs = now_secs
            self._look = self._do(self._load())

    async def _load(self) -> None:
        """Read what other calls have kept, for the next time."""
        voice, known = self._voice(), frozenset(self._clips)
        self._clips |= await self._in_thread(lambda: self._folder.load(voice, known=known))

    def _do(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        assert self._owner is not None
        task = self._owner.create_task(work, "shelf")
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    def _voice(self) -> str:
        return _hash(_FORM, self._of, *self._settings())

    def _name(self, text: str, kept_silence_ms: int) -> str:
        return f"{self._voice()}-{_hash(kept_silence_ms, text)}"


def _hash(*parts: object) -> str:
    told = json.dumps(parts, sort_keys=True, default=str)
    return hashlib.blake2b(told.encode(), digest_size=16).hexdigest()
