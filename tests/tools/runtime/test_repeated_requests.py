"""What is asked for again has the same idempotency key; what is another thing has another."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

import pytest

from tests.tools.runtime.plain_calls import PlainCalls
from tools.errors import ToolError
from tools.runtime.runtime import ToolRuntime
from tools.tool import Tool, tool

_Steps = Callable[[PlainCalls], Any]


class Till:
    """Keeps the key of each attempt to pay; none succeeds, so that each may be tried again."""

    def __init__(self, keys: list[str] | None = None) -> None:
        self.keys: list[str] = [] if keys is None else keys

    def tools(self) -> list[Tool]:
        @tool(effect="irreversible", confirm="Shall I pay {amount}?")
        async def pay(amount: int, currency: str = "euro", *, idempotency_key: str) -> None:
            """Pay.

            Args:
                amount: How much.
                currency: In what.
                idempotency_key: Of the request.
            """
            self._try(idempotency_key)

        @tool(effect="write")
        async def note(amount: int, *, idempotency_key: str) -> None:
            """Note.

            Args:
                amount: How much.
                idempotency_key: Of the request.
            """
            self._try(idempotency_key)

        # As an outside tool's: the model's arguments go through as it wrote them.
        return [pay, note, replace(pay, name="plain_pay", validate=dict)]

    def _try(self, key: str) -> None:
        self.keys.append(key)
        raise ToolError("closed", "The till is closed.")


@asynccontextmanager
async def open_till(session_key: str | None = None) -> AsyncGenerator[tuple[Till, PlainCalls]]:
    till = Till()
    runtime = ToolRuntime(tools=till.tools(), resources={}, session_key=session_key)
    runtime.begin_turn()
    try:
        yield till, PlainCalls(runtime)
    finally:
        await runtime.aclose(grace_secs=0.1)


async def _nothing(_: PlainCalls) -> None:
    pass


async def _next_turn(calls: PlainCalls) -> None:
    calls.runtime.begin_turn()


async def _interruption(calls: PlainCalls) -> None:
    await calls.runtime.interrupt()
    calls.runtime.begin_turn()


_SEVEN = {"amount": 7, "currency": "pound"}


@pytest.mark.promise(
    "Tools", "A request that is repeated, however it comes again, has the same idempotency key."
)
@pytest.mark.parametrize("between", [_nothing, _next_turn, _interruption])
@pytest.mark.parametrize(
    ("name", "first", "second"),
    [
        ("pay", _SEVEN, _SEVEN),
        ("pay", _SEVEN, {"currency": "pound", "amount": "7"}),
        ("pay", {"amount": 7}, {"amount": 7, "currency": "euro"}),
        ("plain_pay", _SEVEN, {"currency": "pound", "amount": 7}),
    ],
)
async def test_a_repeated_request_has_the_key_of_the_first(
    name: str, first: dict[str, object], second: dict[str, object], between: _Steps
) -> None:
    async with open_till() as (till, calls):
        assert (await calls.make(name, first))["status"] == "closed"
        await between(calls)
        assert (await calls.make(name, second))["status"] == "closed"
    assert len(till.keys) == 2
    assert till.keys[0] == till.keys[1]


@pytest.mark.promise(
    "Tools", "A request that is repeated, however it comes again, has the same idempotency key."
)
async def test_a_write_repeated_within_its_turn_has_the_key_of_the_first() -> None:
    async with open_till() as (till, calls):
        for _ in range(2):
            await calls.make("note", {"amount": 7})
    assert till.keys[0] == till.keys[1]


@pytest.mark.promise(
    "Tools", "Another request, or the same in another call, has another idempotency key."
)
async def test_what_is_not_the_same_request_has_a_key_of_its_own() -> None:
    keys: list[str] = []
    for _ in range(2):
        async with open_till() as (till, calls):
            for name, arguments in (
                ("pay", _SEVEN),
                ("pay", {**_SEVEN, "amount": 8}),
                ("pay", {**_SEVEN, "currency": "euro"}),
                ("plain_pay", _SEVEN),
                ("note", {"amount": 7}),
            ):
                await calls.make(name, arguments)
            # Two timers of five minutes set in two turns are two timers.
            calls.runtime.begin_turn()
            await calls.make("note", {"amount": 7})
            keys += till.keys
    assert len(set(keys)) == len(keys) == 12


@pytest.mark.promise("Tools", "What may happen once in a session happens once, whichever bot asks.")
async def test_another_bot_of_the_session_has_the_key_of_the_first() -> None:
    keys: list[list[str]] = []
    for _ in range(2):
        async with open_till("session") as (till, calls):
            await calls.make("pay", _SEVEN)
            # Its turns are counted anew, so that this may be another one.
            await calls.make("note", {"amount": 7})
            keys.append(till.keys)
    (paid, noted), (paid_again, noted_again) = keys
    assert paid == paid_again
    assert noted != noted_again


@pytest.mark.promise("Tools", "What may happen once in a session happens once, whichever bot asks.")
@pytest.mark.parametrize("is_done", [True, False])
async def test_what_another_bot_has_paid_is_not_paid_again(*, is_done: bool) -> None:
    async with open_till("session") as (till, calls):
        await calls.make("pay", _SEVEN)
        (key,) = till.keys
    async with open_till("session") as (till, calls):
        calls.runtime.know_effect(key, is_done=is_done)
        calls.runtime.know_effect("another-session", is_done=True)
        assert (await calls.make("pay", _SEVEN))["status"] != "closed"
        assert not till.keys
        assert (await calls.make("pay", {**_SEVEN, "amount": 8}))["status"] == "closed"


@pytest.mark.promise("Memory", "No effect happens before it is written down that it may have.")
@pytest.mark.parametrize(("name", "waits"), [("pay", True), ("note", True), ("look", False)])
async def test_what_has_an_effect_waits_until_it_is_written_down(name: str, *, waits: bool) -> None:
    order: list[str] = []

    @tool()
    async def look(amount: int) -> None:
        """Look.

        Args:
            amount: At how much.
        """
        order.append(f"look {amount}")

    async def write_down() -> bool:
        order.append("writing")
        await asyncio.sleep(0.01)
        order.append("written")
        return True

    runtime = ToolRuntime(
        tools=[*Till(order).tools(), look], resources={}, before_effect=write_down
    )
    runtime.begin_turn()
    try:
        await PlainCalls(runtime).make(name, {"amount": 7})
    finally:
        await runtime.aclose(grace_secs=0.1)
    assert order[:-1] == (["writing", "written"] if waits else [])


@pytest.mark.promise("Tools", "What may happen once in a session happens once, whichever bot asks.")
@pytest.mark.parametrize("name", ["pay", "note"])
async def test_a_bot_whose_session_is_another_one_s_has_no_effect(name: str) -> None:
    order: list[str] = []

    async def is_mine() -> bool:
        return False

    runtime = ToolRuntime(tools=Till(order).tools(), resources={}, before_effect=is_mine)
    runtime.begin_turn()
    try:
        await PlainCalls(runtime).make(name, {"amount": 7})
    finally:
        await runtime.aclose(grace_secs=0.1)
    assert order == []
