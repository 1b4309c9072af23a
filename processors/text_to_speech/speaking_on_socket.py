"""What a voice on a socket needs besides: a new connection where the old one is lost or hangs."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing, suppress
from typing import Any

from loguru import logger
from pipecat.frames.frames import ErrorFrame
from pipecat.processors.frame_processor import FrameProcessorSetup
from pipecat.services.tts_service import WebsocketTTSService
from typing_extensions import override

from .speaking import Speaking
from .speech_attempts import Sound

OPEN_SECS = 0.5
"""For the first connection, before the call begins; a slower one goes on beside it."""

STABLE_SECS = 5.0
"""A connection that lived this long was a working one. One that is lost sooner is made again when
there is something to say: a server that ends each at once, as for a bad key, is not to be asked
again and again."""

_CLOSE_SECS = 0.2
"""For the goodbye to a server that may be gone: the caller waits."""


class SpeakingOnSocket(Speaking, WebsocketTTSService):
    """`Speaking` for a service whose audio comes by a socket, perhaps with the times of its words.

    `class Voice(SpeakingOnSocket, SomeWebsocketTTSService, WholeTexts)`. Each piece of a reply is a
    context of its own at the vendor, so that it is known when a piece is over.
    """

    speaks_ahead = False
    gives_all = True

    def __init__(self, **service: Any) -> None:
        # The service's own reconnecting waits 4 s after a failure, and ends replies.
        super().__init__(reconnect_on_error=False, **service)
        self._is_opening = False
        self._is_lost = False
        self._losses = 0
        self._opened_secs = 0.0
        self._renewal: asyncio.Task[None] | None = None

    @override
    async def setup(self, setup: FrameProcessorSetup) -> None:
        """Connect, but do not have the call wait for a server that hangs."""
        # What fails here is tried again for the first text, and told if it fails then.
        self._is_opening = True
        try:
            async with asyncio.timeout(OPEN_SECS):
                await super().setup(setup)
        except TimeoutError:
            self._is_lost = True
            self._renewal = self.create_task(self._renew_early(), "renew")
        self._is_opening = False
        self._opened_secs = asyncio.get_running_loop().time()

    @override
    async def cleanup(self) -> None:
        """Stop connecting, and close the connection."""
        if self._renewal:
            await self.cancel_task(self._renewal)
        await super().cleanup()

    @override
    async def attempt(self, text: str, number: int) -> AsyncGenerator[Sound]:
        """Ask for one text's speech once, on a new connection if there is doubt about the old."""
        if self._renewal:
            await asyncio.wait({self._renewal})
        if self._is_lost or number > 1:
            self._is_lost = False
            await self._renew()
        async with aclosing(super().attempt(text, number)) as sounds:
            async for sound in sounds:
                yield sound

    @override
    async def push_error_frame(
        self, error: ErrorFrame, force_treat_as_permanent: bool = False
    ) -> None:
        """A connection lost while nothing is said is made again, and is nobody's business."""
        if not self.is_of_service(error):
            await super().push_error_frame(error, force_treat_as_permanent)
            return
        was_lost, self._is_lost = self._is_lost, True
        self._losses += 1
        if self.is_speaking:
            await super().push_error_frame(error)
        elif not (was_lost or self._is_opening):
            logger.warning("The voice's connection was lost")
            if asyncio.get_running_loop().time() - self._opened_secs >= STABLE_SECS:
                self._renewal = self.create_task(self._renew_early(), "renew")

    async def _renew_early(self) -> None:
        losses = self._losses
        with suppress(TimeoutError):
            await self._renew()
            # The new one may be lost already.
            self._is_lost = self._losses > losses

    async def _renew(self) -> None:
        """Connect anew.

        `_disconnect` and `_connect` are the hooks that Pipecat has its services override; there is
        no public way to have a connection replaced that is open and silent.
        """
        with suppress(TimeoutError):
            async with asyncio.timeout(_CLOSE_SECS):
                await self._disconnect()
        async with asyncio.timeout(self.patience_secs):
            await self._connect()
        self._opened_secs = asyncio.get_running_loop().time()


class WholeTexts(WebsocketTTSService):
    """Comes last among the bases, behind the vendor's: has Pipecat treat it like any other voice.

    A text is reported as a whole behind its audio; the times of its words are frames of their own.
    """

    def __init__(self, **service: Any) -> None:
        ours = {
            "push_text_frames": True,
            "push_start_frame": True,
            "push_stop_frames": True,
            # Each text has an id, so that no frame must be held until the last one was spoken.
            "pause_frame_processing": False,
        }
        super().__init__(**(service | ours))
