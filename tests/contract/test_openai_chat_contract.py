"""OpenAI's unmodified SDK against the scripted brain."""

from __future__ import annotations

import json
from typing import Any

import httpx
import openai
import pytest
from openai import AsyncOpenAI

from tests.contract.openai_client import faults, opened
from tests.local_providers import LocalProviders

_PLACE = {"type": "object", "properties": {"place": {"type": "string"}}, "required": ["place"]}
_NOTHING = {"type": "object", "properties": {}}
_TOOLS: Any = [
    {"type": "function", "function": {"name": name, "parameters": parameters}}
    for name, parameters in {
        "time_in_place": _PLACE,
        "weather": _PLACE,
        "end_call": _NOTHING,
    }.items()
]


async def _ask(client: AsyncOpenAI, text: str, **options: Any) -> Any:
    return await client.chat.completions.create(
        model="gpt-4.1", messages=[{"role": "user", "content": text}], **options
    )


async def _streamed(client: AsyncOpenAI, text: str, **options: Any) -> dict[str, Any]:
    """Put a streamed answer together the way a client does."""
    answer: dict[str, Any] = {"text": "", "calls": {}, "reason": None, "usage": None, "chunks": 0}
    async for chunk in await _ask(client, text, stream=True, **options):
        answer["usage"] = chunk.usage or answer["usage"]
        for choice in chunk.choices:
            answer["chunks"] += 1
            answer["text"] += choice.delta.content or ""
            answer["reason"] = choice.finish_reason or answer["reason"]
            for call in choice.delta.tool_calls or []:
                known = answer["calls"].setdefault(
                    call.index, {"id": "", "name": "", "arguments": ""}
                )
                known["id"] += call.id or ""
                known["name"] += call.function.name or ""
                known["arguments"] += call.function.arguments or ""
    return answer


async def test_an_answer_streams_word_by_word(local_providers: LocalProviders) -> None:
    async with opened(local_providers) as client:
        answer = await _streamed(client, "Tell me a joke.", stream_options={"include_usage": True})
        whole = await _ask(client, "Tell me a joke.")
    assert answer["text"] == whole.choices[0].message.content
    assert answer["chunks"] > len(answer["text"].split())
    assert answer["reason"] == whole.choices[0].finish_reason == "stop"
    assert answer["usage"].completion_tokens == whole.usage.completion_tokens > 0


async def test_usage_comes_only_when_asked_for(local_providers: LocalProviders) -> None:
    async with opened(local_providers) as client:
        assert (await _streamed(client, "Hello."))["usage"] is None


async def test_a_tool_call_streams_as_openais_do(local_providers: LocalProviders) -> None:
    async with opened(local_providers) as client:
        answer = await _streamed(client, "What time is it in New York?", tools=_TOOLS)
        whole = await _ask(client, "What time is it in New York?", tools=_TOOLS)
    call = answer["calls"][0]
    assert call["id"].startswith("call_") and call["name"] == "time_in_place"
    assert json.loads(call["arguments"]) == {"place": "New York"}
    assert answer["reason"] == whole.choices[0].finish_reason == "tool_calls"
    assert whole.choices[0].message.tool_calls[0].function.name == "time_in_place"


async def test_two_lookups_are_called_at_once(local_providers: LocalProviders) -> None:
    async with opened(local_providers) as client:
        answer = await _streamed(
            client, "What's the time in Tokyo and the weather in Paris?", tools=_TOOLS
        )
    names = [call["name"] for call in answer["calls"].values()]
    assert names == ["time_in_place", "weather"]
    assert len({call["id"] for call in answer["calls"].values()}) == 2


async def test_goodbye_is_said_and_the_call_ended(local_providers: LocalProviders) -> None:
    async with opened(local_providers) as client:
        answer = await _streamed(client, "Goodbye!", tools=_TOOLS)
        without = await _streamed(client, "Goodbye!")
    assert "Goodbye" in answer["text"] and answer["calls"][0]["name"] == "end_call"
    assert "Goodbye" in without["text"] and not without["calls"]


async def test_a_tools_result_is_put_into_words(local_providers: LocalProviders) -> None:
    async with opened(local_providers) as client:
        first = await _ask(client, "What time is it in Rome?", tools=_TOOLS)
        message = first.choices[0].message
        result = {"status": "ok", "data": {"spoken": "It is noon in Rome."}}
        messages: Any = [
            {"role": "user", "content": "What time is it in Rome?"},
            message.model_dump(exclude_none=True),
            {
                "role": "tool",
                "tool_call_id": message.tool_calls[0].id,
                "content": json.dumps(result),
            },
        ]
        answer = await client.chat.completions.create(
            model="gpt-4.1", messages=messages, tools=_TOOLS
        )
    assert answer.choices[0].message.content == "It is noon in Rome."


async def test_tool_choice_is_obeyed(local_providers: LocalProviders) -> None:
    async with opened(local_providers) as client:
        none = await _ask(client, "Goodbye!", tools=_TOOLS, tool_choice="none")
        assert not none.choices[0].message.tool_calls
        wrong = {"type": "function", "function": {"name": "sing"}}
        with pytest.raises(openai.BadRequestError) as refused:
            await _ask(client, "Hello.", tools=_TOOLS, tool_choice=wrong)
    assert refused.value.param == "tool_choice"


async def test_models_are_listed(local_providers: LocalProviders) -> None:
    async with opened(local_providers) as client:
        names = [model.id async for model in client.models.list()]
    assert "scripted-brain" in names


async def test_a_bad_body_names_its_field(local_providers: LocalProviders) -> None:
    async with opened(local_providers) as client:
        with pytest.raises(openai.BadRequestError) as refused:
            await client.chat.completions.create(model="gpt-4.1", messages=[])
        with pytest.raises(openai.NotFoundError):
            await client.embeddings.create(model="any", input="hello")
    assert refused.value.param == "messages"


@pytest.mark.parametrize(
    ("status", "error"),
    [
        (400, openai.BadRequestError),
        (401, openai.AuthenticationError),
        (429, openai.RateLimitError),
        (500, openai.InternalServerError),
        (503, openai.InternalServerError),
    ],
)
async def test_asked_for_errors_are_the_sdks(
    local_providers: LocalProviders, status: int, error: type[openai.APIStatusError]
) -> None:
    plan = faults(status=status, retry_after_secs=0.5)
    async with opened(local_providers) as client:
        with pytest.raises(error) as refused:
            await _ask(client, "Hello.", extra_headers=plan)
    assert refused.value.response.headers["retry-after"] == "0.5"


async def test_a_dropped_stream_breaks_in_the_client(local_providers: LocalProviders) -> None:
    async with opened(local_providers) as client:
        with pytest.raises((openai.APIError, httpx.TransportError)):
            await _streamed(client, "Tell me a story.", extra_headers=faults(drop_after_tokens=5))


@pytest.mark.parametrize("plan", [{"hang": True}, {"half_open": True}, {"stall_after_tokens": 3}])
async def test_a_silent_provider_runs_into_the_clients_limit(
    local_providers: LocalProviders, plan: dict[str, Any]
) -> None:
    async with opened(local_providers, timeout_secs=0.5) as client:
        with pytest.raises((openai.APITimeoutError, httpx.ReadTimeout)):
            await _streamed(client, "Tell me a story.", extra_headers=faults(**plan))


async def test_an_empty_and_a_scripted_answer_come_as_asked(
    local_providers: LocalProviders,
) -> None:
    async with opened(local_providers) as client:
        empty = await _streamed(client, "Hello.", extra_headers=faults(empty=True))
        fixed = await _streamed(client, "Hello.", extra_headers=faults(reply="Turn {turn}."))
    assert (empty["text"], empty["reason"]) == ("", "stop")
    assert fixed["text"] == "Turn 1."
