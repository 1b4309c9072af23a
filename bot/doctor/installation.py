"""Looks at the whole installation, before it is started, and says the fix for what is wrong."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Callable, Coroutine
from typing import Any

from loguru import logger

from bot.doctor.certificates import look_at_certificates
from bot.doctor.finding import Finding
from bot.doctor.machine import look_at_disk
from bot.doctor.storage import look_at_storage
from bot.errors import LaunchError, RoomError
from bot.http.listener import bind
from bot.http.page.page import is_built
from bot.http.webhook_check import look_for_webhook
from bot.languages.choice import language_notice
from bot.launch import build_local_providers, local_parts, open_local_place
from bot.livekit.install import CACHE_DIR, cached_program
from bot.processes.part import open_parts
from bot.rooms.rooms import Rooms
from bot.settings import Settings
from bot.stages.diagnosis import fix_of
from bot.stages.questions.question import FAILURES, question_of
from bot.stages.stage import Stage
from bot.stages.table import language_gaps, language_problem, stages_of, unused_settings


async def examine(settings: Settings) -> list[Finding]:
    """Look at everything; the settings themselves have been checked when they were read."""
    checks: tuple[Callable[[Settings], Coroutine[Any, Any, Finding]], ...] = (
        _page,
        _port,
        _livekit,
        _local_providers,
        _language,
        look_at_certificates,
    )
    unused = "; ".join(unused_settings(settings))
    settings_are_read = Finding(is_well=True, what="the settings are valid", fix=unused)
    looks = [check(settings) for check in checks]
    looks += [_stage(stage, settings) for stage in stages_of(settings).in_use()]
    found, kept = await asyncio.gather(asyncio.gather(*looks), look_at_storage(settings))
    return [settings_are_read, *found, *look_at_disk(settings), *kept, await _webhook(settings)]


async def _page(_: Settings) -> Finding:
    fix = "" if is_built() else "run `make setup`"
    return Finding(is_well=is_built(), what="the page is built", fix=fix)


async def _port(settings: Settings) -> Finding:
    what = f"{settings.host}:{settings.port} is free"
    try:
        bind(settings.host, settings.port).close()
    except LaunchError as error:
        fix = f"{error.message}; or is the assistant running already?"
        return Finding(is_well=False, what=what, fix=fix)
    return Finding(is_well=True, what=what)


async def _livekit(settings: Settings) -> Finding:
    if not settings.livekit_url:
        has_program = shutil.which("livekit-server") or cached_program(CACHE_DIR).is_file()
        fix = "" if has_program else "run `make setup`, or set LIVEKIT_URL"
        return Finding(is_well=bool(has_program), what="there is a LiveKit server here", fix=fix)
    what = f"the LiveKit server at {settings.livekit_url} answers to our key"
    rooms = Rooms(
        url=settings.livekit_url,
        api_key=settings.livekit_api_key,
        api_secret=settings.livekit_api_secret,
        agent_name=settings.agent_name,
    )
    try:
        async with rooms:
            await rooms.list_live()
    except RoomError as error:
        is_refused = error.code == "livekit_refused"
        names = "LIVEKIT_API_KEY and LIVEKIT_API_SECRET" if is_refused else "LIVEKIT_URL"
        return Finding(is_well=False, what=what, fix=f"{error.message} Check {names}.")
    return Finding(is_well=True, what=what)


async def _webhook(settings: Settings) -> Finding:
    """Look for it last: it needs the port."""
    what, fix = await look_for_webhook(settings)
    return Finding(is_well=True, what=what, fix=fix)


async def _local_providers(settings: Settings) -> Finding:
    parts = local_parts(settings)
    if not parts:
        return Finding(is_well=True, what="no local providers are needed")
    names = ", ".join(part.removeprefix("--") for part in parts)
    what = f"the local providers start ({names})"
    try:
        with open_local_place() as place:
            providers = build_local_providers(
                settings, place=place, on_line=lambda line: logger.debug("{}", line)
            )
            async with open_parts(providers) as ready:
                await ready
                return Finding(is_well=True, what=what)
    except LaunchError as error:
        fix = f"{error.message}; LOG_LEVEL=DEBUG shows why, `make setup` installs the models"
        return Finding(is_well=False, what=what, fix=fix)


async def _language(settings: Settings) -> Finding:
    problem = language_problem(settings)
    notice = language_notice(settings.language)
    what = notice if notice and not problem else f"callers may speak {settings.language}"
    fix = problem or ", ".join(language_gaps(settings))
    return Finding(is_well=not problem, what=what, fix=fix)


async def _stage(stage: Stage, settings: Settings) -> Finding:
    """Ask a stage the question that a call will ask."""
    if stage.is_local and not stage.address:
        return Finding(is_well=True, what=f"{stage.name} is local")
    if problem := stage.vendor.missing_package:
        return Finding(is_well=False, what=f"{stage.name} is installed", fix=problem)
    what = f"{stage.name} answers ({stage.shown_model} at {stage.shown_address})"
    try:
        await question_of(stage).ask(stage, limit_secs=stage.question_secs)
    except FAILURES as error:
        return Finding(is_well=False, what=what, fix=await fix_of(error, stage, settings))
    return Finding(is_well=True, what=what)
