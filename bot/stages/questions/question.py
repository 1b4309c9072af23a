"""What a question to a stage is, and how it fails."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import httpx
from websockets.exceptions import WebSocketException

from bot.stages.stage import Stage

LEAST_AUDIO_BYTES = 960
"""20 ms of 16-bit mono at 24 kHz: speech, and not a message about it."""


class Refusal(Exception):
    """The server said no.

    Args:
        status: HTTP status, or what would be one on a wire without them.
        code: The code in its error object, if it has one.
    """

    def __init__(self, status: int, code: str = "") -> None:
        super().__init__(f"HTTP {status} {code}")
        self.status = status
        self.code = code


class NoWord(Exception):
    """The server said yes and not the word that was asked for."""


FAILURES = (
    Refusal,
    NoWord,
    TimeoutError,
    httpx.HTTPError,
    httpx.InvalidURL,
    WebSocketException,
    OSError,
    ValueError,
)
"""Everything a question fails with."""


class Ask(Protocol):
    """Asks a stage; raises one of `FAILURES` if the word does not come."""

    async def __call__(self, stage: Stage, *, limit_secs: float) -> None:
        """Ask.

        Args:
            stage: Whom.
            limit_secs: What the first of the answer may take.
        """
        ...


class ListModels(Protocol):
    """Tells which models a server has; None if it does not say."""

    async def __call__(self, stage: Stage, address: str, *, limit_secs: float) -> list[str] | None:
        """Look.

        Args:
            stage: Whose key is used.
            address: The base URL to try, on the stage's own server.
            limit_secs: For the whole answer.
        """
        ...


@dataclass(frozen=True, kw_only=True)
class Question:
    """How one vendor is asked for one word, and what helps to tell why it does not come."""

    ask: Ask
    ask_without_tools: Ask | None = None
    list_models: ListModels | None = None
    usual_end: str = ""
    """What an address of this protocol nearly always ends with, such as `/v1`."""


def question_of(stage: Stage) -> Question:
    """Return how a stage is asked."""
    question: Question = stage.vendor.load_question()
    return question
