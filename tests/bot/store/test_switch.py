from __future__ import annotations

from bot.store.store import Store
from bot.store.switch import is_paused, set_paused


async def test_calls_are_taken_until_the_switch_is_turned_and_again_after_it_is_turned_back(
    store: Store,
) -> None:
    assert not await is_paused(store)
    for paused in (True, True, False, False):
        await set_paused(store, paused)
        assert await is_paused(store) is paused
