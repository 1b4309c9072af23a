from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager

import pytest
from aiohttp.test_utils import TestServer
from httpx2 import AsyncClient
from openai import DefaultAsyncHttpxClient
from pipecat.frames.frames import (
    InputAudioRawFrame,
    TranscriptionFrame,
    VADUserStartedSpeakingFrame,
    VADUserStoppedSpeakingFrame,
)
from pipecat.services.openai.stt import OpenAISTTService
from pipecat.services.stt_service import STTService
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidStatus

from bench.peers.pipecat_plain import build_recogniser
from bench.sound import silence, tone
from bench.standin.script import Script, SpokenLine
from bench.standin.server import build_app
from bench.standin.sets import SETS, Delays, Recogniser
from processors.speech_to_text.deepgram import DeepgramSpeechToText
from processors.speech_to_text.openai import OpenAISpeechToText
from tests.fake_pipeline import open_fake_pipeline

RATE_HZ = 16_000
Build = Callable[[int, AsyncClient], STTService]
LINE = SpokenLine("turn 3 hello", secs=0.4)
UTTERANCE = silence(0.1) + tone(300, 0.4, sample_rate_hz=RATE_HZ) + silence(1.0)


@asynccontextmanager
async def served(delays: Delays) -> AsyncGenerator[tuple[Script, int]]:
    script = Script(delays=delays)
    server = TestServer(build_app(script))
    await server.start_server()
    try:
        assert server.port is not None
        yield script, server.port
    finally:
        await server.close()


def plain(recogniser: Recogniser) -> Build:
    def build(port: int, _: AsyncClient) -> STTService:
        url = f"ws://127.0.0.1:{port}"
        return build_recogniser(recogniser, websocket_url=url, openai_url="")

    return build


def plain_whisper(port: int, client: AsyncClient) -> STTService:
    # As the peer has it, which never closes a client of its own.
    url = f"http://127.0.0.1:{port}/v1"
    return OpenAISTTService(api_key="bench", base_url=url, http_client=client)


def our_nova(port: int, _: AsyncClient) -> STTService:
    return DeepgramSpeechToText(api_key="bench", base_url=f"ws://127.0.0.1:{port}")


def our_whisper(port: int, _: AsyncClient) -> STTService:
    return OpenAISpeechToText(api_key="bench", base_url=f"http://127.0.0.1:{port}/v1")


@pytest.mark.parametrize(
    ("recogniser", "build"),
    [
        ("prompt", plain("prompt")),
        ("nova", plain("nova")),
        ("nova", our_nova),
        ("flux", plain("flux")),
        ("whisper", plain_whisper),
        ("whisper", our_whisper),
    ],
)
async def test_the_clients_of_a_set_hear_its_line_once(
    recogniser: Recogniser, build: Build
) -> None:
    delays = Delays(200, recogniser=recogniser)
    async with (
        served(delays) as (script, port),
        DefaultAsyncHttpxClient() as client,
        open_fake_pipeline(build(port, client)) as pipeline,
    ):
        script.line, script.line_number = LINE, 1
        await pipeline.send(InputAudioRawFrame(UTTERANCE[:3200], RATE_HZ, 1))
        await pipeline.send_up(VADUserStartedSpeakingFrame())
        await pipeline.settle()
        for start in range(3200, len(UTTERANCE), 640):
            await pipeline.send(InputAudioRawFrame(UTTERANCE[start : start + 640], RATE_HZ, 1))
        await pipeline.settle()
        await pipeline.send_up(VADUserStoppedSpeakingFrame())
        await pipeline.until_down(TranscriptionFrame)
        await pipeline.settle()
        texts = [f.text.strip() for f in pipeline.down if isinstance(f, TranscriptionFrame)]
        assert texts == [LINE.text]
        assert [entry["event"] for entry in script.log if entry["event"] == "stt_final"]


@pytest.mark.parametrize(
    ("address", "settles"),
    [
        ("v1/listen?interim_results=true", "is_final"),
        ("v2/listen?model=flux-general-en", "trigger"),
    ],
)
async def test_a_message_is_as_late_as_the_set_says(address: str, settles: str) -> None:
    delays = SETS["F" if settles == "trigger" else "D"]
    async with (
        served(delays) as (script, port),
        connect(f"ws://127.0.0.1:{port}/{address}") as socket,
    ):
        script.line, script.line_number = LINE, 1
        sent_secs, late_secs = time.monotonic(), 0.0
        await socket.send(UTTERANCE)
        async for raw in socket:
            message = json.loads(raw)
            if message["type"] == "Connected":
                continue
            late_secs = time.monotonic() - sent_secs
            assert late_secs >= delays.stt_final_ms / 1000
            if message.get(settles):
                break
        assert late_secs < delays.stt_final_ms / 1000 + 1.0


async def test_a_stream_that_is_closed_ends() -> None:
    async with (
        served(SETS["D"]) as (_, port),
        connect(f"ws://127.0.0.1:{port}/v1/listen") as socket,
    ):
        await socket.send(json.dumps({"type": "Finalize"}))
        assert json.loads(await socket.recv())["from_finalize"] is True
        await socket.send(json.dumps({"type": "CloseStream"}))
        assert [json.loads(raw)["type"] async for raw in socket] == ["Metadata"]


async def test_flux_ends_a_connection_at_a_message_of_novas() -> None:
    async with (
        served(SETS["F"]) as (_, port),
        connect(f"ws://127.0.0.1:{port}/v2/listen?model=flux-general-en") as socket,
        asyncio.timeout(5),
    ):
        await socket.send(json.dumps({"type": "Finalize"}))
        assert [json.loads(raw)["type"] async for raw in socket] == ["Connected", "Error"]


@pytest.mark.parametrize(
    "address",
    [
        "v1/listen?model=flux-general-en",
        "v2/listen?model=nova-3",
        "v2/listen?model=flux-general-en&eot_threshold=0.2",
    ],
)
async def test_a_model_at_the_wrong_address_is_refused(address: str) -> None:
    async with served(SETS["F"]) as (_, port):
        with pytest.raises(InvalidStatus, match="400"):
            async with asyncio.timeout(5), connect(f"ws://127.0.0.1:{port}/{address}"):
                pass
