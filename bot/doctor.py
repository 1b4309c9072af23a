"""The command `doctor`: looks at the whole installation and says the fix for what is wrong."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

import httpx
from loguru import logger
from pydantic import SecretStr

from bot.errors import LaunchError, RoomError
from bot.http_server import bind
from bot.launch import build_local_providers, free_port, local_parts, open_part
from bot.livekit_install import CACHE_DIR, cached_program
from bot.page import is_built
from bot.rooms import Rooms
from bot.settings import Settings
from bot.webhook_check import look_for_webhook

_CLOUD_LIMIT_SECS = 5.0
_OPENAI_URL = "https://api.openai.com/v1"
_DEEPGRAM_URL = "https://api.deepgram.com"
_REFUSED = (401, 403)


@dataclass(frozen=True, kw_only=True)
class Finding:
    """One thing that was looked at."""

    is_well: bool
    what: str
    fix: str = ""


async def examine(settings: Settings) -> list[Finding]:
    """Look at everything; the settings themselves have been checked when they were read."""
    checks: tuple[Callable[[Settings], Awaitable[Finding]], ...] = (
        _page,
        _port,
        _livekit,
        _local_providers,
        _speech_to_text,
        _openai,
    )
    settings_are_read = Finding(is_well=True, what="the settings are valid")
    found = await asyncio.gather(*(check(settings) for check in checks))
    return [settings_are_read, *found, await _webhook(settings)]


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
    providers = build_local_providers(
        settings, port=free_port(), on_line=lambda line: logger.debug("{}", line)
    )
    try:
        async with open_part(providers):
            return Finding(is_well=True, what=what)
    except LaunchError as error:
        fix = f"{error.message}; LOG_LEVEL=DEBUG shows why, `make setup` installs the models"
        return Finding(is_well=False, what=what, fix=fix)


async def _speech_to_text(settings: Settings) -> Finding:
    if settings.uses_local_speech_to_text:
        return Finding(is_well=True, what="speech-to-text is local")
    base = (settings.deepgram_base_url or _DEEPGRAM_URL).replace("ws", "http", 1)
    return await _provider(
        "Deepgram", f"{base}/v1/projects", "Token", settings.deepgram_api_key, "DEEPGRAM_API_KEY"
    )


async def _openai(settings: Settings) -> Finding:
    if settings.uses_local_language_model and settings.uses_local_text_to_speech:
        return Finding(is_well=True, what="language model and voice are local")
    base = settings.openai_llm_base_url or settings.openai_base_url or _OPENAI_URL
    return await _provider(
        "OpenAI", f"{base}/models", "Bearer", settings.openai_api_key, "OPENAI_API_KEY"
    )


async def _provider(name: str, url: str, scheme: str, key: SecretStr, setting: str) -> Finding:
    what = f"{name} answers at {url.partition('?')[0]}"
    secret = key.get_secret_value()
    headers = {"Authorization": f"{scheme} {secret}"} if secret else {}
    try:
        async with httpx.AsyncClient(timeout=_CLOUD_LIMIT_SECS) as http:
            answer = await http.get(url, headers=headers)
    except httpx.HTTPError:
        return Finding(is_well=False, what=what, fix="no answer: check the network and the address")
    if answer.status_code in _REFUSED:
        return Finding(is_well=False, what=what, fix=f"the key was refused: check {setting}")
    return Finding(is_well=answer.status_code < 500, what=what)
