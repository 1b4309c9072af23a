"""The debug and data channel `lk.agent.session`: what LiveKit's playground and CLI look at.

Events tell everybody in the room what happens; requests are answered to the one who asked.
"""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable, Collection, Sequence

from livekit import rtc
from livekit.protocol.agent_pb import agent_session as pb
from pipecat.metrics.metrics import MetricsData
from typing_extensions import override

from ..allowance import CallerAllowance
from ..floor import Floor
from .events import (
    ConversationListener,
    Side,
    Stage,
    ToolCall,
    ToolOutcome,
)
from .presence import AgentState
from .session_channel import RequestInbox
from .session_feed import SessionFeed
from .session_items import timestamp
from .session_requests import SessionRequests
from .session_states import SessionStates
from .turn_metrics import TurnMetrics

_Event = pb.AgentSessionEvent

# Names and plain sentences only: an exception's text may hold addresses, keys or speech.
_FAILURES = {
    Stage.SPEECH_TO_TEXT: "speech_to_text_failed: The bot had trouble understanding speech.",
    Stage.LANGUAGE_MODEL: "language_model_failed: The language model did not answer.",
    Stage.TEXT_TO_SPEECH: "text_to_speech_failed: The bot's voice failed.",
    Stage.OTHER: "pipeline_failed: Something in the bot failed.",
}


class SessionHost(ConversationListener):
    """Reports one session as livekit-agents would.

    Args:
        room: The bot's room, not yet connected.
        feed: Where it tells; closed with this.
        floor: Who is speaking, as of the event being told.
        caller_identity: Returns who the caller is; nobody else may ask or type.
        allowance: Of the caller.
        submit_text: Has a text answered as if typed; returns whether it was taken.
        agent_id: Name of the bot.
        tools: Names of its tools; more may come.
        clock_secs: Wall-clock time.
    """

    def __init__(  # noqa: PLR0913 - the seams of one channel
        self,
        *,
        room: rtc.Room,
        feed: SessionFeed,
        floor: Floor,
        caller_identity: Callable[[], str | None],
        allowance: CallerAllowance,
        submit_text: Callable[[str], Awaitable[bool]],
        agent_id: str,
        tools: Collection[str] = (),
        clock_secs: Callable[[], float] = time.time,
    ) -> None:
        self._clock_secs = clock_secs
        self._floor = floor
        self._feed, self._channel = feed, feed.channel
        self._items, self._usage = feed.items, feed.usage
        self._metrics = TurnMetrics(floor=floor, clock_secs=clock_secs)
        self._states = SessionStates(on_event=self._channel.tell)
        self._requests = SessionRequests(
            items=self._items,
            states=self._states,
            usage=self._usage,
            allowance=allowance,
            submit_text=submit_text,
            agent_id=agent_id,
            tools=tools,
            rtc_stats=room.get_rtc_stats,
            began_at=lambda: feed.began_at,
            respond=self._channel.respond,
        )
        self._inbox = RequestInbox(
            room=room,
            caller_identity=caller_identity,
            allowance=allowance,
            on_request=self._requests.handle,
        )
        self._calls: dict[str, pb.FunctionCall] = {}
        self._has_new_usage = False
        self._was_cut = self._is_spoken_over = False

    def agent_state_changed(self, _: AgentState, state: AgentState) -> None:
        """Tell what presence shows; fits its `on_change`."""
        self._states.agent_changed(state)

    @override
    async def close(self) -> None:
        """Answer and send what is left, for a moment at most."""
        self._states.stop_watching()
        self._requests.close()
        await self._inbox.close()
        await self._channel.close()

    @override
    def caller_came(self) -> None:
        """Note when the session began, unless that is known: the caller may be back."""
        self._feed.began_at = self._feed.began_at or self._clock_secs()

    @override
    def caller_started(self) -> None:
        """Tell that the caller speaks, and over the bot if so."""
        self._metrics.caller_started()
        self._states.caller_started()
        self._note_overlap()

    @override
    def caller_fell_silent(self, silence_secs: float) -> None:
        """Time the end of the speech."""
        self._metrics.caller_fell_silent(silence_secs)

    @override
    def caller_words(self, text: str, *, is_final: bool) -> None:
        """Tell a transcript."""
        self._metrics.caller_words(text, is_final=is_final)
        if text.strip():
            words = _Event.UserInputTranscribed(transcript=text, is_final=is_final)
            self._channel.tell(_Event(user_input_transcribed=words))

    @override
    def caller_stopped(self, *, has_words: bool) -> None:
        """Tell that the caller listens."""
        self._metrics.caller_stopped(has_words=has_words)
        self._states.caller_stopped(has_words=has_words)

    @override
    def tools_started(self, calls: Sequence[ToolCall]) -> None:
        """Tell which tools the language model asked for; `ToolUpdates` tells what they do."""
        started: list[pb.FunctionCall] = []
        for call in calls:
            item = self._items.add_call(call)
            self._tell_item(item)
            self._calls[call.call_id] = item.function_call
            started.append(item.function_call)
        self._channel.tell(
            _Event(function_tools_started=_Event.FunctionToolsStarted(function_calls=started))
        )

    @override
    def tool_ended(self, outcome: ToolOutcome) -> None:
        """Tell what the language model got for a call."""
        item = self._items.add_output(outcome)
        self._tell_item(item)
        executed = _Event.FunctionToolsExecuted(function_call_outputs=[item.function_call_output])
        call = self._calls.pop(outcome.call_id, None)
        if call is not None:
            executed.function_calls.append(call)
        self._channel.tell(_Event(function_tools_executed=executed))

    @override
    def playout_started(self) -> None:
        """Time the first sample."""
        self._was_cut = self._is_spoken_over = False
        self._metrics.playout_started()

    @override
    def playout_stopped(self, *, is_interrupted: bool) -> None:
        """Time the last sample."""
        self._was_cut = is_interrupted
        self._metrics.playout_stopped(is_interrupted=is_interrupted)
        self._tell_usage()

    @override
    def interrupted(self) -> None:
        """Forget the answer under way."""
        self._metrics.interrupted()

    @override
    def paused(self) -> None:
        """Tell it at the first syllable: whether it is a turn shows later."""
        self._note_overlap()

    @override
    def resumed(self) -> None:
        """Tell that what sounded like an interruption was none."""
        self._is_spoken_over = False
        self._tell_overlap(is_interruption=False)
        false_alarm = _Event.AgentFalseInterruption(resumed=True)
        self._channel.tell(_Event(agent_false_interruption=false_alarm))

    @override
    def turn_added(self, side: Side, text: str) -> None:
        """Tell what was said, with the figures of the turn."""
        is_caller = side is Side.CALLER
        metrics = self._metrics.caller_report() if is_caller else self._metrics.bot_report()
        item = self._items.add_message(
            side, text, is_interrupted=self._was_cut and not is_caller, metrics=metrics
        )
        self._tell_item(item)

    @override
    def failed(self, stage: Stage) -> None:
        """Tell that something failed, in words for anybody."""
        self._channel.tell(_Event(error=_Event.Error(message=_FAILURES[stage])))

    @override
    def measured(self, stage: Stage, data: Sequence[MetricsData]) -> None:
        """Keep figures until there is somebody's turn to report."""
        self._metrics.measured(stage, data)
        self._has_new_usage = self._usage.add(data) or self._has_new_usage

    def _tell_item(self, item: pb.ChatContext.ChatItem) -> None:
        added = _Event.ConversationItemAdded(item=item)
        self._channel.tell(_Event(conversation_item_added=added))
        self._requests.note_item(item)

    def _note_overlap(self) -> None:
        if self._floor.is_bot_speaking and not self._is_spoken_over:
            self._is_spoken_over = True
            self._tell_overlap(is_interruption=True)

    def _tell_overlap(self, *, is_interruption: bool) -> None:
        overlap = _Event.OverlappingSpeech(
            is_interruption=is_interruption, detected_at=timestamp(self._clock_secs())
        )
        self._channel.tell(_Event(overlapping_speech=overlap))

    def _tell_usage(self) -> None:
        if self._has_new_usage:
            self._has_new_usage = False
            usage = _Event.SessionUsageUpdated(usage=self._usage.report())
            self._channel.tell(_Event(session_usage_updated=usage))
