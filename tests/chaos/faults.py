"""What can fail while people talk: each fault with how it begins, and how it is mended."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial

from tests.chaos.assistant import STAGES, Assistant
from tests.chaos.chaos_tools import leak_order
from tests.chaos.client import Client
from tests.chaos.moments import MOMENTS, THINKING, TOOL_FAILS, TOOL_HANGS, Moment

Step = Callable[[Assistant, Sequence[Client]], Awaitable[None]]

_BRIEF_SECS = 8.0
_GONE_SECS = 20.0
_AWAY_SECS = 2.0


async def _nothing(_: Assistant, __: Sequence[Client]) -> None:
    pass


@dataclass(frozen=True, kw_only=True)
class Fault:
    """One failure of one part, in all calls of a batch at once."""

    name: str
    begin: Step = _nothing
    lasts_secs: float = 0.0
    """From its begin to its mending."""
    mend: Step = _nothing
    has_lines: bool = True
    """Whether the providers are ours, behind lines; else the assistant's own."""
    has_way: bool = True
    """Whether the talk can go on; else it ends, and that is said or shown."""
    is_of_caller: bool = False
    """Whether the caller is away meanwhile: nothing is owed before they are back."""
    moments: tuple[Moment, ...] = MOMENTS


async def _signal_bots(
    number: signal.Signals, assistant: Assistant, calls: Sequence[Client]
) -> None:
    for call in calls:
        os.kill(assistant.bot_pid(call.session_id), number)


async def _leak(assistant: Assistant, calls: Sequence[Client]) -> None:
    for call in calls:
        leak_order(assistant.bot_pid(call.session_id)).touch()


async def _kill_part(words: tuple[str, ...], assistant: Assistant, _: Sequence[Client]) -> None:
    assistant.part(*words).kill()


async def _kill_runner(assistant: Assistant, _: Sequence[Client]) -> None:
    assistant.stack.process.kill()


async def _start_runner(assistant: Assistant, _: Sequence[Client]) -> None:
    await asyncio.to_thread(assistant.stack.process.wait, 10.0)
    assistant.stack.restart()


async def _leave(_: Assistant, calls: Sequence[Client]) -> None:
    await asyncio.gather(*(call.leave() for call in calls))


async def _leave_and_return(assistant: Assistant, calls: Sequence[Client]) -> None:
    await _leave(assistant, calls)
    await asyncio.sleep(_AWAY_SECS)
    await asyncio.gather(*(call.resume() for call in calls))


async def _stall(stage: str, assistant: Assistant, _: Sequence[Client]) -> None:
    assistant.lines[stage].stall()


async def _flow(stage: str, assistant: Assistant, _: Sequence[Client]) -> None:
    assistant.lines[stage].flow()


async def _cut(stage: str, assistant: Assistant, _: Sequence[Client]) -> None:
    assistant.lines[stage].cut()


async def _go(stage: str, assistant: Assistant, _: Sequence[Client]) -> None:
    await assistant.lines[stage].leave()


async def _come_back(stage: str, assistant: Assistant, _: Sequence[Client]) -> None:
    await assistant.lines[stage].start()


async def _answer(
    stage: str, faults: Mapping[str, float], assistant: Assistant, _: Sequence[Client]
) -> None:
    # Connections of before would not notice.
    assistant.lines[stage].cut()
    await assistant.set_faults(**{stage: faults})


async def _answer_well(assistant: Assistant, _: Sequence[Client]) -> None:
    await assistant.set_faults()


def of_stage(stage: str) -> list[Fault]:
    name = stage.replace("_", "-").replace("language-model", "language model")
    busy, refused = {"status": 429, "retry_after_secs": 1.0}, {"status": 401}
    brief = Fault(name="", lasts_secs=_BRIEF_SECS)
    return [
        replace(
            brief, name=f"{name} hangs", begin=partial(_stall, stage), mend=partial(_flow, stage)
        ),
        Fault(name=f"{name} cut", begin=partial(_cut, stage)),
        replace(
            brief, name=f"{name} busy (429)", begin=partial(_answer, stage, busy), mend=_answer_well
        ),
        replace(
            brief,
            name=f"{name} refuses the key",
            begin=partial(_answer, stage, refused),
            mend=_answer_well,
            lasts_secs=60.0,
            has_way=False,
        ),
        Fault(
            name=f"{name} gone 20 s",
            begin=partial(_go, stage),
            lasts_secs=_GONE_SECS,
            mend=partial(_come_back, stage),
        ),
    ]


LEAVES = Fault(name="caller leaves and returns", begin=_leave_and_return, is_of_caller=True)
BOT_KILLED = Fault(name="bot killed", begin=partial(_signal_bots, signal.SIGKILL))
BOT_STOPPED = Fault(name="bot stopped (SIGSTOP)", begin=partial(_signal_bots, signal.SIGSTOP))
WORKER_KILLED = Fault(name="worker killed", begin=partial(_kill_part, ("runner.py", "worker")))
# What bots are forked from: their worker takes all of them for dead.
FORKS_KILLED = Fault(
    name="fork server killed", begin=partial(_kill_part, ("multiprocessing.forkserver",))
)
FAULTS = (
    LEAVES,
    BOT_KILLED,
    BOT_STOPPED,
    Fault(name="bot needs too much memory", begin=_leak),
    WORKER_KILLED,
    FORKS_KILLED,
    Fault(name="LiveKit server killed", begin=partial(_kill_part, ("livekit-server",))),
    Fault(
        name="runner killed and restarted", begin=_kill_runner, lasts_secs=0.5, mend=_start_runner
    ),
    Fault(
        name="local providers killed",
        begin=partial(_kill_part, ("bot.local",)),
        has_lines=False,
        # Their model has thought before anything could be killed.
        moments=tuple(moment for moment in MOMENTS if moment is not THINKING),
    ),
    *(fault for stage in STAGES for fault in of_stage(stage)),
    Fault(name="tool hangs", moments=(TOOL_HANGS,)),
    Fault(name="tool fails", moments=(TOOL_FAILS,)),
)
BY_NAME = {fault.name: fault for fault in FAULTS}
