"""Our model service against llama.cpp's own server, which answers as it really does."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import httpx
import pytest
from pipecat.frames.frames import (
    ErrorFrame,
    Frame,
    LLMContextFrame,
    LLMTextFrame,
    TTSSpeakFrame,
)
from pipecat.pipeline.pipeline import Pipeline
from pipecat.processors.aggregators.llm_context import LLMContext
from pipecat.processors.frame_processor import FrameDirection, FrameProcessor
from pipecat.services.openai.llm import OpenAILLMService
from pipecat.tests.utils import run_test
from pipecat.utils.errors import ErrorCategory
from typing_extensions import override

from processors.language_model.excuses import Excuses
from processors.language_model.openai import OpenAILanguageModel
from tests.contract.other_server import KEY, OtherServer, open_llama_server
from tests.tools.runtime.talk import open_talk
from tools.time_in_place import time_in_place

APOLOGY = "Sorry, I lost that."
HI: Any = {"role": "user", "content": "Hi"}
GREETING: Any = {"role": "assistant", "content": "Hello, this is Parley."}
N_CTX = 16_384
TOO_LONG = "z" * 2 * N_CTX


@pytest.fixture(scope="module")
def llama_server() -> Iterator[OtherServer]:
    with open_llama_server() as server:
        yield server


@pytest.fixture(scope="module")
def strict_llama_server() -> Iterator[OtherServer]:
    """Its template demands the caller first, then turns."""
    with open_llama_server("strict.jinja") as server:
        yield server


class KillAtFirstWords(FrameProcessor):
    """Ends a server while it answers."""

    def __init__(self, server: OtherServer) -> None:
        super().__init__()
        self._server = server

    @override
    async def process_frame(self, frame: Frame, direction: FrameDirection) -> None:
        await super().process_frame(frame, direction)
        if isinstance(frame, LLMTextFrame):
            self._server.process.kill()
        await self.push_frame(frame, direction)


async def answer(
    server: OtherServer,
    text: str,
    *,
    key: str = KEY,
    patience_secs: float | None = None,
    killer: FrameProcessor | None = None,
    **settings: Any,
) -> tuple[str, list[str], list[ErrorFrame]]:
    """Return the text of the reply, what is said beside it, and the errors."""
    service = OpenAILanguageModel(
        api_key=key,
        base_url=server.base_url,
        settings=OpenAILLMService.Settings(**settings),
        excuses=Excuses(apology=APOLOGY),
        patience_secs=patience_secs,
    )
    context = LLMContext(messages=[{"role": "user", "content": text}])
    processor = Pipeline([service, killer]) if killer else service
    down, up = await run_test(processor, frames_to_send=[LLMContextFrame(context=context)])
    return _text(down), _excuses(down), [f for f in up if isinstance(f, ErrorFrame)]


def _text(frames: Sequence[Frame]) -> str:
    return "".join(frame.text for frame in frames if isinstance(frame, LLMTextFrame))


def _excuses(frames: Sequence[Frame]) -> list[str]:
    return [frame.text for frame in frames if isinstance(frame, TTSSpeakFrame)]


async def test_a_streamed_reply_is_spoken_and_remembered(llama_server: OtherServer) -> None:
    async with open_talk([], base_url=llama_server.base_url) as talk:
        await talk.caller_says("Good morning.")
        await talk.until_spoken("help?")
        await talk.until(lambda: talk.messages[-1]["role"] == "assistant")
        assert talk.spoken == ["Good day. How can I help?"]
        assert talk.messages[-1]["content"] == "Good day. How can I help?"


async def test_a_tool_runs_once_and_its_result_is_told(llama_server: OtherServer) -> None:
    async with open_talk([time_in_place], base_url=llama_server.base_url) as talk:
        await talk.caller_says("What time is it in Tokyo?")
        await talk.until_spoken("Tokyo.")
        await talk.until(lambda: talk.messages[-1]["content"] == "It is noon in Tokyo.")
        (result,) = [m["content"] for m in talk.messages if m["role"] == "tool"]
        assert "Tokyo" in result
        assert talk.spoken == ["It is noon in Tokyo."]


async def test_reasoning_is_neither_spoken_nor_remembered(llama_server: OtherServer) -> None:
    """It comes as `reasoning_content`, with `content` absent."""
    async with open_talk([], base_url=llama_server.base_url) as talk:
        await talk.caller_says("Please think.")
        await talk.until_spoken("42.")
        await talk.until(lambda: talk.messages[-1]["role"] == "assistant")
        assert talk.spoken == ["Six times seven makes 42."]
        assert "wants me" not in str(talk.messages)


@pytest.mark.parametrize("server", ["llama_server", "strict_llama_server"])
async def test_a_conversation_that_the_greeting_began_goes_on(
    server: str, request: pytest.FixtureRequest
) -> None:
    """The strict template has it HTTP 400 with the template's words in a long message."""
    base_url = request.getfixturevalue(server).base_url
    async with open_talk([], base_url=base_url) as talk:
        talk.context.add_message(GREETING)
        for count in (1, 2):
            await talk.caller_says("Good morning.")
            heard = count * ["Good day. How can I help?"]
            await talk.until(lambda heard=heard: talk.spoken == heard)
        assert talk.messages[0] == GREETING


async def test_what_a_strict_template_really_answers(strict_llama_server: OtherServer) -> None:
    messages = [GREETING, HI]
    status, error = await _refusal(strict_llama_server, messages=messages)
    assert (status, error["code"], error["type"]) == (400, 400, "invalid_request_error")
    assert "roles must alternate user/assistant" in error["message"]


async def test_a_wrong_key_is_hopeless(llama_server: OtherServer) -> None:
    """The code in the body is a number, where OpenAI has a word."""
    assert await _refusal(llama_server, key="wrong") == (
        401,
        {"message": "Invalid API Key", "type": "authentication_error", "code": 401},
    )
    text, _, (error,) = await answer(llama_server, "Hi", key="wrong")
    assert (text, error.category) == ("", ErrorCategory.AUTHENTICATION)


async def test_an_unknown_model_is_answered_by_the_one_there_is(llama_server: OtherServer) -> None:
    text, excuses, errors = await answer(llama_server, "Hi", model="gpt-unheard-of")
    assert (text, excuses, errors) == ("Good day. How can I help?", [], [])


async def test_a_conversation_too_long_for_it_is_apologised_for(llama_server: OtherServer) -> None:
    status, error = await _refusal(llama_server, messages=[{"role": "user", "content": TOO_LONG}])
    assert (status, error["type"], error["n_ctx"]) == (400, "exceed_context_size_error", N_CTX)
    text, excuses, (reported,) = await answer(llama_server, TOO_LONG)
    assert (text, excuses, reported.fatal) == ("", [APOLOGY], False)
    assert "exceeds" not in reported.error


async def test_a_long_prompt_is_waited_for_as_long_as_patience_lasts(
    llama_server: OtherServer,
) -> None:
    """The answer's head comes at once, then comments; the first words take 2 s to 6 s."""
    text, excuses, _ = await answer(llama_server, "a" * 10_000, patience_secs=60.0)
    assert (text, excuses) == ("Good day. How can I help?", [])
    text, excuses, (error,) = await answer(llama_server, "b" * 10_000, patience_secs=0.2)
    assert (text, excuses, error.category) == ("", [APOLOGY], ErrorCategory.CONNECTIVITY)


async def test_a_reply_cut_at_its_greatest_length_is_not_passed_off_as_whole(
    llama_server: OtherServer,
) -> None:
    text, excuses, _ = await answer(llama_server, "Tell me a story.", max_tokens=3)
    assert text.startswith("Once upon a")
    assert excuses == [APOLOGY]


async def test_a_server_killed_while_it_answers_is_apologised_for() -> None:
    with open_llama_server() as server:
        killer = KillAtFirstWords(server)
        text, excuses, (error,) = await answer(server, "Tell me a story.", killer=killer)
    assert text.startswith("Once ")
    assert (excuses, error.category) == ([APOLOGY], ErrorCategory.CONNECTIVITY)
    assert not error.fatal


async def _refusal(
    server: OtherServer, *, key: str = KEY, messages: Sequence[Any] = (HI,)
) -> tuple[int, dict[str, Any]]:
    """Return the status and the body of an answer that is an error."""
    async with httpx.AsyncClient(base_url=server.base_url) as http:
        response = await http.post(
            "/chat/completions",
            headers={"Authorization": f"Bearer {key}"},
            json={"model": "any", "stream": True, "messages": messages},
        )
    return response.status_code, response.json()["error"]
