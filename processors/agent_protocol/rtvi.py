"""What the caller may send by RTVI, Pipecat's own wire protocol, which is off unless asked for."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from pipecat.frames.frames import Frame, InputTransportMessageFrame
from pipecat.processors.frame_processor import FrameDirection
from pipecat.processors.frameworks.rtvi import RTVIProcessor
from pipecat.processors.frameworks.rtvi import models as rtvi
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from typing_extensions import override

from ..allowance import Act, CallerAllowance

TAKEN_TYPES = frozenset({"client-ready", "client-message", "disconnect-bot", "send-text"})
"""Nothing else is for a caller to send. A tool's result would be made up, a file goes to the model
unseen, and the caller's voice is the microphone's track."""
_NOT_TAKEN = "This bot does not take messages of this type."


class _Message(BaseModel):
    """What all messages have; the rest is read by Pipecat."""

    model_config = ConfigDict(strict=True)

    type: str = Field(max_length=100)
    id: str = Field(max_length=200)
    data: dict[str, Any] | None = None


class CallerRTVI(RTVIProcessor):
    """Hands on to Pipecat what the caller may send, as often as they may.

    Args:
        allowance: Of the caller.
        admit_text: Returns a typed text as it may be answered; None if not, which the caller is
            told.
        on_dismissed: The caller has told the bot to leave.
    """

    def __init__(
        self,
        *,
        allowance: CallerAllowance,
        admit_text: Callable[[str], Awaitable[str | None]],
        on_dismissed: Callable[[], None],
    ) -> None:
        super().__init__()
        self._allowance = allowance
        self._admit_text = admit_text
        self._on_dismissed = on_dismissed

    @override
    async def process_frame(self, frame: Frame, direction: FrameDirection) -> None:
        if isinstance(frame, InputTransportMessageFrame):
            message = await self._admit(frame.message)
            if message is None:
                return
            frame.message = message
        await super().process_frame(frame, direction)

    async def _admit(self, sent: Any) -> dict[str, Any] | None:
        """Return the message as it may be followed; None if it may not."""
        if not isinstance(sent, dict) or sent.get("label") != rtvi.MESSAGE_LABEL:
            return None
        try:
            message = _Message.model_validate(sent)
        except ValidationError:
            return None
        if message.type == "send-text":
            return await self._admit_typed(message)
        if not self._allowance.takes(Act.REQUEST):
            return None
        if message.type not in TAKEN_TYPES:
            asked = rtvi.ClientMessage(msg_id=message.id, type=message.type)
            await self.send_error_response(asked, _NOT_TAKEN)
            return None
        if message.type == "disconnect-bot":
            # Pipecat would end the pipeline, and nobody would know why.
            self._on_dismissed()
            return None
        return _labelled(message)

    async def _admit_typed(self, message: _Message) -> dict[str, Any] | None:
        try:
            typed = rtvi.SendTextData.model_validate(message.data)
        except ValidationError:
            return None
        content = await self._admit_text(typed.content)
        if content is None:
            return None
        data = typed.model_copy(update={"content": content}).model_dump()
        return _labelled(message.model_copy(update={"data": data}))


def _labelled(message: _Message) -> dict[str, Any]:
    return {"label": rtvi.MESSAGE_LABEL, **message.model_dump()}
