"""How the runtime makes the bot speak: through the language model's place in the pipeline."""

from __future__ import annotations

from pipecat.frames.frames import LLMMessagesAppendFrame, TTSSpeakFrame
from pipecat.processors.frame_processor import FrameProcessor


class Voice:
    """Speaks in one session's pipeline.

    Args:
        service: The language model service; what it pushes goes to text-to-speech next.
    """

    def __init__(self, service: FrameProcessor) -> None:
        self._service = service

    async def say(self, text: str, *, is_remembered: bool = True) -> None:
        """Speak these words.

        Args:
            text: The words.
            is_remembered: Whether the model is to know that it said them.
        """
        await self._service.push_frame(TTSSpeakFrame(text, append_to_context=is_remembered))

    async def ask_for_reply(self) -> None:
        """Have the model reply to the context as it is, once nobody speaks."""
        await self._service.push_frame(LLMMessagesAppendFrame(messages=[], run_llm=True))
