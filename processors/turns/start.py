"""Starts the caller's turn; while the bot speaks, only after a pause has shown it to be one."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from pipecat.frames.frames import (
    Frame,
    InputAudioRawFrame,
    InterimTranscriptionFrame,
    TranscriptionFrame,
    VADUserStartedSpeakingFrame,
)
from pipecat.turns.types import ProcessFrameResult
from pipecat.turns.user_start import BaseUserTurnStartStrategy
from typing_extensions import override

from ..floor import Floor
from ..frames import BotPauseFrame, BotResumeFrame
from .barge_in import BargeIn, BargeInAction, Sound
from .caller_words import CallerWords
from .draft import DraftRecogniser
from .voice_activity import VoiceActivity

REPLY_DUE_SECS = 8.0
"""After a turn its reply is expected this long, two attempts of the language model: a sound without
words holds it meanwhile and does not cancel it."""

NO_AUDIO_SECS = 0.5
"""Without a frame of audio, of which there are thirty a second: the microphone was muted, unplugged
or unpublished, and the silence that would end a pause is never heard."""


class TurnStart(BaseUserTurnStartStrategy):
    """Pipecat's seam for the decision; `BargeIn` decides.

    A false alarm moves nothing of the turn machinery: no turn, no interruption, no message.

    Args:
        voice_activity: The aggregator's voice activity detection, for its counters.
        floor: Who speaks, and since when an answer is due.
        is_audible: True while anything of the bot's reply is unplayed, also while it is paused. The
            account of samples, and ahead of the floor: before a reply is heard it is on its way.
        heard_text: Returns what was heard of the bot's present or last reply.
        caller_words: The caller's language; None for one that is not known.
        drafts: Guesses the words of a sound that may be an interruption.
    """

    def __init__(  # noqa: PLR0913 - what a sound is judged by
        self,
        *,
        voice_activity: VoiceActivity,
        floor: Floor,
        is_audible: Callable[[], bool],
        heard_text: Callable[[], str] = str,
        caller_words: CallerWords | None = None,
        drafts: DraftRecogniser | None = None,
    ) -> None:
        super().__init__()
        self._voice_activity = voice_activity
        self._floor = floor
        self._is_audible = is_audible
        self._heard_text = heard_text
        self._barge_in = BargeIn(caller_words=caller_words)
        self._frames_heard = 0
        self._watch: asyncio.Task[None] | None = None
        self._drafts = drafts
        self._draft_task: asyncio.Task[None] | None = None

    @override
    async def cleanup(self) -> None:
        """Stop watching a pause."""
        await super().cleanup()
        watch, self._watch = self._watch, None
        if watch:
            await self.cancel_task(watch)
        await self._stop_drafting()

    @override
    async def handle_user_turn_started(self) -> None:
        """Rest until the turn is over."""
        await self._stop_drafting()
        self._barge_in.on_turn_started()

    @override
    async def process_frame(self, frame: Frame) -> ProcessFrameResult:
        """Look for the start of a turn in sound and words."""
        if isinstance(frame, InputAudioRawFrame):
            self._frames_heard += 1
            self._hear_along(frame)
        if self._floor.is_caller_turn:
            return ProcessFrameResult.CONTINUE
        if isinstance(frame, InputAudioRawFrame):
            await self._hear(frame.num_frames / frame.sample_rate)
        elif isinstance(frame, VADUserStartedSpeakingFrame):
            await self._hear(0.0)
        elif isinstance(frame, TranscriptionFrame | InterimTranscriptionFrame):
            action = self._barge_in.on_words(
                frame.text,
                is_final=isinstance(frame, TranscriptionFrame),
                is_audible=self._is_audible(),
                spoken=self._heard_text(),
            )
            await self._act(action)
        return ProcessFrameResult.CONTINUE

    async def _hear(self, frame_secs: float) -> None:
        sound = Sound(
            voiced_run=self._voice_activity.voiced_run,
            evidence=self._voice_activity.evidence,
            hush_secs=self._voice_activity.hush_secs,
            voiced_total=self._voice_activity.voiced_total,
            is_speaking=self._floor.is_voice,
            is_audible=self._is_audible(),
            is_reply_due=self._floor.is_answer_due(within_secs=REPLY_DUE_SECS),
        )
        action = self._barge_in.on_audio(sound, frame_secs=frame_secs)
        if self._barge_in.is_paused and sound.hush_secs:
            # Speech ends sooner, so speech-to-text is asked for its words sooner.
            self._voice_activity.is_sure = True
        await self._act(action)
        if self._drafts and self._barge_in.is_draft_due(sound):
            await self._stop_drafting()
            self._draft_task = self.create_task(self._draft(self._drafts), "draft")

    def _hear_along(self, frame: InputAudioRawFrame) -> None:
        if self._drafts:
            is_speech = self._floor.is_caller_turn or self._floor.is_voice
            is_speech = is_speech or self._barge_in.is_paused
            self._drafts.hear(frame.audio, is_speech=is_speech)

    async def _draft(self, drafts: DraftRecogniser) -> None:
        """Guess what the sound is; the recogniser's own words may come too late for that."""
        voice = self._voice_activity
        voiced_before, is_over = voice.voiced_total, voice.hush_secs > 0
        heard = await drafts.read()
        self._draft_task = None
        if heard and not self._floor.is_caller_turn:
            is_whole = is_over and voice.voiced_total == voiced_before
            action = self._barge_in.on_draft(
                heard.text, spoken=self._heard_text(), is_whole=is_whole
            )
            await self._act(action)

    async def _stop_drafting(self) -> None:
        task, self._draft_task = self._draft_task, None
        if task:
            await self.cancel_task(task)

    async def _act(self, action: BargeInAction) -> None:
        if action is BargeInAction.PAUSE:
            await self.broadcast_frame(BotPauseFrame)
            self._watch = self._watch or self.create_task(self._watch_pause(), "watch_pause")
        elif action is BargeInAction.RESUME:
            await self.broadcast_frame(BotResumeFrame)
        elif action is BargeInAction.CONFIRM:
            await self.trigger_user_turn_started()
        elif action is BargeInAction.IGNORE:
            await self.trigger_reset_aggregation()

    async def _watch_pause(self) -> None:
        """Go on with a held reply if no audio comes that could decide about it."""
        heard = -1
        while self._barge_in.is_paused and heard != self._frames_heard:
            heard = self._frames_heard
            await asyncio.sleep(NO_AUDIO_SECS)
        self._watch = None
        if self._barge_in.is_paused:
            await self._act(self._barge_in.on_no_audio())
