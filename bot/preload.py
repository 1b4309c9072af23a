"""Imported once in the process every bot is forked from; the bots share what is loaded here.

Starts no thread and no event loop: neither survives a fork.
"""

from __future__ import annotations

import asyncio

import uvloop

from bot.session import Session
from processors import turn_analyzer, voice_activity

PRELOADED = (Session,)

voice_activity.load()
turn_analyzer.load()
# The job processes make their own event loop, by this policy.
asyncio.set_event_loop_policy(uvloop.EventLoopPolicy())  # pyright: ignore[reportDeprecated]
