"""One conversation from the job's start to the deleted room.

A session ends exactly once, for a named reason, within a limit, and leaves nothing behind.
"""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from enum import StrEnum
from functools import partial
from typing import Any, Protocol

from livekit import rtc
from loguru import logger
from pipecat.frames.frames import (
    EndFrame,
    ErrorFrame,
    Frame,
    InterruptionFrame,
    LLMMessagesAppendFrame,
    TTSSpeakFrame,
)
from pipecat.pipeline.worker import PipelineWorker
from pipecat.processors.aggregators.llm_context import LLMContextMessage
from pipecat.processors.frame_processor import FrameProcessor
from pipecat.services.llm_service import LLMService
from pipecat.services.stt_service import STTService
from pipecat.workers.runner import WorkerRunner

from bot.call.pipeline import Conversation, build_conversation
from bot.call.room_conventions import RoomConventions
from bot.call.session_tools import open_session_tools
from bot.call.tool_reports import ToolReports
from bot.languages.choice import language_for
from bot.rooms.plan import JobPlan, RoomMetadata
from bot.settings import Settings
from processors.agent_protocol.chat import MAX_TEXT_CHARS, Refusal
from processors.room.transport import RoomTransport
from tools.runtime.runtime import ToolRuntime

NEVER_JOINED_SECS = 60.0
"""Longer than LiveKit keeps an empty room; this only ends a job whose room is not ours."""
PARKED_NEVER_JOINED_SECS = 900.0
RELOAD_GRACE_SECS = 3.0
"""A reload of the page takes one or two seconds."""
TIME_LIMIT_NOTICE_SECS = 15.0
END_LIMIT_SECS = 15.0
"""A graceful end plays out a goodbye; Pipecat itself would wait for ever."""
CANCEL_LIMIT_SECS = 4.0
LEAVE_LIMIT_SECS = 10.0
"""More than the limits of all its parts."""


class EndReason(StrEnum):
    """Why a session ended."""

    CALLER_LEFT = "caller_left"
    GOODBYE = "goodbye"
    IDLE = "idle"
    TIME_LIMIT = "time_limit"
    DRAINED = "drained"
    PROVIDER_FAILED = "provider_failed"
    ERROR = "error"
    NEVER_JOINED = "never_joined"


class SessionRoom(Protocol):
    """The room as its owner, the job, offers it to the session."""

    @property
    def room(self) -> rtc.Room:
        """The room, not yet connected."""
        ...

    async def connect(self) -> None:
        """Join it."""
        ...

    async def delete(self, *, reason: str) -> None:
        """Write down why, and put everybody out; a room that is gone already is fine."""
        ...


class Session:
    """Runs one conversation in one room.

    Args:
        settings: Of this process.
        plan: What the dispatch said about this session.
        session_room: The job's room; the session deletes it at the end.
    """

    def __init__(self, *, settings: Settings, plan: JobPlan, session_room: SessionRoom) -> None:
        self._settings = settings
        self._language = language_for(settings.language)
        self._sentences = self._language.session
        self._plan = plan
        self._session_room = session_room
        self._reason: EndReason | None = None
        self._ending = asyncio.Event()
        self._is_cancelled = asyncio.Event()
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._has_nudged = False
        self._is_over = False
        self._has_joined = False
        self._has_deleted = False
        self._worker: PipelineWorker

    async def run(self) -> EndReason:
        """Hold the conversation; returns when it is over and the room is gone.

        Cancelling ends it at once and still deletes the room.
        """
        reports = ToolReports()
        try:
            async with open_session_tools(
                self._settings, hang_up=self._hang_up, on_event=reports.on_event
            ) as tools:
                conversation = self._build(tools)
                reports.attach(conversation.conventions.tool_updates)
                self._worker = conversation.worker
                self._watch_conversation(conversation)
                try:
                    await self._run_pipeline(conversation)
                finally:
                    await self._leave(conversation)
        finally:
            # Also the room of a conversation that could not be built.
            await self._delete_room()
        return self._reason or EndReason.ERROR

    def _build(self, tools: ToolRuntime) -> Conversation:
        room = self._session_room.room
        transport = RoomTransport(
            room=room,
            connect=self._session_room.connect,
            caller_identity=self._plan.caller_identity,
            takes_messages=self._settings.enable_rtvi,
        )
        conventions = RoomConventions(
            room=room,
            caller_identity=lambda: transport.caller_identity,
            is_caller=lambda identity: transport.caller_identity in (None, identity),
            on_text=self._answer_text,
            on_refused=self._say_refusal,
            agent_name=self._settings.agent_name,
            tool_names=tools.tool_names,
            on_tool_answer=partial(_answer_tool, tools),
        )
        transport.hear_first(conventions.pre_connect_audio)
        self._watch_transport(transport)
        return build_conversation(
            settings=self._settings,
            session_id=self._plan.session_id,
            transport=transport,
            conventions=conventions,
            tools=tools,
        )

    async def _run_pipeline(self, conversation: Conversation) -> None:
        runner = WorkerRunner(handle_sigint=False, handle_sigterm=False)
        await runner.add_workers(conversation.worker)
        run = asyncio.create_task(runner.run(), name="pipeline")
        limit_secs = PARKED_NEVER_JOINED_SECS if self._plan.is_parked else NEVER_JOINED_SECS
        self._end_after("never_joined", limit_secs, EndReason.NEVER_JOINED)
        cancelled = asyncio.create_task(self._is_cancelled.wait())
        try:
            await asyncio.wait({run, cancelled}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            cancelled.cancel()
            await _stop(run)

    async def _leave(self, conversation: Conversation) -> None:
        """Tell the room why, then take it down. Runs also when the pipeline never started."""
        self._is_over = True
        for task in self._tasks.values():
            task.cancel()
        reason = self._reason or EndReason.ERROR
        logger.info("The session ends: {}", reason.value)
        try:
            async with asyncio.timeout(LEAVE_LIMIT_SECS):
                await conversation.conventions.close(reason=reason.value)
        except Exception as error:  # noqa: BLE001 - whatever it is, the caller must not stay alone
            # Only the type: a caption that could not be sent is what somebody said.
            logger.error("The room was not left in order: {}", type(error).__name__)
        finally:
            await self._delete_room()

    async def _delete_room(self) -> None:
        if not self._has_deleted:
            self._has_deleted = True
            await self._session_room.delete(reason=(self._reason or EndReason.ERROR).value)

    def _watch_transport(self, transport: RoomTransport) -> None:
        @transport.event_handler("on_caller_joined")
        async def on_caller_joined(_: RoomTransport, __: str) -> None:
            logger.info("The caller is here")
            self._has_joined = True
            self._drop("never_joined")
            self._drop("caller_left")
            if "time_limit" not in self._tasks:
                self._start("time_limit", self._keep_time_limit())

        @transport.event_handler("on_caller_left")
        async def on_caller_left(_: RoomTransport, __: str) -> None:
            self._end_after("caller_left", RELOAD_GRACE_SECS, EndReason.CALLER_LEFT)

        @transport.event_handler("on_room_disconnected")
        async def on_room_disconnected(_: RoomTransport, reason: str) -> None:
            logger.info("The room is gone: {}", reason)
            self._end_now(EndReason.CALLER_LEFT if self._has_joined else EndReason.NEVER_JOINED)

        def on_room_metadata_changed(_: str, metadata: str) -> None:
            # The runner writes it when it drains and this call has gone on for too long.
            if RoomMetadata.from_json(metadata).end_reason == EndReason.DRAINED:
                goodbye = self._end_with(
                    EndReason.DRAINED, farewell=self._sentences.drained_goodbye
                )
                self._start("drained", goodbye)

        self._session_room.room.on("room_metadata_changed", on_room_metadata_changed)
        del on_caller_joined, on_caller_left, on_room_disconnected

    def _watch_conversation(self, conversation: Conversation) -> None:
        worker = conversation.worker

        @worker.event_handler("on_pipeline_started")
        async def on_pipeline_started(_: object, __: Frame) -> None:
            # Held by the play-out until the caller listens, so it is spoken without delay then.
            await self._say(self._settings.greeting or self._sentences.greeting)
            conversation.conventions.ready()

        @worker.event_handler("on_pipeline_error")
        async def on_pipeline_error(_: object, frame: ErrorFrame) -> None:
            processor = frame.processor
            if processor is not None and not processor.is_usable:
                logger.error("{} can no longer do its job: {}", processor.name, frame.category)
                await self._give_up(processor)

        @conversation.user.event_handler("on_user_turn_started")
        async def on_user_turn_started(_: object, __: object) -> None:
            self._has_nudged = False

        @conversation.user.event_handler("on_user_turn_idle")
        async def on_user_turn_idle(_: object) -> None:
            if self._has_nudged:
                await self._end_with(EndReason.IDLE, farewell=self._sentences.idle_goodbye)
            else:
                self._has_nudged = True
                await self._say(self._sentences.nudge)

        del on_pipeline_started, on_pipeline_error, on_user_turn_started, on_user_turn_idle

    async def _keep_time_limit(self) -> None:
        await asyncio.sleep(max(self._settings.session_max_secs - TIME_LIMIT_NOTICE_SECS, 0))
        await self._say(self._sentences.time_limit_notice)
        await asyncio.sleep(min(TIME_LIMIT_NOTICE_SECS, self._settings.session_max_secs))
        await self._end_with(EndReason.TIME_LIMIT, farewell=self._sentences.time_limit_goodbye)

    async def _say(self, text: str) -> None:
        await self._worker.queue_frame(TTSSpeakFrame(text))

    async def _say_refusal(self, refusal: Refusal) -> None:
        await self._say(self._language.refusals[refusal].format(chars=MAX_TEXT_CHARS))

    async def _answer_text(self, text: str) -> None:
        """Answer typed text as if it had been said, over whatever the bot is saying."""
        self._has_nudged = False
        message: LLMContextMessage = {"role": "user", "content": text}
        await self._worker.queue_frames(
            [InterruptionFrame(), LLMMessagesAppendFrame([message], run_llm=True)]
        )

    async def _hang_up(self) -> None:
        await self._end_with(EndReason.GOODBYE)

    async def _end_with(self, reason: EndReason, *, farewell: str = "") -> None:
        """End gracefully: what is being said, and the farewell, are played out first."""
        if self._ending.is_set():
            return
        if not self._has_joined:
            # What is said waits for a caller to hear it.
            self._end_now(reason)
            return
        self._ending.set()
        self._note(reason)
        self._end_after("end_limit", END_LIMIT_SECS, reason)
        if farewell:
            await self._say(farewell)
        await self._worker.queue_frame(EndFrame(reason=reason.value))

    async def _give_up(self, unusable: FrameProcessor) -> None:
        """End, as a part of the pipeline is of no use any more; aloud if that was not the voice."""
        if isinstance(unusable, STTService | LLMService):
            farewell = self._sentences.provider_failed_goodbye
            await self._end_with(EndReason.PROVIDER_FAILED, farewell=farewell)
        else:
            self._end_now(EndReason.PROVIDER_FAILED)

    def _end_now(self, reason: EndReason) -> None:
        self._note(reason)
        self._is_cancelled.set()

    def _note(self, reason: EndReason) -> None:
        """Keep the first reason; what follows from it is no reason of its own."""
        self._reason = self._reason or reason

    def _end_after(self, name: str, secs: float, reason: EndReason) -> None:
        async def wait() -> None:
            await asyncio.sleep(secs)
            self._end_now(reason)

        self._start(name, wait())

    def _start(self, name: str, work: Coroutine[Any, Any, None]) -> None:
        if self._is_over:
            work.close()
            return
        self._drop(name)
        self._tasks[name] = asyncio.create_task(work, name=name)

    def _drop(self, name: str) -> None:
        task = self._tasks.pop(name, None)
        if task is not None:
            task.cancel()


async def _answer_tool(tools: ToolRuntime, call_id: str, is_yes: bool) -> bool:
    """Take the page's answer to a tool's question; returns whether it is being asked."""
    is_asked = tools.asks_about(call_id)
    await tools.answer(call_id, is_yes=is_yes)
    return is_asked


async def _stop(run: asyncio.Task[None]) -> None:
    """Stop a runner's task, whatever it hangs in.

    `WorkerRunner.run` swallows the first cancellation to clean up; a pipeline that waits for an
    `EndFrame` ends only by the second.
    """
    for _ in range(2):
        if run.done():
            break
        run.cancel()
        await asyncio.wait({run}, timeout=CANCEL_LIMIT_SECS)
    if run.done() and not run.cancelled() and run.exception() is not None:
        logger.opt(exception=run.exception()).error("The pipeline failed")
