"""Every recogniser beside its stand-in server, with the same handles for all."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from http import HTTPStatus
from urllib.parse import parse_qs, urlsplit

from pipecat.frames.frames import (
    Frame,
    InputAudioRawFrame,
    InterimTranscriptionFrame,
    TranscriptionFrame,
    VADUserStartedSpeakingFrame,
    VADUserStoppedSpeakingFrame,
)
from pipecat.processors.frame_processor import FrameProcessor
from typing_extensions import override
from websockets.protocol import State

from tests.fake_deepgram import FakeDeepgram
from tests.fake_pipeline import FakePipeline
from tests.services.stand_ins.whisper_server import FakeWhisperServer
from tests.waiting import until

FRAME_BYTES = 640
"""20 ms at 16 kHz."""
FRAMES = 50
"""Of an utterance: one second."""


class Ear(ABC):
    """A recogniser, a pipeline around it, and the server it listens with."""

    is_live = True
    """Audio goes out as it comes, and a lost connection loses what is not sent again."""
    is_ours = True
    """No stock service, which keeps to itself that there are no words, and how it was refused."""
    has_spare = False
    """Somebody else hears when its server does not."""
    pipeline: FakePipeline
    service: FrameProcessor

    @abstractmethod
    def refuse(self, status: HTTPStatus, times: int) -> None:
        """Refuse the next requests or connections."""

    @abstractmethod
    async def until_asked(self, utterances: int = 1) -> None:
        """Wait until the server has been asked for final words."""

    @property
    @abstractmethod
    def heard(self) -> bytes:
        """Audio that the present connection, or the last request, has brought."""

    @abstractmethod
    async def answer(self, text: str) -> None:
        """Give the final words that the server was asked for."""

    @abstractmethod
    async def die(self) -> None:
        """Cut the connection that is open, or is opened next."""

    @abstractmethod
    async def babble(self, raw: str | bytes) -> None:
        """Send anything."""

    @property
    @abstractmethod
    def attempts(self) -> int:
        """Requests or connections so far, refused or not."""

    @abstractmethod
    def is_told(self, language: str) -> bool:
        """Return True if the server was told of the language."""

    @property
    @abstractmethod
    def is_gone(self) -> bool:
        """No connection is open."""

    async def guess(self, text: str) -> None:
        """Send words that may change, if the server can."""
        raise NotImplementedError

    def finals(self) -> list[str]:
        """Final words that came out."""
        return [frame.text for frame in self.pipeline.down if isinstance(frame, TranscriptionFrame)]

    async def until(self, condition: Callable[[], bool]) -> None:
        """Wait for something that tells of itself by nothing."""

        async def is_so() -> bool:
            return condition()

        await until(is_so)

    async def begin(self) -> None:
        """The caller begins to speak."""
        await self.pipeline.send_up(VADUserStartedSpeakingFrame())
        await self.pipeline.until_up(VADUserStartedSpeakingFrame, 1 + self._count("begun"))

    async def speak(self, frames: int = FRAMES) -> None:
        """The caller makes sound."""
        await self.pipeline.send(*[audio() for _ in range(frames)])

    async def until_heard(self, audio_bytes: int) -> None:
        """Wait until the server has got that much of a live connection's audio, or nearly."""
        raise NotImplementedError

    async def hush(self) -> None:
        """The caller falls silent."""
        await self.pipeline.send_up(VADUserStoppedSpeakingFrame())
        await self.pipeline.until_up(VADUserStoppedSpeakingFrame, 1 + self._count("over"))

    async def utter(self) -> None:
        """The caller says something."""
        await self.begin()
        await self.speak()
        await self.hush()

    _counts: dict[str, int]

    def _count(self, what: str) -> int:
        count = self._counts.get(what, 0)
        self._counts[what] = count + 1
        return count


class LiveEar(Ear):
    """Audio goes out as it comes."""

    finalize = "Finalize"

    def __init__(self, fake: FakeDeepgram) -> None:
        self.fake = fake
        self._counts = {}

    @override
    def refuse(self, status: HTTPStatus, times: int) -> None:
        self.fake.refusals = [status] * times

    @override
    async def until_asked(self, utterances: int = 1) -> None:
        await self.fake.until(message=self.finalize)

    @override
    async def until_heard(self, audio_bytes: int) -> None:
        # AssemblyAI gets it in pieces of 50 ms.
        await self.fake.until(audio_bytes=max(1, audio_bytes - 3 * FRAME_BYTES))

    @property
    @override
    def heard(self) -> bytes:
        return self.fake.audio[-1]

    @override
    async def answer(self, text: str) -> None:
        secs = len(self.fake.audio[-1]) / 32_000
        await self.fake.say(text, from_finalize=True, span_secs=(max(0.0, secs - 1.0), secs))
        self.fake.messages.clear()

    @override
    async def die(self) -> None:
        self.fake.drop()

    @override
    async def babble(self, raw: str | bytes) -> None:
        await self.fake.send(raw)

    @property
    @override
    def attempts(self) -> int:
        return len(self.fake.queries)

    @override
    def is_told(self, language: str) -> bool:
        return f"language={language}" in self.fake.queries[-1]

    @property
    @override
    def is_gone(self) -> bool:
        return self.fake.connection is not None and self.fake.connection.state is not State.OPEN

    @override
    async def guess(self, text: str) -> None:
        await self.fake.say(text, is_final=False, span_secs=(0.0, 0.9))


class AssemblyAIEar(LiveEar):
    finalize = "ForceEndpoint"

    @override
    def is_told(self, language: str) -> bool:
        return language in parse_qs(urlsplit(self.fake.queries[-1]).query)["language_codes"][0]


class FluxEar(LiveEar):
    finalize = "ForceEndTurn"

    @override
    def is_told(self, language: str) -> bool:
        return f"language_hint={language}" in self.fake.queries[-1]


class StockLiveEar(AssemblyAIEar):
    is_ours = False

    @override
    def is_told(self, language: str) -> bool:
        return f"language_code={language}" in self.fake.queries[-1]


class PairEar(LiveEar):
    has_spare = True


class SegmentEar(Ear):
    """Each utterance is a request."""

    is_live = False

    def __init__(self, fake: FakeWhisperServer) -> None:
        self.fake = fake
        self._counts = {}

    @override
    def refuse(self, status: HTTPStatus, times: int) -> None:
        self.fake.refusals = [status] * times

    @override
    async def until_asked(self, utterances: int = 1) -> None:
        await self.fake.until(uploads=utterances)

    @property
    @override
    def heard(self) -> bytes:
        return self.fake.uploads[-1].audio

    @override
    async def answer(self, text: str) -> None:
        self.fake.say(text)

    @override
    async def die(self) -> None:
        self.fake.drop()

    @override
    async def babble(self, raw: str | bytes) -> None:
        self.fake.send(raw)

    @property
    @override
    def attempts(self) -> int:
        return len(self.fake.uploads)

    @override
    def is_told(self, language: str) -> bool:
        return self.fake.uploads[-1].fields.get("language") == language

    @property
    @override
    def is_gone(self) -> bool:
        return self.fake.open_requests == 0


def audio(number: int = 1) -> InputAudioRawFrame:
    """Return 20 ms whose every byte is `number`."""
    return InputAudioRawFrame(bytes([number]) * FRAME_BYTES, 16_000, 1)


def is_words(frame: Frame) -> bool:
    """Return True for final or interim words."""
    return isinstance(frame, TranscriptionFrame | InterimTranscriptionFrame)
