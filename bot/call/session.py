"""One session from the job's start to the deleted room.

It ends exactly once, for a named reason, within a limit, and leaves nothing behind.
`bot/call/course.py` knows when and why; here the parts are put together, run and taken down.
"""

from __future__ import annotations

import asyncio
from contextlib import AbstractAsyncContextManager, AsyncExitStack
from functools import partial

from loguru import logger

from bot.call.audience import build_audience, build_rtvi
from bot.call.course import Course, EndReason, Phase, build_course
from bot.call.earlier_talk import EarlierTalk, open_earlier_talk
from bot.call.failures import end_if_useless
from bot.call.given_call import GivenCall
from bot.call.handover import open_handover
from bot.call.lines import Lines
from bot.call.meter import Meter, build_meter
from bot.call.pause import Pause
from bot.call.person import watch_person
from bot.call.pipeline import SessionPipeline, build_pipeline
from bot.call.recovery import Recovery
from bot.call.run import leave, run_until_over
from bot.call.session_room import SessionRoom
from bot.call.session_tools import open_session_tools
from bot.call.supervisor import Supervisor
from bot.call.takeover import begin, take_over
from bot.call.tool_reports import ToolReports
from bot.call.welcome import watch_caller
from bot.languages.choice import language_for
from bot.languages.language import Language
from bot.rooms.job_plan import JobPlan
from bot.rooms.plan import RoomMetadata
from bot.session_log.session_log import SessionLog, open_session_log
from bot.settings import Settings
from processors.agent_protocol.audience import Audience
from processors.agent_protocol.chat import MAX_TEXT_CHARS, Refusal
from processors.agent_protocol.events import ConversationListener
from processors.agent_protocol.session_feed import SessionFeed
from processors.allowance import CallerAllowance
from processors.floor import Floor
from processors.room.transport import RoomTransport
from tools.runtime.runtime import ToolRuntime

_DAY_SPENT = EndReason.DAILY_BUDGET


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
        self._plan = plan
        self._session_room = session_room
        self._draining = asyncio.Event()
        self._course: Course | None = None
        self._given = GivenCall(settings=settings, plan=plan, session_room=session_room)

    def drain(self) -> None:
        """Hand the conversation to a bot of another worker as soon as it rests, if one comes."""
        self._draining.set()

    def say_farewell(self) -> None:
        """End the conversation, aloud: the worker goes."""
        if self._course is not None:
            self._course.drained()

    async def run(self) -> EndReason:
        """Hold the conversation; returns when it is over and the room is gone.

        Cancelling ends it at once and still deletes the room.
        """
        lines = Lines()
        course = build_course(settings=self._settings, plan=self._plan, lines=lines)
        self._course = course
        room = self._session_room.room
        meter = build_meter(settings=self._settings, room=room, on_spent=course.session_spent)
        async with (
            open_session_log(self._settings, self._plan) as log,
            AsyncExitStack() as until_left,
        ):
            # Last of all: what a tool still did belongs to it.
            until_left.push_async_callback(partial(self._end_log, log, course))
            try:
                await self._hold(course, lines, meter, log, until_left)
            finally:
                # Also the room of a conversation that could not be built; and before the tools end:
                # one may write until then, and the caller need not stay for it.
                course.close()
                self._given.let_be()
                usage = meter.so_far.to_json()
                await self._session_room.delete(reason=course.reason.value, usage=usage)
        return course.reason

    async def _end_log(self, log: SessionLog, course: Course) -> None:
        if not self._session_room.is_replaced:
            await log.end(course.reason.value)

    async def _hold(
        self, course: Course, lines: Lines, meter: Meter, log: SessionLog, stack: AsyncExitStack
    ) -> None:
        room = self._session_room.room
        floor, allowance, feed = Floor(), CallerAllowance(), SessionFeed(room=room)
        transport = self._build_transport(floor, allowance)
        opened = self._open_tools(course, feed, floor, log)
        tools = await stack.enter_async_context(opened)
        supervisor = Supervisor(lines, course, floor, transport.microphone, self._language)
        pause = Pause(course=course, floor=floor, speech=transport, lines=lines, tools=tools)
        audience = self._build_audience(
            transport, feed, tools, course, lines, allowance, meter, log, [supervisor, pause]
        )
        refuse = partial(_refuse, lines, self._language)
        pipeline = build_pipeline(
            settings=self._settings,
            session_id=self._plan.session_id,
            transport=transport,
            floor=floor,
            audience=audience,
            tools=tools,
            rtvi=build_rtvi(
                self._settings,
                allowance,
                meter,
                on_refused=refuse,
                on_dismissed=course.dismissed,
            ),
            on_summary=log.summarised,
        )
        watch_caller(self._settings, transport, course, audience, lines, tools)
        self._watch_room(transport, course, meter, log)
        if not await self._given.comes(stack, course):
            return
        course.wait()
        plan, language = self._plan, self._language
        recovery = await take_over(
            plan, log, course, meter, tools, pipeline, language, self._session_room, feed
        )
        earlier = await stack.enter_async_context(
            open_earlier_talk(plan, room, log, lines, tools, pipeline, language, feed.items)
        )
        self._watch_pipeline(pipeline, course, lines, meter, audience, recovery, earlier, transport)
        watch_person(transport, room, self._plan, pipeline.language_model, tools, log)
        pipeline.caller_side.add_event_handler("on_user_turn_idle", supervisor.on_caller_silent)
        try:
            async with open_handover(
                self._draining, self._session_room, pause, log, transport, lines, course.room_gone
            ):
                await run_until_over(pipeline.worker, course=course, lines=lines)
        finally:
            course.close()
            is_replaced = self._session_room.is_replaced
            await leave(audience, course.reason, is_replaced=is_replaced)

    def _open_tools(
        self, course: Course, feed: SessionFeed, floor: Floor, log: SessionLog
    ) -> AbstractAsyncContextManager[ToolRuntime]:
        return open_session_tools(
            self._settings,
            hang_up=partial(_hang_up, course),
            on_event=ToolReports(feed.tool_updates, log).on_event,
            floor=floor,
            session_key=self._plan.session_id,
            before_effect=log.kept,
        )

    def _build_transport(self, floor: Floor, allowance: CallerAllowance) -> RoomTransport:
        return RoomTransport(
            room=self._session_room.room,
            connect=self._given.connect,
            caller_identity=self._plan.caller_identity or self._plan.given_caller,
            floor=floor,
            takes_messages=self._settings.enable_rtvi,
            allowance=allowance,
            heard_otherwise=self._given.heard_otherwise,
        )

    def _build_audience(  # noqa: PLR0913 - what the audience tells and asks
        self,
        transport: RoomTransport,
        feed: SessionFeed,
        tools: ToolRuntime,
        course: Course,
        lines: Lines,
        allowance: CallerAllowance,
        meter: Meter,
        log: SessionLog,
        others: list[ConversationListener],
    ) -> Audience:
        log.watch(
            usage=lambda: meter.so_far,
            reminders=tools.announcer.reminders,
            models=feed.usage.to_dict,
        )
        return build_audience(
            room=self._session_room.room,
            feed=feed,
            caller_identity=lambda: transport.caller_identity,
            on_text=partial(_answer, lines, course, meter, self._settings.idle_nudge_secs),
            on_refused=partial(_refuse, lines, self._language),
            agent_name=self._settings.agent_name,
            tool_names=tools.tool_names,
            on_tool_answer=partial(_answer_tool, tools),
            allowance=allowance,
            others=[meter, log, *others],
        )

    def _watch_room(
        self, transport: RoomTransport, course: Course, meter: Meter, log: SessionLog
    ) -> None:
        room = self._session_room.room

        def on_room_disconnected(_: object, reason: str) -> None:
            logger.info("The room is gone: {}", reason)
            is_day_spent = RoomMetadata.from_json(room.metadata).end_asked == _DAY_SPENT
            course.room_gone(_DAY_SPENT if is_day_spent else None)

        def on_room_metadata_changed(_: str, metadata: str) -> None:
            # The runner writes it when it drains, or the day's budget is used up.
            told = RoomMetadata.from_json(metadata)
            if told.end_reason == EndReason.DRAINED:
                course.drained()
            elif told.end_asked == _DAY_SPENT and course.phase is not Phase.WAITING:
                course.day_spent()
            elif not told.is_parked:
                course.handed_out()

        transport.add_event_handler("on_caller_joined", lambda *_: meter.caller_joined())
        transport.add_event_handler("on_caller_joined", lambda *_: log.caller_joined())
        transport.add_event_handler("on_room_disconnected", on_room_disconnected)

        def on_caller_joined(*_: object) -> None:
            # It may have been written before this bot was there.
            on_room_metadata_changed("", room.metadata)

        transport.add_event_handler("on_caller_joined", on_caller_joined)
        room.on("room_metadata_changed", on_room_metadata_changed)

    def _watch_pipeline(  # noqa: PLR0913 - what the pipeline tells and is told
        self,
        pipeline: SessionPipeline,
        course: Course,
        lines: Lines,
        meter: Meter,
        audience: Audience,
        recovery: Recovery,
        earlier: EarlierTalk,
        transport: RoomTransport,
    ) -> None:
        nudge_secs = self._settings.idle_nudge_secs

        async def on_pipeline_started(*_: object) -> None:
            greeting = self._settings.greeting or self._language.session.greeting
            begin(recovery, earlier, course=course, lines=lines, greeting=greeting)
            self._given.take_typed(partial(_take_typed, lines, course, meter, nudge_secs))
            audience.tell(lambda to: to.began())
            if recovery.goes_on and not transport.has_caller and course.phase is Phase.WAITING:
                course.go_on()
                await transport.miss_caller()

        caller_side = pipeline.caller_side
        pipeline.worker.add_event_handler("on_pipeline_started", on_pipeline_started)
        pipeline.worker.add_event_handler("on_pipeline_error", partial(end_if_useless, course))
        caller_side.add_event_handler("on_user_turn_started", lambda *_: course.caller_spoke())


async def _hang_up(course: Course) -> None:
    course.hung_up()


async def _refuse(lines: Lines, language: Language, refusal: Refusal) -> None:
    lines.say(language.refusals[refusal].format(chars=MAX_TEXT_CHARS))


async def _answer(lines: Lines, course: Course, meter: Meter, nudge_secs: float, text: str) -> None:
    _take_typed(lines, course, meter, nudge_secs, text)


def _take_typed(lines: Lines, course: Course, meter: Meter, nudge_secs: float, text: str) -> None:
    meter.typed(text)
    course.caller_spoke()
    lines.answer(text, nudge_secs=nudge_secs)


async def _answer_tool(tools: ToolRuntime, call_id: str, is_yes: bool) -> bool:
    """Take the page's answer to a tool's question; returns whether it is being asked."""
    is_asked = tools.asks_about(call_id)
    await tools.answer(call_id, is_yes=is_yes)
    return is_asked
