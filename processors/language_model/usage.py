"""What one request to a language model used: as the vendor says, or about so if it does not.

A reply that is interrupted, or made ahead of time and dropped, ends before the vendor has said it;
its input is billed all the same.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from pipecat.metrics.metrics import LLMTokenUsage
from pipecat.processors.aggregators.llm_context import LLMContext

_BYTES_PER_TOKEN = 3
"""English has four and a half, Japanese three: rather too many tokens than too few."""


def about_tokens(texts: Iterable[str]) -> int:
    """Return about how many tokens these texts are."""
    size_bytes = sum(len(text.encode(errors="replace")) for text in texts)
    return -(-size_bytes // _BYTES_PER_TOKEN)


def about_prompt(context: LLMContext, *, instruction: str) -> int:
    """Return about how many tokens a request is: instruction, messages and tools."""
    messages: list[Any] = [
        message if isinstance(message, dict) else message.message
        for message in context.get_messages()
    ]
    tools: Any = getattr(context.tools, "standard_tools", ())
    described = [tool.to_default_dict() for tool in tools if hasattr(tool, "to_default_dict")]
    return about_tokens(
        [instruction, *(json.dumps(one, default=str) for one in messages + described)]
    )


class RequestUsage:
    """The account of one request."""

    def __init__(self) -> None:
        self._prompt = self._completion = 0
        self._words: list[str] = []

    def note_words(self, text: str) -> None:
        """Words of the reply came."""
        self._words.append(text)

    @property
    def has_words(self) -> bool:
        """Whether the model has begun to answer."""
        return bool(self._words)

    @property
    def is_told(self) -> bool:
        """Whether the vendor has said all of it."""
        return bool(self._prompt and (self._completion or not self._words))

    def beyond(self, told: LLMTokenUsage) -> LLMTokenUsage | None:
        """Return what a report says beyond the ones before: some servers tell the sum so far."""
        prompt = max(told.prompt_tokens, 0)
        completion = max(told.completion_tokens, 0)
        more_prompt = max(prompt - self._prompt, 0)
        more_completion = max(completion - self._completion, 0)
        is_first = not self._prompt
        self._prompt, self._completion = (
            max(prompt, self._prompt),
            max(completion, self._completion),
        )
        if not more_prompt and not more_completion:
            return None
        if is_first and prompt == told.prompt_tokens and completion == told.completion_tokens:
            return told
        return _usage(more_prompt, more_completion)

    def untold(self, *, prompt_tokens: int) -> LLMTokenUsage | None:
        """Return about what the vendor has not told; None if it has.

        Args:
            prompt_tokens: What the request is about.
        """
        prompt = 0 if self._prompt else prompt_tokens
        completion = 0 if self._completion else about_tokens(self._words)
        return _usage(prompt, completion) if prompt or completion else None


def _usage(prompt: int, completion: int) -> LLMTokenUsage:
    return LLMTokenUsage(
        prompt_tokens=prompt, completion_tokens=completion, total_tokens=prompt + completion
    )
