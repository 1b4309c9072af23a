"""What the caller types: text streams on `lk.chat`, answered like speech.

The older data packet that LiveKit's page components send along is ignored, as it says itself.
"""

from __future__ import annotations

import time
import unicodedata
from collections.abc import Awaitable, Callable
from enum import Enum

from livekit import rtc
from loguru import logger
from typing_extensions import override

from ..room.inbox import Inbox, Message
from .events import ConversationListener

TOPIC = "lk.chat"

MAX_TEXT_CHARS = 4_000
# Four bytes hold any character; a little over the limit tells "at the limit" from "beyond it".
_MAX_TEXT_BYTES = 4 * (MAX_TEXT_CHARS + 1)
_READ_TIMEOUT_SECS = 5.0
# Faster than a person types and sends.
BURST_TEXTS = 5
SECS_PER_TEXT = 2.0

# Tags in typed text stay readable but are no longer tags to a language model or a voice.
_NO_TAGS = str.maketrans("<>", "‹›")
_KEPT_CONTROLS = "\n\t"
_DROPPED_CATEGORIES = ("Cc", "Cs", "Co", "Cn")


class Refusal(Enum):
    """Why a text is not answered."""

    TOO_LONG = "too_long"
    TOO_FAST = "too_fast"


class Chat(ConversationListener):
    """Takes typed text from the caller, bounded in length and rate, as plain text.

    Args:
        room: The bot's room, not yet connected.
        caller_identity: Returns who the caller is; nobody else is listened to.
        on_text: Interrupts the bot and has the text answered.
        on_refused: Tells the caller why a text was not taken.
        clock_secs: Monotonic time.
    """

    def __init__(
        self,
        *,
        room: rtc.Room,
        caller_identity: Callable[[], str | None],
        on_text: Callable[[str], Awaitable[None]],
        on_refused: Callable[[Refusal], Awaitable[None]],
        clock_secs: Callable[[], float] = time.monotonic,
    ) -> None:
        self._on_text = on_text
        self._on_refused = on_refused
        self._clock_secs = clock_secs
        self._allowance = float(BURST_TEXTS)
        self._counted_at_secs = clock_secs()
        self._has_refused = False
        self._inbox = Inbox(
            room=room,
            topic=TOPIC,
            accepts=lambda sender: sender == caller_identity(),
            on_message=self._handle,
            max_bytes=_MAX_TEXT_BYTES,
            timeout_secs=_READ_TIMEOUT_SECS,
        )
        self._inbox.register_text()

    async def submit(self, text: str) -> bool:
        """Have `text` answered as if typed; returns whether it was taken."""
        text = _plain(text)
        if not text:
            return False
        if len(text) > MAX_TEXT_CHARS:
            logger.info("A typed text of over {} characters was refused", MAX_TEXT_CHARS)
            await self._on_refused(Refusal.TOO_LONG)
            return False
        if not self._has_allowance():
            if not self._has_refused:
                logger.info("Typed texts come too fast")
                await self._on_refused(Refusal.TOO_FAST)
            self._has_refused = True
            return False
        self._has_refused = False
        await self._on_text(text)
        return True

    @override
    async def close(self) -> None:
        """Read no more."""
        await self._inbox.close()

    async def _handle(self, message: Message) -> None:
        # A cut stream may end inside a character; it is too long in any case.
        await self.submit(message.data.decode(errors="ignore"))

    def _has_allowance(self) -> bool:
        now_secs = self._clock_secs()
        earned = (now_secs - self._counted_at_secs) / SECS_PER_TEXT
        self._allowance = min(float(BURST_TEXTS), self._allowance + earned)
        self._counted_at_secs = now_secs
        if self._allowance < 1:
            return False
        self._allowance -= 1
        return True


def _plain(text: str) -> str:
    kept = (
        char
        for char in text
        if char in _KEPT_CONTROLS or unicodedata.category(char) not in _DROPPED_CATEGORIES
    )
    return "".join(kept).translate(_NO_TAGS).strip()
