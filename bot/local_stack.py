"""The processes a machine needs beside the runner: LiveKit, then providers and worker at once."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from loguru import logger

from bot.access.settings import has_open_calendar
from bot.languages.choice import language_notice
from bot.launch import (
    bot_environment,
    build_local_providers,
    build_worker,
    fixed_host,
    free_port,
    local_parts,
    local_settings,
    open_local_place,
    pass_on,
    unused_keys,
)
from bot.livekit.access import LiveKitAccess
from bot.livekit.config import LiveKitPorts
from bot.livekit.instance import open_instance
from bot.livekit.server import open_livekit_server
from bot.processes.part import Part, open_parts
from bot.settings import Settings
from bot.stages.first_load import first_load
from bot.stages.table import language_gaps, language_problem, stages_of, unused_settings
from bot.worker.fork_place import ForkPlace, ForkServer, open_fork_place

if TYPE_CHECKING:
    from bot.http.health import PartsHealth


@dataclass(frozen=True, kw_only=True)
class LocalStack:
    """What runs beside the runner."""

    worker: Part
    providers: Part | None
    """None if every provider is in the cloud."""
    ready: asyncio.Task[None]
    """Ends when both are, with a `LaunchError` if one does not start."""
    fork_server: ForkServer | None = None
    """What the worker's bots are forked from, if not by itself."""

    def tell(
        self,
        *,
        on_death: Callable[[int], None],
        on_forks_death: Callable[[], None],
        on_ready: Callable[[], None],
    ) -> None:
        """Tell when the bots are lost, and when others may come.

        Args:
            on_death: Told of the worker, by its process id.
            on_forks_death: Told of what its bots are forked from.
            on_ready: Told that bots can be had again.
        """
        self.worker.tell(on_death=on_death, on_ready=on_ready)
        if self.fork_server is not None:
            self.fork_server.tell(on_death=on_forks_death, on_ready=on_ready)

    async def look(self) -> PartsHealth:
        """Ask each process how it is."""
        # Whoever asks has loaded it: these processes are started before it is.
        from bot.http.health import PartsHealth

        if self.fork_server is not None:
            self.fork_server.go_on()
        providers_are_well = self.providers is None or await self.providers.is_healthy()
        return PartsHealth(
            worker="ok" if await self.worker.is_healthy() else "down",
            local_providers=(
                "unused" if self.providers is None else "ok" if providers_are_well else "down"
            ),
        )

    def kill(self) -> None:
        """End everything at once."""
        processes = [part.process for part in (self.worker, self.providers) if part is not None]
        for process in (*processes, *([self.fork_server.process] if self.fork_server else [])):
            process.kill()


@asynccontextmanager
async def open_livekit(
    settings: Settings, *, webhook_url: str, media_address: str = ""
) -> AsyncGenerator[LiveKitAccess]:
    """Yield the LiveKit server that is set, or run one of our own while the block runs.

    Args:
        settings: Which.
        webhook_url: Gets the events of one of our own.
        media_address: Where its media comes; empty: on this machine alone.

    Raises:
        LaunchError: there is none to be had.
    """
    if settings.livekit_url:
        yield LiveKitAccess(
            url=settings.livekit_url,
            api_key=settings.livekit_api_key,
            api_secret=settings.livekit_api_secret,
            public_url=settings.livekit_public_url,
        )
        return
    with open_instance(settings.data_dir) as instance:
        ports = LiveKitPorts(address=media_address) if media_address else None
        async with open_livekit_server(settings, webhook_url=webhook_url, ports=ports) as server:
            yield LiveKitAccess(
                url=server.url,
                api_key=server.api_key,
                api_secret=server.api_secret,
                instance=instance,
                media=() if not media_address else _media_of(server.ports),
            )


def _media_of(ports: LiveKitPorts) -> tuple[str, ...]:
    return f"{ports.address}:{ports.media_udp} UDP", f"{ports.media_tcp} TCP on every address"


@asynccontextmanager
async def open_local_stack(
    settings: Settings, livekit: LiveKitAccess
) -> AsyncGenerator[LocalStack]:
    """Run the local providers that are needed, and the worker, while the block runs.

    Raises:
        LaunchError: there is no place for one of them.
    """
    _say_stages(settings)
    async with AsyncExitStack() as stack:
        await stack.enter_async_context(first_load(settings))
        providers, place = None, stack.enter_context(open_local_place())
        if local_parts(settings):
            providers = build_local_providers(settings, place=place, on_line=pass_on)
        changes = {
            **unused_keys(settings),
            **local_settings(settings, place),
            **fixed_host(settings),
        }
        fork_place, fork_server = await stack.enter_async_context(_open_forks(livekit, changes))
        worker = build_worker(
            livekit=livekit,
            changes=changes,
            port=free_port(settings.worker_port, setting="WORKER_PORT"),
            on_line=pass_on,
            fork_place=fork_place,
        )
        # A LiveKit that others use too sends calls as soon as there is a worker.
        is_shared = bool(settings.livekit_url)
        parts = open_parts(*([providers] if providers else []), worker, is_in_order=is_shared)
        ready = await stack.enter_async_context(parts)
        yield LocalStack(worker=worker, providers=providers, ready=ready, fork_server=fork_server)


@asynccontextmanager
async def _open_forks(
    livekit: LiveKitAccess, changes: Mapping[str, str]
) -> AsyncGenerator[tuple[ForkPlace, ForkServer] | tuple[None, None]]:
    """Run what the worker's bots are forked from, where there is such a thing."""
    with open_fork_place() as place:
        if place is None:
            yield None, None
            return
        environment = bot_environment(livekit, changes)
        server = ForkServer(place, environment=environment, on_line=pass_on)
        await server.process.start()
        try:
            yield place, server
        finally:
            await server.process.close()


def _say_stages(settings: Settings) -> None:
    for stage in stages_of(settings).in_use():
        logger.info("{}", stage)
    exposed, livekit_url = settings.is_exposed, settings.livekit_url
    is_open = has_open_calendar(settings, is_exposed=exposed, livekit_url=livekit_url)
    if not settings.appointments_for and not is_open:
        logger.info("The calendar is off, as others can call: APPOINTMENTS_FOR says whose it is")
    for sentence in unused_settings(settings):
        logger.warning("{}", sentence)
    if problem := language_problem(settings):
        # The bots speak English then.
        logger.warning("LANGUAGE is {}, and {}", settings.language, problem)
        return
    if notice := language_notice(settings.language):
        logger.warning("{}", notice)
    if gaps := language_gaps(settings):
        logger.warning("LANGUAGE is {}, but {}", settings.language, ", ".join(gaps))
