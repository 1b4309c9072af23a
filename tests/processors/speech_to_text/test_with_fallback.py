from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from http import HTTPStatus

import pytest
from pipecat.frames.frames import (
    EndFrame,
    ErrorFrame,
    Frame,
    InputAudioRawFrame,
    InterimTranscriptionFrame,
    MetricsFrame,
    STTMetadataFrame,
    TranscriptionFrame,
)
from pipecat.services.settings import STTSettings
from pipecat.services.stt_service import STTService
from pipecat.utils.errors import ErrorCategory
from typing_extensions import override

from processors.speech_to_text import live_connection, segment_recognition
from processors.speech_to_text.assemblyai import AssemblyAISpeechToText
from processors.speech_to_text.deepgram import DeepgramSpeechToText
from tests.fake_deepgram import open_fake_deepgram
from tests.processors.speech_to_text.recogniser_pair import (
    FRAME_BYTES,
    STARTED,
    STOPPED,
    audio,
    live_pair,
    pair_of,
    segment_spare,
    sound,
)
from tests.services.stand_ins.assemblyai import open_fake_assemblyai


@pytest.fixture(autouse=True)
def short_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live_connection, "FIRST_BACKOFF_SECS", 0.01)
    monkeypatch.setattr(live_connection, "MAX_BACKOFF_SECS", 0.02)
    monkeypatch.setattr(segment_recognition, "PAUSE_SECS", 0.01)


@pytest.mark.promise("Fallback", "A recogniser that dies in mid-utterance costs no word.")
async def test_a_first_that_dies_in_mid_utterance_loses_no_word_and_repeats_none() -> None:
    async with live_pair() as (pair, one, two):
        await pair.voice(STARTED)
        await pair.speak(*[1] * 50)
        await one.until(audio_bytes=50 * FRAME_BYTES)
        await one.say("good morning", span_secs=(0.0, 1.0))
        await pair.pipeline.until_down(TranscriptionFrame)
        await pair.speak(*[2] * 30)
        await one.until(audio_bytes=80 * FRAME_BYTES)
        one.refusals = [HTTPStatus.BAD_GATEWAY] * 100
        one.drop()
        await two.until(audio_bytes=30 * FRAME_BYTES)
        await pair.speak(*[3] * 20)
        await pair.voice(STOPPED)
        await two.until(message="ForceEndpoint", audio_bytes=50 * FRAME_BYTES)
        # What the first had settled is not heard again; the rest is, in order and without a gap.
        assert two.audio[0].rstrip(b"\0") == sound(*[2] * 30, *[3] * 20)
        await two.say("Four, please.", span_secs=(0.1, 0.9))
        finals = await pair.pipeline.until_down(TranscriptionFrame, 2)
        await pair.pipeline.settle()
        assert pair.finals() == ["good morning", "Four, please."]
        assert finals[1].finalized and not pair.errors() and pair.service.is_usable
        # The second counts the session's audio as the first did.
        assert finals[1].metadata["start_secs"] == pytest.approx(1.1, abs=0.02)


async def test_nobody_sees_a_failure_that_is_stood_in_for() -> None:
    async with live_pair() as (pair, one, two):
        pushed: list[Frame] = []

        async def on_push(_service: object, frame: Frame) -> None:
            pushed.append(frame)

        pair.service.first.add_event_handler("on_before_push_frame", on_push)
        await pair.voice(STARTED)
        await pair.speak(*[1] * 50)
        await one.until(audio_bytes=50 * FRAME_BYTES)
        one.drop()
        await two.until(audio_bytes=48 * FRAME_BYTES)
        assert pushed and not [frame for frame in pushed if isinstance(frame, ErrorFrame)]


async def test_audio_goes_on_once_through_a_handover() -> None:
    async with live_pair() as (pair, one, two):
        await pair.voice(STARTED)
        sent = [audio(number % 100 + 1) for number in range(120)]
        await pair.pipeline.send(*sent[:60])
        await one.until(audio_bytes=60 * FRAME_BYTES)
        one.drop()
        await pair.pipeline.send(*sent[60:])
        await two.until(audio_bytes=118 * FRAME_BYTES)
        await pair.pipeline.settle()
        got = [frame.id for frame in pair.pipeline.down if isinstance(frame, InputAudioRawFrame)]
        assert got == [frame.id for frame in sent]
        voices = [f for f in pair.pipeline.down + pair.pipeline.up if isinstance(f, STARTED)]
        assert len(voices) == 1


@pytest.mark.promise("Fallback", "Words of a recogniser that was left are not taken twice.")
async def test_late_words_of_the_first_are_dropped() -> None:
    async with live_pair() as (pair, one, two):
        await pair.voice(STARTED)
        await pair.speak(*[1] * 50)
        await one.until(audio_bytes=50 * FRAME_BYTES)
        one.drop()
        await two.until(audio_bytes=48 * FRAME_BYTES)
        await one.until(connections=2)
        await one.say("good morning", is_final=False, span_secs=(0.0, 0.9))
        await one.say("good morning", span_secs=(0.0, 1.0))
        await pair.voice(STOPPED)
        await two.until(message="ForceEndpoint")
        await two.say("Good morning.", span_secs=(0.1, 0.9))
        await pair.pipeline.until_down(TranscriptionFrame)
        await pair.pipeline.settle()
        assert pair.finals() == ["Good morning."]


async def test_a_segment_recogniser_gets_the_whole_utterance_and_only_speech() -> None:
    async with segment_spare() as (pair, one, two):
        await pair.speak(*[9] * 100)
        await pair.voice(STARTED)
        await pair.speak(*[1] * 100)
        await one.until(audio_bytes=200 * FRAME_BYTES)
        assert not two.uploads
        one.drop()
        await pair.speak(*[2] * 50)
        await pair.voice(STOPPED)
        await two.until(uploads=1)
        assert sound(*[1] * 100, *[2] * 50) in two.uploads[0].audio
        two.say("Good morning to you.")
        await pair.pipeline.until_down(TranscriptionFrame)
        assert pair.finals() == ["Good morning to you."]


@pytest.mark.promise("Fallback", "A recogniser that dies in mid-utterance costs no word.")
async def test_a_first_that_dies_after_the_voice_stopped_is_stood_in_for_at_once() -> None:
    async with segment_spare() as (pair, one, two):
        await pair.voice(STARTED)
        await pair.speak(*[1] * 50)
        await pair.voice(STOPPED)
        await one.until(message="Finalize")
        one.drop()
        await two.until(uploads=1)
        assert sound(*[1] * 50) in two.uploads[0].audio
        two.say("Yes.")
        finals = await pair.pipeline.until_down(TranscriptionFrame)
        assert pair.finals() == ["Yes."] and finals[0].finalized


async def test_a_first_that_hangs_is_left_for_the_second() -> None:
    async with live_pair() as (pair, one, two):
        await pair.voice(STARTED)
        await pair.speak(*[1] * 210)
        await two.until(audio_bytes=190 * FRAME_BYTES)
        assert not pair.errors()
        del one


@pytest.mark.promise("Fallback", "A recogniser that shows words is not left in mid-sentence.")
async def test_a_first_that_shows_words_is_kept_through_a_long_sentence() -> None:
    async with live_pair() as (pair, one, two):
        await pair.voice(STARTED)
        for count in range(1, 5):
            await pair.speak(*[1] * 90)
            await one.until(audio_bytes=count * 90 * FRAME_BYTES)
            await one.say(f"word {count}", is_final=False, span_secs=(0.0, count * 1.8))
            await pair.pipeline.until_down(InterimTranscriptionFrame, count)
        assert not any(two.audio)


async def test_a_first_that_was_never_there_is_no_trouble() -> None:
    async with open_fake_deepgram() as one, open_fake_assemblyai() as two:
        one.refusals = [HTTPStatus.UNAUTHORIZED] * 100
        first = DeepgramSpeechToText(api_key="k", base_url=one.base_url)
        second = AssemblyAISpeechToText(api_key="k", base_url=two.base_url)
        async with pair_of(first, second) as pair:
            await pair.voice(STARTED)
            await pair.speak(*[1] * 50)
            await two.until(audio_bytes=47 * FRAME_BYTES)
            await two.say("hello", is_final=False, span_secs=(0.0, 0.5))
            await pair.pipeline.until_down(InterimTranscriptionFrame)
            assert pair.service.is_usable and not pair.errors()


async def test_the_first_hears_again_after_its_rest_from_the_start_of_what_is_said() -> None:
    async with live_pair(rest_secs=0.05) as (pair, one, two):
        await pair.voice(STARTED)
        await pair.speak(*[1] * 50)
        await one.until(audio_bytes=50 * FRAME_BYTES)
        one.drop()
        await two.until(audio_bytes=48 * FRAME_BYTES)
        await pair.voice(STOPPED)
        await two.until(message="ForceEndpoint")
        await two.say("Good morning.", span_secs=(0.1, 0.9))
        await pair.pipeline.until_down(TranscriptionFrame)
        await one.until(connections=2)
        heard_before = len(one.audio[-1])
        await pair.speak(*[5] * 10)
        await pair.pipeline.settle()
        assert pair.service.active is pair.service.second
        await asyncio.sleep(0.06)
        await pair.voice(STARTED)
        await pair.speak(*[6] * 50)
        await one.until(audio_bytes=heard_before + 60 * FRAME_BYTES)
        # Voice is heard a moment after it has begun.
        assert one.audio[-1].endswith(sound(*[5] * 10, *[6] * 50))
        secs = len(one.audio[-1]) / 32_000
        await one.say("And a tea.", span_secs=(secs - 1.0, secs))
        finals = await pair.pipeline.until_down(TranscriptionFrame, 2)
        assert pair.finals() == ["Good morning.", "And a tea."]
        assert finals[1].metadata["lag_secs"] == pytest.approx(0.0, abs=0.05)


async def test_while_it_rests_the_second_hears_whole_utterances() -> None:
    async with live_pair() as (pair, one, two):
        await pair.voice(STARTED)
        await pair.speak(*[1] * 50)
        await one.until(audio_bytes=50 * FRAME_BYTES)
        one.drop()
        for text in ("One.", "Two."):
            two.messages.clear()
            await pair.voice(STOPPED)
            await two.until(message="ForceEndpoint")
            secs = len(two.audio[-1]) / 32_000
            await two.say(text, span_secs=(secs - 0.5, secs))
            await pair.pipeline.until_down(TranscriptionFrame, 1 + (text == "Two."))
            await pair.voice(STARTED)
            await pair.speak(*[2] * 50)
            await two.until(audio_bytes=int(secs * 32_000) + 47 * FRAME_BYTES)
        assert pair.finals() == ["One.", "Two."]


@pytest.mark.promise("Fallback", "A first that hears what its stand-in failed to rests no more.")
async def test_a_first_that_has_stood_in_for_the_second_hears_the_next_utterance_too() -> None:
    async with live_pair() as (pair, one, two):
        await pair.voice(STARTED)
        await pair.speak(*[1] * 50)
        await one.until(audio_bytes=50 * FRAME_BYTES)
        one.drop()
        await two.until(audio_bytes=48 * FRAME_BYTES)
        await pair.voice(STOPPED)
        await two.until(message="ForceEndpoint")
        await two.say("One.", span_secs=(0.1, 0.9))
        await pair.pipeline.until_down(TranscriptionFrame)
        await one.until(connections=2)
        await pair.voice(STARTED)
        await pair.speak(*[2] * 50)
        await two.until(audio_bytes=98 * FRAME_BYTES)
        two.drop()
        await one.until(audio_bytes=100 * FRAME_BYTES)
        await pair.voice(STOPPED)
        await one.until(message="Finalize")
        secs = len(one.audio[-1]) / 32_000
        await one.say("Two.", from_finalize=True, span_secs=(secs - 0.5, secs))
        await pair.pipeline.until_down(TranscriptionFrame, 2)
        await pair.voice(STARTED)
        assert pair.service.active is pair.service.first
        assert pair.finals() == ["One.", "Two."] and not pair.errors()


async def test_a_hand_over_that_is_cut_by_the_end_leaves_nothing() -> None:
    async with live_pair() as (pair, one, _):
        await pair.voice(STARTED)
        await pair.speak(*[1] * 50)
        await one.until(audio_bytes=50 * FRAME_BYTES)
        one.drop()
    assert [f for f in pair.pipeline.down if isinstance(f, EndFrame)]


async def test_the_turn_hears_how_quick_the_active_one_is() -> None:
    async with segment_spare() as (pair, one, two):
        found = await pair.pipeline.until_down(STTMetadataFrame)
        assert [frame.service_name for frame in found] == [pair.service.first.name]
        await pair.voice(STARTED)
        await pair.speak(*[1] * 50)
        await one.until(audio_bytes=50 * FRAME_BYTES)
        one.drop()
        found = await pair.pipeline.until_down(STTMetadataFrame, 2)
        assert found[1].service_name == pair.service.second.name
        assert not [f for f in pair.pipeline.down if isinstance(f, MetricsFrame) and not f.data]
        await pair.voice(STOPPED)
        await two.until(uploads=1)
        two.say("Yes.")
        await pair.pipeline.until_down(TranscriptionFrame)


class Stock(STTService):
    """Any of Pipecat's services, without a layer of ours."""

    def __init__(self) -> None:
        super().__init__(settings=STTSettings(model=None, language=None), ttfs_p99_latency=1.0)
        self.heard = b""

    @override
    async def run_stt(self, audio: bytes) -> AsyncGenerator[Frame | None, None]:
        self.heard += audio
        yield None

    async def say(self, text: str) -> None:
        await self.push_frame(TranscriptionFrame(text, "", ""))


async def test_services_without_our_layers_stand_in_for_each_other_too() -> None:
    first, second = Stock(), Stock()
    async with pair_of(first, second) as pair:
        await pair.voice(STARTED)
        await pair.speak(*[1] * 50)
        await pair.voice(STOPPED)
        await first.say("good morning to you")
        await pair.pipeline.until_down(TranscriptionFrame)
        await pair.voice(STARTED)
        await pair.speak(*[2] * 50)
        await pair.pipeline.settle()
        await first.push_error("gone", category=ErrorCategory.CONNECTIVITY)
        await pair.speak(*[3] * 10)
        await pair.voice(STOPPED)
        await pair.pipeline.settle()
        assert second.heard == sound(*[2] * 50, *[3] * 10)
        await first.say("and a tea with milk")
        await second.say("And a tea with milk.")
        await second.say("And a tea with milk.")
        await pair.pipeline.settle()
        assert pair.finals() == ["good morning to you", "And a tea with milk."]
        assert not pair.errors()


async def test_a_complaint_of_one_that_hears_on_changes_nothing() -> None:
    first, second = Stock(), Stock()
    async with pair_of(first, second) as pair:
        await pair.voice(STARTED)
        await first.push_error("odd", category=ErrorCategory.UNKNOWN)
        await pair.speak(*[1] * 10)
        await pair.pipeline.settle()
        assert pair.service.active is first and not second.heard
