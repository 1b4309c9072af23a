"""Ends the caller's turn: early when the turn model is sure, in bounded time always.

While the turn may still go on, the language model is already asked (speculation); Pipecat's
language model service holds that answer until the turn has ended.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from pipecat.frames.frames import (
    EagerEndOfTurnCancelFrame,
    Frame,
    InputAudioRawFrame,
    InterimTranscriptionFrame,
    InterruptionFrame,
    LLMRunFrame,
    STTMetadataFrame,
    TranscriptionFrame,
    VADUserStartedSpeakingFrame,
    VADUserStoppedSpeakingFrame,
)
from pipecat.turns.types import ProcessFrameResult, UserTurnSpeculation
from pipecat.turns.user_stop import BaseUserTurnStopStrategy
from pipecat.utils.time import time_now_iso8601
from typing_extensions import override

from ..floor import Floor
from ..frames import (
    EndOfTurnHeardFrame,
    SpeculationRefusedFrame,
    TranscriptSettledFrame,
    WordsTakenFrame,
)
from .analyzer import TurnAnalyzer
from .caller_pause import CallerPause
from .caller_words import CallerWords
from .cut_reply import CutReply
from .draft import DraftRecogniser
from .patience import (
    LIKELY_PROBABILITY,
    MUTE_SECS,
    NEVER_FINAL_SECS,
    NO_WORDS_SECS,
    UNHEARD_SECS,
    TextKind,
    is_over,
    is_sure,
)
from .speculation import STALE_WORDS_SECS, Speculation
from .transcript import TurnTranscript, covers_sound
from .voice_activity import WINDOW_SECS, VoiceActivity


class TurnEnd(BaseUserTurnStopStrategy):
    """Pipecat's seam for the decision; what it decides by is in the classes it feeds.

    All waiting is counted in audio, so nothing here sleeps. A microphone that is switched off ends
    the turn at once, whatever the words: that is how one talks while a key is held.

    Args:
        voice_activity: The aggregator's voice activity detection, for its counters.
        analyzer: The turn model.
        floor: Who speaks.
        is_microphone_off: True while nothing can come from the caller.
        caller_words: The caller's language; None for one that is not known.
        drafts: Guesses words that speech-to-text has not shown yet.
    """

    def __init__(  # noqa: PLR0913 - all that a turn is judged by
        self,
        *,
        voice_activity: VoiceActivity,
        analyzer: TurnAnalyzer,
        floor: Floor,
        is_microphone_off: Callable[[], bool] = bool,
        caller_words: CallerWords | None = None,
        drafts: DraftRecogniser | None = None,
    ) -> None:
        super().__init__()
        self._is_microphone_off = is_microphone_off
        caller_words = caller_words or CallerWords()
        self._voice_activity = voice_activity
        self._analyzer = analyzer
        self._transcript = TurnTranscript(caller_words=caller_words)
        self._same = caller_words.same
        self._speculation = Speculation(self._same)
        self._stt_secs = 0.35
        self._is_open = False
        """The turn is on and its end not decided; the turn itself goes on until all have heard."""
        self._has_voice = False
        self._is_unheard = False
        self._confirmed: str | None = None
        self._cut = CutReply(floor)
        self._pause = CallerPause(floor)
        self._look_task: asyncio.Task[None] | None = None
        self._drafts = drafts
        self._drafted_hush = -1
        self._draft_task: asyncio.Task[None] | None = None

    @override
    async def cleanup(self) -> None:
        """Stop a look in flight and the models' threads."""
        await super().cleanup()
        await self._stop_looking()
        await self._stop_drafting()
        self._analyzer.close()
        if self._drafts:
            self._drafts.close()

    @override
    async def handle_user_turn_started(self) -> None:
        """Begin to listen for the end."""
        await self._reset()
        self._is_open = True
        self._confirmed = None
        self._cut.begin()
        self._has_voice = self._pause.is_speaking

    @override
    async def handle_user_turn_stopped(self) -> None:
        """Forget the turn, whoever ended it; words still open then are a turn of their own."""
        if self._is_open and self._transcript.interim:
            await self._take_interim()
        await self._reset()
        self._analyzer.clear()
        if self._drafts:
            self._drafts.forget()

    @override
    async def process_frame(self, frame: Frame) -> ProcessFrameResult:
        """Follow the turn; never keeps a frame from other strategies."""
        if isinstance(frame, InputAudioRawFrame):
            await self._handle_audio(frame)
        elif isinstance(frame, InterimTranscriptionFrame | EndOfTurnHeardFrame):
            await self._handle_guess(frame)
            await self._act()
        elif isinstance(frame, TranscriptionFrame):
            is_last = frame.finalized or covers_sound(frame, self._pause.silence_secs)
            self._transcript.on_final(frame.text, is_last=is_last)
            self._leave_out(frame)
            await self._act()
        elif isinstance(frame, TranscriptSettledFrame):
            self._transcript.on_settled()
            await self._act()
        elif isinstance(frame, VADUserStartedSpeakingFrame):
            self._analyzer.update_vad_start_secs(frame.start_secs)
            self._has_voice = True
            self._pause.on_voice_started()
            self._transcript.on_voice()
        elif isinstance(frame, VADUserStoppedSpeakingFrame):
            self._pause.on_voice_stopped(hush_secs=self._voice_activity.hush_secs)
            await self._act()
        elif isinstance(frame, EagerEndOfTurnCancelFrame):
            await self._handle_refusal(frame)
        elif isinstance(frame, InterruptionFrame):
            self._speculation.end()
            self._confirmed = None
        elif isinstance(frame, STTMetadataFrame):
            self._stt_secs = frame.ttfs_p99_latency
        return ProcessFrameResult.CONTINUE

    async def _handle_audio(self, frame: InputAudioRawFrame) -> None:
        self._analyzer.append_audio(frame.audio, is_speech=self._pause.is_speaking)
        if not self._is_open:
            return
        self._cut.on_audio()
        silent_run = self._voice_activity.silent_run
        secs, quiet_secs = frame.num_frames / frame.sample_rate, self._voice_activity.quiet_secs
        is_off = self._is_microphone_off()
        self._pause.on_audio(secs, silent_run=silent_run, quiet_secs=quiet_secs, is_off=is_off)
        if self._pause.is_answer_void:
            await self._stop_looking()
        if self._pause.hush_number != self._drafted_hush:
            await self._stop_drafting()
        self._draft_when_due()
        if self._pause.is_speaking and silent_run == 0:
            if not quiet_secs:
                self._transcript.on_voice()
            if self._pause.is_early_look_due and not self._is_looking:
                self._pause.on_early_look()
                self._look_task = self.create_task(self._look(), "look")
        else:
            await self._act()

    async def _handle_guess(self, frame: InterimTranscriptionFrame | EndOfTurnHeardFrame) -> None:
        if isinstance(frame, InterimTranscriptionFrame):
            self._handle_interim(frame)
        else:
            await self._handle_end_heard(frame)

    def _handle_interim(self, frame: InterimTranscriptionFrame) -> None:
        """Take words that may change; more of them are speech, whatever voice detection hears."""
        is_current = covers_sound(frame, self._quiet_secs)
        is_more = self._transcript.on_interim(frame.text, is_current=is_current)
        is_unheard = self._voice_activity.silent_run * WINDOW_SECS >= UNHEARD_SECS
        if is_more and not self._pause.is_speaking and (is_unheard or not self._has_voice):
            self._is_unheard = is_unheard
            self._pause.on_unheard_words()

    async def _handle_end_heard(self, frame: EndOfTurnHeardFrame) -> None:
        """Take a recogniser's word for an end into account, if it is about the present pause.

        One that comes while the caller speaks, or has heard no sound since an earlier pause, is
        about speech that has gone on.
        """
        is_present = self._quiet_secs > 0 and covers_sound(frame, self._quiet_secs)
        self._pause.on_end_heard(frame.confidence if is_present else 0.0)
        if not frame.confidence and not self._is_likely:
            await self._withdraw()

    @property
    def _quiet_secs(self) -> float:
        """Since the last sound of the caller."""
        return max(self._pause.silence_secs, self._voice_activity.quiet_secs)

    @property
    def _is_likely(self) -> bool:
        return (self._pause.first_guess or 0.0) >= LIKELY_PROBABILITY

    async def _act(self) -> None:
        """Do what the present pause calls for; in speech, only watch the speculation."""
        if not self._is_open:
            return
        await self._check_speculation()
        self._look_when_due()
        if self._pause.is_speaking:
            if is_sure(self._pause.likelihood, self._kind):
                self._voice_activity.is_sure = True
        elif self._is_over() and not self._cut.is_under_way and await self._has_all_words():
            await self._commit()

    def _look_when_due(self) -> None:
        is_due = self._has_voice and self._pause.is_look_due and not self._is_looking
        if is_due and (self._pause.probability is None or not self._is_over()):
            self._pause.on_look()
            self._look_task = self.create_task(self._look(), "look")

    async def _look(self) -> None:
        probability = await self._analyzer.look()
        self._look_task = None
        self._pause.on_answer(probability)
        await self._act()

    def _draft_when_due(self) -> None:
        """Guess the words of a pause as soon as it may be one, if they are not shown yet."""
        hush = self._pause.hush_number
        if not self._drafts or not self._pause.is_quiet or hush == self._drafted_hush:
            return
        self._drafted_hush = hush
        self._drafts.is_behind = self._transcript.is_behind
        if self._transcript.is_behind and self._has_voice and not self._draft_task:
            self._draft_task = self.create_task(self._draft(self._drafts), "draft")

    async def _draft(self, drafts: DraftRecogniser) -> None:
        heard = await drafts.read()
        self._draft_task = None
        if heard:
            self._transcript.on_draft(heard.text)
            await self._act()

    def _leave_out(self, frame: TranscriptionFrame) -> None:
        """Guess no words again that are final."""
        if self._drafts:
            self._drafts.forget(keep_secs=frame.metadata.get("lag_secs") or 0.0)
            self._drafted_hush = -1

    async def _stop_drafting(self) -> None:
        task, self._draft_task = self._draft_task, None
        if task:
            await self.cancel_task(task)

    async def _stop_looking(self) -> None:
        task, self._look_task = self._look_task, None
        if task:
            await self.cancel_task(task)

    @property
    def _is_looking(self) -> bool:
        return self._look_task is not None and not self._look_task.done()

    def _is_over(self) -> bool:
        if not self._has_voice and not self._is_unheard:
            # Words without voice came late: nothing is left to listen for.
            return True
        return is_over(self._pause.silence_secs, self._pause.likelihood, self._kind)

    @property
    def _kind(self) -> TextKind:
        """What the words say about more to come; nothing once none can come."""
        return TextKind.PLAIN if self._pause.is_last else self._transcript.kind

    async def _has_all_words(self) -> bool:
        """Return True if the words are in, or as many as will ever come."""
        words, silence_secs = self._transcript, self._pause.silence_secs
        if words.is_complete:
            return True
        if words.interim:
            if silence_secs < NEVER_FINAL_SECS:
                return False
            await self._take_interim()
            return False
        if words.text:
            return not self._has_voice or silence_secs >= self._stt_secs
        return silence_secs >= (NO_WORDS_SECS if words.is_settled else MUTE_SECS)

    async def _take_interim(self) -> None:
        """Make the interim words final ones; they come back as a frame and end the turn."""
        frame = WordsTakenFrame(self._transcript.interim, "", time_now_iso8601(), finalized=True)
        self._transcript.on_interim("")
        await self.push_frame(frame)

    async def _check_speculation(self) -> None:
        candidate = self._transcript.candidate
        if self._speculation.text is not None and not self._speculation.answers(candidate):
            await self._withdraw()
        is_plain = self._transcript.kind is TextKind.PLAIN
        is_current = self._transcript.is_current or self._pause.silence_secs >= STALE_WORDS_SECS
        if self._is_likely and is_plain and is_current and self._speculation.may_begin(candidate):
            self._speculation.begin(candidate)
            await self.trigger_user_turn_inference_triggered(
                speculation=UserTurnSpeculation(text=candidate)
            )

    async def _withdraw(self) -> None:
        if self._speculation.end():
            await self.trigger_user_turn_speculation_cancelled()

    async def _commit(self) -> None:
        """End the turn, with the answer that is already on its way if it is one to these words."""
        self._is_open = False
        if self._speculation.answers(self._transcript.text):
            self._speculation.end()
            self._confirmed = self._transcript.text
            await self.trigger_user_turn_finalized(confirms_speculation=True)
        else:
            await self._withdraw()
            await self.trigger_user_turn_stopped()

    async def _handle_refusal(self, frame: EagerEndOfTurnCancelFrame) -> None:
        """The language model dropped an answer, as it wants a tool.

        Not always the present one: the news may cross the next speculation, or the turn's end.
        """
        refused = frame.text if isinstance(frame, SpeculationRefusedFrame) else None
        if self._confirmed is not None and (
            refused is None or self._same.matches(refused, self._confirmed)
        ):
            # The answer we counted on does not exist.
            self._confirmed = None
            await self.push_frame(LLMRunFrame())
        elif self._speculation.refuse(refused):
            await self.trigger_user_turn_speculation_cancelled()

    async def _reset(self) -> None:
        await self._withdraw()
        await self._stop_looking()
        await self._stop_drafting()
        self._is_open = self._is_unheard = False
        self._transcript.reset()
        self._speculation.reset()
        self._pause.reset()
