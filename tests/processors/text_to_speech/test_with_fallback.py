from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pytest
from pipecat.frames.frames import (
    ErrorFrame,
    InterruptionFrame,
    LLMFullResponseEndFrame,
    TTSAudioRawFrame,
    TTSSpeakFrame,
    TTSStoppedFrame,
    TTSTextFrame,
    TTSUpdateSettingsFrame,
)
from pipecat.services.settings import TTSSettings
from pipecat.utils.errors import ErrorCategory

from bot.call.services import build_text_to_speech
from bot.settings import Settings
from processors.fallback import Fallback
from processors.text_to_speech.cartesia import CartesiaTextToSpeech
from processors.text_to_speech.openai import OpenAITextToSpeech
from processors.text_to_speech.with_fallback import TextToSpeechWithFallback
from tests.fake_pipeline import open_fake_pipeline
from tests.services.stand_ins.cartesia import open_cartesia
from tests.services.stand_ins.deepgram_speak import open_openai_voice
from tests.services.stand_ins.speech import Ending, Speech, VoiceServer
from tests.spoken_reply import Spoken, reply, spoken
from tests.spoken_sound import pcm
from tests.virtual_time import run_in_virtual_time

FIRST, SECOND = pcm(), np.frombuffer(pcm(), "<i2")[::-1].tobytes()
PIECES = ["Sure,", "it is noon.", "And late."]
REPLY = "Sure, it is noon. And late."
PATIENCE_SECS = 2.0


@dataclass
class Told:
    heard: Spoken
    first: VoiceServer
    second: VoiceServer


def told(
    first: Sequence[Speech], second: Sequence[Speech] = (), *, texts: Sequence[str] = (REPLY,)
) -> Told:
    """Say replies with two voices that do this with one request after the other."""

    async def main() -> Told:
        async with open_openai_voice() as one, open_cartesia() as two:
            plans = ([*first], [*second])
            one.answer = lambda _: plans[0].pop(0) if plans[0] else Speech(FIRST)
            two.answer = lambda _: plans[1].pop(0) if plans[1] else Speech(SECOND)
            service = build(one, two)
            frames = [frame for text in texts for frame in reply(text)]
            return Told(await spoken(service, frames), one, two)

    return run_in_virtual_time(main())


def build(
    one: VoiceServer, two: VoiceServer, *, fallback: Fallback | None = None
) -> TextToSpeechWithFallback:
    return TextToSpeechWithFallback(
        OpenAITextToSpeech(api_key="key", base_url=one.base_url, patience_secs=PATIENCE_SECS),
        CartesiaTextToSpeech(api_key="key", base_url=two.base_url, patience_secs=PATIENCE_SECS),
        fallback=fallback,
    )


def test_the_first_voice_speaks_while_it_is_well() -> None:
    said = told([])
    assert said.heard == Spoken(FIRST * 3, PIECES, PIECES, [])
    assert said.second.texts == []


@pytest.mark.promise(
    "Fallback",
    "What the first voice made no sound of is spoken by the second, in its place.",
)
@pytest.mark.parametrize(
    "fault",
    [
        Speech(b"", ending=Ending.HANG),
        Speech(b"", ending=Ending.RESET),
        Speech(b""),
        Speech(status=500),
        Speech(status=401),
        Speech(status=402),
    ],
    ids=["hang", "reset", "empty", "500", "401", "402"],
)
def test_what_the_first_made_no_sound_of_is_spoken_by_the_second_in_order(fault: Speech) -> None:
    said = told([Speech(FIRST), fault])
    assert said.heard == Spoken(FIRST + SECOND * 2, PIECES, PIECES, [])
    assert said.first.texts == PIECES[:2]
    assert said.second.texts == PIECES[1:]


@pytest.mark.promise(
    "Fallback",
    "A sentence of the first voice that breaks off is said again from its start by the second.",
)
def test_a_piece_that_broke_off_is_said_again_by_the_second_and_it_goes_on() -> None:
    half = FIRST[:19_200]
    said = told([Speech(half, ending=Ending.RESET)])
    assert said.heard.heard == half[: len(said.heard.heard) - 3 * len(SECOND)] + SECOND * 3
    assert said.heard.remembered == PIECES
    # What was heard of it is a caption of its own.
    assert said.heard.announced == [PIECES[0], *PIECES]
    assert said.heard.errors == []


def test_a_text_that_only_the_first_refuses_is_spoken_by_the_second_alone() -> None:
    # Asked for in each form.
    said = told([Speech(status=400)] * 3)
    assert said.heard == Spoken(SECOND + FIRST * 2, PIECES, PIECES, [])


def test_when_the_second_fails_too_whoever_is_back_speaks() -> None:
    said = told([Speech(b"")], [Speech(b"")] * 4)
    assert said.heard == Spoken(SECOND * 3, PIECES, PIECES, [])


def test_when_both_fail_for_long_it_is_an_error_and_the_reply_goes_on() -> None:
    said = told([Speech(b"")], [Speech(b"")] * 13)
    assert said.heard.remembered == PIECES[1:]
    assert [error.category for error in said.heard.errors][:1] == [ErrorCategory.SERVER]


@pytest.mark.promise(
    "Fallback",
    "One of two voices that refuses for good ends no call while the other may speak; when neither "
    "will, it is over.",
)
@pytest.mark.parametrize("status", [400, 401, 402, 404])
def test_a_second_that_refuses_ends_nothing_while_the_first_may_speak(status: int) -> None:
    said = told([Speech(status=500)], [Speech(status=status)] * 9)
    assert said.heard == Spoken(FIRST * 3, PIECES, PIECES, [])


@pytest.mark.promise(
    "Fallback",
    "One of two voices that refuses for good ends no call while the other may speak; when neither "
    "will, it is over.",
)
@pytest.mark.parametrize("status", [400, 401, 402, 404])
def test_a_second_that_refuses_ends_the_rest_of_the_first(status: int) -> None:
    said = told([Speech(status=500)], [Speech(SECOND), *[Speech(status=status)] * 9])
    assert said.heard == Spoken(SECOND + FIRST * 2, PIECES, PIECES, [])


@pytest.mark.promise(
    "Fallback",
    "One of two voices that refuses for good ends no call while the other may speak; when neither "
    "will, it is over.",
)
def test_a_text_that_the_second_alone_would_have_to_speak_and_refuses_is_lost_alone() -> None:
    async def main() -> Told:
        async with open_openai_voice() as one, open_cartesia() as two:
            one.answer = lambda _: Speech(status=500)
            two.answer = lambda text: Speech(status=422) if "noon" in text else Speech(SECOND)
            return Told(await spoken(build(one, two), reply(REPLY)), one, two)

    said = run_in_virtual_time(main())
    assert said.heard.heard == SECOND * 2
    assert said.heard.remembered == [PIECES[0], PIECES[2]]
    assert [error.category for error in said.heard.errors] == [ErrorCategory.APPLICATION]


def test_a_text_that_the_first_refuses_is_lost_alone_whatever_the_second_does() -> None:
    said = told([Speech(FIRST), Speech(status=400)], [Speech(status=401)] * 9)
    assert said.heard.heard == FIRST * 2
    assert said.heard.remembered == [PIECES[0], PIECES[2]]
    assert [error.category for error in said.heard.errors] == [ErrorCategory.APPLICATION]


@pytest.mark.promise(
    "Fallback",
    "One of two voices that refuses for good ends no call while the other may speak; when neither "
    "will, it is over.",
)
@pytest.mark.parametrize("before", [(), (Speech(status=500),)], ids=["at once", "later"])
def test_when_both_refuse_the_key_it_is_over(before: tuple[Speech, ...]) -> None:
    refuses = [Speech(status=401)] * 9
    said = told([*before, *refuses], refuses)
    assert said.heard.heard == b""
    assert [error.category for error in said.heard.errors][:1] == [ErrorCategory.AUTHENTICATION]


def test_a_reply_is_not_over_while_the_second_may_still_speak() -> None:
    hangs = Speech(b"", ending=Ending.HANG)

    async def main() -> None:
        async with open_openai_voice() as one, open_cartesia() as two:
            one.answer = lambda _: hangs
            plans = [hangs]
            two.answer = lambda _: plans.pop() if plans else Speech(SECOND, delay_secs=1.0)
            async with open_fake_pipeline(build(one, two)) as pipeline:
                await pipeline.send(*reply("One is it."))
                await pipeline.until_down(LLMFullResponseEndFrame)
                await pipeline.settle()
                kinds = [type(frame) for frame in pipeline.down]
                assert kinds.count(TTSStoppedFrame) == 1
                assert kinds.index(TTSAudioRawFrame) < kinds.index(TTSStoppedFrame)
                assert not [frame for frame in pipeline.up if isinstance(frame, ErrorFrame)]

    run_in_virtual_time(main())


async def test_the_first_voice_is_used_again_when_it_has_rested() -> None:
    fallback = Fallback(rest_secs=0.05)
    async with open_openai_voice() as one, open_cartesia() as two:
        one.answer = lambda _: Speech(b"") if len(one.texts) == 1 else Speech(FIRST)
        two.answer = lambda _: Speech(SECOND)
        async with open_fake_pipeline(build(one, two, fallback=fallback)) as pipeline:
            await pipeline.send(TTSSpeakFrame("One."))
            await pipeline.until_down(TTSTextFrame, 1)
            while fallback.is_needed(asyncio.get_running_loop().time()):
                await pipeline.settle()
            await pipeline.send(TTSSpeakFrame("Two."))
            await pipeline.until_down(TTSTextFrame, 2)
            assert not [frame for frame in pipeline.up if isinstance(frame, ErrorFrame)]
    assert one.texts == ["One.", "Two."]
    assert two.texts == ["One."]


@pytest.mark.promise(
    "Fallback",
    "A second voice speaks what the first made no sound of, and all that follows within 30 s; then "
    "the first is tried again, unless it will never speak.",
)
@pytest.mark.parametrize(("status", "last"), [(500, FIRST), (401, SECOND)])
def test_the_first_voice_rests_for_thirty_seconds(status: int, last: bytes) -> None:
    async def main() -> list[bytes]:
        async with open_openai_voice() as one, open_cartesia() as two:
            one.answer = lambda _: Speech(FIRST, status=200 if len(one.texts) > 1 else status)
            two.answer = lambda _: Speech(SECOND)
            given = {
                "openai_base_url": one.base_url,
                "text_to_speech_fallback": "cartesia",
                "cartesia_api_key": "key",
                "cartesia_base_url": two.base_url,
            }
            service = build_text_to_speech(Settings.model_validate(given))
            heard: list[bytes] = []
            async with open_fake_pipeline(service) as pipeline:
                for number, gap_secs in enumerate((0.0, 28.0, 3.0), start=1):
                    await asyncio.sleep(gap_secs)
                    before = len(pipeline.down)
                    await pipeline.send(TTSSpeakFrame("One."))
                    await pipeline.until_down(TTSTextFrame, number)
                    audio = [f for f in pipeline.down[before:] if isinstance(f, TTSAudioRawFrame)]
                    heard.append(b"".join(frame.audio for frame in audio))
            return heard

    assert run_in_virtual_time(main()) == [SECOND, SECOND, last]


@pytest.mark.parametrize("address", ["none", "pair", "first", "second", "other"])
async def test_new_settings_go_to_whom_they_are_meant_for(address: str) -> None:
    async with open_openai_voice() as one, open_cartesia() as two:
        first = OpenAITextToSpeech(api_key="key", base_url=one.base_url)
        second = CartesiaTextToSpeech(api_key="key", base_url=two.base_url)
        other = OpenAITextToSpeech(api_key="key", base_url=one.base_url)
        pair = TextToSpeechWithFallback(first, second)
        services = {"none": None, "pair": pair, "first": first, "second": second, "other": other}
        new = TTSSettings(voice="new one")
        async with open_fake_pipeline(pair) as pipeline:
            await pipeline.send(TTSUpdateSettingsFrame(delta=new, service=services[address]))
            await pipeline.settle()
            passed = [f for f in pipeline.down if isinstance(f, TTSUpdateSettingsFrame)]
            changed = [
                getattr(voice.settings, "voice", "") == "new one" for voice in (first, second)
            ]
        assert changed == [address in ("none", "pair", "first"), address == "second"]
        assert bool(passed) == (address == "other")


async def test_a_cut_stops_the_voice_that_speaks() -> None:
    async with open_openai_voice() as one, open_cartesia() as two:
        one.refusal = 500
        two.answer = lambda _: Speech(SECOND * 9, chunk_secs=0.02)
        async with open_fake_pipeline(build(one, two)) as pipeline:
            await pipeline.send(*reply("Old is it."))
            await pipeline.until_down(TTSAudioRawFrame)
            await pipeline.send(InterruptionFrame())
            await pipeline.until_down(InterruptionFrame)
            await pipeline.settle()
            before = len(pipeline.down)
            two.answer = lambda _: Speech(SECOND)
            await pipeline.send(*reply("New is it."))
            await pipeline.until_down(LLMFullResponseEndFrame)
            texts = [f.text for f in pipeline.down[before:] if isinstance(f, TTSTextFrame)]
    assert texts == ["New is it."]
    assert two.cancelled == ["Old is it."]


async def test_speech_ahead_is_of_the_voice_that_will_speak() -> None:
    async with open_openai_voice() as one, open_cartesia() as two:
        one.refusal = 401
        two.answer = lambda _: Speech(SECOND)
        service = build(one, two)
        async with open_fake_pipeline(service) as pipeline:
            for number, piece in enumerate(PIECES):
                await service.prepare(piece, is_first=number == 0)
            await pipeline.settle()
            await pipeline.send(*reply(REPLY))
            await pipeline.until_down(TTSTextFrame, 3)
            heard = b"".join(f.audio for f in pipeline.down if isinstance(f, TTSAudioRawFrame))
    assert heard == SECOND * 3
    assert two.texts == PIECES
    assert len(one.texts) == 1
