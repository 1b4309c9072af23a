"""Pipecat's user aggregator with our turn strategies, fed with scripted sound and words."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from concurrent.futures import Future
from contextlib import asynccontextmanager
from typing import Any

from pipecat.frames.frames import (
    Frame,
    InputAudioRawFrame,
    InterimTranscriptionFrame,
    LLMContextFrame,
    TranscriptionFrame,
    UserStoppedSpeakingFrame,
)
from pipecat.processors.aggregators.llm_response_universal import LLMUserAggregatorParams
from pipecat.turns.user_turn_strategies import UserTurnStrategies
from typing_extensions import override

from bot.languages.en import LANGUAGE as ENGLISH
from processors.floor import Floor
from processors.frames import EndOfTurnHeardFrame, TranscriptSettledFrame
from processors.moonshine import Moonshine, Transcript
from processors.turns.analyzer import TurnAnalyzer
from processors.turns.caller_side import CallerSide
from processors.turns.caller_words import CallerWords
from processors.turns.draft import DraftRecogniser
from processors.turns.end import TurnEnd
from processors.turns.start import TurnStart
from processors.turns.stretch import Stretch
from processors.turns.talk_context import TalkContext
from processors.turns.voice_activity import WINDOW_SAMPLES, WINDOW_SECS, VoiceActivity
from processors.turns.words_once import WordsOnce
from tests.fake_pipeline import FakePipeline, open_fake_pipeline
from tests.scripted_voice_activity import SILENCE, VOICE, ScriptedVoiceActivity


class ScriptedAnalyzer(TurnAnalyzer):
    """A turn model that says what the test wants."""

    def __init__(self) -> None:
        super().__init__()
        self.probability = 0.99
        self.is_stuck = False
        self.looks = 0
        self.heard_secs: list[float] = []
        """Of audio that each look was about."""
        self.cancelled_looks = 0

    @override
    async def look(self) -> float:
        self.looks += 1
        self.heard_secs.append(len(self._pcm) / 32_000)
        try:
            if self.is_stuck:
                await asyncio.Event().wait()
        except asyncio.CancelledError:
            self.cancelled_looks += 1
            raise
        return self.probability


class ScriptedDrafts(DraftRecogniser):
    """A draft recogniser that reads what the test wrote."""

    def __init__(self) -> None:
        super().__init__(Moonshine.__new__(Moonshine))
        self.text: str | None = ""
        """None: it has no time."""
        self.is_stuck = False
        self.reads = 0
        self.cancelled_reads = 0

    @property
    def kept_secs(self) -> float:
        """Of audio that the next read is about."""
        return len(self._pcm) / 32_000

    @override
    async def read(self) -> Transcript | None:
        self.reads += 1
        try:
            if self.is_stuck:
                await asyncio.Event().wait()
        except asyncio.CancelledError:
            self.cancelled_reads += 1
            raise
        return None if self.text is None else Transcript(self.text, 0.9)

    @override
    def _start(self) -> Future[Transcript | None]:
        self._unread_bytes = 0
        return Future()


class FakeBotAudio:
    """A play-out that is audible when the test says so."""

    is_audible = False


class TurnRig:
    """One conversation seen from the user aggregator."""

    def __init__(
        self,
        *,
        words: WordsOnce | None = None,
        caller_words: CallerWords | None = None,
        hears_sound: bool = False,
        drafts: DraftRecogniser | None = None,
    ) -> None:
        caller_words = caller_words or ENGLISH.caller_words
        self.voice = ScriptedVoiceActivity()
        voice_activity = VoiceActivity() if hears_sound else self.voice
        self.analyzer = ScriptedAnalyzer()
        self.bot_audio = FakeBotAudio()
        self.is_microphone_off = False
        self.spoken = ""
        self.heard_secs = 0.0
        self.context = TalkContext()
        # Time is what was heard: the tests speak faster than a person.
        self.floor = Floor(clock_secs=lambda: self.heard_secs)
        given: dict[str, Any] = {
            "voice_activity": voice_activity,
            "floor": self.floor,
            "caller_words": caller_words,
            "drafts": drafts,
        }
        start = TurnStart(
            **given,
            is_audible=lambda: self.bot_audio.is_audible,
            heard_text=lambda: self.spoken,
        )
        stop = TurnEnd(**given, analyzer=self.analyzer, is_microphone_off=self._is_off)
        self.aggregator = CallerSide(
            self.context,
            floor=self.floor,
            params=_params(voice_activity, start, stop),
            words=words,
            numerals=ENGLISH.numerals,
        )
        self.pipeline: FakePipeline

    def _is_off(self) -> bool:
        return self.is_microphone_off

    @property
    def requests(self) -> list[tuple[bool, str]]:
        """Every request to the language model: is it a speculation, and the caller's words."""
        found: list[tuple[bool, str]] = []
        for frame in self.pipeline.down:
            if isinstance(frame, LLMContextFrame):
                last = frame.context.messages[-1]
                assert isinstance(last, dict)
                found.append((frame.speculation, str(last.get("content"))))
        return found

    @property
    def is_over(self) -> bool:
        """A turn has ended."""
        return self.count(UserStoppedSpeakingFrame) > 0

    def count(self, kind: type[Frame]) -> int:
        """Return how many frames of a kind went downstream."""
        return sum(isinstance(frame, kind) for frame in self.pipeline.down)

    async def say(self, windows: int) -> None:
        """The caller makes sound for so many windows of 32 ms."""
        await self._hear(windows, is_voice=True)

    async def hush(self, windows: int) -> None:
        """The caller is silent for so many windows of 32 ms."""
        await self._hear(windows, is_voice=False)

    async def interim(
        self,
        text: str,
        *,
        lag_secs: float | None = None,
        span_secs: tuple[float, float] | None = None,
    ) -> None:
        """Speech-to-text shows words that may change.

        Args:
            text: The words.
            lag_secs: They end this long ago.
            span_secs: The session's audio they cover.
        """
        frame = InterimTranscriptionFrame(text, "caller", "")
        await self.send_words(frame, lag_secs=lag_secs, span_secs=span_secs)
        await self.pipeline.settle()

    async def final(
        self,
        text: str,
        *,
        finalized: bool = False,
        lag_secs: float | None = None,
        span_secs: tuple[float, float] | None = None,
    ) -> None:
        """Speech-to-text says words that will not change."""
        frame = TranscriptionFrame(text, "caller", "", finalized=finalized)
        await self.send_words(frame, lag_secs=lag_secs, span_secs=span_secs)
        await self.pipeline.settle()

    async def settled(self) -> None:
        """Speech-to-text has nothing to add."""
        await self.pipeline.send(TranscriptSettledFrame())
        await self.pipeline.settle()

    async def end_heard(self, confidence: float, *, lag_secs: float | None = 0.0) -> None:
        """Speech-to-text takes the turn to be over, or no longer (0), by audio that old."""
        frame = EndOfTurnHeardFrame(confidence)
        if lag_secs is not None:
            frame.metadata["lag_secs"] = lag_secs
        await self.pipeline.send(frame)
        await self.pipeline.settle()

    @property
    def messages(self) -> list[object]:
        """What the caller has said, as the context remembers it."""
        return [
            message.get("content") for message in self.context.messages if isinstance(message, dict)
        ]

    async def send_words(
        self,
        frame: TranscriptionFrame | InterimTranscriptionFrame,
        *,
        lag_secs: float | None = None,
        span_secs: tuple[float, float] | None = None,
    ) -> None:
        """Send a transcript, and do not wait for what it sets off."""
        if lag_secs is not None:
            frame.metadata["lag_secs"] = lag_secs
        if span_secs is not None:
            start_secs, end_secs = span_secs
            Stretch(start_secs, end_secs, self.heard_secs - end_secs).note_on(frame)
        await self.pipeline.send(frame)

    async def hear_sound(self, pcm: bytes) -> None:
        """The caller makes real sound, for a rig that hears it."""
        for start in range(0, len(pcm), 2 * WINDOW_SAMPLES):
            self.heard_secs += WINDOW_SECS
            window = pcm[start : start + 2 * WINDOW_SAMPLES].ljust(2 * WINDOW_SAMPLES, b"\0")
            await self.pipeline.send(InputAudioRawFrame(window, 16_000, 1))
            await self.pipeline.settle()

    async def hear_window(self, *, is_voice: bool) -> None:
        """The caller makes sound or not for one window of 32 ms."""
        self.heard_secs += WINDOW_SECS
        audio = VOICE if is_voice else SILENCE
        await self.pipeline.send(InputAudioRawFrame(audio, 16_000, 1))

    async def _hear(self, count: int, *, is_voice: bool) -> None:
        for _ in range(count):
            await self.hear_window(is_voice=is_voice)
            await self.pipeline.settle()


def _params(
    voice_activity: VoiceActivity, start: TurnStart, stop: TurnEnd
) -> LLMUserAggregatorParams:
    return LLMUserAggregatorParams(
        vad_analyzer=voice_activity,
        user_turn_strategies=UserTurnStrategies(start=[start], stop=[stop]),
        empty_user_turn=None,
    )


@asynccontextmanager
async def open_turn_rig(
    *,
    caller_words: CallerWords | None = None,
    hears_sound: bool = False,
    drafts: DraftRecogniser | None = None,
) -> AsyncGenerator[TurnRig]:
    """Run a rig; its voice detection is scripted, or the real one."""
    rig = TurnRig(caller_words=caller_words, hears_sound=hears_sound, drafts=drafts)
    async with open_fake_pipeline(rig.aggregator) as rig.pipeline:
        yield rig
