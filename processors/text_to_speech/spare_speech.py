"""A voice with a shelf: what was made before, or is made for later, is there when it is not."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing, suppress
from typing import Any

from pipecat.frames.frames import Frame, StartFrame
from typing_extensions import override

from ..provider_requests import REQUEST_ERRORS
from .service_contexts import ServiceContexts
from .shelf.shelf import Shelf, WholeSpeechFrame
from .shelf.spare_lines import SpareLines
from .shelf.stock import Stock
from .speakable_frames import SpeakableFrames


class SpareSpeech(SpeakableFrames, ServiceContexts):
    """Keeps the lines that are said when the voice does not speak.

    Args:
        shelf: Keeps the speech of what is said again and again; None for none.
        service: Of the Pipecat service behind.
    """

    def __init__(self, *, shelf: Shelf | None, **service: Any) -> None:
        self._shelf = shelf
        super().__init__(**service)
        self._stock = Stock(make=self._make_spare, owner=self)

    @abstractmethod
    def speech(
        self, text: str, *, is_first: bool, attempts: int = 2, is_fresh: bool = False
    ) -> AsyncGenerator[Frame]:
        """Yield the frames of one text's speech, and what the shelf says of it."""

    @property
    def spare_lines(self) -> SpareLines | None:
        """What is said while the voice does not speak; None for nothing."""
        return self._shelf.spare if self._shelf else None

    def spare(self, text: str) -> Sequence[Frame]:
        """Return the speech of a text that was made before; empty if there is none."""
        clip = self._shelf.kept(text) if self._shelf else None
        return clip.frames() if clip else ()

    async def say_spare(self, text: str, context_id: str, *, then: str = "") -> None:
        """Say what was made before, if it is there; `then` is the text that is still to come."""
        if frames := self.spare(text):
            await self.append_line(context_id, text, frames, then=then)

    @override
    async def start(self, frame: StartFrame) -> None:
        """Have at hand what was kept of this voice."""
        await super().start(frame)
        if self._shelf:
            await self._shelf.open(self, self._sounds_like)

    @override
    async def cleanup(self) -> None:
        """Let what was spoken last be kept."""
        await super().cleanup()
        await self._stock.close()
        if self._shelf:
            await self._shelf.close()

    async def _make_spare(self, text: str) -> None:
        """Have a line on the shelf that is not there; it may be done without."""
        if self.spare(text):
            return
        is_counted = False
        with suppress(*REQUEST_ERRORS):
            async with aclosing(self.speech(text, is_first=True, attempts=1)) as frames:
                async for frame in frames:
                    if isinstance(frame, WholeSpeechFrame):
                        frame.keep()
                    elif not is_counted:
                        is_counted = True
                        await self.count_usage(text)

    def _sounds_like(self) -> list[object]:
        """Return all that this voice sounds like by, of its own."""
        return [type(self).__name__, self.sample_rate, self.settings.given_fields()]
