"""Two runners on one store and one LiveKit, as callers meet them."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any

import httpx
from sqlalchemy.ext.asyncio import AsyncConnection
from typing_extensions import override

from bot.errors import StoreError
from bot.store.store import Store
from tests.bot.http.api_client import Api, error_code, open_api
from tests.fake_rooms import FakeRooms


class LosesAnswers(Store):
    """Does all that it is asked; the answer to one question is lost.

    Args:
        store: Whose tables.
    """

    def __init__(self, store: Store) -> None:
        super().__init__(store._engine, is_kept=True)  # pyright: ignore[reportPrivateUsage]
        self.until_lost = 0
        """The answer to the so many-th question from now is lost; 0: none is."""

    @override
    @asynccontextmanager
    async def transaction(self) -> AsyncGenerator[AsyncConnection]:
        async with super().transaction() as connection:
            yield connection
        self.until_lost -= 1
        if self.until_lost == 0:
            raise StoreError("store_failed", "it did not answer")


@asynccontextmanager
async def two_apis(store: Store, other: Store, **given: Any) -> AsyncGenerator[tuple[Api, Api]]:
    """Run both while the block runs; what each sees of the other by itself, `see` has it see."""
    rooms = FakeRooms(agent_name="parley")
    given = {"starts_per_minute": 1000, **given}
    async with (
        open_api(store=store, rooms=rooms, **given) as one,
        open_api(store=other, rooms=rooms, **given) as two,
    ):
        yield one, two


async def see(*apis: Api) -> None:
    """Have runners look at the others, as they do every two seconds."""
    for api in apis:
        await api.backend.agreement.look()


async def ask(api: Api, number: int, *, wait: bool = True, **body: object) -> httpx.Response:
    """Ask for a session as caller `number`, who has an address and a key."""
    client = api.client_at(f"203.0.113.{number}")
    headers = {"Idempotency-Key": f"key-of-caller-{number}"}
    return await client.post("/api/sessions", json={"wait": wait, **body}, headers=headers)


async def told(api: Api, number: int, **body: Any) -> int | str:
    """Return the place a caller is told, "in", or why they are refused."""
    answer = await ask(api, number, **body)
    if answer.status_code == 202:
        return int(answer.json()["place"])
    return "in" if answer.status_code == 201 else error_code(answer)


def come(api: Api) -> None:
    """Have every caller be in their room, as all runners see."""
    for room in api.rooms.live.values():
        room.has_caller = True


def hang_up(*apis: Api) -> None:
    """End the oldest session."""
    name = next(iter(apis[0].rooms.live))
    del apis[0].rooms.live[name]
    for api in apis:
        api.backend.records.note_ended(name.split("-")[1], "goodbye")


def after_the_pause(api: Api) -> None:
    """Have a runner ask a store again that has failed."""
    later_secs = api.backend.shared.clock() + 6.0
    api.backend.shared.clock = lambda: later_secs
