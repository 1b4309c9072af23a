"""Gemini, by Google's own interface. Needs `google-genai`, an extra of this project."""

from __future__ import annotations

from typing import Any

from google.genai import Client
from google.genai.errors import APIError
from google.genai.types import FinishReason, HttpOptions
from pipecat.services.google.llm import GoogleLLMService
from pipecat.utils.http import AsyncHTTPClient
from typing_extensions import override

from ..provider_requests import ProviderError
from .attempts import CutReplyError, FilteredReplyError
from .excuses import Excuses
from .reply_ahead import PreparedSpeech
from .sdk_answering import SdkAnswering

_WHOLE = (FinishReason.STOP, FinishReason.FINISH_REASON_UNSPECIFIED)
_CUT = (
    FinishReason.MAX_TOKENS,
    FinishReason.MALFORMED_FUNCTION_CALL,
    FinishReason.UNEXPECTED_TOOL_CALL,
    FinishReason.OTHER,
)


class GoogleLanguageModel(SdkAnswering, GoogleLLMService):
    """Pipecat's Google service; arguments as `OpenAILanguageModel`'s."""

    def __init__(  # noqa: PLR0913 - what a service is made with
        self,
        *,
        api_key: str,
        base_url: str | None = None,
        model: str = "",
        http_client: AsyncHTTPClient | None = None,
        settings: GoogleLLMService.Settings | None = None,
        excuses: Excuses | None = None,
        patience_secs: float | None = None,
        voice: PreparedSpeech | None = None,
    ) -> None:
        http_options = HttpOptions(
            base_url=base_url or None, httpx_async_client=self.http_client_of(http_client)
        )
        # The service makes a client of its own of the same options, and keeps it to itself.
        self.client = Client(api_key=api_key, http_options=http_options)
        settings = settings or GoogleLLMService.Settings()
        if model:
            settings.model = model
        super().__init__(
            api_key=api_key,
            http_options=http_options,
            settings=settings,
            excuses=excuses,
            patience_secs=patience_secs,
            voice=voice,
        )

    @override
    async def open_connection(self) -> None:
        """Ask for the list of models."""
        await self.client.aio.models.list(config={"page_size": 1})

    @override
    def known_error(self, error: Exception) -> Exception:
        """Return the SDK's error for a status as ours."""
        if isinstance(error, APIError):
            status = error.status or ""
            return ProviderError(body=error.details, code=status, status_code=error.code)
        return error

    @override
    def _handle_finish_reason(self, finish_reason: FinishReason) -> Any:
        """Fail a reply that is not whole.

        Pipecat writes the reason into the log and goes on; it pushes nothing that would tell.
        """
        if finish_reason in _CUT:
            raise CutReplyError("a reply that was cut short")
        if finish_reason not in _WHOLE:
            raise FilteredReplyError("a reply that was filtered")
