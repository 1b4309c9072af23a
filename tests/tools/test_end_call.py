from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from tests.tools.runtime.talk import calls, id_of, open_talk, words
from tools.end_call import end_call
from tools.result import Quiet


def _noting(
    hung_up: list[list[str]], spoken: Callable[[], list[str]]
) -> Callable[[], Awaitable[None]]:
    async def hang_up() -> None:
        hung_up.append(list(spoken()))

    return hang_up


async def test_it_says_goodbye_waits_until_it_was_heard_and_hangs_up() -> None:
    order: list[str] = []

    async def say(text: str) -> None:
        order.append(text)

    async def until_spoken() -> None:
        order.append("spoken")

    async def hang_up() -> None:
        order.append("hung up")

    result = await end_call("Bye!", say=say, until_spoken=until_spoken, hang_up=hang_up)
    assert order == ["Bye!", "spoken", "hung up"]
    assert isinstance(result, Quiet)
    order.clear()
    await end_call(say=say, until_spoken=until_spoken, hang_up=hang_up)
    assert order == ["spoken", "hung up"]


@pytest.mark.promise("Tools", "The bot hangs up when its goodbye was heard, and says no more.")
async def test_the_call_ends_after_the_goodbye() -> None:
    hung_up: list[list[str]] = []
    resources = {"hang_up": _noting(hung_up, lambda: talk.spoken)}
    async with open_talk([end_call], resources=resources) as talk:
        talk.speech_secs = 0.5
        talk.model_says(calls(("end_call", {}), text="Goodbye, take care. "))
        await talk.caller_says("Goodbye.")
        await talk.until(lambda: hung_up)
        # The last word is told a moment after its sound, and may be told after the end of it.
        assert hung_up[0] in (["Goodbye, take"], ["Goodbye, take care."])
        await talk.until(lambda: talk.spoken == ["Goodbye, take care."])
        assert len(hung_up) == 1
        # Nobody asks the model for another word.
        assert len(talk.fake.requests) == 1


@pytest.mark.promise("Tools", "A caller who speaks into the goodbye is not hung up on.")
async def test_a_caller_who_interrupts_the_goodbye_is_not_hung_up_on() -> None:
    hung_up: list[list[str]] = []
    async with open_talk([end_call], resources={"hang_up": _noting(hung_up, lambda: [])}) as talk:
        talk.speech_secs = 0.5
        reply = calls(("end_call", {}), text="Goodbye. ")
        talk.model_says(reply, words("Of course, what is it?"))
        await talk.caller_says("Goodbye.")
        await talk.until_spoken("Goodbye.")
        await talk.caller_says("Wait, one more thing.")
        await talk.until_spoken("Of course, what is it?")
        # As soon as nobody speaks, a goodbye that goes on would hang up.
        await talk.until(lambda: talk.runtime.announcer.is_floor_free)
        await asyncio.sleep(0.25)
        assert talk.result_of(id_of(reply))["status"] == "dropped"
        assert hung_up == []
