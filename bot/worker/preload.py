"""Imported once in the process every bot is forked from; the bots share what is loaded here.

Leaves no thread and no event loop: neither survives a fork. What a first call would load lazily, on
the event loop of a live session, is loaded here instead.
"""

from __future__ import annotations

import asyncio
import gc

import anyio
import httpx
import uvloop
from livekit.agents.utils import http_context
from openai import AsyncOpenAI

from bot.call.services import load_services
from bot.call.session import Session
from bot.call.session_tools import load_outside_tools
from bot.languages.choice import language_for, shipped
from bot.settings import load_settings
from bot.store.store import open_as_it_is
from bot.worker.job_room import JobRoom
from processors import provider_requests
from processors.language_model.openai_protocol import reply_stream
from processors.provider_requests import build_http_client
from processors.tls import shared_tls_context
from processors.turns import analyzer, silero

_settings = load_settings()
silero.load()
analyzer.load()
load_services(_settings)
load_outside_tools(_settings)
provider_requests.load()
reply_stream.load()


async def _load_lazy_parts() -> None:
    """Make what livekit-agents keeps for the client that deletes the room: its TLS context."""
    async with http_context.open():
        pass


# anyio loads its larger half when it first runs.
anyio.run(_load_lazy_parts)

_openai = AsyncOpenAI(api_key="none", http_client=build_http_client())
PRELOADED = (
    Session,
    JobRoom,
    [language_for(code) for code in (*shipped(), "und")],
    httpx.AsyncClient(verify=shared_tls_context()),
    # Not connected: what it needs is loaded.
    open_as_it_is(_settings),
    # The SDK imports its resources when they are first asked for.
    (_openai.chat.completions, _openai.audio.speech, _openai.models),
)

# The job processes make their own event loop, by this policy.
asyncio.set_event_loop_policy(uvloop.EventLoopPolicy())  # pyright: ignore[reportDeprecated]

# A collector that looks through all of this takes 0.2 s, in which a bot neither hears nor says
# anything, and its marks are copies of shared pages.
gc.collect()
gc.freeze()
