"""The bot's voice into the room: paced and pausable, and with an account of what was heard."""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass, field
from typing import Any

from loguru import logger
from pipecat.frames.frames import (
    AggregatedTextFrame,
    BotStartedSpeakingFrame,
    BotStoppedSpeakingFrame,
    CancelFrame,
    ControlFrame,
    EndFrame,
    Frame,
    InterruptionFrame,
    LLMAssistantPushAggregationFrame,
    LLMFullResponseEndFrame,
    OutputAudioRawFrame,
    OutputDTMFFrame,
    OutputDTMFUrgentFrame,
    OutputTransportMessageFrame,
    OutputTransportMessageUrgentFrame,
    StartFrame,
    SystemFrame,
    TTSAudioRawFrame,
    TTSStartedFrame,
    TTSTextFrame,
)
from pipecat.processors.frame_processor import (
    FrameCallback,
    FrameDirection,
    FrameProcessorSetup,
)
from pipecat.transports.base_output import BaseOutputTransport
from pipecat.transports.base_transport import BaseTransport, TransportParams
from pipecat.utils.text.base_text_aggregator import TextType
from typing_extensions import override

from ..audio_listeners import is_audio_heard_after
from ..floor import Floor
from ..frames import (
    BotPauseFrame,
    BotResumeFrame,
    HeardTextFrame,
    PlayoutStartedFrame,
    PlayoutStoppedFrame,
    SpokenWordsFrame,
)
from .client import RoomClient
from .heard_text import HeardText, HeardWords
from .playout import Playout
from .word_clock import WordClock

OUTPUT_SAMPLE_RATE_HZ = 24_000
OUTPUT_QUEUE_MS = 200
"""livekit-agents' own figure: covers event-loop hiccups; what was heard is known as exactly."""
HEARD_CHARS = 500
"""Of a reply remembered: what may still be in the air as an echo."""
_END_MARGIN_SECS = 0.3
"""One network leg and a jitter buffer: the last samples still travel when the source is empty."""


@dataclass
class _CutMark(ControlFrame):
    """Follows, through all of Pipecat's queues, what was in them before a cut."""

    interruptible: bool = field(default=False, init=False)


class RoomOutput(BaseOutputTransport):
    """Plays out paced, pausable audio and reports words as they are heard.

    Args:
        client: The room.
        params: As for Pipecat's transport.
        transport: Owns this output.
        floor: Told when the caller begins and ceases to hear the bot.
    """

    def __init__(
        self,
        client: RoomClient,
        params: TransportParams,
        *,
        transport: BaseTransport,
        floor: Floor,
    ) -> None:
        super().__init__(params)
        self._floor = floor
        self._client = client
        self._transport = transport
        self._is_connected = False
        self.playout = Playout(
            source=client.audio_source,
            sample_rate_hz=OUTPUT_SAMPLE_RATE_HZ,
            queue_ms=OUTPUT_QUEUE_MS,
            on_progress=self._report_progress,
            on_broken=self._report_broken,
        )
        self._heard = HeardText(sample_rate_hz=OUTPUT_SAMPLE_RATE_HZ)
        self._words = WordClock()
        self._is_over = False
        self._told_samples = 0
        """Captured when the bot last began or ceased to speak: what comes then is new speech."""
        self._is_ending = False
        self._is_audio_heard_after = False
        self._cuts_ahead = 0
        """Cuts that came out of Pipecat's queue ahead of what had come before them."""
        self._unmarked_cuts = 0
        """Cuts whose mark Pipecat's task has not come to: what it hands on until then is old."""
        self._progress_lock = asyncio.Lock()
        self._pump: asyncio.Task[None] | None = None
        self._opener: asyncio.Task[None] | None = None

    @property
    def heard_text(self) -> str:
        """What the caller has heard of the bot's present or last words; recent ones only."""
        return self._floor.heard_text

    @override
    async def setup(self, setup: FrameProcessorSetup) -> None:
        """Connect, then start to pump audio as soon as the caller listens."""
        await super().setup(setup)
        self._is_audio_heard_after = is_audio_heard_after(self)
        await self._client.connect(setup.task_manager)
        self._is_connected = True
        self._pump = self.create_task(self.playout.run(), "playout")
        self._opener = self.create_task(self._open_when_heard(), "open_playout")

    @override
    async def start(self, frame: StartFrame) -> None:
        """Take frames."""
        await super().start(frame)
        await self.set_transport_ready(frame)

    @override
    async def stop(self, frame: EndFrame) -> None:
        """Play out what is queued before leaving."""
        # Nobody listens to the caller any more who could end a pause.
        self._is_ending = True
        self.playout.resume()
        await super().stop(frame)
        if await self.playout.drained():
            await asyncio.sleep(_END_MARGIN_SECS)
        await self._leave()

    @override
    async def cancel(self, frame: CancelFrame) -> None:
        """Leave at once."""
        await super().cancel(frame)
        await self._leave()

    @override
    async def cleanup(self) -> None:
        """Stop pumping."""
        await super().cleanup()
        for task in (self._pump, self._opener):
            if task is not None:
                await self.cancel_task(task)
        self._pump = self._opener = None
        await self._leave()
        await self._transport.cleanup()

    async def _leave(self) -> None:
        if self._is_connected:
            self._is_connected = False
            await self._client.disconnect()

    @override
    async def queue_frame(
        self,
        frame: Frame,
        direction: FrameDirection = FrameDirection.DOWNSTREAM,
        callback: FrameCallback | None = None,
    ) -> None:
        """Mark where an interruption came: Pipecat takes it ahead of what it finds waiting."""
        await super().queue_frame(frame, direction, callback)
        if isinstance(frame, InterruptionFrame):
            await super().queue_frame(_CutMark())

    @override
    async def process_frame(self, frame: Frame, direction: FrameDirection) -> None:
        """Keep the account of words, and obey pauses and interruptions at once."""
        if isinstance(frame, InterruptionFrame):
            await self._interrupt(frame, direction)
            return
        if isinstance(frame, _CutMark):
            self._cuts_ahead -= 1
        elif self._cuts_ahead and direction == FrameDirection.DOWNSTREAM and _is_cut(frame):
            return
        if isinstance(frame, BotPauseFrame):
            if not self._is_ending:
                await self.playout.pause()
        elif isinstance(frame, BotResumeFrame):
            self.playout.resume()
        elif direction == FrameDirection.DOWNSTREAM:
            self._note_arrival(frame)
        await super().process_frame(frame, direction)

    @override
    async def push_frame(
        self, frame: Frame, direction: FrameDirection = FrameDirection.DOWNSTREAM
    ) -> None:
        """Keep audio that nobody after it listens to, and Pipecat's word of when the bot speaks.

        Its media sender says so of a chunk it has taken, even of one that was cut: then the bot
        would "speak" until a time-out of 3 s, and tools, fillers and nudges would wait for it.
        Here the bot speaks while the caller hears it (`_tell_speaking`).
        """
        is_unheard = isinstance(frame, OutputAudioRawFrame) and not self._is_audio_heard_after
        if is_unheard or isinstance(frame, BotStartedSpeakingFrame | _CutMark):
            return
        if isinstance(frame, BotStoppedSpeakingFrame):
            if direction == FrameDirection.DOWNSTREAM:
                await self._wait_until_played()
            return
        await super().push_frame(frame, direction)

    @override
    async def write_audio_frame(self, frame: OutputAudioRawFrame) -> bool:
        """Queue audio; returns once it is captured, False if it was cut."""
        if frame.interruptible and self._unmarked_cuts:
            return False
        return await self.playout.write(frame.audio)

    @override
    async def send_message(
        self, frame: OutputTransportMessageFrame | OutputTransportMessageUrgentFrame
    ) -> None:
        """Send to everybody in the room, as Pipecat's RTVI does."""
        message = frame.message
        text = message if isinstance(message, str) else json.dumps(message, ensure_ascii=False)
        await self._client.send_message(text.encode())

    @override
    async def write_dtmf(self, frame: OutputDTMFFrame | OutputDTMFUrgentFrame) -> None:
        """Send tones as LiveKit does, beside the audio."""
        for button in frame.buttons or ():
            await self._client.send_tone(button.value)

    @override
    async def write_transport_frame(self, frame: Frame) -> None:
        """Handle what comes in order with the audio: cuts, sentence starts and ends of replies."""
        if isinstance(frame, _CutMark):
            self._unmarked_cuts -= 1
            return
        if _is_announcement(frame):
            if self._is_over:
                self._is_over = False
                self._told_samples = self.playout.captured_samples
            self._heard.place(self.playout.captured_samples)
            return
        if isinstance(frame, TTSStartedFrame):
            self._heard.place_reply(self.playout.captured_samples)
        is_end = isinstance(frame, (LLMFullResponseEndFrame, LLMAssistantPushAggregationFrame))
        # The context must not take words the caller has not heard yet.
        if is_end and await self._wait_until_played():
            # The media sender may still pad the last chunk: that is no new reply.
            self._is_over = True
            await self._push_words(self._heard.finish())

    def _note_arrival(self, frame: Frame) -> None:
        if isinstance(frame, TTSAudioRawFrame):
            self._words.note_audio(self.get_clock().get_time())
            self._heard.receive(frame.audio, sample_rate_hz=frame.sample_rate)
        elif isinstance(frame, SpokenWordsFrame):
            self._heard.tell(frame.words)
        elif isinstance(frame, TTSStartedFrame):
            self._words.start()
            self._heard.start(context_id=frame.context_id, is_remembered=frame.append_to_context)
        elif isinstance(frame, TTSTextFrame):
            # Stock marks the whole sentence as said; `HeardTextFrame` says what was heard.
            frame.append_to_context = False
            if frame.pts is None:
                self._heard.close()
            else:
                # One word, from a voice of Pipecat's own that tells their times.
                now_ns = self.get_clock().get_time()
                self._heard.tell_one(frame.text, at_secs=self._words.secs_of(frame.pts, now_ns))
        elif _is_announcement(frame):
            assert isinstance(frame, AggregatedTextFrame)
            # One with a time is not queued with the audio.
            is_by_word = frame.pts is not None
            self._heard.announce(frame.text, context_id=frame.context_id, is_by_word=is_by_word)

    async def _wait_until_played(self) -> bool:
        is_whole = await self.playout.drained()
        if is_whole and self._floor.is_bot_speaking and not self.playout.is_audible:
            self._tell_floor(is_speaking=False)
            # Captions of the reply are closed by the next frame. The voice may only have paused.
            await self._push_words(self._heard.finish(is_over=False))
            await super().push_frame(PlayoutStoppedFrame())
            await self._tell_speaking(BotStoppedSpeakingFrame)
        return is_whole

    async def _interrupt(self, frame: InterruptionFrame, direction: FrameDirection) -> None:
        # A chunk that Pipecat's task has taken from its queue and not handed on yet is old too.
        self._unmarked_cuts += 1
        self._cuts_ahead += 1
        was_playing = await self._cut()
        await super().process_frame(frame, direction)
        if was_playing:
            await self._tell_speaking(BotStoppedSpeakingFrame)
        self._words.cut()
        # What arrived while the cut was under way belongs to the old reply too.
        self._heard.forget()

    async def _cut(self) -> bool:
        """Drop what is unplayed; returns whether the bot was speaking."""
        await self.playout.cut()
        self._heard.forget()
        was_playing = self._floor.is_bot_speaking
        if was_playing:
            self._tell_floor(is_speaking=False)
            await self.push_frame(PlayoutStoppedFrame(is_interrupted=True))
        return was_playing

    async def _report_progress(self) -> None:
        async with self._progress_lock:
            is_new = not self._floor.is_bot_speaking and not self._is_over
            # On a busy machine a chunk has been played before we come to look.
            is_played = self.playout.captured_samples > self._told_samples
            if is_new and (self.playout.is_audible or is_played):
                self._tell_floor(is_speaking=True)
                await self._tell_speaking(BotStartedSpeakingFrame)
                await self.push_frame(PlayoutStartedFrame())
            words = self._heard.release(self.playout.played_samples)
            await self._push_words(words)
            if words and not self._floor.is_bot_speaking:
                # The voice tells late that a sentence was whole: its caption is open once more.
                await self.push_frame(PlayoutStoppedFrame())

    def _tell_floor(self, *, is_speaking: bool) -> None:
        self._told_samples = self.playout.captured_samples
        if is_speaking:
            self._floor.bot_began()
        else:
            self._floor.bot_ended()

    async def _report_broken(self, error: Exception) -> None:
        await self.push_error(
            "the room's audio source takes no audio",
            exception=error,
            force_treat_as_permanent=True,
        )

    async def _tell_speaking(
        self, kind: type[BotStartedSpeakingFrame | BotStoppedSpeakingFrame]
    ) -> None:
        """Tell both sides, as `broadcast_frame` does, past our own `push_frame`."""
        down, up = kind(), kind()
        down.broadcast_sibling_id, up.broadcast_sibling_id = up.id, down.id
        await super().push_frame(down)
        await super().push_frame(up, FrameDirection.UPSTREAM)

    async def _push_words(self, words: list[HeardWords]) -> None:
        for heard in words:
            self._floor.heard_text = f"{self._floor.heard_text}{heard.text}"[-HEARD_CHARS:]
            frame = HeardTextFrame(heard.text, text_type=TextType.WORD)
            frame.includes_inter_frame_spaces = True
            frame.append_to_context = heard.is_remembered
            await self.push_frame(frame)

    async def _open_when_heard(self) -> None:
        try:
            await self._client.wait_for_listener()
        except Exception as error:  # noqa: BLE001 - a bot that never speaks is worse than one unheard
            logger.warning("Not known whether the caller listens: {}", type(error).__name__)
        else:
            logger.info("The caller listens")
        self.playout.open()


def _is_cut(frame: Frame) -> bool:
    """True for what an interruption takes with it."""
    return frame.interruptible and not isinstance(frame, SystemFrame)


def _is_announcement(frame: Any) -> bool:
    """True for the frame that announces a sentence ahead of its audio."""
    return (
        isinstance(frame, AggregatedTextFrame)
        and not isinstance(frame, TTSTextFrame)
        and frame.will_be_spoken
    )
