"""Random conversations through the real pipeline: interruptions, late results, answers, coughs."""

from __future__ import annotations

import asyncio
import random
from collections import Counter

import pytest

from tests import fake_openai
from tests.tools.runtime.talk import Talk, calls, open_talk, words
from tools.calls.commands import CallEnded
from tools.tool import Tool, tool

_ACTIONS = 14
_PHRASES = ["Look it up.", "Yes.", "Yes, please.", "No.", "What was that?", "Send it, and wait."]


class World:
    """Tools that take a random time, fail at random, and count their effects."""

    def __init__(self, chance: random.Random) -> None:
        self._chance = chance
        self.effects: Counter[str] = Counter()

    def tools(self) -> list[Tool]:
        @tool(timeout_secs=0.3)
        async def look_up(number: int) -> object:
            """Look something up.

            Args:
                number: Which.
            """
            await self._happen()
            return self._chance.choice([{}, {"number": number}, "x" * 9000])

        @tool(effect="write", timeout_secs=0.3)
        async def put_down(number: int, *, idempotency_key: str) -> object:
            """Write something down.

            Args:
                number: Which.
                idempotency_key: Of the request.
            """
            await self._happen()
            self.effects[idempotency_key] += 1
            return number

        @tool(effect="irreversible", timeout_secs=0.3, confirm="Shall I send {number}?")
        async def send(number: int) -> object:
            """Send something.

            Args:
                number: Which.
            """
            await self._happen()
            self.effects[f"send {number}"] += 1
            await self._happen()
            return None

        return [look_up, put_down, send]

    async def _happen(self) -> None:
        await asyncio.sleep(self._chance.choice([0.0, 0.01, 0.1, 5.0]))
        if self._chance.random() < 0.2:
            raise RuntimeError("broken")


def _script(chance: random.Random) -> list[fake_openai.Answer]:
    """Answers of a model that calls tools, wrongly too, and talks."""
    script: list[fake_openai.Answer] = []
    for _ in range(200):
        wishes = [
            (
                chance.choice(["look_up", "put_down", "send", "send", "made_up"]),
                {"number": chance.choice([1, 1, 2, "one"])},
            )
            for _ in range(chance.randint(1, 3))
        ]
        text = chance.choice(["", "Let me see. "])
        reply = calls(*wishes, text=text) if chance.random() < 0.6 else words("Here you are.")
        script.append(fake_openai.chat(*reply))
    return script


async def _act(talk: Talk, chance: random.Random) -> None:
    match chance.randint(0, 5):
        case 0 | 1 | 2:
            await talk.caller_says(chance.choice(_PHRASES))
        case 3:
            # A cough.
            await talk.caller_begins()
            await talk.caller_ends()
        case 4:
            asked = [event.call_id for event in talk.events]
            if asked:
                await talk.runtime.answer(chance.choice(asked), is_yes=chance.random() < 0.7)
        case _:
            await asyncio.sleep(0.3)
    for _ in range(chance.randint(0, 20)):
        await asyncio.sleep(0.01)
        assert talk.messages is not None  # Reading them checks that they are well formed.


@pytest.mark.parametrize("seed", range(4))
async def test_whatever_happens_effects_happen_once_and_every_call_ends(seed: int) -> None:
    chance = random.Random(seed)
    world = World(chance)
    async with open_talk(world.tools()) as talk:
        talk.fake.answers = _script(chance)
        for _ in range(_ACTIONS):
            await _act(talk, chance)
        # The model only talks from now on, and the caller says no to whatever is still asked.
        talk.fake.answers = [fake_openai.chat(*words("Here you are.")) for _ in range(200)]
        for _ in range(15):
            await asyncio.sleep(0.2)
            for event in list(talk.events):
                await talk.runtime.answer(event.call_id, is_yes=False)
        await talk.until(lambda: _open_calls(talk) == [])
        await talk.until(lambda: "async_tool" not in str(talk.messages))
        assert "IN_PROGRESS" not in str(talk.messages)
        assert all(count == 1 for count in world.effects.values())
        ended = Counter(event.call_id for event in talk.events if isinstance(event, CallEnded))
        assert all(count == 1 for count in ended.values())


def _open_calls(talk: Talk) -> list[str]:
    started = [event.call_id for event in talk.events if not isinstance(event, CallEnded)]
    ended = {event.call_id for event in talk.events if isinstance(event, CallEnded)}
    return [call_id for call_id in started if call_id not in ended]
