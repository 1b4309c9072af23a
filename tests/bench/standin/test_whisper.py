from __future__ import annotations

import io
import wave

import pytest
from aiohttp import FormData
from aiohttp.test_utils import TestClient, TestServer

from bench.sound import silence, tone
from bench.standin.script import Script, SpokenLine
from bench.standin.server import build_app
from bench.standin.sets import SETS, Delays

RATE_HZ = 16_000
LINE = SpokenLine("one two three", secs=1.2)


def wav(loud_secs: float) -> bytes:
    file = io.BytesIO()
    with wave.open(file, "wb") as writer:
        writer.setnchannels(1)
        writer.setsampwidth(2)
        writer.setframerate(RATE_HZ)
        loud = tone(300, loud_secs, sample_rate_hz=RATE_HZ)
        writer.writeframes(silence(0.2) + loud + silence(0.3))
    return file.getvalue()


async def words_in(script: Script, audio: bytes) -> str:
    form = FormData()
    form.add_field("file", audio, filename="audio.wav", content_type="audio/wav")
    async with TestClient(TestServer(build_app(script))) as client:
        answer = await client.post("/v1/audio/transcriptions", data=form)
        return (await answer.json())["text"]


@pytest.mark.parametrize(
    ("loud_secs", "words", "is_final"),
    [(1.15, "one two three", True), (0.6, "one two", False), (0.0, "", False)],
)
async def test_an_utterance_has_the_words_that_its_sound_is_long_enough_for(
    loud_secs: float, words: str, is_final: bool
) -> None:
    script = Script(delays=Delays(150, recogniser="whisper"), line=LINE)
    assert await words_in(script, wav(loud_secs)) == words
    assert ("stt_final" in [entry["event"] for entry in script.log]) == is_final


def test_an_answer_takes_300_to_600_ms() -> None:
    script = Script()
    middle_ms = SETS["W"].stt_final_ms
    drawn = [script.spread_ms(middle_ms, 150) for _ in range(500)]
    assert 300 <= min(drawn) < 320 and 580 < max(drawn) <= 600
