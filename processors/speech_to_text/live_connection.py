"""The life of a connection of our own to a recogniser."""

from __future__ import annotations

import asyncio
from abc import abstractmethod
from contextlib import AbstractAsyncContextManager, suppress
from functools import partial

from pipecat.frames.frames import CancelFrame, ClientConnectedFrame, EndFrame, Frame
from pipecat.processors.frame_processor import FrameDirection, FrameProcessorSetup
from pipecat.services.settings import STTSettings
from typing_extensions import override

from ..frames import CallerLeftFrame
from ..retry_after import retry_after_secs
from ..turns.word_units import Numerals
from .connection_failures import STABLE_SECS, ConnectionFailures, Refusals, category_of, problem_of
from .live_socket import LiveSocket
from .recognition import Recognition
from .trouble import HearingTrouble

GIVE_UP_SECS = 60.0
"""A provider that fails over is back within 20 s, a server of one's own that loads its model within
a minute. The caller is told meanwhile, can type, and may hang up."""

FIRST_BACKOFF_SECS = 0.2
MAX_BACKOFF_SECS = 2.0

START_SECS = 3.0
"""The call begins without a recogniser that is not there by then; audio is kept for it."""

KEEP_ALIVE_SECS = 5.0
"""Deepgram asks for 3 to 5 s."""

REST_SECS = 3.0
"""After the caller has left: the last words have come, and a page that is loaded anew is back."""


class LiveConnection(Recognition):
    """Keeps one connection open from setup to the end, and tells of its failures once each.

    Args:
        settings: Complete ones: None where the vendor has no such thing.
        patience_secs: Without a useful connection before the service is unusable.
        ttfs_p99_secs: From the end of speech to its final transcript, 99th percentile.
        numerals: The language's number words, which a recogniser may also write as digits.
    """

    def __init__(
        self,
        *,
        settings: STTSettings,
        patience_secs: float | None,
        ttfs_p99_secs: float,
        numerals: Numerals | None = None,
    ) -> None:
        super().__init__(settings=settings, ttfs_p99_latency=ttfs_p99_secs, numerals=numerals)
        self._failures = ConnectionFailures(
            give_up_secs=patience_secs or GIVE_UP_SECS,
            first_backoff_secs=FIRST_BACKOFF_SECS,
            max_backoff_secs=MAX_BACKOFF_SECS,
            is_relieved=lambda: self.is_relieved(),
        )
        self._refusals = Refusals()
        self._socket: LiveSocket | None = None
        """Of the connection that has been given all audio so far."""
        self._life: asyncio.Task[None] | None = None
        self._is_settled = asyncio.Event()
        self._is_wanted = asyncio.Event()
        """Cleared while the caller is away: some services are paid by the second."""
        self._is_wanted.set()
        self._is_left = False
        """The present connection was let go of; its end is no failure."""
        self._rest: asyncio.Task[None] | None = None
        self._is_refused = self._is_key_refused = False
        """The service will serve no connection; the present one was ended for its key."""
        self._was_useful = False
        self._trouble = HearingTrouble(push=self.push_frame, owner=self)
        self._is_deaf = False
        """It has let too much speech pass without a word."""

    @abstractmethod
    def open_socket(self) -> AbstractAsyncContextManager[LiveSocket]:
        """Connect by the present settings."""

    @abstractmethod
    async def _begin_stream(self, socket: LiveSocket) -> None:
        """Give a new connection what it must hear first."""

    @abstractmethod
    async def _handle_message(self, raw: str | bytes) -> None:
        """Take what the service says."""

    @override
    def is_news(self, problem: str) -> bool:
        """Return True if nobody has been told since the last working connection."""
        return self._failures.is_news(problem)

    @override
    async def setup(self, setup: FrameProcessorSetup) -> None:
        """Connect."""
        await super().setup(setup)
        self._life = self.create_task(self._live(), "connection")
        with suppress(TimeoutError):
            await asyncio.wait_for(self._is_settled.wait(), START_SECS)

    @override
    async def process_frame(self, frame: Frame, direction: FrameDirection) -> None:
        """Rest while there is nobody to hear."""
        await super().process_frame(frame, direction)
        if isinstance(frame, CallerLeftFrame | ClientConnectedFrame):
            await self._stop_resting()
            if isinstance(frame, CallerLeftFrame):
                self._rest = self.create_task(self._rest_soon(), "rest")

    @override
    async def stop(self, frame: EndFrame) -> None:
        """Say goodbye and disconnect."""
        await super().stop(frame)
        await self._disconnect()

    @override
    async def cancel(self, frame: CancelFrame) -> None:
        """Disconnect."""
        await super().cancel(frame)
        await self._disconnect()

    @override
    async def cleanup(self) -> None:
        """Disconnect, whatever has happened before."""
        await super().cleanup()
        await self._disconnect()

    async def _live(self) -> None:
        """Connect, listen, and connect again, until cancelled or beyond hope."""
        clock = asyncio.get_running_loop()
        try:
            while True:
                await self._is_wanted.wait()
                began_secs = clock.time()
                self._connected_secs = float("inf")
                problem, error = await self._serve_connection()
                now_secs = clock.time()
                lived_secs = max(0.0, now_secs - self._connected_secs)
                self._refusals.note(self._was_useful, lived_secs, self._is_key_refused)
                if self._is_left:
                    continue
                self._is_refused = self._refusals.are_final(error, now_secs)
                if self._is_refused:
                    await self._tell(problem, error, is_last=True)
                    return
                self._failures.on_end(
                    began_secs=began_secs,
                    lived_secs=lived_secs,
                    now_secs=now_secs,
                    was_useful=self._was_useful,
                    asked_secs=retry_after_secs(error) if error else None,
                )
                is_hopeless = self._failures.is_hopeless or self._is_deaf
                # A good one that is lost in silence, as for the silence, may be back at once.
                is_told = is_hopeless or lived_secs < STABLE_SECS or self.unsettled.is_owed
                self._trouble.begin_soon(None if is_told else partial(self._tell, problem, error))
                if is_told:
                    await self._tell(problem, error, is_last=is_hopeless)
                if is_hopeless:
                    return
                while (left_secs := self._failures.left_secs(clock.time())) > MAX_BACKOFF_SECS:
                    await asyncio.sleep(MAX_BACKOFF_SECS)
                    await self._tell(problem, error)  # to whoever stands in
                await asyncio.sleep(left_secs)
        finally:
            # Whoever waits for the service to connect must not wait for ever.
            self._is_settled.set()

    async def _serve_connection(self) -> tuple[str, Exception | None]:
        """Run one connection to its end; returns what ended it."""
        keep_alive: asyncio.Task[None] | None = None
        self._was_useful = self._is_left = self._is_key_refused = False
        try:
            async with self.open_socket() as socket:
                self._connected_secs = asyncio.get_running_loop().time()
                await self._begin_stream(socket)
                if self._is_left:
                    return "", None
                self._is_settled.set()
                if self._hears_again:
                    await self._trouble.connected(is_sure=not self._failures.is_flapping)
                else:
                    await self._trouble.calm_down()
                keep_alive = self.create_task(self._keep_alive(socket), "keep_alive")
                async for message in socket.messages():
                    await self._handle_message(message)
            return "the speech-to-text service closed the connection", None
        except Exception as error:  # noqa: BLE001 - whatever it is, nobody else would tell of it
            return problem_of(error), error
        finally:
            self._socket = None
            if keep_alive:
                await self.cancel_task(keep_alive)

    async def _keep_alive(self, socket: LiveSocket) -> None:
        while True:
            await asyncio.sleep(KEEP_ALIVE_SECS)
            await socket.send_keep_alive()

    async def _tell(self, problem: str, error: Exception | None, *, is_last: bool = False) -> None:
        """Report the end of a connection."""
        await self.push_error(
            error_msg=problem,
            exception=error,
            category=category_of(error, is_refused=self._is_refused),
            force_treat_as_permanent=is_last,
        )

    @property
    def _hears_again(self) -> bool:
        """Whether a new connection is taken for one that hears."""
        return True

    async def _rest_soon(self) -> None:
        """Let go of the connection when what was said has been read."""
        await asyncio.sleep(REST_SECS)
        self._is_wanted.clear()
        self._is_left = True
        self._failures.begin_anew()
        self._refusals.begin_anew()
        if socket := self._socket:
            self._socket = None
            try:
                await socket.send_close_stream()
            finally:
                await socket.abort()  # also of one that takes nothing any more

    async def _stop_resting(self) -> None:
        rest, self._rest = self._rest, None
        if rest:
            await self.cancel_task(rest)
        self._is_wanted.set()

    async def _disconnect(self) -> None:
        await self._stop_resting()
        socket, self._socket = self._socket, None
        if socket:
            await socket.send_close_stream()
        life, self._life = self._life, None
        if life:
            await self.cancel_task(life)
        await self._trouble.calm_down()
