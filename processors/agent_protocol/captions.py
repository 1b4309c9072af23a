"""Live captions of both sides on `lk.transcription`, as LiveKit clients expect them.

The caller's turn is one bubble, whatever number of segments the recogniser makes of it; the bot's
words appear as they are heard and end where an interruption cut them.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable

from livekit import rtc
from livekit.rtc.participant import PublishTranscriptionError
from loguru import logger
from typing_extensions import override

from ..floor import Floor
from ..scripts import joined
from .events import ConversationListener
from .utterance import BotUtterance, CallerUtterance, Utterance

# A word outside any turn ("mm-hm" while the bot talks) gets a bubble of its own unless the caller
# goes on within this time. One breath; not a measured value.
STRAY_SECS = 1.0
MOUNT_SECS = 1.0
"""From a caller's coming until their page surely reads captions.

livekit-client drops a stream whose topic nobody has asked for yet, and LiveKit's React starter
mounts its transcript 0.6 to 1.0 s after the click: of 32 greetings it showed 23, and all with this.
"""
SEND_TIMEOUT_SECS = 10.0
CLOSE_TIMEOUT_SECS = 2.0
# Only a dead connection lets this many finished utterances wait.
MAX_WAITING_UTTERANCES = 32


class Captions(ConversationListener):
    """Keeps the utterances under way and sends them, in order, from one task of its own.

    Args:
        room: The bot's room, connected before the first event.
        floor: Who is speaking, as of the event being told.
        caller_identity: Returns the identity of the caller, `None` while nobody has come.
        clock_secs: Monotonic time.
    """

    def __init__(
        self,
        *,
        room: rtc.Room,
        floor: Floor,
        caller_identity: Callable[[], str | None],
        clock_secs: Callable[[], float] = time.monotonic,
    ) -> None:
        self._room = room
        self._floor = floor
        self._caller_identity = caller_identity
        self._clock_secs = clock_secs
        self._finals: list[str] = []
        self._last_final_secs = 0.0
        self._is_interim = False
        self._caller: CallerUtterance | None = None
        self._bot: BotUtterance | None = None
        self._waiting: list[Utterance] = []
        self._sender: asyncio.Task[None] | None = None
        self._wake = asyncio.Event()
        self._reads_from_secs = 0.0
        self._is_closing = False
        self._has_warned = False
        room.on("reconnected", self._restart)

    @override
    def caller_came(self) -> None:
        """Send what is open once more: a stream has no readers but those who saw it begin."""
        self._reads_from_secs = self._clock_secs() + MOUNT_SECS
        self._restart()

    @override
    def caller_started(self) -> None:
        """Keep the words that started the turn, not older ones."""
        self._close_stray()

    @override
    def caller_words(self, text: str, *, is_final: bool) -> None:
        """Show all of the turn's words so far."""
        if not self._floor.is_caller_turn:
            self._close_stray()
        text = text.strip()
        if not text:
            return
        if self._caller is None:
            identity = self._caller_identity()
            if identity is None:
                return
            self._caller = CallerUtterance(room=self._room, speaker=identity)
            self._add(self._caller)
        self._caller.text = joined([*self._finals, text])
        self._is_interim = not is_final
        if is_final:
            self._finals.append(text)
            self._last_final_secs = self._clock_secs()
        self._wake.set()

    @override
    def caller_stopped(self, *, has_words: bool) -> None:
        """Close the bubble: what was said is now being answered."""
        self._close_caller()

    @override
    def words_heard(self, text: str, *, is_remembered: bool = True) -> None:
        """Show what just became audible."""
        if self._bot is None:
            speaker = self._room.local_participant.identity
            self._bot = BotUtterance(room=self._room, speaker=speaker)
            self._add(self._bot)
        self._bot.text = f"{self._bot.text}{text}".lstrip()
        self._wake.set()

    @override
    def words_unspoken(self, text: str) -> None:
        """Show what the caller cannot hear."""
        unspoken = BotUtterance(room=self._room, speaker=self._room.local_participant.identity)
        unspoken.text = text
        unspoken.close()
        self._add(unspoken)
        self._wake.set()

    @override
    def playout_stopped(self, *, is_interrupted: bool) -> None:
        """Close the reply's stream."""
        if self._bot is not None:
            self._bot.is_interrupted = is_interrupted
            self._bot.close()
            self._bot = None
            self._wake.set()
        if not self._floor.is_caller_turn:
            self._close_stray()

    @override
    async def close(self) -> None:
        """Close every open stream, as clients would take an unclosed one for an error."""
        self._is_closing = True
        self._room.off("reconnected", self._restart)
        self._close_caller()
        self.playout_stopped(is_interrupted=self._bot is not None)
        if self._sender is not None:
            self._wake.set()
            await asyncio.wait([self._sender], timeout=CLOSE_TIMEOUT_SECS)
            self._sender.cancel()
            await asyncio.wait([self._sender])

    def _restart(self) -> None:
        for utterance in self._waiting:
            utterance.restart()
        self._wake.set()

    def _close_stray(self) -> None:
        """Close a bubble that began outside a turn and has been complete for a while."""
        age_secs = self._clock_secs() - self._last_final_secs
        if self._finals and not self._is_interim and age_secs > STRAY_SECS:
            self._close_caller()

    def _close_caller(self) -> None:
        if self._caller is not None:
            self._caller.close()
            self._wake.set()
        self._caller = None
        self._finals = []
        self._is_interim = False

    def _add(self, utterance: Utterance) -> None:
        if len(self._waiting) >= MAX_WAITING_UTTERANCES:
            self._warn("the network does not keep up")
            self._waiting.pop(0)
        self._waiting.append(utterance)
        if self._sender is None:
            self._sender = asyncio.create_task(self._send_all(), name="captions")

    async def _send_all(self) -> None:
        # In the order they began: the caller's final is out before the reply's stream opens.
        while self._waiting or not self._is_closing:
            await self._wake.wait()
            await asyncio.sleep(max(0.0, self._reads_from_secs - self._clock_secs()))
            self._wake.clear()
            for utterance in list(self._waiting):
                is_last_time = utterance.is_closed
                await self._send(utterance)
                if is_last_time and utterance in self._waiting:
                    self._waiting.remove(utterance)

    async def _send(self, utterance: Utterance) -> None:
        if not self._room.isconnected():
            return
        try:
            async with asyncio.timeout(SEND_TIMEOUT_SECS):
                await utterance.send()
        except (ConnectionError, RuntimeError, TimeoutError, PublishTranscriptionError) as error:
            self._warn(type(error).__name__)

    def _warn(self, reason: str) -> None:
        if not self._has_warned:
            logger.warning("Captions are incomplete: {}", reason)
        self._has_warned = True
