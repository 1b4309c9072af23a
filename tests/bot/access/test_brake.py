"""Wrong guesses, by one network and by many."""

from __future__ import annotations

import pytest

from bot.access.brake import Brake
from bot.access.errors import AccessError


class _Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


async def _guess(brake: Brake, address: str, *, is_right: bool = False) -> bool:
    """Guess; returns whether anybody looked at the guess."""
    try:
        await brake.guess(address, is_right=is_right)
    except AccessError as error:
        assert error.code == "access_slowed"
        assert error.retry_after_secs and error.retry_after_secs > 0
        return False
    return True


@pytest.mark.promise(
    "Who may call", "Whoever guesses at the key waits longer and longer, from many networks too."
)
async def test_a_network_that_guesses_waits_longer_and_longer() -> None:
    clock = _Clock()
    brake = Brake(clock=clock)
    looked_at = 0
    for second in range(3600):
        clock.now = float(second)
        looked_at += sum([await _guess(brake, "192.0.2.1") for _ in range(10)])
    assert 5 < looked_at <= 20


@pytest.mark.promise(
    "Who may call", "Whoever guesses at the key waits longer and longer, from many networks too."
)
async def test_many_networks_are_slowed_together() -> None:
    clock = _Clock()
    brake = Brake(clock=clock)
    addresses = [f"192.{b}.{c}.1" for b in range(10) for c in range(100)]
    assert sum([await _guess(brake, address) for address in addresses]) == 60
    clock.now = 61.0
    assert sum([await _guess(brake, address) for address in addresses]) == 60


async def test_a_whole_ipv6_customer_is_one_network() -> None:
    brake = Brake(clock=_Clock())
    assert sum([await _guess(brake, f"2001:db8:7:{part:x}::1") for part in range(100)]) == 5


async def test_who_was_right_once_is_not_kept_out_by_others() -> None:
    brake = Brake(clock=_Clock())
    assert await _guess(brake, "198.51.100.1", is_right=True)
    for number in range(250):
        await _guess(brake, f"192.0.2.{number}")
    assert await _guess(brake, "198.51.100.1")
    assert not await _guess(brake, "198.51.100.2")


@pytest.mark.parametrize("forget", ["success", "an hour"])
async def test_what_was_wrong_is_forgotten(forget: str) -> None:
    clock = _Clock()
    brake = Brake(clock=clock)
    for _ in range(4):
        await _guess(brake, "192.0.2.1")
    if forget == "success":
        await _guess(brake, "192.0.2.1", is_right=True)
    else:
        clock.now = 3700.0
    assert sum([await _guess(brake, "192.0.2.1") for _ in range(10)]) == 5


async def test_a_million_failures_are_no_trouble() -> None:
    clock = _Clock()
    brake = Brake(clock=clock)
    for _ in range(10_000):
        clock.now += 900.0
        assert await _guess(brake, "192.0.2.1")
    with pytest.raises(AccessError) as slowed:
        await brake.guess("192.0.2.1", is_right=True)
    assert slowed.value.retry_after_secs == 900
