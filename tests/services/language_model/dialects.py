"""One way to say what a model does, in the words of each vendor's protocol."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

from openai import AsyncOpenAI
from pipecat.services.anthropic.llm import AnthropicLLMService
from pipecat.services.google.llm import GoogleLLMService
from pipecat.services.openai.llm import OpenAILLMService
from typing_extensions import override

from processors.language_model.answering import Answering
from processors.language_model.anthropic import AnthropicLanguageModel
from processors.language_model.google import GoogleLanguageModel
from processors.language_model.openai import OpenAILanguageModel
from processors.language_model.with_fallback import LanguageModelWithFallback
from processors.provider_requests import ProviderError
from tests import unkind_server
from tests.model_call import SYSTEM_PROMPT, BuildModel, build_openai
from tests.services.stand_ins import anthropic, google
from tests.unkind_server import Answer, End, UnkindServer, chunk, sse
from tools.runtime.tool_calling import ToolCalling, ToolCalls, ToolTurns


class Wire(Protocol):
    """What a server can be made to write."""

    def text(self, *words: str, end: End = "whole") -> Answer:
        """A reply in words; unless the end is whole, it does not say that it is over."""
        ...

    def unended(self, *words: str) -> Answer:
        """Words, and then the answer ends, which does not say that the reply does."""
        ...

    def cut(self, *words: str) -> Answer:
        """Words, and then the limit of tokens."""
        ...

    def filtered(self) -> Answer:
        """A refusal to talk about this."""
        ...

    def calls(self, *arguments: str, words: str = "") -> Answer:
        """Calls of `look_up`, one for each of these arguments, maybe after words."""
        ...

    def thought(self, *pieces: str, words: str) -> Answer:
        """Thoughts, then words."""
        ...

    def error_inside(self, *words: str) -> Answer:
        """Words, and then an event that says that the server is overloaded."""
        ...

    def broken(self) -> Answer:
        """Half an event of JSON."""
        ...

    def refused(self, status: int) -> Answer:
        """An HTTP status with an error in the vendor's shape."""
        ...


class OpenAIWire:
    """Chat completions."""

    def text(self, *words: str, end: End = "whole") -> Answer:
        if end == "whole":
            return unkind_server.text(*words)
        return sse(*(chunk({"content": word}) for word in words), done=False, end=end)

    def unended(self, *words: str) -> Answer:
        return unkind_server.text(*words, finish=None, done=False)

    def cut(self, *words: str) -> Answer:
        return unkind_server.text(*words, finish="length")

    def filtered(self) -> Answer:
        return unkind_server.text(finish="content_filter")

    def calls(self, *arguments: str, words: str = "") -> Answer:
        said = [chunk({"content": words})] * bool(words)
        pieces = [
            chunk({"tool_calls": [unkind_server.call("look_up", one, index=at, call_id=f"c{at}")]})
            for at, one in enumerate(arguments)
        ]
        return sse(*said, *pieces, chunk({}, finish="tool_calls"))

    def thought(self, *pieces: str, words: str) -> Answer:
        thoughts = [chunk({"reasoning_content": piece}) for piece in pieces]
        return sse(*thoughts, chunk({"content": words}), chunk({}, finish="stop"))

    def error_inside(self, *words: str) -> Answer:
        said = [chunk({"content": word}) for word in words]
        return sse(*said, {"error": {"code": 529, "message": "words of the caller"}})

    def broken(self) -> Answer:
        return unkind_server.raw(b'data: {"choices": [{"delta"\n\n')

    def refused(self, status: int) -> Answer:
        return unkind_server.refused(status, "words of the caller")


class AnthropicWire:
    """Messages."""

    def text(self, *words: str, end: End = "whole") -> Answer:
        closing = anthropic.stop() if end == "whole" else []
        return anthropic.stream(*anthropic.words(*words), *closing, end=end)

    def unended(self, *words: str) -> Answer:
        return anthropic.stream(*anthropic.words(*words))

    def cut(self, *words: str) -> Answer:
        return anthropic.stream(*anthropic.words(*words), *anthropic.stop("max_tokens"))

    def filtered(self) -> Answer:
        return anthropic.stream(*anthropic.stop("refusal"))

    def calls(self, *arguments: str, words: str = "") -> Answer:
        said = anthropic.words(words) if words else []
        blocks = [
            event
            for at, one in enumerate(arguments)
            for event in anthropic.call("look_up", one, index=at + bool(words))
        ]
        return anthropic.stream(*said, *blocks, *anthropic.stop("tool_use"))

    def thought(self, *pieces: str, words: str) -> Answer:
        said = anthropic.words(words, index=1)
        return anthropic.stream(*anthropic.thought(*pieces), *said, *anthropic.stop())

    def error_inside(self, *words: str) -> Answer:
        said = anthropic.words(*words) if words else []
        return anthropic.stream(*said, anthropic.error_of("overloaded_error"))

    def broken(self) -> Answer:
        return unkind_server.raw(b'event: content_block_start\ndata: {"type": "cont\n\n')

    def refused(self, status: int) -> Answer:
        return anthropic.refused(status, message="words of the caller")


class GoogleWire:
    """Gemini's content, streamed."""

    def text(self, *words: str, end: End = "whole") -> Answer:
        closing = [google.chunk(finish="STOP")] if end == "whole" else []
        return google.stream(*google.words(*words), *closing, end=end)

    def unended(self, *words: str) -> Answer:
        return google.stream(*google.words(*words))

    def cut(self, *words: str) -> Answer:
        return google.stream(*google.words(*words), google.chunk(finish="MAX_TOKENS"))

    def filtered(self) -> Answer:
        return google.stream(google.chunk(finish="SAFETY"))

    def calls(self, *arguments: str, words: str = "") -> Answer:
        said = google.words(words) if words else []
        try:
            parts = [google.call("look_up", json.loads(one)) for one in arguments]
        except ValueError:
            # Google's servers look at the arguments themselves.
            return google.stream(*said, google.chunk(finish="MALFORMED_FUNCTION_CALL"))
        return google.stream(*said, google.chunk(*parts, finish="STOP"))

    def thought(self, *pieces: str, words: str) -> Answer:
        return google.stream(*map(google.thought, pieces), *google.words(words))

    def error_inside(self, *words: str) -> Answer:
        return google.stream(*google.words(*words), google.error_of(529))

    def broken(self) -> Answer:
        return unkind_server.raw(b'data: {"candidates": [{"cont\r\n\r\n')

    def refused(self, status: int) -> Answer:
        return google.refused(status)


@dataclass(frozen=True)
class Vendor:
    """A service under test, and how its server speaks."""

    name: str
    build: BuildModel
    wire: Wire
    endpoint: str = "/completions"
    reads_on: bool = False
    """Whether it takes a reply for whole that the server has cut: Pipecat's own do."""


class _Anthropic(ToolCalling, AnthropicLanguageModel):
    """As the application builds it."""


class _Google(ToolCalling, GoogleLanguageModel):
    """As the application builds it."""


class _Bare(Answering, OpenAILLMService):
    """Pipecat's own service in the bare layer; only its connections are closed after the test."""

    @override
    def create_client(self, *args: Any, **options: Any) -> AsyncOpenAI:
        self.client: AsyncOpenAI = super().create_client(*args, **options)
        self.client.max_retries = 0
        return self.client

    @override
    async def cleanup(self) -> None:
        await super().cleanup()
        await self.client.close()


class _Stock(ToolCalling, _Bare):
    """With the tools of the application."""


class _SecondOfTwo(LanguageModelWithFallback):
    """Two, of which the first has been lost."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.note_failure(ProviderError(body=None, code="invalid_api_key", status_code=401))


class _LostTwo(ToolTurns, _SecondOfTwo):
    """As the application builds it, later in a call."""


class _OpenAIPart(ToolCalls, OpenAILanguageModel):
    """One of two."""


class _AnthropicPart(ToolCalls, AnthropicLanguageModel):
    """One of two."""


def _build_anthropic(server: UnkindServer, **options: Any) -> Any:
    settings = AnthropicLLMService.Settings(model="m", system_instruction=SYSTEM_PROMPT)
    return _Anthropic(api_key="key", base_url=server.base_url, settings=settings, **options)


def _build_google(server: UnkindServer, **options: Any) -> Any:
    settings = GoogleLLMService.Settings(model="m", system_instruction=SYSTEM_PROMPT)
    return _Google(api_key="key", base_url=server.base_url, settings=settings, **options)


def _build_stock(server: UnkindServer, **options: Any) -> Any:
    return _Stock(api_key="key", base_url=server.base_url, settings=_openai_settings(), **options)


def _openai_settings() -> OpenAILLMService.Settings:
    return OpenAILLMService.Settings(model="m", system_instruction=SYSTEM_PROMPT)


def _build_two(kind: Callable[..., Any]) -> BuildModel:
    def build(server: UnkindServer, *, tools: Any, **options: Any) -> Any:
        options["calls_of"] = tools
        first = _OpenAIPart(
            api_key="key", base_url=server.base_url, settings=_openai_settings(), **options
        )
        settings = AnthropicLLMService.Settings(model="m", system_instruction=SYSTEM_PROMPT)
        second = _AnthropicPart(
            api_key="key", base_url=server.base_url, settings=settings, **options
        )
        return kind(first=first, second=second, tools=tools)

    return build


OPENAI = Vendor("openai", build_openai, OpenAIWire())
ANTHROPIC = Vendor("anthropic", _build_anthropic, AnthropicWire(), anthropic.ENDPOINT)
STOCK = Vendor("stock", _build_stock, OpenAIWire(), reads_on=True)
SECOND = Vendor("second of two", _build_two(_LostTwo), AnthropicWire(), anthropic.ENDPOINT)
GOOGLE = Vendor("google", _build_google, GoogleWire(), google.ENDPOINT)
VENDORS = [OPENAI, ANTHROPIC, GOOGLE, STOCK, SECOND]
