from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any

import numpy as np
from aiohttp.test_utils import TestServer
from openai import AsyncOpenAI
from websockets.asyncio.client import ClientConnection, connect

from bench.sound import samples_of, silence, tone
from bench.standin.script import Script, SpokenLine, turn_hz
from bench.standin.server import build_app
from bench.standin.sets import Delays

RATE_HZ = 16_000
FAST = Delays(30, 20, 1, 10, tts_speed=1000.0)


@asynccontextmanager
async def served(script: Script) -> AsyncGenerator[int]:
    server = TestServer(build_app(script))
    await server.start_server()
    try:
        assert server.port is not None
        yield server.port
    finally:
        await server.close()


async def first_final(socket: ClientConnection) -> tuple[dict[str, Any], list[str]]:
    interims: list[str] = []
    async for raw in socket:
        message = json.loads(raw)
        if message["type"] != "Results":
            continue
        if message["is_final"]:
            return message, interims
        interims.append(message["channel"]["alternatives"][0]["transcript"])
    raise AssertionError("no final came")


async def test_recogniser_tells_the_scripted_words_a_fixed_time_after_the_last_one() -> None:
    script = Script(delays=FAST)
    async with (
        served(script) as port,
        connect(f"ws://127.0.0.1:{port}/v1/listen?sample_rate={RATE_HZ}") as socket,
    ):
        script.line, script.line_number = SpokenLine(text="turn 3 hello", secs=0.4), 1
        await socket.send(silence(0.1) + tone(300, 0.1, sample_rate_hz=RATE_HZ))
        onset_secs = time.monotonic() - 0.1
        message, interims = await first_final(socket)
        late_secs = time.monotonic() - (onset_secs + 0.4 + 0.03)
    assert message["channel"]["alternatives"][0]["transcript"] == "turn 3 hello"
    assert interims == ["turn", "turn 3"]
    assert -0.01 < late_secs < 0.1


async def test_finalize_is_answered_empty_and_close_stream_closes() -> None:
    async with (
        served(Script()) as port,
        connect(f"ws://127.0.0.1:{port}/v1/listen?sample_rate={RATE_HZ}") as socket,
    ):
        await socket.send(json.dumps({"type": "Finalize"}))
        message, _ = await first_final(socket)
        assert message["from_finalize"] is True
        await socket.send(json.dumps({"type": "CloseStream"}))
        assert [json.loads(raw)["type"] async for raw in socket] == ["Metadata"]


async def test_voice_of_a_reply_is_the_tone_of_its_turn() -> None:
    script = Script(delays=FAST)
    async with served(script) as port:
        client = AsyncOpenAI(api_key="x", base_url=f"http://127.0.0.1:{port}/v1", max_retries=0)
        async with client:
            stream = await client.chat.completions.create(
                model="m", messages=[{"role": "user", "content": "turn 5 hi"}], stream=True
            )
            text = "".join([c.choices[0].delta.content or "" async for c in stream if c.choices])
            speech = await client.audio.speech.create(
                model="m", voice="alloy", input="Sure,", response_format="pcm"
            )
            pcm = speech.content
    assert text.startswith("Sure, this is the answer number 5.")
    samples = samples_of(pcm).astype(float)
    peak = np.argmax(np.abs(np.fft.rfft(samples))) * 24_000 / samples.size
    assert abs(peak - turn_hz(5)) < 5
    assert abs(samples[0]) > 5000
    events = [entry["event"] for entry in script.log]
    assert events.index("llm_first_token") < events.index("llm_first_sentence")
    assert events[-2:] == ["tts_request", "tts_first_byte"]


async def read_reply(client: AsyncOpenAI) -> None:
    stream = await client.chat.completions.create(
        model="m", messages=[{"role": "user", "content": "turn 1"}], stream=True
    )
    async for _ in stream:
        pass


async def test_an_abandoned_completion_is_logged() -> None:
    script = Script(delays=Delays(llm_first_token_ms=60_000))
    async with served(script) as port:
        client = AsyncOpenAI(api_key="x", base_url=f"http://127.0.0.1:{port}/v1", max_retries=0)
        async with client:
            call = asyncio.create_task(read_reply(client))
            async with asyncio.timeout(5):
                while not script.log:  # noqa: ASYNC110 - the log has no event
                    await asyncio.sleep(0.01)
                call.cancel()
                while script.log[-1]["event"] != "llm_cancelled":  # noqa: ASYNC110
                    await asyncio.sleep(0.01)


def test_drawn_delays_repeat_and_have_the_published_median() -> None:
    drawn = Script(delays=Delays(is_drawn=True))
    values = [drawn.drawn_ms("llm", 0) for _ in range(500)]
    again = Script(delays=Delays(is_drawn=True))
    assert values[:3] == [again.drawn_ms("llm", 0) for _ in range(3)]
    assert 480 < float(np.median(values)) < 640


def test_a_line_that_names_no_turn_gets_the_reply_of_its_own() -> None:
    script = Script(line=SpokenLine("Wait a second.", turn=4))
    assert script.reply_to("Wait a second.")[0] == 4
    assert script.reply_to("wait a")[0] == 4
    assert script.reply_to("So I said wait a second")[0] == 4
    assert script.reply_to("Something else.")[0] == 0
    assert script.reply_to("turn 5 Something else.")[0] == 5
    assert Script(line=SpokenLine("Mm-hm.")).reply_to("Mm-hm.")[0] == 0
