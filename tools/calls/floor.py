"""What the tools need to know of who is speaking; the pipeline keeps it."""

from __future__ import annotations

from typing import Protocol


class Floor(Protocol):
    """Who speaks and since when, by the clock of the runtime; minus infinity stands for never."""

    @property
    def is_bot_speaking(self) -> bool:
        """The caller hears the bot."""
        ...

    @property
    def is_caller_turn(self) -> bool:
        """The caller's turn is on."""
        ...

    @property
    def bot_began_secs(self) -> float:
        """When the bot last began to speak."""
        ...

    @property
    def bot_ended_secs(self) -> float:
        """When it last ceased to."""
        ...

    @property
    def heard_text(self) -> str:
        """What was heard of the bot since it last began to speak."""
        ...

    @property
    def caller_began_secs(self) -> float:
        """When the caller's last turn began."""
        ...

    @property
    def caller_ended_secs(self) -> float:
        """When their last whole turn ended."""
        ...

    @property
    def answer_due_since_secs(self) -> float | None:
        """Since the caller's turn ended; None if that was answered, or the caller goes on."""
        ...


class UntoldFloor:
    """Nobody tells who speaks: then nothing is said unasked."""

    is_bot_speaking = is_caller_turn = False
    bot_began_secs = bot_ended_secs = float("-inf")
    heard_text = ""
    caller_began_secs = caller_ended_secs = float("-inf")
    answer_due_since_secs: float | None = None
