from __future__ import annotations

import base64
import json
from array import array

import pytest
from pipecat.frames.frames import Frame, TTSTextFrame
from pipecat.utils.errors import ErrorCategory

from processors.text_to_speech.openai import OpenAITextToSpeech
from processors.text_to_speech.speech_attempts import PATIENCE_SECS
from processors.text_to_speech.speech_frames import AUDIBLE
from tests.fake_pipeline import open_fake_pipeline
from tests.fake_speech_server import Ending, FakeSpeechServer, SpeechAnswer, open_fake_speech_server
from tests.spoken_reply import Spoken, reply, spoken
from tests.spoken_sound import SECS, encoded, length_secs, likeness, pcm, wav
from tests.virtual_time import run_in_virtual_time

VOICE_ERROR = b'{"error": {"message": "The caller said x", "param": "voice", "code": null}}'
_PERMANENT = (ErrorCategory.AUTHENTICATION, ErrorCategory.INVALID_REQUEST)
REFUSAL = b'{"error": {"message": "The caller said x", "param": "input", "code": null}}'


async def say(
    server: FakeSpeechServer, frames: list[Frame] | str, *, patience_secs: float = PATIENCE_SECS
) -> tuple[Spoken, OpenAITextToSpeech]:
    service = OpenAITextToSpeech(
        api_key="key", base_url=server.base_url, patience_secs=patience_secs
    )
    # What follows when all attempts have failed is looked at in `test_persevering.py`.
    service.gone_secs = 0.0
    return await spoken(service, frames), service


def heard_from(
    answer: SpeechAnswer,
    frames: list[Frame] | str = "Hello.",
    *,
    patience_secs: float = PATIENCE_SECS,
) -> tuple[Spoken, int]:
    """Return what is heard from a server that always answers so, and how often it was asked."""

    async def main() -> tuple[Spoken, int]:
        async with open_fake_speech_server() as server:
            server.answer = lambda _: answer
            said, _ = await say(server, frames, patience_secs=patience_secs)
            return said, len(server.requests)

    return run_in_virtual_time(main())


@pytest.mark.parametrize(
    ("content_type", "body"),
    [
        ("audio/wav", wav(rate_hz=16_000)),
        ("audio/wav", wav(data_bytes=0)),
        ("audio/pcm;rate=16000", pcm(16_000)),
        ("audio/L16;rate=24000;channels=1", pcm(order=">")),
        ("audio/pcm", encoded("mp3", "libmp3lame")),
        ("audio/ogg", encoded("ogg", "libopus", rate_hz=48_000)),
        ("audio/flac", encoded("flac", "flac")),
    ],
)
async def test_the_caller_hears_the_sentence_whatever_the_server_sends(
    content_type: str, body: bytes
) -> None:
    async with open_fake_speech_server() as server:
        server.answer = lambda _: SpeechAnswer(body, content_type, chunk_bytes=999)
        said, _ = await say(server, "Hello.")
    assert likeness(said.heard) > 0.95
    assert abs(length_secs(said.heard) - SECS) < 0.25
    assert said.remembered == ["Hello."]
    assert not said.errors


def test_a_slow_voice_speaks_if_it_may_be_slow() -> None:
    said, requests = heard_from(SpeechAnswer(pcm(), delay_secs=2.6), patience_secs=10)
    assert said.heard == pcm()
    assert said.remembered == ["Hello."]
    assert not said.errors
    assert requests == 1


@pytest.mark.parametrize("frames", ["Hello.", reply("Hello. ", "How are you? ", "Fine.")])
def test_a_voice_that_thinks_for_nine_seconds_a_sentence_is_not_given_up(
    frames: list[Frame] | str,
) -> None:
    said, requests = heard_from(SpeechAnswer(pcm(), delay_secs=9), frames, patience_secs=10)
    assert said.heard == pcm() * requests
    assert len(said.remembered) == requests
    assert not said.errors


def test_a_head_that_comes_at_once_does_not_count_as_speech() -> None:
    answer = SpeechAnswer(wav(), "audio/wav", head_secs=6, chunk_bytes=44, chunk_secs=0.0)
    said, requests = heard_from(answer, patience_secs=10)
    assert (said.heard, requests) == (pcm(), 1)


def test_a_voice_slower_than_real_time_is_heard_to_the_end() -> None:
    answer = SpeechAnswer(pcm(), chunk_bytes=9600, chunk_secs=2.6)
    said, _ = heard_from(answer, patience_secs=10)
    assert said.heard == pcm()
    assert said.remembered == ["Hello."]
    assert not said.errors


@pytest.mark.promise(
    "Text-to-speech",
    "A voice gets 2 s to its first sound, or what is set, and three quarters of it in a second "
    "attempt.",
)
def test_the_vendor_gets_two_seconds_and_then_one_and_a_half() -> None:
    said, requests = heard_from(SpeechAnswer(pcm(), delay_secs=2.1))
    assert (said.heard, said.remembered, requests) == (b"", [], 2)
    assert said.errors[0].category is ErrorCategory.CONNECTIVITY
    said, requests = heard_from(SpeechAnswer(pcm(), delay_secs=1.9))
    assert (said.heard, requests) == (pcm(), 1)


@pytest.mark.parametrize("ending", [Ending.HANG, Ending.RESET])
@pytest.mark.parametrize("content_type", ["audio/pcm", "audio/wav"])
def test_speech_that_breaks_off_is_not_remembered(content_type: str, ending: Ending) -> None:
    body = (wav() if content_type == "audio/wav" else pcm())[:20_000]
    answer = SpeechAnswer(body, content_type, chunk_bytes=4000, ending=ending)
    said, requests = heard_from(answer)
    assert 0 < len(said.heard) <= 20_000
    assert said.remembered == []
    assert said.errors
    assert requests == 1


@pytest.mark.parametrize("ending", [Ending.HANG, Ending.RESET])
async def test_compressed_speech_is_heard_as_far_as_it_came(ending: Ending) -> None:
    body = encoded("mp3", "libmp3lame")[:2500]
    async with open_fake_speech_server() as server:
        server.answer = lambda _: SpeechAnswer(body, "audio/mpeg", chunk_bytes=500, ending=ending)
        said, _ = await say(server, "Hello.", patience_secs=0.6)
    assert 0.2 < length_secs(said.heard) < SECS
    assert said.remembered == []
    assert len(server.requests) == 1


async def test_an_error_after_audio_is_no_end() -> None:
    audio = base64.b64encode(pcm()).decode()
    events = [{"type": "speech.audio.delta", "audio": audio}, {"error": {"message": "overload"}}]
    body = "".join(f"data: {json.dumps(event)}\n\n" for event in events).encode()
    async with open_fake_speech_server() as server:
        server.answer = lambda _: SpeechAnswer(body, "text/event-stream")
        said, _ = await say(server, "Hello.")
    assert likeness(said.heard) > 0.9
    assert said.remembered == []
    assert said.errors[0].category is ErrorCategory.SERVER


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        (b"", "audio/pcm"),
        (wav()[:44], "audio/wav"),
        (bytes(48_000), "audio/pcm"),
        (b"\x14\x00\xec\xff" * 24_000, "audio/pcm"),
        (b'{"error": "out of memory"}', "application/json"),
        (b"<html>Bad gateway</html>", "text/html"),
    ],
)
def test_an_answer_without_a_sound_is_asked_for_once_more_and_is_not_remembered(
    body: bytes, content_type: str
) -> None:
    said, requests = heard_from(SpeechAnswer(body, content_type))
    assert max(map(abs, array("h", said.heard)), default=0) < AUDIBLE
    assert said.remembered == []
    assert said.errors[0].category is ErrorCategory.SERVER
    assert requests == 2


@pytest.mark.parametrize(
    ("headers", "body"),
    [
        ("x-audio-sample-rate: 16000\r\n", pcm(16_000)),
        ("x-sample-rate: 48000\r\nx-channels: 2\r\n", pcm(48_000, channels=2)),
    ],
)
def test_headers_that_tell_of_the_samples_are_obeyed(headers: str, body: bytes) -> None:
    said, _ = heard_from(SpeechAnswer(body, headers=headers))
    assert likeness(said.heard) > 0.95


@pytest.mark.promise(
    "Text-to-speech",
    "A voice that speaks on without an end is stopped.",
)
def test_a_voice_that_babbles_on_is_stopped_and_the_reply_goes_on() -> None:
    async def main() -> Spoken:
        async with open_fake_speech_server() as server:
            server.answer = lambda request: SpeechAnswer(
                pcm() * (1 if request["input"] == "Fine." else 60), chunk_bytes=48_000
            )
            said, _ = await say(server, reply("Hi. ", "Fine."))
            return said

    said = run_in_virtual_time(main())
    assert 10 < length_secs(said.heard) < 15
    assert said.heard.endswith(pcm()[-4800:])
    assert said.remembered == ["Fine."]


@pytest.mark.parametrize("code", [400, 413, 422])
async def test_a_refused_sentence_is_lost_and_the_rest_of_the_reply_is_spoken(code: int) -> None:
    async with open_fake_speech_server() as server:
        server.answer = lambda body: (
            SpeechAnswer(REFUSAL, "application/json", code)
            if "odd" in body["input"]
            else SpeechAnswer(pcm())
        )
        frames = reply("One is fine. ", "This one is odd. ", "Three is fine. ", "Four too.")
        said, service = await say(server, frames)
        assert service.is_usable
    assert server.texts == ["One is fine.", "This one is odd.", "Three is fine.", "Four too."]
    assert said.heard == pcm() * 3
    assert said.remembered == ["One is fine.", "Three is fine.", "Four too."]
    assert [error.category for error in said.errors] == [ErrorCategory.APPLICATION]
    assert "caller" not in said.errors[0].error


@pytest.mark.parametrize("code", [400, 422])
async def test_a_refused_sentence_that_was_made_ahead_is_lost_alone(code: int) -> None:
    async with open_fake_speech_server() as server:
        server.answer = lambda body: (
            SpeechAnswer(REFUSAL, "application/json", code)
            if "odd" in body["input"]
            else SpeechAnswer(pcm())
        )
        service = OpenAITextToSpeech(api_key="key", base_url=server.base_url)
        async with open_fake_pipeline(service) as pipeline:
            for number, text in enumerate(("One is fine.", "This one is odd.", "Three too.")):
                await service.prepare(text, is_first=number == 0)
            await pipeline.send(*reply("One is fine. This one is odd. Three too."))
            remembered = await pipeline.until_down(TTSTextFrame, 2)
            assert service.is_usable
    assert [frame.text for frame in remembered] == ["One is fine.", "Three too."]
    assert server.texts == ["One is fine.", "This one is odd.", "Three too."]


@pytest.mark.promise(
    "Text-to-speech",
    "A text that the voice refuses is lost alone; a voice that refuses or fails all is given up.",
)
async def test_a_voice_is_not_given_up_for_whole_replies_that_it_refuses() -> None:
    async with open_fake_speech_server() as server:
        server.answer = lambda body: (
            SpeechAnswer(REFUSAL, "application/json", 400)
            if "odd" in body["input"]
            else SpeechAnswer(pcm())
        )
        texts = ["Hello.", *(f"Reply {number} is odd." for number in range(9)), "Goodbye."]
        frames = [frame for text in texts for frame in reply(text)]
        said, service = await say(server, frames)
        assert service.is_usable
    assert said.remembered == ["Hello.", "Goodbye."]


@pytest.mark.parametrize("code", [400, 500])
async def test_a_voice_that_speaks_no_more_is_given_up(code: int) -> None:
    async with open_fake_speech_server() as server:
        server.answer = lambda _: (
            SpeechAnswer(REFUSAL, "application/json", code)
            if len(server.requests) > 1
            else SpeechAnswer(pcm())
        )
        frames = [frame for number in range(9) for frame in reply(f"Reply {number}.")]
        said, service = await say(server, frames)
        assert not service.is_usable
    assert said.remembered == ["Reply 0."]


@pytest.mark.parametrize("code", [400, 422])
async def test_a_refused_first_sentence_is_told_from_a_refused_voice_by_a_plain_one(
    code: int,
) -> None:
    odd = "Zażółć gęślą jaźń."
    async with open_fake_speech_server() as server:
        server.answer = lambda body: (
            SpeechAnswer(pcm())
            if body["input"].isascii()
            else SpeechAnswer(REFUSAL, "application/json", code)
        )
        said, service = await say(server, reply(f"{odd} ", "Well then."))
        assert service.is_usable
    assert said.remembered == ["Well then."]
    assert said.heard == pcm()


@pytest.mark.parametrize(
    ("code", "body", "requests"),
    [(400, REFUSAL, 2), (400, VOICE_ERROR, 1), (422, VOICE_ERROR, 1), (401, b"", 1), (404, b"", 1)],
)
async def test_a_voice_that_refuses_whatever_it_is_asked_is_given_up(
    code: int, body: bytes, requests: int
) -> None:
    async with open_fake_speech_server() as server:
        server.answer = lambda _: SpeechAnswer(body, "application/json", code)
        said, service = await say(server, "Zażółć gęślą jaźń.")
        assert not service.is_usable
    assert said.remembered == []
    assert said.errors[0].category in _PERMANENT
    assert len(server.requests) == requests


@pytest.mark.parametrize("seconds_per_word", [0.05])
def test_a_sentence_of_nine_hundred_words_begins_soon_and_has_no_gap(
    seconds_per_word: float,
) -> None:
    words = [f"word{number}" for number in range(900)]

    async def main() -> Spoken:
        async with open_fake_speech_server() as server:
            # A voice at four times real time that gives nothing until a text is made whole.
            server.answer = lambda body: SpeechAnswer(
                pcm(), delay_secs=seconds_per_word * len(body["input"].split())
            )
            said, _ = await say(server, reply(*(f"{word} " for word in words)))
            assert len(server.texts[0].split()) * seconds_per_word < 1
            assert " ".join(server.texts).split() == words
            return said

    said = run_in_virtual_time(main())
    assert " ".join(said.remembered).split() == words
    assert not said.errors
