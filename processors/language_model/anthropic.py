"""Claude, by Anthropic's own interface. Needs `anthropic`, an extra of this project."""

from __future__ import annotations

from collections.abc import Sequence
from types import SimpleNamespace
from typing import Any

from anthropic import AsyncAnthropic
from pipecat.frames.frames import FunctionCallFromLLM
from pipecat.services.anthropic.llm import AnthropicLLMService
from pipecat.utils.http import AsyncHTTPClient
from typing_extensions import override

from .anthropic_reply import AnthropicReply
from .excuses import Excuses
from .reply_ahead import PreparedSpeech
from .sdk_answering import SdkAnswering


class AnthropicLanguageModel(SdkAnswering, AnthropicLLMService):
    """Pipecat's Anthropic service; arguments as `OpenAILanguageModel`'s."""

    def __init__(  # noqa: PLR0913 - what a service is made with
        self,
        *,
        api_key: str,
        base_url: str | None = None,
        model: str = "",
        http_client: AsyncHTTPClient | None = None,
        settings: AnthropicLLMService.Settings | None = None,
        excuses: Excuses | None = None,
        patience_secs: float | None = None,
        voice: PreparedSpeech | None = None,
    ) -> None:
        self.client = AsyncAnthropic(
            api_key=api_key,
            base_url=base_url or None,
            http_client=self.http_client_of(http_client),
            max_retries=0,
        )
        self._events = AnthropicReply(self)
        # The prompt and the tools are the same in each turn.
        chosen = AnthropicLLMService.Settings(enable_prompt_caching=True)
        chosen.apply_update(settings or AnthropicLLMService.Settings())
        if model:
            chosen.model = model
        super().__init__(
            api_key=api_key,
            client=SimpleNamespace(beta=SimpleNamespace(messages=self)),
            settings=chosen,
            excuses=excuses,
            patience_secs=patience_secs,
            voice=voice,
        )

    async def create(self, **params: Any) -> Any:
        """Make a request as the SDK does, its reply watched; called by Pipecat."""
        if self.reply is not None and self.reply.needs_words and params.get("tools"):
            params["tool_choice"] = {"type": "none"}
        messages = self.client.beta.messages
        if params.get("stream"):
            return self._events.events(messages.with_streaming_response.create(**params))
        return await messages.create(**params)

    @override
    async def run_function_calls(self, function_calls: Sequence[FunctionCallFromLLM]) -> None:
        """Run all the tools the model asked for."""
        calls = self._events.calls(function_calls[-1]) if function_calls else []
        await super().run_function_calls(calls)
