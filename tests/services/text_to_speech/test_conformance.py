"""What every voice promises, whoever makes its speech, with faults on the wire."""

from __future__ import annotations

import asyncio

import pytest
from pipecat.frames.frames import (
    ErrorFrame,
    Frame,
    InterruptionFrame,
    LLMFullResponseEndFrame,
    MetricsFrame,
    TTSAudioRawFrame,
    TTSSpeakFrame,
    TTSStartedFrame,
    TTSStoppedFrame,
    TTSTextFrame,
)
from pipecat.metrics.metrics import TTSUsageMetricsData
from pipecat.observers.base_observer import BaseObserver, FramePushed
from pipecat.services.tts_service import TTSService
from pipecat.tests.utils import run_test
from pipecat.utils.errors import ErrorCategory
from typing_extensions import override

from tests.fake_pipeline import FakePipeline, open_fake_pipeline
from tests.services.stand_ins.speech import Ending, Speech, WordOrder
from tests.services.text_to_speech.voices import REST, VOICES, Voice, open_voice, said
from tests.spoken_reply import Spoken, reply, spoken
from tests.spoken_sound import pcm
from tests.waiting import until

pytestmark = pytest.mark.parametrize("voice", VOICES, ids=lambda voice: voice.name)


def audio_of(frames: list[Frame]) -> bytes:
    return b"".join(frame.audio for frame in frames if isinstance(frame, TTSAudioRawFrame))


async def until_heard(pipeline: FakePipeline, times: int) -> None:
    async def is_heard() -> bool:
        return audio_of(pipeline.down) == pcm() * times

    await until(is_heard)


async def test_a_line_is_announced_heard_and_remembered(voice: Voice) -> None:
    heard, texts = await said(voice, "Hello **there**.")
    assert heard == Spoken(pcm(), ["Hello there."], ["Hello there."], [])
    assert texts == ["Hello there."]


async def test_a_reply_is_spoken_in_order(voice: Voice) -> None:
    heard, texts = await said(voice, reply("Sure, it ", "is noon. ", "And `late` 🎉."))
    pieces = ["Sure,", "it is noon.", "And late."]
    assert heard == Spoken(pcm() * 3, pieces, pieces, [])
    assert texts == pieces


async def test_one_start_and_one_stop_frame_a_reply(voice: Voice) -> None:
    async with (
        open_voice(voice) as (service, _),
        open_fake_pipeline(service) as pipeline,
    ):
        await pipeline.send(*reply("One is it. ", "Two is it."))
        await pipeline.until_down(LLMFullResponseEndFrame)
        await pipeline.settle()
        kinds = [type(f) for f in pipeline.down if isinstance(f, TTSStartedFrame | TTSStoppedFrame)]
    assert kinds == [TTSStartedFrame, TTSStoppedFrame]


@pytest.mark.parametrize("chunk_bytes", [1, 333, 100_000])
async def test_audio_cut_anywhere_is_the_same_audio(voice: Voice, chunk_bytes: int) -> None:
    audio = pcm()[: 1000 if chunk_bytes == 1 else None]
    heard, _ = await said(voice, "Hello.", Speech(audio, chunk_bytes=chunk_bytes))
    assert heard.heard == audio


async def test_leading_silence_is_cut(voice: Voice) -> None:
    heard, _ = await said(voice, "Hello.", Speech(bytes(9600) + pcm()))
    assert heard.heard.endswith(pcm())
    assert len(heard.heard) <= 480 + len(pcm())


@pytest.mark.promise(
    "Text-to-speech",
    "Speech of which no sound came is asked for once more, unheard.",
)
@pytest.mark.parametrize(
    "fault",
    [
        Speech(delay_secs=9),
        Speech(b"", ending=Ending.HANG),
        Speech(b"", ending=Ending.RESET),
        Speech(b"", ending=Ending.ERROR),
        Speech(b""),
        Speech(bytes(9600)),
        Speech(status=503),
    ],
    ids=["late", "hang", "reset", "error", "empty", "silent", "503"],
)
async def test_what_failed_before_a_sound_is_asked_for_again_unheard(
    voice: Voice, fault: Speech
) -> None:
    # Asked for once more at once, that is, and not when the voice is back.
    heard, texts = await said(voice, "Hello.", fault, gone_secs=0.0)
    assert heard == Spoken(pcm(), ["Hello."], ["Hello."], [])
    assert texts == ["Hello."] * 2


@pytest.mark.promise(
    "Text-to-speech",
    "What the voice could not say is said when it is back within 20 s, in its place, and the "
    "model is not asked for it again.",
)
@pytest.mark.parametrize(
    "fault",
    [
        Speech(b"", ending=Ending.HANG),
        Speech(b"", ending=Ending.ERROR),
        Speech(b""),
        Speech(status=429),
    ],
    ids=["hang", "error", "empty", "429"],
)
async def test_a_text_is_spoken_in_its_place_when_the_voice_is_back(
    voice: Voice, fault: Speech
) -> None:
    frames = reply("Late is it. ", "Later is it.")
    heard, _ = await said(voice, frames, *[fault] * 3)
    assert heard.heard == pcm() * 2
    assert heard.remembered == ["Late is it.", "Later is it."]
    assert heard.errors == []


@pytest.mark.parametrize("text", ["Your quota is used up.", 'Error code 401: "payment".'])
async def test_a_text_that_a_refusal_quotes_is_not_taken_for_its_reason(
    voice: Voice, text: str
) -> None:
    heard, texts = await said(voice, text, *[Speech(status=429)] * 3)
    assert heard == Spoken(pcm(), texts[-1:], texts[-1:], [])


@pytest.mark.promise(
    "Text-to-speech",
    "Text whose speech failed is never remembered as spoken, and the rest of the answer is spoken.",
)
@pytest.mark.parametrize(
    "fault",
    [Speech(b"", ending=Ending.HANG), Speech(b"", ending=Ending.ERROR), Speech(b"")],
    ids=["hang", "error", "empty"],
)
async def test_a_text_that_is_never_spoken_is_one_error_and_the_reply_goes_on(
    voice: Voice, fault: Speech
) -> None:
    async with open_voice(voice) as (service, server):
        server.answer = lambda text: fault if "Lost" in text else REST
        heard = await spoken(service, reply("Lost is it. ", "Heard is it."))
    assert heard.heard == pcm()
    assert heard.remembered == ["Heard is it."]
    assert len(heard.errors) == 1
    assert "Lost" not in heard.errors[0].error


async def test_the_failure_of_a_text_is_told_as_one_of_the_voice(voice: Voice) -> None:
    seen: list[Frame] = []

    class Seen(BaseObserver):
        @override
        async def on_push_frame(self, data: FramePushed) -> None:
            # Observers know frames by their type, and the stage by the processor.
            if type(data.frame) is ErrorFrame and isinstance(data.frame.processor, TTSService):
                seen.append(data.frame)

    frames = reply("Heard is it. ", "Lost is it.")
    async with open_voice(voice) as (service, server):
        server.answer = lambda text: Speech(b"") if "Lost" in text else REST
        await run_test(service, frames_to_send=frames, observers=[Seen()])
    assert len({frame.id for frame in seen}) == 1


@pytest.mark.promise(
    "Text-to-speech", "A sentence whose speech breaks off is said again from its start."
)
@pytest.mark.parametrize("ending", [Ending.HANG, Ending.RESET, Ending.ERROR])
async def test_a_sentence_whose_speech_breaks_off_is_said_again(
    voice: Voice, ending: Ending
) -> None:
    half, frames = pcm()[:28_800], reply("Broken is it. ", "Heard is it.")
    heard, texts = await said(voice, frames, Speech(half, ending=ending))
    assert heard.heard == half[: len(heard.heard) - 2 * len(pcm())] + pcm() * 2
    assert len(heard.heard) > 2 * len(pcm())
    assert heard.remembered == ["Broken is it.", "Heard is it."]
    assert heard.errors == []
    assert texts == ["Broken is it.", "Broken is it.", "Heard is it."]


@pytest.mark.parametrize(
    ("status", "category"),
    [
        (401, ErrorCategory.AUTHENTICATION),
        (402, ErrorCategory.QUOTA),
        (429, ErrorCategory.RATE_LIMIT),
    ],
)
@pytest.mark.parametrize("is_at_the_door", [True, False])
async def test_a_refusal_has_its_category_and_no_words(
    voice: Voice, status: int, category: ErrorCategory, is_at_the_door: bool
) -> None:
    async with open_voice(voice) as (service, server):
        if is_at_the_door:
            server.refusal = status
        server.answer = lambda _: Speech(status=status)
        heard = await spoken(service, "My secret.")
        assert service.is_usable != (category is ErrorCategory.AUTHENTICATION)
    assert (heard.heard, heard.remembered) == (b"", [])
    assert [error.category for error in heard.errors][:1] == [category]
    assert "secret" not in " ".join(error.error for error in heard.errors)


@pytest.mark.promise(
    "Text-to-speech",
    "A text that the voice refuses is lost alone; a voice that refuses or fails all is given up.",
)
async def test_a_refused_text_is_lost_alone(voice: Voice) -> None:
    async with open_voice(voice) as (service, server):
        server.answer = lambda text: Speech(status=400) if "odd" in text else REST
        heard = await spoken(service, reply("One is fine. ", "Two is odd. ", "Three is fine."))
        assert service.is_usable
    assert heard.remembered == ["One is fine.", "Three is fine."]
    assert [error.category for error in heard.errors] == [ErrorCategory.APPLICATION]


@pytest.mark.promise(
    "Text-to-speech",
    "A text that the voice refuses is lost alone; a voice that refuses or fails all is given up.",
)
async def test_a_voice_that_is_silent_for_three_replies_is_given_up(voice: Voice) -> None:
    async with open_voice(voice) as (service, server):
        server.answer = lambda _: Speech(b"")
        frames = [frame for number in range(5) for frame in reply(f"Reply {number}.")]
        heard = await spoken(service, frames)
        assert not service.is_usable
    assert heard.remembered == []
    assert {*server.texts} == {"Reply 0.", "Reply 1.", "Reply 2."}


@pytest.mark.promise(
    "Text-to-speech", "A voice that fails now and then, and speaks between, is not given up."
)
async def test_a_voice_that_speaks_between_its_failures_is_kept(voice: Voice) -> None:
    async with open_voice(voice) as (service, server):
        server.answer = lambda text: Speech(b"") if "Lost" in text else REST
        texts = [f"{'Lost' if number % 2 else 'Heard'} {number}." for number in range(8)]
        heard = await spoken(service, [frame for text in texts for frame in reply(text)])
        assert service.is_usable
    assert heard.remembered == [text for text in texts if "Heard" in text]


async def test_a_reply_whose_voice_failed_ends_at_once(voice: Voice) -> None:
    async with open_voice(voice) as (service, server):
        server.answer = lambda _: Speech(status=402)
        async with open_fake_pipeline(service) as pipeline:
            async with asyncio.timeout(1):
                await pipeline.send(*reply("Hello is it."))
                await pipeline.until_down(LLMFullResponseEndFrame)
                await pipeline.until_up(ErrorFrame)


async def _interrupted(pipeline: FakePipeline) -> int:
    """Interrupt as soon as something is heard; return how much was."""
    await pipeline.until_down(TTSAudioRawFrame)
    await pipeline.send(InterruptionFrame())
    await pipeline.until_down(InterruptionFrame)
    await pipeline.settle()
    return len(audio_of(pipeline.down))


@pytest.mark.promise(
    "Text-to-speech",
    "Nothing of an answer that was cut is heard or remembered later, and the vendor is told.",
)
async def test_nothing_of_a_cut_reply_is_heard_or_remembered_later(voice: Voice) -> None:
    async with open_voice(voice) as (service, server):
        server.answer = lambda text: Speech(pcm() * 9, chunk_secs=0.02) if "Old" in text else REST
        async with open_fake_pipeline(service) as pipeline:
            await pipeline.send(*reply("Old is it. ", "Older is it."))
            before_bytes = await _interrupted(pipeline)
            await pipeline.send(*reply("New is it."))
            await pipeline.until_down(TTSTextFrame)
            await asyncio.sleep(0.05)
            assert audio_of(pipeline.down)[before_bytes:] == pcm()
            texts = [frame.text for frame in pipeline.down if isinstance(frame, TTSTextFrame)]
        assert texts == ["New is it."]
        assert "Older is it." not in server.texts
        if voice.is_socket:
            assert server.cancelled == ["Old is it."]


@pytest.mark.promise(
    "Text-to-speech",
    "What is spoken is counted once, however often it had to be asked for.",
)
async def test_a_text_is_counted_once_however_often_it_is_asked_for(voice: Voice) -> None:
    async with open_voice(voice) as (service, server):
        plans = [Speech(b"")]
        server.answer = lambda _: plans.pop() if plans else REST
        async with open_fake_pipeline(service, has_metrics=True) as pipeline:
            await pipeline.send(TTSSpeakFrame("Hello."))
            await pipeline.until_down(TTSTextFrame)
            metrics = [f for f in pipeline.down if isinstance(f, MetricsFrame)]
        usage = [one for f in metrics for one in f.data if isinstance(one, TTSUsageMetricsData)]
    assert [one.value for one in usage] == [len("Hello.")]


@pytest.mark.promise(
    "Text-to-speech",
    "A voice whose server does not answer at the start holds no call up.",
)
async def test_a_server_that_hangs_at_the_door_holds_nobody_up(voice: Voice) -> None:
    async with open_voice(voice) as (service, server):
        server.hangs = True
        service.gone_secs = 1.0
        async with asyncio.timeout(6):
            heard = await spoken(service, "Hello.")
    assert heard.remembered == []
    assert [error.category for error in heard.errors][:1] == [ErrorCategory.CONNECTIVITY]


async def test_audio_of_a_text_that_nobody_asked_for_is_not_heard(voice: Voice) -> None:
    heard, _ = await said(voice, "Hello.", Speech(is_haunted=True, words=WordOrder.LATE))
    assert heard.heard == pcm()


@pytest.mark.promise(
    "Text-to-speech",
    "A voice whose connection was lost or hangs is connected anew, and nobody hears of it.",
)
async def test_a_connection_lost_between_two_replies_is_nobodys_business(voice: Voice) -> None:
    async with open_voice(voice) as (service, server):
        plans = [Speech(ending=Ending.RESET) if voice.is_socket else REST]
        server.answer = lambda _: plans.pop() if plans else REST
        async with open_fake_pipeline(service) as pipeline:
            await pipeline.send(TTSSpeakFrame("One."))
            await until_heard(pipeline, 1)
            await pipeline.settle()
            await pipeline.send(TTSSpeakFrame("Two."))
            await until_heard(pipeline, 2)
