"""What a new bot knows of a call whose bot was killed: the heard conversation, word for word."""

from __future__ import annotations

import asyncio
import json
import random
import time
from difflib import SequenceMatcher
from typing import Any

import httpx
from livekit import rtc

from bench.words import normalized
from tests.chaos.assistant import Assistant
from tests.chaos.client import Client, open_client
from tests.chaos.faults import BOT_KILLED
from tests.chaos.moments import NEXT_ANSWER, NEXT_QUESTION, greeted

_LIMIT_SECS = 90.0
_BACK_SECS = 30.0
_LISTENS_SECS = 3.0


async def kill_at_random(assistant: Assistant, *, dice: random.Random) -> str:
    """Kill the bot of one call in a story, and return what is wrong with the new one's memory."""
    try:
        async with asyncio.timeout(_LIMIT_SECS), open_client(assistant) as client:
            await greeted(client)
            asked = await client.say("What time is it in London?")
            onset_secs = await client.caller.wait_for_onset(asked.u1_secs, _BACK_SECS)
            await client.caller.wait_for_silence(since_secs=onset_secs)
            await client.say("Please tell me a long story.")
            await asyncio.sleep(dice.uniform(0.0, 8.0))
            await BOT_KILLED.begin(assistant, [client])
            before = _heard(client)
            await asyncio.sleep(0.5)
            return await _compare(assistant, client, before)
    except (TimeoutError, OSError, AssertionError, rtc.ConnectError, httpx.HTTPError) as error:
        return f"{type(error).__name__} {error}"[:100]


async def _compare(assistant: Assistant, client: Client, heard: list[str]) -> str:
    since_secs = time.monotonic()
    await client.caller.wait_for_onset(since_secs, _BACK_SECS)
    # The story goes on for half a minute and more: the question cuts in.
    await asyncio.sleep(_LISTENS_SECS)
    asked = await client.say(NEXT_QUESTION)
    await client.caller.wait_until(lambda: client.has_said(NEXT_ANSWER, asked.u1_secs), _BACK_SECS)
    remembered = remembered_in(bytes(assistant.lines["language_model"].sent))
    return difference(heard, remembered)


def _heard(client: Client) -> list[str]:
    """Return every word of the conversation, as both sides' captions show it."""
    captions = sorted(
        [*client.caller.own_captions, *client.caller.bot_captions], key=lambda one: one.first_secs
    )
    return [word for caption in captions for word in normalized(caption.text)]


def remembered_in(sent: bytes) -> list[str]:
    """Return every word of the conversation in the newest request for a reply."""
    # With headers between two requests, and a body whose keys come in any order.
    start = sent.rfind(b"\r\n\r\n{") + 4
    body: dict[str, Any] = json.JSONDecoder().raw_decode(sent[start:].decode(errors="replace"))[0]
    texts = [
        message["content"]
        for message in body["messages"]
        if message["role"] in ("user", "assistant") and isinstance(message.get("content"), str)
    ]
    return [word for text in texts for word in normalized(text)]


def difference(heard: list[str], remembered: list[str]) -> str:
    """Return what is missing or wrong in a memory; one word at a cut is none.

    Args:
        heard: The conversation up to the kill, in words.
        remembered: The same and what came after it.
    """
    matched = SequenceMatcher(None, heard, remembered, autojunk=False).get_matching_blocks()
    missing = len(heard) - sum(block.size for block in matched)
    return f"{missing} of {len(heard)} words" if missing > 1 else ""
