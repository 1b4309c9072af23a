"""Faults of the whole server, its request log, and the scripted recogniser."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from typing import Any

import httpx
import openai
import pytest
from websockets.exceptions import ConnectionClosed

from bench.sound import tone
from tests.contract.deepgram_caller import Heard, connected, read, send_audio, text_of
from tests.contract.openai_client import opened
from tests.contract.speech_clips import BECKETT
from tests.local_providers import LocalProviders

_SPOKEN_MS = 600


@pytest.fixture
async def control(local_providers: LocalProviders) -> AsyncIterator[httpx.AsyncClient]:
    """The server's own calls; leaves it without faults."""
    async with httpx.AsyncClient(base_url=local_providers.http_url) as client:
        (await client.delete("/log")).raise_for_status()
        yield client
        (await client.delete("/faults")).raise_for_status()


async def _set(control: httpx.AsyncClient, **plan: Any) -> None:
    (await control.post("/faults", json=plan)).raise_for_status()


async def _chat(providers: LocalProviders) -> str:
    async with opened(providers) as client:
        answer = await client.chat.completions.create(
            model="gpt-4.1", messages=[{"role": "user", "content": "Hello."}]
        )
    return answer.choices[0].message.content or ""


async def test_a_plan_holds_for_as_many_requests_as_it_says(
    local_providers: LocalProviders, control: httpx.AsyncClient
) -> None:
    await _set(control, language_model={"status": 429, "requests": 2})
    for _ in range(2):
        with pytest.raises(openai.RateLimitError):
            await _chat(local_providers)
    assert await _chat(local_providers)


async def test_clearing_a_plan_heals_the_server(
    local_providers: LocalProviders, control: httpx.AsyncClient
) -> None:
    await _set(control, language_model={"status": 500})
    with pytest.raises(openai.InternalServerError):
        await _chat(local_providers)
    await control.delete("/faults")
    assert await _chat(local_providers)


@pytest.mark.parametrize("plan", [{"language_model": {"statuss": 1}}, {"brain": {}}, [1], "x"])
async def test_a_wrong_plan_is_refused(control: httpx.AsyncClient, plan: Any) -> None:
    answer = await control.post("/faults", json=plan)
    assert answer.status_code == 400
    assert answer.json()["error"]["message"]


async def test_wrong_faults_of_one_request_are_refused(local_providers: LocalProviders) -> None:
    async with opened(local_providers) as client:
        with pytest.raises(openai.BadRequestError):
            await client.chat.completions.create(
                model="gpt-4.1",
                messages=[{"role": "user", "content": "Hello."}],
                extra_headers={"X-Faults": '{"stat": 1}'},
            )


async def test_delays_are_kept_and_logged(
    local_providers: LocalProviders, control: httpx.AsyncClient
) -> None:
    await _set(control, language_model={"first_token_ms": 200, "reply": "One."})
    await _chat(local_providers)
    entry = (await control.get("/log")).json()["requests"][-1]
    assert entry["part"] == "language_model"
    assert 0.2 <= entry["first_byte_secs"] - entry["started_secs"] < 1.0
    assert abs(time.monotonic() - entry["ended_secs"]) < 5.0
    assert entry["sent_bytes"] > 0


async def test_open_sockets_are_dropped_and_new_ones_are_not(
    local_providers: LocalProviders, control: httpx.AsyncClient
) -> None:
    async with connected(local_providers) as socket:
        await _set(control, speech_to_text={"drop_open_connections": True})
        with pytest.raises(ConnectionClosed):
            await send_audio(socket, bytes(32 * 2_000), is_real_time=True)
    async with connected(local_providers) as socket:
        await send_audio(socket, bytes(32 * 100))
        await socket.send_close_stream()
        assert (await socket.recv()).type == "Metadata"


async def test_a_half_open_socket_takes_audio_and_says_nothing(
    local_providers: LocalProviders,
) -> None:
    async with connected(local_providers, faults={"half_open": True}) as socket:
        await send_audio(socket, BECKETT.pcm()[: 32 * 2_000])
        await socket.send_finalize()
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.5):
                await socket.recv()


async def test_a_handshake_can_hang(local_providers: LocalProviders) -> None:
    with pytest.raises(TimeoutError):
        async with (
            asyncio.timeout(0.5),
            connected(local_providers, faults={"hang": True}),
        ):
            pass


async def test_a_script_answers_on_its_schedule(
    local_providers: LocalProviders, control: httpx.AsyncClient
) -> None:
    """The fixed recogniser of the latency bench: own final, and an empty answer to Finalize."""
    await _set(
        control,
        speech_to_text={"script": {"transcript": "turn {turn} what is it", "final_ms": 150}},
    )
    heard = Heard()
    ended_secs = 0.0
    speech = tone(300.0, _SPOKEN_MS / 1_000, sample_rate_hz=16_000)
    async with connected(local_providers) as socket, asyncio.TaskGroup() as group:
        group.create_task(read(socket, heard))
        for _ in range(2):
            await send_audio(socket, speech, is_real_time=True)
            ended_secs = time.monotonic()
            await send_audio(socket, bytes(32 * 400), is_real_time=True)
            await socket.send_finalize()
        await socket.send_close_stream()
    texts = [(text_of(final), final.from_finalize) for final in heard.finals]
    assert texts == [
        ("turn 1 what is it", False),
        ("", True),
        ("turn 2 what is it", False),
        ("", True),
    ]
    assert heard.interims[:3] == ["turn", "turn 1", "turn 1 what"]
    entry = (await control.get("/log")).json()["requests"][-1]
    final = [mark for mark in entry["marks"] if mark["name"] == "final"][2]
    assert final["text"] == "turn 2 what is it"
    assert 0.1 <= final["at_secs"] - ended_secs < 0.4
