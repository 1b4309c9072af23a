"""Imported once in the process every bot is forked from; the bots share what is loaded here.

Starts no thread and no event loop: neither survives a fork. What a first call would load lazily,
on the event loop of a live session, is loaded here instead.
"""

from __future__ import annotations

import asyncio

import anyio._backends._asyncio
import httpx
import uvloop
from livekit.agents.utils import http_context
from openai import AsyncOpenAI

from bot.call.job_room import JobRoom
from bot.call.session import Session
from bot.languages.choice import language_for, shipped
from processors.language_model import openai_requests, reply_stream
from processors.language_model.openai_requests import build_http_client
from processors.tls import shared_tls_context
from processors.turns import analyzer, silero

silero.load()
analyzer.load()
openai_requests.load()
reply_stream.load()

_openai = AsyncOpenAI(api_key="none", http_client=build_http_client())
PRELOADED = (
    Session,
    JobRoom,
    [language_for(code) for code in (*shipped(), "und")],
    anyio._backends._asyncio,  # pyright: ignore[reportPrivateUsage]
    httpx.AsyncClient(verify=shared_tls_context()),
    # The SDK imports its resources when they are first asked for.
    (_openai.chat.completions, _openai.audio.speech, _openai.models),
    # Cached inside livekit-agents for the client that deletes the room.
    http_context._create_ssl_context(),  # pyright: ignore[reportPrivateUsage]
)

# The job processes make their own event loop, by this policy.
asyncio.set_event_loop_policy(uvloop.EventLoopPolicy())  # pyright: ignore[reportDeprecated]
