"""How a worker ends: by signals, and its calls before it; and a bot that has to at once."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Callable
from typing import TYPE_CHECKING

from loguru import logger

from bot.errors import LaunchError
from bot.worker.worker_line import DRAIN, FAREWELL

if TYPE_CHECKING:
    from livekit.agents import AgentServer

DRAIN_LIMIT_SECS = 3600
"""How long sessions may go on after the first signal, where no other worker takes them; after a
second one they have 15 s, which is what livekit-agents gives them."""
FAREWELL_SECS = 15
"""Then, to say goodbye."""
FAREWELL_SIGNAL = signal.SIGUSR1
"""By which a runner has its worker's calls say goodbye, as it can wait no longer."""

_GIVEN_UP = "failed to connect to livekit"
"""What livekit-agents says after its last try."""


def end_on_signals(
    server: AgentServer,
    *,
    order: Callable[[bytes], None] = lambda _: None,
    drain_secs: float = DRAIN_LIMIT_SECS,
) -> None:
    """End in order.

    First signal: take no new session, and let the running ones go to another worker, or end.
    Second: end them too.

    Args:
        server: Whose sessions.
        order: Tells all bots.
        drain_secs: When those that are left say goodbye.
    """
    ending: list[asyncio.Task[None]] = []
    hurry = asyncio.Event()

    async def end() -> None:
        logger.info("The worker drains")
        draining = asyncio.create_task(server.drain())
        hurried = asyncio.create_task(hurry.wait())
        tasks = {draining, hurried}
        # Not before the server takes no more jobs: what the bots send for is not for this one.
        await asyncio.sleep(0)
        order(DRAIN)
        done, _ = await asyncio.wait(tasks, timeout=drain_secs, return_when=asyncio.FIRST_COMPLETED)
        if not done:
            order(FAREWELL)
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        # While the server drains nobody else can close it.
        for task in tasks:
            task.cancel()
        await asyncio.wait(tasks)
        await server.aclose()

    def on_signal() -> None:
        if ending:
            logger.info("The worker stops now")
            hurry.set()
        else:
            ending.append(asyncio.create_task(end()))

    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, on_signal)
    loop.add_signal_handler(FAREWELL_SIGNAL, order, FAREWELL)


def let_bots_end_together() -> None:
    """Have livekit-agents let go of the event loop for each bot that it waits for as it drains.

    It asks for those that are left again and again, and bots that have ended are left until their
    own tasks have run, which they never do: with two that ended in one moment the worker stood
    still for ever, at full load, and took no second signal (1.8.9, `AgentServer.drain`).
    """
    from livekit.agents.ipc.supervised_proc import SupervisedProc

    join = SupervisedProc.join

    async def join_and_let_go(self: SupervisedProc) -> None:
        await join(self)
        await asyncio.sleep(0)

    SupervisedProc.join = join_and_let_go


async def run_to_end(server: AgentServer, *, url: str) -> None:
    """Run until the server is closed.

    Raises:
        LaunchError: code "livekit_unreachable": it has given LiveKit up; its processes are gone.
    """
    try:
        await server.run()
    except (ConnectionError, RuntimeError) as error:
        if isinstance(error, RuntimeError) and _GIVEN_UP not in str(error):
            raise
        # By itself it goes on listening, and keeps its idle bots.
        await server.aclose()
        message = f"LiveKit cannot be reached at {url}, and was asked for two minutes"
        raise LaunchError("livekit_unreachable", message) from error


def abandon(why: str) -> None:
    """End this bot's process; what is left of it in its room its worker takes out."""
    logger.warning("{}; by now another one may have the call: it ends", why)
    os._exit(1)
