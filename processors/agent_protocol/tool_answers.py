"""The page's Yes and No to a tool's question: the RPC method `parley.answer_tool`.

The payload is `{"call_id": "...", "is_yes": true}`; the answer is an empty string, or an error.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from livekit import rtc
from pydantic import BaseModel, ConfigDict, Field, StrictBool, ValidationError
from typing_extensions import override

from ..allowance import DEAF_SECS, PATIENCE, Act, Bucket, CallerAllowance
from .events import ConversationListener

METHOD = "parley.answer_tool"

BAD_PAYLOAD = 400
NOT_THE_CALLER = 403
NOT_ASKED = 404
"""The question was answered already, by voice perhaps, or has expired."""
TOO_MANY = 429

_MAX_PAYLOAD_CHARS = 1000


class ToolAnswer(BaseModel):
    """What the payload says."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    call_id: str = Field(min_length=1, max_length=200)
    is_yes: StrictBool


class ToolAnswers(ConversationListener):
    """Takes the caller's answers, and nobody else's.

    When many are refused it takes none for a moment: LiveKit then refuses them natively, where
    every payload would be passed to this process.

    Args:
        room: The bot's room.
        caller_identity: Returns who the caller is; None while nobody has come.
        allowance: Of the caller.
        on_answer: Takes the answer about a call; returns whether that question is being asked.
    """

    def __init__(
        self,
        *,
        room: rtc.Room,
        caller_identity: Callable[[], str | None],
        allowance: CallerAllowance,
        on_answer: Callable[[str, bool], Awaitable[bool]],
    ) -> None:
        self._room = room
        self._caller_identity = caller_identity
        self._allowance = allowance
        self._on_answer = on_answer
        self._is_open = False
        self._patience = Bucket(PATIENCE)
        self._deaf: asyncio.TimerHandle | None = None

    @override
    def began(self) -> None:
        """Take answers from now on."""
        if not self._is_open and self._room.isconnected():
            self._room.local_participant.register_rpc_method(METHOD, self._handle)
            self._is_open = True

    @override
    async def close(self) -> None:
        """Take no more."""
        if self._deaf is not None:
            self._deaf.cancel()
        self._unregister()

    def _unregister(self) -> None:
        if self._is_open and self._room.isconnected():
            self._room.local_participant.unregister_rpc_method(METHOD)
        self._is_open = False

    async def _handle(self, data: rtc.RpcInvocationData) -> str:
        try:
            return await self._take(data)
        except rtc.RpcError:
            if self._is_open and not self._patience.takes():
                self._unregister()
                self._deaf = asyncio.get_running_loop().call_later(DEAF_SECS, self.began)
            raise

    async def _take(self, data: rtc.RpcInvocationData) -> str:
        if len(data.payload) > _MAX_PAYLOAD_CHARS:
            raise rtc.RpcError(BAD_PAYLOAD, "the answer is too long")
        if data.caller_identity != self._caller_identity():
            raise rtc.RpcError(NOT_THE_CALLER, "only the caller may answer")
        if not (self._allowance.takes(Act.MESSAGE) and self._allowance.takes(Act.ANSWER)):
            raise rtc.RpcError(TOO_MANY, "too many answers")
        try:
            answer = ToolAnswer.model_validate_json(data.payload)
        except ValidationError as error:
            raise rtc.RpcError(BAD_PAYLOAD, "the answer is malformed") from error
        if not await self._on_answer(answer.call_id, answer.is_yes):
            raise rtc.RpcError(NOT_ASKED, "that question is not being asked")
        return ""
