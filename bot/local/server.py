"""The HTTP and websocket application: routes, and one shape for each kind of error."""

from __future__ import annotations

from typing import Any, Protocol

from fastapi import FastAPI, Request, WebSocket
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, Response
from pydantic import ValidationError
from starlette.exceptions import HTTPException

from bot.local.chat_completions import ChatCompletions, ChatRequest
from bot.local.faults import FaultBox, FaultPlan
from bot.local.guard import Guard
from bot.local.openai_errors import BadRequestError, error_response, validation_response
from bot.local.request_log import RequestLog
from bot.local.speech_to_text import SpeechToText
from bot.local.text_to_speech import SpeechRequest, TextToSpeech

MODELS = ("scripted-brain", "hibari", "moonshine-tiny-en")


class _Part(Protocol):
    def warm_up(self) -> None: ...

    def close(self) -> None: ...


class LocalProviders:
    """The parts this server offers, loaded and warm. Building it blocks for some seconds."""

    def __init__(
        self,
        *,
        speech_to_text: bool,
        language_model: bool,
        text_to_speech: bool,
        takes_faults: bool = False,
    ) -> None:
        self.faults = FaultBox(takes_orders=takes_faults)
        self.log = RequestLog()
        shared: dict[str, Any] = {"faults": self.faults, "log": self.log}
        self.speech_to_text = SpeechToText(**shared) if speech_to_text else None
        self.language_model = ChatCompletions(**shared) if language_model else None
        self.text_to_speech = TextToSpeech(**shared) if text_to_speech else None
        for part in self._parts().values():
            part.warm_up()

    @property
    def names(self) -> list[str]:
        """The names of the parts on offer."""
        return list(self._parts())

    def close(self) -> None:
        """Stop all worker threads."""
        for part in self._parts().values():
            part.close()

    def _parts(self) -> dict[str, _Part]:
        parts: dict[str, _Part | None] = {
            "speech_to_text": self.speech_to_text,
            "language_model": self.language_model,
            "text_to_speech": self.text_to_speech,
        }
        return {name: part for name, part in parts.items() if part is not None}


def build_app(providers: LocalProviders, *, key: str = "") -> FastAPI:
    """Return the application; it is ready as soon as it is served.

    Args:
        providers: What it offers.
        key: What callers must send; empty lets in every program of this machine.
    """
    app = FastAPI(title="Parley local providers", docs_url=None, redoc_url=None, openapi_url=None)
    _add_errors(app)
    _add_looks(app, providers)
    if providers.faults.takes_orders:
        _add_control(app, providers)
    app.add_middleware(Guard, key=key)
    if (speech_to_text := providers.speech_to_text) is not None:

        @app.websocket("/v1/listen")
        async def listen(websocket: WebSocket) -> None:
            await speech_to_text.listen(websocket)

    if (language_model := providers.language_model) is not None:

        @app.post("/v1/chat/completions")
        async def complete(body: ChatRequest, request: Request) -> Response:
            return await language_model.complete(body, request)

    if (text_to_speech := providers.text_to_speech) is not None:

        @app.post("/v1/audio/speech")
        async def speak(body: SpeechRequest, request: Request) -> Response:
            return await text_to_speech.speak(body, request)

    return app


def _add_looks(app: FastAPI, providers: LocalProviders) -> None:
    @app.get("/")
    async def root() -> dict[str, str]:
        return {"name": "Parley local providers"}

    @app.get("/health")
    async def health() -> dict[str, Any]:
        return {"status": "ok", "parts": providers.names}

    @app.get("/v1/models")
    async def models() -> dict[str, Any]:
        data = [
            {"id": name, "object": "model", "created": 0, "owned_by": "local"} for name in MODELS
        ]
        return {"object": "list", "data": data}


def _add_control(app: FastAPI, providers: LocalProviders) -> None:
    """Add what tests and benches steer: whoever has it makes the bot say what they like."""

    @app.get("/log")
    async def read_log() -> dict[str, Any]:
        return {"requests": providers.log.as_json()}

    @app.delete("/log", status_code=204)
    async def clear_log() -> None:
        providers.log.clear()

    @app.get("/faults")
    async def read_faults() -> FaultPlan:
        return providers.faults.plan

    @app.post("/faults")
    async def set_faults(plan: FaultPlan) -> FaultPlan:
        providers.faults.set(plan)
        return plan

    @app.delete("/faults", status_code=204)
    async def clear_faults() -> None:
        providers.faults.clear()


def _add_errors(app: FastAPI) -> None:
    async def on_bad_request(_: Request, error: Exception) -> JSONResponse:
        assert isinstance(error, BadRequestError)
        return error_response(400, error.message, param=error.param, code=error.code)

    async def on_invalid(_: Request, error: Exception) -> JSONResponse:
        assert isinstance(error, RequestValidationError)
        return validation_response(error.errors())

    async def on_wrong_faults(_: Request, error: Exception) -> JSONResponse:
        assert isinstance(error, ValidationError)
        return validation_response(error.errors(), param="X-Faults")

    async def on_http(_: Request, error: Exception) -> JSONResponse:
        assert isinstance(error, HTTPException)
        return error_response(error.status_code, str(error.detail))

    app.add_exception_handler(BadRequestError, on_bad_request)
    app.add_exception_handler(RequestValidationError, on_invalid)
    app.add_exception_handler(ValidationError, on_wrong_faults)
    app.add_exception_handler(HTTPException, on_http)
