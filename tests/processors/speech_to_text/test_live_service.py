"""What becomes of the caller's words when the service falls silent, in virtual time."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import pytest
from pipecat.frames.frames import (
    InputAudioRawFrame,
    STTUpdateSettingsFrame,
    TranscriptionFrame,
    VADUserStartedSpeakingFrame,
    VADUserStoppedSpeakingFrame,
)
from pipecat.services.settings import STTSettings

from processors.frames import TroubleFrame
from tests.fake_pipeline import FakePipeline, open_fake_pipeline
from tests.processors.speech_to_text.virtual_deepgram import (
    VirtualConnection,
    VirtualDeepgram,
    VirtualService,
)
from tests.virtual_time import run_in_virtual_time

SOUND_SECS = 0.1
SOUND = b"\1\0" * 1600


class Talk:
    """A caller, whose recogniser is a server without a network."""

    def __init__(self, server: VirtualDeepgram, service: VirtualService) -> None:
        self.server = server
        self.service = service
        self.pipeline: FakePipeline

    @property
    def connection(self) -> VirtualConnection:
        """The last one."""
        return self.server.connections[-1]

    @property
    def count(self) -> int:
        return len(self.server.connections)

    @property
    def finals(self) -> list[tuple[str, bool]]:
        frames = [frame for frame in self.pipeline.down if isinstance(frame, TranscriptionFrame)]
        return [(frame.text, frame.finalized) for frame in frames]

    async def begin(self) -> None:
        """Voice is detected."""
        await self.pipeline.send_up(VADUserStartedSpeakingFrame())
        await self.pipeline.settle()

    async def stop(self) -> None:
        """Voice has ended."""
        await self.pipeline.send_up(VADUserStoppedSpeakingFrame())
        await self.pipeline.settle()

    async def hear(self, secs: float, sound: bytes = SOUND) -> None:
        """Let the microphone run for so long."""
        for _ in range(round(secs / SOUND_SECS)):
            await self.pipeline.send(InputAudioRawFrame(sound, 16_000, 1))
            await asyncio.sleep(SOUND_SECS)


def talk(body: Callable[[Talk], Awaitable[None]]) -> None:
    """Run a call in virtual time."""

    async def run() -> None:
        server = VirtualDeepgram()
        subject = Talk(server, VirtualService(server))
        async with open_fake_pipeline(subject.service) as subject.pipeline:
            await body(subject)

    run_in_virtual_time(run())


@pytest.mark.promise(
    "Speech-to-text", "A recogniser that does not answer when asked for the last words is left."
)
def test_an_unanswered_finalize_leads_to_a_new_connection_that_is_asked_again() -> None:
    async def body(caller: Talk) -> None:
        await caller.begin()
        await caller.hear(1.5)
        caller.connection.say("good", is_final=False)
        await caller.hear(0.2)
        await caller.stop()
        assert caller.connection.kinds == ["Finalize"]
        await caller.hear(1.5)
        assert caller.count == 1
        await caller.hear(1.0)
        assert caller.count == 2
        assert caller.connection.kinds == ["Finalize"]
        assert len(caller.connection.audio) >= 1.7 * 32_000
        caller.connection.say("good morning", from_finalize=True)
        await caller.hear(0.1)
        assert caller.finals == [("good morning", True)]

    talk(body)


@pytest.mark.promise(
    "Speech-to-text", "A recogniser that does not answer when asked for the last words is left."
)
def test_the_new_connection_that_does_not_answer_either_is_left_when_the_caller_goes_on() -> None:
    async def body(caller: Talk) -> None:
        await caller.begin()
        await caller.hear(1.5)
        await caller.stop()
        await caller.hear(8.0)
        assert caller.count == 2
        await caller.begin()
        await caller.hear(0.5)
        assert caller.count == 3
        # Nothing of what was said before is lost on the way.
        assert len(caller.connection.audio) >= 1.9 * 32_000

    talk(body)


@pytest.mark.promise("Speech-to-text", "A recogniser that is silent to 4 s of speech is left.")
def test_a_service_that_says_nothing_to_speech_is_left_after_four_seconds() -> None:
    async def body(caller: Talk) -> None:
        await caller.begin()
        await caller.hear(3.5)
        assert caller.count == 1
        await caller.hear(1.5)
        assert caller.count == 2
        assert len(caller.connection.audio) >= 4.5 * 32_000

    talk(body)


@pytest.mark.promise(
    "Speech-to-text",
    "A recogniser that is deaf to seconds of speech is given up, one deaf to coughs is not.",
)
@pytest.mark.parametrize(("has_spoken", "within_secs"), [(False, 30.0), (True, 90.0)])
def test_a_service_that_is_deaf_for_good_is_given_up(has_spoken: bool, within_secs: float) -> None:
    async def body(caller: Talk) -> None:
        if has_spoken:
            caller.connection.say("hello")
        await caller.begin()
        await caller.hear(18.0)
        assert caller.service.is_usable
        await caller.hear(within_secs - 18.0)
        assert not caller.service.is_usable
        assert any(isinstance(frame, TroubleFrame) for frame in caller.pipeline.down)

    talk(body)


@pytest.mark.promise(
    "Speech-to-text",
    "A recogniser that is deaf to seconds of speech is given up, one deaf to coughs is not.",
)
def test_a_service_that_says_nothing_to_coughs_is_kept() -> None:
    async def body(caller: Talk) -> None:
        for _ in range(6):
            await caller.begin()
            await caller.hear(0.3)
            await caller.stop()
            await caller.hear(12.0)
        assert caller.service.is_usable
        caller.connection.say("hello")
        await caller.hear(0.1)
        assert caller.finals == [("hello", False)]

    talk(body)


@pytest.mark.promise("Speech-to-text", "A connection that takes nothing any more is left.")
def test_a_connection_that_takes_nothing_is_left_though_the_caller_is_silent() -> None:
    async def body(caller: Talk) -> None:
        caller.connection.takes_bytes = False
        await caller.hear(30.0)
        assert caller.count == 2

    talk(body)


def test_a_whole_replay_on_its_way_is_not_taken_for_a_dead_network() -> None:
    async def body(caller: Talk) -> None:
        await caller.begin()
        for _ in range(4):
            await caller.hear(3.0)
            caller.connection.say("and so", is_final=False)
        caller.server.takes_bytes = False
        caller.connection.end()
        await caller.hear(2.0)
        assert caller.count == 2

    talk(body)


@pytest.mark.promise(
    "Speech-to-text",
    "After a lost connection up to 10 s of speech are sent again, so no word is lost.",
)
@pytest.mark.parametrize(("said_secs", "resent_secs"), [(3.0, 3.0), (9.0, 9.0), (25.0, 9.5)])
def test_what_was_said_without_final_words_is_sent_again(
    said_secs: float, resent_secs: float
) -> None:
    async def body(caller: Talk) -> None:
        await caller.begin()
        for number in range(round(said_secs)):
            await caller.hear(1.0, bytes([number + 1]) * len(SOUND))
            caller.connection.say("and so", is_final=False)
        caller.connection.end()
        await asyncio.sleep(0.5)
        heard = caller.connection.audio
        assert resent_secs <= len(heard) / 32_000 <= 10.5
        # The newest, in its order.
        assert heard[-1] == round(said_secs) and list(heard) == sorted(heard)

    talk(body)


@pytest.mark.promise(
    "Speech-to-text",
    "After a lost connection up to 10 s of speech are sent again, so no word is lost.",
)
def test_what_is_said_while_there_is_no_connection_is_kept_for_it() -> None:
    async def body(caller: Talk) -> None:
        caller.server.is_away = True
        caller.connection.end()
        await asyncio.sleep(0.1)
        await caller.hear(3.0, b"\2" * len(SOUND))
        await caller.begin()
        await caller.hear(3.0, b"\3" * len(SOUND))
        await caller.stop()
        caller.server.is_away = False
        await caller.hear(2.0, b"\4" * len(SOUND))
        heard = caller.connection.audio
        # Too soft for voice detection, it may be for the recogniser.
        assert heard.count(b"\2") == 3 * 32_000 and heard.count(b"\3") == 3 * 32_000
        assert caller.connection.kinds == ["Finalize"]

    talk(body)


def test_of_silence_and_of_what_is_settled_little_is_sent_again() -> None:
    async def body(caller: Talk) -> None:
        await caller.hear(10.0, b"\1" * len(SOUND))
        caller.connection.end()
        await asyncio.sleep(0.5)
        # Voice detection may still be deciding about the last of it.
        assert 0.5 <= len(caller.connection.audio) / 32_000 <= 1.5
        await caller.begin()
        await caller.hear(3.0)
        caller.connection.say("good morning")
        await caller.hear(0.2)
        caller.connection.end()
        await asyncio.sleep(0.5)
        assert len(caller.connection.audio) / 32_000 <= 0.5

    talk(body)


def test_a_changed_language_is_told_by_a_new_connection_and_costs_no_word() -> None:
    async def body(caller: Talk) -> None:
        await caller.begin()
        await caller.hear(1.0)
        await caller.pipeline.send(STTUpdateSettingsFrame(delta=STTSettings(language="de")))
        await caller.hear(0.5)
        assert caller.count == 2
        assert caller.service.query["language"] == "de"
        assert len(caller.connection.audio) == round(1.5 * 32_000)

    talk(body)
