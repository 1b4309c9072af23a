"""A voice that is late, gone for a while or gone for good, and what it has kept of itself."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, TypeVar

import pytest
from pipecat.frames.frames import (
    ErrorFrame,
    Frame,
    InterruptionFrame,
    LLMFullResponseEndFrame,
    TTSAudioRawFrame,
    TTSTextFrame,
    UserStoppedSpeakingFrame,
)

from processors.frames import TroubleFrame, UnspokenTextFrame
from processors.text_to_speech.cartesia import CartesiaTextToSpeech
from processors.text_to_speech.openai import OpenAITextToSpeech
from processors.text_to_speech.shelf.folder import ShelfFolder
from processors.text_to_speech.shelf.openers import Openers
from processors.text_to_speech.shelf.shelf import Shelf
from processors.text_to_speech.shelf.spare_lines import SpareLines
from processors.text_to_speech.with_fallback import TextToSpeechWithFallback
from tests.fake_pipeline import FakePipeline, open_fake_pipeline
from tests.fake_speech_server import Ending as BrokenOff
from tests.fake_speech_server import SpeechAnswer, open_fake_speech_server
from tests.services.stand_ins.cartesia import open_cartesia
from tests.services.stand_ins.deepgram_speak import open_openai_voice
from tests.services.stand_ins.speech import Ending, Speech, VoiceServer
from tests.spoken_reply import reply, spoken
from tests.spoken_sound import SECS, pcm
from tests.virtual_time import run_in_virtual_time
from tests.waiting import until

LATE, LOST, STOP, HEARING = "A moment.", "My voice left.", "I must stop.", "I hear badly."
SPARE = SpareLines(late=LATE, lost=LOST, stop=STOP, others=(HEARING,))
HANGS = Speech(b"", ending=Ending.HANG)


Kind = TypeVar("Kind", bound=Frame)


class Call:
    """A call whose voice, or two, does what the test wants; another call has filled its shelf."""

    def __init__(self, pipeline: FakePipeline, *servers: VoiceServer) -> None:
        self.pipeline, self.servers = pipeline, servers

    def answer(self, answer: Callable[[str], Speech]) -> None:
        for server in self.servers:
            server.answer = answer

    async def says(self, *texts: str) -> list[str]:
        """Return what is heard of a reply, piece by piece."""
        before = len(self.pipeline.down)
        await self.pipeline.send(*reply(*texts))

        async def is_over() -> bool:
            return any(isinstance(f, LLMFullResponseEndFrame) for f in self.pipeline.down[before:])

        await until(is_over, limit_secs=200.0)
        return heard(self.pipeline.down[before:])

    @property
    def asked(self) -> list[str]:
        return [text for server in self.servers for text in server.texts]


def heard(frames: list[Frame]) -> list[str]:
    """Return the texts that were whole; those with no sound before them are marked."""
    texts, has_sound = list[str](), False
    for frame in frames:
        has_sound = has_sound or isinstance(frame, TTSAudioRawFrame)
        if isinstance(frame, TTSTextFrame):
            texts.append(frame.text if has_sound else f"silent: {frame.text}")
            has_sound = False
    return texts


def kinds(call: Call, kind: type[Kind]) -> list[Kind]:
    return [f for f in (*call.pipeline.down, *call.pipeline.up) if isinstance(f, kind)]


async def at_once(work: Callable[[], Any]) -> Any:
    return work()


def in_call(path: Path, hold: Callable[[Call], Awaitable[None]], *, is_pair: bool = False) -> None:
    def shelf(of: str) -> Shelf:
        folder = ShelfFolder(path, limit_bytes=10**7)
        openers = Openers(lines={*SPARE})
        return Shelf(folder, openers=openers, of=of, spare=SPARE, in_thread=at_once)

    async def main() -> None:
        async with open_openai_voice() as one, open_cartesia() as two:

            def build() -> Any:
                first = OpenAITextToSpeech(api_key="k", base_url=one.base_url, shelf=shelf("one"))
                if not is_pair:
                    return first
                second = CartesiaTextToSpeech(
                    api_key="k", base_url=two.base_url, shelf=shelf("two")
                )
                return TextToSpeechWithFallback(first, second)

            async with open_fake_pipeline(build()) as pipeline:
                await Call(pipeline).says("Hello.")
                await asyncio.sleep(5.0)
            assert one.texts == ["Hello.", *SPARE]
            one.texts.clear()
            async with open_fake_pipeline(build()) as pipeline:
                await hold(Call(pipeline, one, two))

    run_in_virtual_time(main())


both = pytest.mark.parametrize("is_pair", [False, True], ids=["one", "pair"])


@pytest.mark.promise(
    "Text-to-speech",
    "What is said when the voice is down was made by that voice early in a call, once for all "
    "calls, and while nothing else was to be said.",
)
@both
def test_spare_lines_are_made_once_for_all_calls(tmp_path: Path, is_pair: bool) -> None:
    async def hold(call: Call) -> None:
        assert await call.says("It is noon.") == ["It is noon."]
        await asyncio.sleep(10.0)
        assert call.asked == ["It is noon."]

    in_call(tmp_path, hold, is_pair=is_pair)


@pytest.mark.promise(
    "Text-to-speech",
    "A voice that fails says so in its own words, kept of it, within 2 s, and then what it owed.",
)
@pytest.mark.parametrize(
    "fault", [HANGS, Speech(b""), Speech(status=503), Speech(status=429)], ids=str
)
@both
def test_a_voice_that_is_gone_for_a_while_says_so_and_then_what_it_owed(
    tmp_path: Path, fault: Speech, is_pair: bool
) -> None:
    async def hold(call: Call) -> None:
        clock = asyncio.get_running_loop()
        back_secs = clock.time() + 12.0
        call.answer(lambda _: Speech() if clock.time() > back_secs else fault)
        saying = asyncio.create_task(call.says("It is noon. ", "And warm."))
        await asyncio.sleep(2.5)
        assert heard(call.pipeline.down)[:1] in ([LOST], [LATE])
        assert len(heard(call.pipeline.down)) == 1
        said = await saying
        assert said[-2:] == ["It is noon.", "And warm."]
        assert {*said[:-2]} <= {LOST, LATE} and len(said) <= 5
        assert [(f.part, f.is_over) for f in kinds(call, TroubleFrame)] == [
            ("voice", False),
            ("voice", True),
        ]
        assert not kinds(call, ErrorFrame)

    in_call(tmp_path, hold, is_pair=is_pair)


@both
def test_a_voice_that_is_late_says_that_it_takes_a_moment(tmp_path: Path, is_pair: bool) -> None:
    async def hold(call: Call) -> None:
        call.answer(lambda _: Speech(delay_secs=1.9))
        assert await call.says("It is noon.") == [LATE, "It is noon."]
        call.answer(lambda _: Speech(delay_secs=1.5))
        assert await call.says("It is one.") == ["It is one."]

    in_call(tmp_path, hold, is_pair=is_pair)


@both
def test_a_sentence_that_stalls_half_way_is_no_silence(tmp_path: Path, is_pair: bool) -> None:
    async def hold(call: Call) -> None:
        clock = asyncio.get_running_loop()
        back_secs = clock.time() + 12.0
        first = iter([Speech(ending=Ending.HANG)])
        call.answer(lambda _: Speech() if clock.time() > back_secs else next(first, HANGS))
        saying = asyncio.create_task(call.says("It is noon."))
        # Until then half a sentence is heard.
        await asyncio.sleep(SECS + 2.5)
        assert heard(call.pipeline.down) == [LOST]
        said = await saying
        assert said[-1] == "It is noon."
        assert {*said[:-1]} <= {LOST, LATE} and len(said) <= 4

    in_call(tmp_path, hold, is_pair=is_pair)


@pytest.mark.parametrize(
    ("model_secs", "is_told"), [(0.0, False), (0.8, False), (2.0, True), (30.0, False)]
)
@both
def test_what_the_model_took_is_no_more_there_for_the_voice(
    tmp_path: Path, is_pair: bool, model_secs: float, is_told: bool
) -> None:
    async def hold(call: Call) -> None:
        call.answer(lambda _: Speech(delay_secs=1.2))
        await call.pipeline.send(UserStoppedSpeakingFrame())
        await asyncio.sleep(model_secs)
        assert await call.says("It is noon.") == [*([LATE] if is_told else []), "It is noon."]

    in_call(tmp_path, hold, is_pair=is_pair)


@pytest.mark.promise(
    "Text-to-speech",
    "Words that no voice could say within 20 s are shown, and not remembered as spoken.",
)
@both
def test_what_was_never_said_is_shown(tmp_path: Path, is_pair: bool) -> None:
    async def hold(call: Call) -> None:
        call.answer(lambda text: Speech(b"") if "noon" in text else Speech())
        said = await call.says("It is noon. ", "And warm.")
        assert said[-1] == "And warm." and "It is noon." not in said
        assert [frame.text for frame in kinds(call, UnspokenTextFrame)] == ["It is noon."]
        assert len(kinds(call, ErrorFrame)) == 1

    in_call(tmp_path, hold, is_pair=is_pair)


@pytest.mark.promise(
    "Text-to-speech",
    "A voice that is gone for good says goodbye in its own words, kept of it.",
)
@both
def test_a_voice_that_is_gone_for_good_says_goodbye(tmp_path: Path, is_pair: bool) -> None:
    async def hold(call: Call) -> None:
        call.answer(lambda _: Speech(status=401))
        assert await call.says("It is noon.") == [STOP]
        errors = kinds(call, ErrorFrame)
        assert errors and not errors[-1].processor.is_usable  # pyright: ignore[reportOptionalMemberAccess]

    in_call(tmp_path, hold, is_pair=is_pair)


@pytest.mark.promise(
    "Text-to-speech",
    "A voice that has spoken in a call, and refuses the key for a moment or is answered for by a "
    "proxy, speaks on; one whose key stays refused says goodbye after 5 s.",
)
@both
@pytest.mark.parametrize("status", [401, 403, 404])
def test_a_voice_that_has_spoken_is_not_believed_at_once_to_refuse(
    tmp_path: Path, status: int, is_pair: bool
) -> None:
    async def hold(call: Call) -> None:
        clock = asyncio.get_running_loop()
        assert await call.says("It is noon.") == ["It is noon."]
        well, back_secs = call.servers[0].answer, clock.time() + 4.0
        call.answer(lambda text: well(text) if clock.time() > back_secs else Speech(status=status))
        assert (await call.says("And warm."))[-1] == "And warm."
        assert not kinds(call, ErrorFrame)
        if status == 404 or is_pair:
            return
        began_secs = clock.time()
        call.answer(lambda _: Speech(status=status))
        assert (await call.says("All day."))[-1] == STOP
        assert 5.0 <= clock.time() - began_secs < 12.0
        errors = kinds(call, ErrorFrame)
        assert errors and not errors[-1].processor.is_usable  # pyright: ignore[reportOptionalMemberAccess]

    in_call(tmp_path, hold, is_pair=is_pair)


@both
def test_a_line_that_was_kept_is_said_itself(tmp_path: Path, is_pair: bool) -> None:
    async def hold(call: Call) -> None:
        call.answer(lambda _: HANGS)
        assert (await call.says(HEARING))[-1:] == [HEARING]

    in_call(tmp_path, hold, is_pair=is_pair)


def test_what_is_owed_is_dropped_by_an_interruption(tmp_path: Path) -> None:
    async def hold(call: Call) -> None:
        call.answer(lambda _: HANGS)
        await call.pipeline.send(*reply("It is noon."))
        await asyncio.sleep(5.0)
        await call.pipeline.send(InterruptionFrame())
        await call.pipeline.until_down(InterruptionFrame)
        call.answer(lambda _: Speech())
        assert await call.says("It is one.") == ["It is one."]

    in_call(tmp_path, hold)


@pytest.mark.promise(
    "Text-to-speech", "A sentence that breaks off each time is begun three times at most."
)
@pytest.mark.parametrize("ending", [BrokenOff.HANG, BrokenOff.RESET])
def test_a_sentence_that_breaks_off_each_time_is_begun_three_times(ending: BrokenOff) -> None:
    # At the same place each time, a silence would be its end.
    lengths = iter([20_000, 12_000, 30_000])

    async def story() -> None:
        async with open_fake_speech_server() as server:
            server.answer = lambda _: SpeechAnswer(
                pcm()[: next(lengths)], chunk_bytes=4000, ending=ending
            )
            service = OpenAITextToSpeech(api_key="key", base_url=server.base_url)
            said = await spoken(service, "Hello.")
            assert len(server.requests) == 3
        assert said.remembered == []
        assert said.errors

    run_in_virtual_time(story())
