"""Around any of Pipecat's language model services: a turn never ends in silence."""

from __future__ import annotations

import asyncio
from typing import Any

from loguru import logger
from pipecat.frames.frames import (
    EagerEndOfTurnCancelFrame,
    Frame,
    InterruptionFrame,
    LLMContextFrame,
    LLMContextSummaryRequestFrame,
    TTSSpeakFrame,
)
from pipecat.processors.frame_processor import FrameDirection, FrameProcessor
from pipecat.utils.errors import ErrorCategory
from typing_extensions import override

from ..answer_wait import AnswerWait
from ..frames import SpeculationRefusedFrame, SummaryRequestFrame
from ..provider_requests import failure_of
from .asking_again import AskingAgain
from .contract import StandIn, StoodInFor
from .excuses import Excuses, repeat_while_waiting
from .open_turn import OpenTurn
from .reply import Reply
from .reply_ahead import PreparedSpeech, ReplyAhead

SLOW_SECS = 2.0
"""Without a token for this long, the caller is told that an answer is being worked on."""

OTHERS_SECS = 0.3
"""What the turn's end and a tool may take of the caller's patience before that. An answer that
needs the model twice is told of 2.3 s after the turn, as the line has to be spoken within 3 s."""

LEAST_SLOW_SECS = 0.3
"""A model that was asked only just now may answer at once."""

SLOW_AGAIN_SECS = 10.0
"""Then for as long as this each time; more often would be nagging."""


class Answering(AskingAgain):
    """A mixin, to be named before the service: `class Model(Answering, AnthropicLLMService)`.

    A reply is asked for again if it brings no word within `patience_secs`, fails for a reason that
    may pass, or is empty. When that fails too, or a reply breaks off, an `ErrorFrame` goes upstream
    and an excuse is spoken. A failed reply that was made ahead of the turn's end is withdrawn:
    nobody has heard of it. No word of the conversation is in the errors.

    Args:
        excuses: What is said then.
        voice: Has speech made while the turn is still open, and of sentences not yet spoken.
        options: Of `Attempting` and of the Pipecat service.
    """

    def __init__(
        self,
        *,
        excuses: Excuses | None = None,
        voice: PreparedSpeech | None = None,
        **options: Any,
    ) -> None:
        self._open_turn = OpenTurn()
        self._stand_in: StandIn | None = None
        self._stood_in_for: StoodInFor | None = None
        self._excuses = excuses or Excuses()
        super().__init__(moment=self._excuses.moment, **options)
        self._ahead = ReplyAhead(voice)
        self._slow_task: asyncio.Task[None] | None = None
        self._answer_wait = AnswerWait()

    def fall_back_on(self, stand_in: StandIn) -> None:
        """Leave what cannot be answered to somebody downstream, who gets the context."""
        self._stand_in = stand_in

    def stand_in_for(self, first: StoodInFor) -> None:
        """Answer in place of somebody upstream, who may be well again later."""
        self._stood_in_for = first

    async def retract(self) -> None:
        """Take back a reply to a turn that may go on, as Pipecat does with one that calls."""
        if self._open_turn.is_speculating:
            await self.broadcast_frame(EagerEndOfTurnCancelFrame)
            await self._ahead.drop()

    @override
    async def process_frame(self, frame: Frame, direction: FrameDirection) -> None:
        """Answer a context, whatever happens; everything else is the service's."""
        self._answer_wait.note(frame)
        if isinstance(frame, LLMContextFrame):
            return await self._answer_or_excuse(frame, direction)
        is_summary = isinstance(frame, LLMContextSummaryRequestFrame | SummaryRequestFrame)
        if is_summary and not self._is_in_charge:  # whoever answers now writes it
            await FrameProcessor.process_frame(self, frame, direction)
            return await self.push_frame(frame, direction)
        await super().process_frame(frame, direction)
        if isinstance(frame, InterruptionFrame | EagerEndOfTurnCancelFrame):
            await self._ahead.drop()

    @override
    async def push_frame(
        self, frame: Frame, direction: FrameDirection = FrameDirection.DOWNSTREAM
    ) -> None:
        """Push a frame, and note what it says of the caller's turn."""
        if direction is FrameDirection.DOWNSTREAM:
            self._open_turn.note(frame)
        await super().push_frame(frame, direction)

    @override
    async def broadcast_frame(self, frame_cls: type[Frame], **kwargs: Any) -> None:
        """Broadcast a frame; one that drops the speculation being answered says which."""
        asked = self.reply.asked if self.reply is not None else ""
        if frame_cls is EagerEndOfTurnCancelFrame and asked:
            await super().broadcast_frame(SpeculationRefusedFrame, text=asked)
        else:
            await super().broadcast_frame(frame_cls, **kwargs)

    @override
    async def on_words(self, text: str) -> None:
        """Have their speech made."""
        await self._stop_slow_task()
        await self._ahead.add(text)

    @override
    async def on_calls(self) -> None:
        """Drop the speech of a reply that Pipecat withdraws now and has made after the turn."""
        await self._stop_slow_task()
        if self._open_turn.is_speculating:
            await self._ahead.drop()

    @override
    async def on_whole(self) -> None:
        """Have the last piece spoken, and see whether there is anything to be heard."""
        # Before the frame that ends the reply, at which the voice asks for its last piece.
        await self._ahead.finish()
        reply = self.reply
        if reply is None or reply.has_called or not self._ahead.is_silent:
            return
        # Words, and yet nothing for the ear: a listing, an address.
        if self._open_turn.is_speculating:
            await self.retract()
        else:
            reply.excuse = self._excuses.unspeakable

    async def _answer_or_excuse(self, frame: LLMContextFrame, direction: FrameDirection) -> None:
        await self.begin_try()
        if self._stand_in is not None and self._stand_in.is_needed:
            await FrameProcessor.push_frame(self, frame)
            return
        if self._stand_in is not None:
            await self._stand_in.stand_back()
        self._open_turn.begin_reply(is_speculation=frame.speculation)
        self._ahead.begin()
        if self._excuses.slow:
            notice = repeat_while_waiting(
                self._say_that_it_takes_long,
                first_secs=self._answer_wait.patience_secs(
                    SLOW_SECS, others_secs=OTHERS_SECS, least_secs=min(SLOW_SECS, LEAST_SLOW_SECS)
                ),
                again_secs=SLOW_AGAIN_SECS,
            )
            self._slow_task = self.create_task(notice, "slow")
        try:
            error = await self.answer(frame, direction)
            if error is not None and self.reply is not None:
                await self._give_up(error, frame, self.reply)
            elif self._stand_in is not None:
                self._stand_in.note_success()
        finally:
            reply, self.reply = self.reply, None
            await self._stop_slow_task()
            if reply is not None and reply.end is not None:
                await self.push_frame(reply.end)
        if reply is not None and reply.excuse:
            await self.push_frame(TTSSpeakFrame(reply.excuse))
        elif reply is not None and reply.again_secs is not None:
            await self.ask_again(reply.again_secs)

    async def _give_up(self, error: Exception, frame: LLMContextFrame, reply: Reply) -> None:
        """End a reply that failed: unheard of, by somebody else's, or by an excuse."""
        problem, category = failure_of(error)
        is_begun = reply.has_text or reply.has_called
        if self._stand_in is not None:
            self._stand_in.note_failure(error, is_begun=is_begun)
        if self._stood_in_for is not None:
            self._stood_in_for.note_second_failure(error)
        if category.is_permanent and self._has_relief:
            # For this service; the conversation goes on with the other one.
            category = ErrorCategory.SERVER
        if self._open_turn.is_speculating:
            # Nobody has heard of it. It is asked again when the turn has ended.
            await self.retract()
        elif self.is_relieved and not is_begun:
            logger.warning("language model: {}; the second one answers", problem)
            # What it opens, the other closes.
            reply.end = None
            await FrameProcessor.push_frame(self, frame)
        else:
            reply.again_secs = self.again_secs(error, reply, category)
            if reply.again_secs is None:
                reply.excuse = self._excuses.sentence_for(error, reply, category)
            await self.push_error(f"language model: {problem}", error, category=category)

    @property
    def _is_in_charge(self) -> bool:
        """Whether the next turn is this one's."""
        first, second = self._stood_in_for, self._stand_in
        return not (second and second.is_needed) and (first is None or first.is_needed)

    @property
    @override
    def is_relieved(self) -> bool:
        """Whether there is somebody downstream who may do better."""
        return self._stand_in is not None and not self._stand_in.is_lost

    @property
    def _has_relief(self) -> bool:
        """Whether somebody else may answer the turns to come."""
        return self.is_relieved or bool(self._stood_in_for and not self._stood_in_for.is_first_lost)

    async def _say_that_it_takes_long(self) -> bool:
        # An answer to a turn that has not ended is nothing the caller waits for.
        is_waited_for = not self._open_turn.is_speculating
        if is_waited_for:
            await self.push_frame(TTSSpeakFrame(self._excuses.slow, append_to_context=False))
        return is_waited_for

    async def _stop_slow_task(self) -> None:
        task, self._slow_task = self._slow_task, None
        if task:
            await self.cancel_task(task)
