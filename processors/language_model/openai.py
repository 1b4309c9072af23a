"""Every language model that is reached by OpenAI's chat completions."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, cast

from openai import AsyncOpenAI
from pipecat.processors.aggregators.llm_context import LLMContext
from pipecat.services.openai.llm import OpenAILLMService
from pipecat.utils.http import AsyncHTTPClient
from pipecat.utils.types import NOT_GIVEN, assert_given, is_given
from typing_extensions import override

from ..provider_requests import is_openais
from .excuses import Excuses
from .openai_protocol.reply_stream import ReplyStream
from .openai_protocol.request_shape import RequestShape
from .reply_ahead import PreparedSpeech
from .sdk_answering import SdkAnswering


class OpenAILanguageModel(SdkAnswering, OpenAILLMService):
    """Pipecat's OpenAI service that puts up with what servers of this protocol do.

    What they send is read tolerantly (`ReplyStream`), and what they refuse is asked for in another
    form (`RequestShape`). Tool calls with malformed arguments are asked for again.

    Args:
        api_key: Of the server.
        base_url: Of the server; None or empty for the vendor's own.
        model: Its name; empty if it is in the settings.
        http_client: To be shared; None for one of its own.
        settings: How the model answers.
        excuses: What is said when it does not.
        patience_secs: For the first word of each attempt.
        voice: Makes speech ahead.
    """

    keeps_deadlines: ClassVar[bool] = True

    def __init__(  # noqa: PLR0913 - what a service is made with
        self,
        *,
        api_key: str,
        base_url: str | None = None,
        model: str = "",
        http_client: AsyncHTTPClient | None = None,
        settings: OpenAILLMService.Settings | None = None,
        excuses: Excuses | None = None,
        patience_secs: float | None = None,
        voice: PreparedSpeech | None = None,
    ) -> None:
        self._http_client = self.http_client_of(http_client)
        settings = settings or OpenAILLMService.Settings()
        if model:
            settings.model = model
        if is_openais(base_url) and is_given(settings.max_tokens):
            # The vendor's newer models know the newer name alone; other servers the older one.
            settings.max_completion_tokens, settings.max_tokens = settings.max_tokens, NOT_GIVEN
        super().__init__(
            api_key=api_key,
            base_url=base_url or None,
            settings=settings,
            excuses=excuses,
            patience_secs=patience_secs,
            voice=voice,
        )
        self._shape = RequestShape(model=self.settings.model or "")
        self._params: Mapping[str, Any] = {}
        """Of the attempt under way, or the last one; empty before it is made."""

    @override
    def create_client(
        self, api_key: Any = None, base_url: Any = None, *_: Any, **__: Any
    ) -> AsyncOpenAI:
        """Build the SDK client on the given HTTP client, without the SDK's own retries."""
        self.client: AsyncOpenAI = AsyncOpenAI(
            api_key=api_key, base_url=base_url, http_client=self._http_client, max_retries=0
        )
        return self.client

    @override
    async def get_chat_completions(self, context: LLMContext) -> Any:
        """Start an attempt at a reply to the context; it is a stream of chunks."""
        reply = self.reply
        assert reply is not None
        self._params = {}
        settings = cast(OpenAILLMService.Settings, self.settings)
        adapter = self.get_llm_adapter()
        invocation = await adapter.get_llm_invocation_params(
            context,
            system_instruction=assert_given(settings.system_instruction),
            convert_developer_to_user=not self.supports_developer_role,
        )
        self._params = self.build_chat_completion_params(invocation)
        return ReplyStream(
            self.client.chat.completions.with_streaming_response.create,
            retract=self.retract,
            params=self._params,
            shape=self._shape,
            patience=reply.patience,
            takes_calls=not reply.needs_words,
        )

    @override
    def adapt_request(self, error: Exception, *, is_last: bool) -> bool:
        """Learn from a refusal what the server accepts."""
        if not self._params:
            return False
        if is_last:
            return self._shape.leave_out_past(error, self._params)
        return self._shape.adapt(error, self._params)
