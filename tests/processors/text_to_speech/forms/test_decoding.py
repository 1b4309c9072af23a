from __future__ import annotations

import asyncio
import base64
import json
from collections.abc import AsyncGenerator
from contextlib import aclosing

import numpy as np
import pytest

from processors.frames import SpokenWord
from processors.provider_requests import EmptyAnswerError
from processors.text_to_speech.forms.decoding import decode_speech
from processors.text_to_speech.forms.sounds import decode_sounds
from processors.text_to_speech.speech_attempts import Sound
from tests.spoken_sound import RATE_HZ, SECS, encoded, length_secs, likeness, pcm, wav

LIST = b"LIST\x1a\x00\x00\x00INFOISFT\x0e\x00\x00\x00Lavf61.1.100\x00\x00"
NOISE = np.random.default_rng(1).bytes(40_000)
FLOATS = (np.frombuffer(pcm(), "<i2") * 0.7310585 / 32768).astype("<f4")
ON_SSE = "text/event-stream"


def base64_of(audio: bytes) -> str:
    return base64.b64encode(audio).decode()


def as_json(audio: bytes, **more: object) -> bytes:
    return json.dumps({"id": "speech_1", "audio": base64_of(audio), **more}).encode()


def as_events(audio: bytes, *, piece_bytes: int = 3001) -> bytes:
    pieces = [audio[start : start + piece_bytes] for start in range(0, len(audio), piece_bytes)]
    events = [{"type": "speech.audio.delta", "audio": base64_of(piece)} for piece in pieces]
    done = {"type": "speech.audio.done", "usage": {"input_tokens": 3}}
    lines = [f"id: 1\r\ndata: {json.dumps(event)}\r\n\r\n" for event in [*events, done]]
    return ": ping\r\n\r\n".join(lines).encode() + b"data: [DONE]\r\n\r\n"


def loud(order: str) -> bytes:
    samples = np.frombuffer(pcm(), "<i2").astype(np.int32) * 36 // 10
    return samples.clip(-32768, 32767).astype(f"{order}i2").tobytes()


def without_tags(mp3: bytes) -> bytes:
    return mp3[10 + mp3[9] + 128 * mp3[8] :]


def as_lines(audio: bytes) -> bytes:
    halves = (audio[:9001], audio[9001:])
    return b"".join(json.dumps({"audio_base64": base64_of(h)}).encode() + b"\n" for h in halves)


FORMS: dict[str, tuple[str, bytes]] = {
    "pcm": ("audio/pcm", pcm()),
    "pcm without a type": ("", pcm()),
    "pcm as octets": ("application/octet-stream", pcm()),
    "pcm at full scale": ("audio/pcm", loud("<")),
    "L16 at full scale": ("audio/L16;rate=24000", loud(">")),
    "L16 at full scale in the wrong order": ("audio/L16;rate=24000", loud("<")),
    "pcm with an odd byte": ("audio/pcm", pcm() + b"\x07"),
    "pcm of another rate": ("audio/pcm; rate=16000", pcm(16_000)),
    "pcm in stereo": ('audio/pcm;rate="48000";channels=2', pcm(48_000, channels=2)),
    "L16": ("audio/L16; rate=16000; channels=1", pcm(16_000, order=">")),
    "L16 in stereo": ("audio/L16;rate=44100;channels=2", pcm(44_100, order=">", channels=2)),
    "L16 in the wrong order": ("audio/L16;codec=pcm;rate=24000", pcm()),
    "L16 in the wrong order after silence": ("audio/L16;rate=24000", bytes(9600) + pcm()),
    "G.711": ("audio/basic", encoded("mulaw", "pcm_mulaw", rate_hz=8000)),
    "A-law": ("audio/PCMA", encoded("alaw", "pcm_alaw", rate_hz=8000)),
    "pcm called mpeg": ("audio/mpeg", pcm()),
    "pcm called a page": ("text/html; charset=utf-8", pcm()),
    "floats": ("audio/pcm", FLOATS.tobytes()),
    "floats in stereo": ("audio/pcm;channels=2", np.repeat(FLOATS, 2).tobytes()),
    "wav": ("audio/wav", wav()),
    "wav called pcm": ("audio/pcm", wav()),
    "wav called octets": ("application/octet-stream", wav(rate_hz=22_050)),
    "wav of unknown length": ("audio/wav", wav(data_bytes=0xFFFFFFFF)),
    "wav of length nought": ("audio/wav", wav(data_bytes=0)),
    "wav that promises more": ("audio/wav", wav(data_bytes=0x7FFFFFFF)),
    "wav that promises less": ("audio/wav", wav(data_bytes=4800)),
    "wavs in a row": ("audio/wav", wav(secs=(0, 0.3)) + wav(secs=(0.3, SECS))),
    "wav with chunks around": ("audio/wav", wav(before=LIST, after=LIST)),
    "wav extensible": ("audio/wav", wav("s24", is_extensible=True, channels=2, rate_hz=48_000)),
    "wav of 8 bits": ("audio/wav", wav("u8")),
    "wav of 24 bits": ("audio/wav", wav("s24", rate_hz=44_100)),
    "wav of 32 bits": ("audio/wav", wav("s32", rate_hz=16_000)),
    "wav of floats": ("audio/wav", wav("f32", rate_hz=22_050)),
    "wav in stereo": ("audio/wav", wav(channels=2, rate_hz=48_000)),
    "wav of G.711": ("audio/wav", wav("mulaw", rate_hz=8000)),
    "wav of ADPCM": ("audio/wav", encoded("wav", "adpcm_ms", rate_hz=22_050)),
    "mp3": ("audio/mpeg", encoded("mp3", "libmp3lame")),
    "mp3 called pcm": ("audio/pcm", encoded("mp3", "libmp3lame", rate_hz=44_100)),
    "mp3 without tags": ("audio/pcm", without_tags(encoded("mp3", "libmp3lame"))),
    "opus": ("audio/ogg", encoded("ogg", "libopus", rate_hz=48_000)),
    "opus called opus": ("audio/opus", encoded("ogg", "libopus", rate_hz=48_000)),
    "flac": ("audio/flac", encoded("flac", "flac")),
    "flac in stereo": ("audio/pcm", encoded("flac", "flac", rate_hz=44_100, channels=2)),
    "aac": ("audio/aac", encoded("adts", "aac")),
    "webm": ("audio/webm", encoded("webm", "libopus", rate_hz=48_000)),
    "mp4": ("audio/mp4", encoded("mp4", "aac")),
    "aiff": ("audio/aiff", encoded("aiff", "pcm_s16be")),
    "au": ("audio/basic", encoded("au", "pcm_s16be")),
    "json": ("application/json", as_json(pcm())),
    "json of wav": ("application/json", as_json(wav(rate_hz=16_000), format="wav")),
    "json that tells a rate": ("application/json", as_json(pcm(16_000), sample_rate=16_000)),
    "json over lines": (
        "application/json",
        json.dumps(json.loads(as_json(pcm())), indent=2).encode(),
    ),
    "json of hex": ("application/json", json.dumps({"data": {"audio": pcm().hex()}}).encode()),
    "json called pcm": ("audio/pcm", as_json(encoded("mp3", "libmp3lame"))),
    "events": (ON_SSE, as_events(pcm())),
    "events of mp3": (ON_SSE, as_events(encoded("mp3", "libmp3lame"))),
    "lines of json": ("application/x-ndjson", as_lines(pcm())),
}

EXACT = (
    "pcm",
    "pcm without a type",
    "wav",
    "wav called pcm",
    "wav of unknown length",
    "wavs in a row",
    "events",
)

NO_SPEECH: dict[str, tuple[str, bytes]] = {
    "noise": ("audio/pcm", NOISE),
    "noise called mp3": ("audio/mpeg", NOISE),
    "a page": ("audio/pcm", b"<!doctype html><html><body>Bad gateway</body></html>" * 50),
    "words": ("text/plain", b"Internal Server Error, please try again later." * 9),
    "words in Chinese": ("audio/pcm", "服务器内部错误，请稍后再试。".encode() * 40),
    "an error": ("application/json", b'{"error": {"message": "no such voice", "code": null}}'),
    "an error as an event": (ON_SSE, b'event: error\ndata: {"error": "out of memory"}\n\n'),
    "a detail": ("application/json", b'{"detail": "voice not found"}'),
    "broken json": ("application/json", as_json(pcm())[:-30]),
    "a torn wav": ("audio/wav", wav()[:30]),
    "a wav without audio": ("audio/wav", wav()[:44]),
    "wav of no format": ("audio/wav", wav().replace(b"fmt ", b"junk")),
    "broken flac": ("audio/flac", b"fLaC" + NOISE),
    "broken ogg": ("audio/ogg", b"OggS" + NOISE),
    "broken mp3": ("audio/mpeg", b"ID3\x04\x00\x00\x00\x00\x00\x00" + NOISE[:9000]),
    "a picture": ("image/png", b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR" + NOISE),
    "nothing": ("audio/pcm", b""),
    "events without audio": (ON_SSE, as_events(b"")),
}


async def heard(content_type: str, body: bytes, *, head_bytes: int, chunk_bytes: int) -> bytes:
    """Return what is heard of a body whose first bytes come in smaller chunks than the rest."""

    async def chunks() -> AsyncGenerator[bytes]:
        position = 0
        while position < len(body):
            size = head_bytes if position < 300 else chunk_bytes
            yield body[position : position + size]
            position += size

    audio = decode_speech(chunks(), content_type=content_type, sample_rate_hz=RATE_HZ)
    return b"".join([part async for part in audio])


@pytest.mark.promise(
    "Text-to-speech",
    "Whatever form of audio a voice's server sends, it is heard as it was made.",
)
@pytest.mark.parametrize(("head_bytes", "chunk_bytes"), [(1, 4001), (7, 331), (1_000_000, 1)])
@pytest.mark.parametrize("form", FORMS)
async def test_speech_is_heard_in_any_form_cut_anywhere(
    form: str, head_bytes: int, chunk_bytes: int
) -> None:
    content_type, body = FORMS[form]
    audio = await heard(content_type, body, head_bytes=head_bytes, chunk_bytes=chunk_bytes)
    assert likeness(audio) > 0.95
    assert abs(length_secs(audio) - SECS) < 0.25
    if form in EXACT:
        assert audio == pcm()


@pytest.mark.promise(
    "Text-to-speech",
    "What is no speech, such as a page or noise, is never played.",
)
@pytest.mark.parametrize("chunk_bytes", [11, 1_000_000])
@pytest.mark.parametrize("form", NO_SPEECH)
async def test_what_is_no_speech_is_never_played(form: str, chunk_bytes: int) -> None:
    content_type, body = NO_SPEECH[form]
    try:
        audio = await heard(content_type, body, head_bytes=1, chunk_bytes=chunk_bytes)
    except EmptyAnswerError:
        return
    assert not audio


async def given_at_first_audio(content_type: str, body: bytes, *, chunk_bytes: int) -> int:
    """Return how many bytes the server had sent when the first audio came out."""
    given_bytes = 0

    async def chunks() -> AsyncGenerator[bytes]:
        nonlocal given_bytes
        for start in range(0, len(body), chunk_bytes):
            given_bytes += chunk_bytes
            yield body[start : start + chunk_bytes]

    audio = decode_speech(chunks(), content_type=content_type, sample_rate_hz=RATE_HZ)
    async with aclosing(audio):
        while not await anext(audio):
            pass
        return given_bytes


async def test_raw_samples_pass_after_twenty_five_milliseconds() -> None:
    assert await given_at_first_audio("audio/pcm", pcm(), chunk_bytes=100) == 1200


@pytest.mark.parametrize(
    "form", ["wav", "wav of 24 bits", "L16", "mp3", "mp3 without tags", "aac", "webm", "events"]
)
async def test_speech_is_decoded_as_it_arrives(form: str) -> None:
    content_type, body = FORMS[form]
    assert await given_at_first_audio(content_type, body, chunk_bytes=200) < len(body) / 2


@pytest.mark.promise(
    "Text-to-speech", "Words are told as the vendor tells of them, not with the audio behind them."
)
@pytest.mark.parametrize("form", ["pcm", "wav", "wav of 24 bits", "floats"])
async def test_words_do_not_wait_for_the_audio_behind_theirs(form: str) -> None:
    _, body = FORMS[form]
    words = [SpokenWord("Well", 0.0)]
    never = asyncio.Event()

    async def sounds() -> AsyncGenerator[Sound]:
        yield body[:9600]
        yield words
        await never.wait()

    decoded = decode_sounds(sounds(), sample_rate_hz=RATE_HZ)
    async with aclosing(decoded), asyncio.timeout(5):
        assert isinstance(await anext(decoded), bytes)
        while isinstance(told := await anext(decoded), bytes):
            pass
    assert told == words


async def test_a_listener_who_leaves_ends_the_decoding() -> None:
    _, mp3 = FORMS["mp3"]
    for size in (0, 50, 1500, len(mp3)):
        never = asyncio.Event()

        async def chunks(sent: bytes, never: asyncio.Event) -> AsyncGenerator[bytes]:
            yield sent
            await never.wait()

        audio = decode_speech(
            chunks(mp3[:size], never), content_type="audio/mpeg", sample_rate_hz=RATE_HZ
        )
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.05):
                while await anext(audio):
                    pass
        await audio.aclose()
    # Waits for every thread.
    async with asyncio.timeout(5):
        await asyncio.get_running_loop().shutdown_default_executor()
