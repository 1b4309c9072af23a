"""What the caller types: text streams on `lk.chat`, answered like speech.

The older data packet that LiveKit's page components send along is ignored, as it says itself.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Awaitable, Callable
from enum import Enum
from functools import partial

from livekit import rtc
from loguru import logger
from typing_extensions import override

from ..allowance import Act, CallerAllowance
from ..room.inbox import Inbox, Message
from .events import ConversationListener

TOPIC = "lk.chat"

MAX_TEXT_CHARS = 4_000
# Four bytes hold any character; a little over the limit tells "at the limit" from "beyond it".
_MAX_TEXT_BYTES = 4 * (MAX_TEXT_CHARS + 1)
_READ_TIMEOUT_SECS = 5.0

# Tags in typed text stay readable but are no longer tags to a language model or a voice.
_NO_TAGS = str.maketrans("<>", "‹›")
_KEPT_CONTROLS = "\n\t"
_DROPPED_CATEGORIES = ("Cc", "Cs", "Co", "Cn")


class Refusal(Enum):
    """Why a text is not answered."""

    TOO_LONG = "too_long"
    TOO_FAST = "too_fast"


class TypedText:
    """Admits what a caller typed, whichever way it comes: bounded in length and rate.

    Args:
        allowance: Of the caller.
        on_refused: Tells the caller why a text was not taken.
    """

    def __init__(
        self,
        *,
        allowance: CallerAllowance,
        on_refused: Callable[[Refusal], Awaitable[None]],
    ) -> None:
        self._allowance = allowance
        self._on_refused = on_refused

    async def admit(self, text: str) -> str | None:
        """Return `text` as plain words, if it may be answered; otherwise the caller is told."""
        text = _plain(text)
        if not text:
            return None
        if len(text) > MAX_TEXT_CHARS:
            await self.refuse(Refusal.TOO_LONG)
            return None
        if not self._allowance.takes(Act.TEXT):
            await self.refuse(Refusal.TOO_FAST)
            return None
        return text

    async def refuse(self, refusal: Refusal) -> None:
        """Tell why a text is not taken, once in a row of them."""
        if self._allowance.tells_refusal():
            logger.info("Typed text is refused: {}", refusal.value)
            await self._on_refused(refusal)


class Chat(ConversationListener):
    """Takes typed text from the caller, bounded in length and rate, as plain text.

    Args:
        room: The bot's room, not yet connected.
        caller_identity: Returns who the caller is; nobody else is listened to.
        allowance: Of the caller.
        on_text: Interrupts the bot and has the text answered.
        on_refused: Tells the caller why a text was not taken.
    """

    def __init__(
        self,
        *,
        room: rtc.Room,
        caller_identity: Callable[[], str | None],
        allowance: CallerAllowance,
        on_text: Callable[[str], Awaitable[None]],
        on_refused: Callable[[Refusal], Awaitable[None]],
    ) -> None:
        self._on_text = on_text
        self._typed = TypedText(allowance=allowance, on_refused=on_refused)
        self._inbox = Inbox(
            room=room,
            topic=TOPIC,
            accepts=lambda sender: sender == caller_identity(),
            allows=partial(allowance.takes, Act.MESSAGE),
            on_message=self._handle,
            max_bytes=_MAX_TEXT_BYTES,
            timeout_secs=_READ_TIMEOUT_SECS,
        )
        self._inbox.register_text()

    async def submit(self, text: str) -> bool:
        """Have `text` answered as if typed; returns whether it was taken."""
        taken = await self._typed.admit(text)
        if taken is not None:
            await self._on_text(taken)
        return taken is not None

    @override
    async def close(self) -> None:
        """Read no more."""
        await self._inbox.close()

    async def _handle(self, message: Message) -> None:
        if message.is_too_long:
            await self._typed.refuse(Refusal.TOO_LONG)
        else:
            await self.submit(message.data.decode(errors="ignore"))


def _plain(text: str) -> str:
    kept = (
        char
        for char in text
        if char in _KEPT_CONTROLS or unicodedata.category(char) not in _DROPPED_CATEGORIES
    )
    return "".join(kept).translate(_NO_TAGS).strip()
