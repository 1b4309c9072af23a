"""The conversation's memory, in which a turn is one message."""

from __future__ import annotations

from typing import Any, cast

from pipecat.processors.aggregators.llm_context import LLMContext, LLMContextMessage
from typing_extensions import override

from ..scripts import joined


class TalkContext(LLMContext):
    """Joins what the caller says to a turn of theirs that nobody has answered yet.

    What is typed stays a message of its own.
    """

    _unanswered: LLMContextMessage | None = None

    @override
    def add_message(self, message: LLMContextMessage) -> None:
        """Add a message, or make the last one longer."""
        if not (isinstance(message, dict) and message.get("role") == "user"):
            super().add_message(message)
            return
        messages = self.get_messages()
        if messages and messages[-1] is self._unanswered:
            # A new object: a request on its way holds the old one.
            earlier = cast(dict[str, Any], messages[-1])
            content = joined([str(earlier["content"]), str(message.get("content"))])
            message = cast(LLMContextMessage, {"role": "user", "content": content})
            self.set_messages(messages[:-1])
        super().add_message(message)
        self._unanswered = message
