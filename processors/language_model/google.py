"""Gemini, by Google's own interface. Needs `google-genai`, an extra of this project."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from types import SimpleNamespace
from typing import Any

from google.genai import Client
from google.genai.errors import APIError
from google.genai.types import HttpOptions
from pipecat.services.google.llm import GoogleLLMService
from pipecat.utils.http import AsyncHTTPClient
from typing_extensions import override

from ..provider_requests import ProviderError
from ..retry_after import retry_after_secs
from .excuses import Excuses
from .google_reply import chunks_of
from .reply_ahead import PreparedSpeech
from .sdk_answering import SdkAnswering


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
            return ProviderError(
                body=error.details,
                code=error.status or "",
                status_code=error.code,
                retry_after_secs=retry_after_secs(error),
            )
        return error

    @override
    def create_client(self) -> None:
        """Have Pipecat ask by way of this service, which reads what it is answered."""
        models = SimpleNamespace(
            generate_content=self.client.aio.models.generate_content,
            generate_content_stream=self.generate_content_stream,
        )
        self._client: Any = SimpleNamespace(
            aio=SimpleNamespace(models=models, aclose=self.client.aio.aclose)
        )

    async def generate_content_stream(self, **params: Any) -> AsyncGenerator[Any]:
        """Make a request as the SDK does, its chunks watched; called by Pipecat."""
        stream = await self.client.aio.models.generate_content_stream(**params)
        return chunks_of(stream, service=self)
