"""Runs the calls of one session's language model. The pipeline needs `ToolRuntime` only.

The decisions are made in `tools/calls`, which has neither tasks nor a clock; here they are carried
out. `tools/runtime/tool_calling.py` connects the language model service.
"""

from __future__ import annotations

import asyncio
import time
import uuid
from collections.abc import Awaitable, Callable, Collection, Iterable, Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import replace
from functools import partial
from typing import Any

from loguru import logger
from pipecat.adapters.llm.schemas.direct_function import tool_options
from pipecat.adapters.llm.schemas.function_schema import FunctionSchema
from pipecat.adapters.llm.schemas.tools_schema import ToolsSchema
from pipecat.frames.frames import FunctionCallResultProperties
from pipecat.processors.aggregators.llm_context import LLMContext
from pipecat.services.llm_service import FunctionCallParams

from tools.calls.admission import MAX_TOOL_STEPS
from tools.calls.attempts import Attempt
from tools.calls.call import Call, CallRequest, CallState
from tools.calls.commands import (
    Ask,
    CallEvent,
    CallStarted,
    Command,
    Notify,
    Say,
    Settle,
    Start,
    Stop,
)
from tools.calls.consent import Consent
from tools.calls.floor import Floor, UntoldFloor
from tools.calls.ledger import CallLedger
from tools.english import ENGLISH
from tools.errors import ToolError
from tools.language import ToolLanguage
from tools.runtime.announcer import Announcer
from tools.runtime.call_tasks import CallTasks
from tools.runtime.context import mend_late_result, move_call_to_end
from tools.runtime.ticker import Ticker
from tools.runtime.toolbox import Toolbox
from tools.tool import Effect, Tool

OWN_RESOURCES = frozenset(
    {"say", "progress", "until_spoken", "idempotency_key", "reminders", "person"}
)
"""What every tool may ask for without the session providing it."""

# Every call ends by its own time-out; Pipecat's would also end one that waits for the caller's yes.
_PIPECAT_LIMIT_SECS = 3600.0
_TICK_SECS = 0.1


class ToolRuntime:
    """Owns the tools, calls and reminders of one session.

    Args:
        tools: What the model may call; a tool whose resources are missing is left out.
        resources: Clients, stores and callables, handed to the tools by name.
        on_event: Told what happens to calls; only takes note and returns.
        floor: Who speaks; without it nothing is said unasked.
        max_steps: How many generations in a row may call tools within one turn.
        language: What the caller is told and asked in.
        session_key: What the session is known by in idempotency keys; None takes a random one.
        before_effect: Awaited before a tool runs that may change something: the log of the call
            has to hold that it began. Must not raise, and not take long. If it returns False the
            session is another bot's, and nothing is done.
        clock: The time in seconds, as the floor has it; monotonic.
    """

    def __init__(  # noqa: PLR0913 - what one session's tools need of the rest
        self,
        *,
        tools: Iterable[Tool],
        resources: Mapping[str, object],
        on_event: Callable[[CallEvent], None] | None = None,
        floor: Floor | None = None,
        max_steps: int = MAX_TOOL_STEPS,
        language: ToolLanguage = ENGLISH,
        session_key: str | None = None,
        before_effect: Callable[[], Awaitable[bool]] | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._clock = clock
        self._on_event = on_event
        self._resources: dict[str, object] = {"language": language, "person": "", **resources}
        self._toolbox = Toolbox(resources=self._resources.keys() | OWN_RESOURCES)
        self._own_key = uuid.uuid4().hex
        self._session_key = session_key or self._own_key
        self._ledger = CallLedger(language, max_steps=max_steps)
        self._tasks = CallTasks(
            on_return=self._on_return, on_raise=self._on_raise, before_effect=before_effect
        )
        self._ticker = Ticker(tick=self._tick, next_wait_secs=self._next_wait_secs)
        self.announcer = Announcer(
            floor=floor or UntoldFloor(),
            clock=clock,
            wake=self._ticker.wake,
            sentences=language.sentences,
        )
        self._settled: dict[str, asyncio.Future[Settle]] = {}
        self._delivery = asyncio.Lock()
        self.offer(tools)

    @property
    def tool_names(self) -> Collection[str]:
        """What the model may call, at any time."""
        return self._toolbox.names

    def only_reads(self, name: str) -> bool:
        """Tell whether a tool changes nothing; False for one that nobody knows."""
        return name in self.tool_names and self._toolbox.find(name).effect is Effect.READ

    def offer(self, tools: Iterable[Tool]) -> None:
        """Let the model call these too; a name that is taken stays with its first tool."""
        self._toolbox.add(tools)
        self._ledger.has_outside_text = self._toolbox.has_outside_text

    def know_effect(self, idempotency_key: str, *, is_done: bool) -> None:
        """Note what another bot of the session has tried and may happen only once.

        Args:
            idempotency_key: Of the call; one of another session, or of what may be done again, is
                none to know.
            is_done: False: it may have happened.
        """
        attempt = Attempt.DONE if is_done else Attempt.UNKNOWN
        prefix = f"{self._session_key}-"
        if idempotency_key.startswith(prefix):
            self._ledger.attempts.know(idempotency_key.removeprefix(prefix), attempt)

    def know_person(self, person: str) -> None:
        """Note who the caller is, by the word of whoever let them in; their own tools come too."""
        self._resources["person"] = person
        self._toolbox.know_person(person)

    def advertise_in(self, context: LLMContext) -> None:
        """Let the model read of the tools that came since it was last asked."""
        known = context.tools.standard_tools if isinstance(context.tools, ToolsSchema) else []
        if len(known) != len(self.tool_names):
            context.set_tools(list(self.function_schemas()))

    def function_schemas(self) -> list[FunctionSchema]:
        """Return what goes into `LLMContext(tools=...)`; Pipecat registers the handlers itself."""
        return self._toolbox.schemas(self.handler())

    def handler(self) -> Callable[[FunctionCallParams], Awaitable[None]]:
        """Return what Pipecat runs for a call, also for one of a tool that does not exist."""

        async def handle(params: FunctionCallParams) -> None:
            await self._handle(params)

        # What an interruption means is decided here for each effect, not by Pipecat.
        return tool_options(cancel_on_interruption=False, timeout_secs=_PIPECAT_LIMIT_SECS)(handle)

    def begin_turn(self) -> None:
        """Note that the model now answers something new the caller said."""
        self._ledger.begin_turn()

    def propose(self, calls: Sequence[tuple[str, str, Mapping[str, Any]]]) -> None:
        """Note the calls (id, name, arguments) of one generation; they run when handled."""
        self._ledger.propose([self._request(*call) for call in calls])

    async def interrupt(self) -> None:
        """Note that the caller interrupted."""
        self.announcer.interrupted()
        await self._obey(self._ledger.interrupt())

    @property
    def is_busy(self) -> bool:
        """Whether a call runs, waits, or asks the caller."""
        return bool(self._ledger.open_calls)

    @property
    def is_asking(self) -> bool:
        """Whether the caller has been asked for a yes and has not answered."""
        call = self._ledger.asked_call
        return call is not None and call.state is CallState.CONFIRMING

    def asks_about(self, call_id: str) -> bool:
        """Tell whether this is the call the caller has been asked about."""
        call = self._ledger.asked_call
        return self.is_asking and call is not None and call.call_id == call_id

    async def hear(self, text: str) -> bool:
        """Take the caller's words as the answer to a question.

        Returns:
            True if they were a yes or a no: then the call's result brings the reply, and the words
            need none of their own.
        """
        call, asked_secs = self._ledger.asked_call, self._ledger.asked_secs
        was_heard = call is not None and self.announcer.was_heard(call, asked_secs)
        answer, commands = self._ledger.hear(
            text, now_secs=self._clock(), was_question_heard=was_heard
        )
        await self._obey(commands)
        is_answer = answer in (Consent.YES, Consent.NO)
        if is_answer:
            self.announcer.model_ended()
        return is_answer

    def hold_question(self) -> None:
        """Let the question wait, however long: the caller is away."""
        self._ledger.hold_question()

    def put_question(self, *, is_again: bool) -> None:
        """Let the question be answered; have it put once more if it `is_again` to be."""
        self._ledger.put_question(self._clock(), is_again=is_again)
        self._ticker.wake()

    async def answer(self, call_id: str, *, is_yes: bool) -> None:
        """Take the answer of the page's button; one to a question not being asked is ignored."""
        await self._obey(self._ledger.answer(call_id, is_yes, self._clock()))

    async def aclose(self, *, grace_secs: float = 3.0) -> None:
        """End all calls; a write that is under way gets `grace_secs` to finish."""
        async with AsyncExitStack() as stack:
            stack.push_async_callback(self._tasks.aclose)
            stack.push_async_callback(self._ticker.aclose)
            if any(call.tool.effect is not Effect.READ for call in self._running):
                await self._tasks.finish(within_secs=grace_secs)
            await self._obey(self._ledger.close())

    async def _handle(self, params: FunctionCallParams) -> None:
        call_id = params.tool_call_id
        # A service that is no `ToolTurns` speaks for the runtime all the same.
        self.announcer.outlet.lend(params.llm.push_frame)
        if call_id not in self._settled:
            # The service is no `ToolCalls`, so nobody has proposed it.
            self.propose([(call_id, params.function_name, params.arguments)])
        future = self._settled[call_id]
        await self._obey(self._ledger.commit(call_id, self._clock()))
        try:
            settled = await future
        finally:
            self._settled.pop(call_id, None)
        # In the order they were settled: the last one of a generation asks for the reply.
        async with self._delivery:
            move_call_to_end(params.context, call_id)
            properties = FunctionCallResultProperties(
                run_llm=settled.should_reply,
                on_context_updated=partial(_mend, params.context, call_id),
            )
            await params.result_callback(settled.result, properties=properties)

    def _request(self, call_id: str, name: str, arguments: Mapping[str, Any]) -> CallRequest:
        self._settled.setdefault(call_id, asyncio.get_running_loop().create_future())
        return CallRequest(call_id, self._toolbox.find(name), arguments)

    async def _obey(self, commands: Sequence[Command]) -> None:
        for command in commands:
            match command:
                case Start(call):
                    self._tasks.start(call, self._resources_for(call))
                case Stop(call):
                    self._tasks.stop(call)
                case Settle():
                    self._settle(command)
                case Ask(_, text) | Say(text):
                    await self.announcer.say(text)
                case Notify(event):
                    self._tell(event)
        if commands:
            self._ticker.wake()

    def _settle(self, settled: Settle) -> None:
        future = self._settled.get(settled.call.call_id)
        # Pipecat stops waiting for all its calls when the conversation ends.
        if future is None or future.done():
            return
        future.set_result(settled)
        if settled.should_reply:
            # From now on: on the result's way to the model nobody speaks either.
            self.announcer.expect_reply()

    def _tell(self, event: CallEvent) -> None:
        # A name that the model made up may be what somebody said.
        name = event.name if event.name in self.tool_names else "an unknown tool"
        logger.info("{}: {}", type(event).__name__, name)
        if isinstance(event, CallStarted):
            key = self._idempotency_key(self._toolbox.find(event.name), event.idempotency_key)
            event = replace(event, idempotency_key=key)
        if self._on_event is not None:
            self._on_event(event)

    def _idempotency_key(self, tool: Tool, effect_key: str) -> str:
        # Turns are counted anew by a bot that takes the session over.
        is_once = tool.effect is Effect.IRREVERSIBLE
        return f"{self._session_key if is_once else self._own_key}-{effect_key}"

    def _resources_for(self, call: Call) -> dict[str, object]:
        async def progress(text: str) -> None:
            await self._obey(self._ledger.progress(call.call_id, text))

        at_hand: dict[str, object] = {
            "say": self.announcer.say,
            "until_spoken": self.announcer.until_spoken,
            "reminders": self.announcer.reminders,
            "progress": progress,
            "idempotency_key": self._idempotency_key(call.tool, call.effect_key),
            **self._resources,
        }
        wanted = call.tool.resources | call.tool.optional_resources
        return {name: value for name, value in at_hand.items() if name in wanted}

    @property
    def _running(self) -> list[Call]:
        return [call for call in self._ledger.open_calls if call.state is CallState.RUNNING]

    async def _tick(self) -> None:
        now_secs = self._clock()
        self.announcer.note_question(self._ledger.asked_call, self._ledger.asked_secs)
        quiet_secs = self.announcer.quiet_secs
        await self._obey(self._ledger.tick(now_secs, quiet_secs=quiet_secs))
        await self.announcer.tick(self._running)

    def _next_wait_secs(self) -> float | None:
        return _TICK_SECS if self._ledger.open_calls else self.announcer.next_wait_secs()

    async def _on_return(self, call_id: str, value: object) -> None:
        await self._obey(self._ledger.finish(call_id, value))

    async def _on_raise(self, call_id: str, error: ToolError | None) -> None:
        await self._obey(self._ledger.fail(call_id, error))


async def _mend(context: LLMContext, call_id: str) -> None:
    mend_late_result(context, call_id)
