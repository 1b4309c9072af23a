"""Around any of Pipecat's language model services: tells what each request used, also a cut one."""

from __future__ import annotations

from typing import Any

from pipecat.metrics.metrics import LLMTokenUsage
from pipecat.processors.aggregators.llm_context import LLMContext
from pipecat.services.llm_service import LLMService
from typing_extensions import override

from ..provider_requests import EmptyAnswerError
from .usage import RequestUsage, about_prompt

_BILLED = (TimeoutError, EmptyAnswerError)
"""What a request fails with after it was taken."""


class Counting(LLMService[Any]):
    """Passes on what the vendor says of a request, once, and an estimate of what it does not."""

    _usage: RequestUsage | None = None
    """Of the request under way."""

    def begin_request(self) -> None:
        """A request is about to be made."""
        self._usage = RequestUsage()

    def note_words(self, text: str) -> None:
        """Words of the reply came."""
        if self._usage is not None:
            self._usage.note_words(text)

    async def end_request(self, context: LLMContext, *, failure: Exception | None) -> None:
        """Count the request, unless it was refused: that is not billed.

        Args:
            context: What was answered.
            failure: Why it was not.
        """
        usage, self._usage = self._usage, None
        is_refused = failure is not None and not isinstance(failure, _BILLED)
        if usage is not None and (usage.has_words or not is_refused):
            instruction = getattr(self.settings, "system_instruction", None)
            await self.count(usage, context, instruction=str(instruction or ""))

    async def count(self, usage: RequestUsage, context: LLMContext, *, instruction: str) -> None:
        """Count what the vendor has not told of a request."""
        if usage.is_told:
            return
        untold = usage.untold(prompt_tokens=about_prompt(context, instruction=instruction))
        if untold is not None:
            await super().start_llm_usage_metrics(untold)

    @override
    async def start_llm_usage_metrics(self, tokens: LLMTokenUsage) -> None:
        """Tell what the vendor says, of each request once."""
        new = tokens if self._usage is None else self._usage.beyond(tokens)
        if new is not None:
            await super().start_llm_usage_metrics(new)
