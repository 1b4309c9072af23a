"""Starts per address."""

from __future__ import annotations

import pytest

from bot.http.errors import ApiError
from bot.http.rate_limit import RateLimit
from tests.fake_clock import FakeClock


def test_bucket_fills_again_with_time() -> None:
    clock = FakeClock()
    limit = RateLimit(per_minute=6, clock=clock)
    for _ in range(6):
        limit.take("192.0.2.1")
    with pytest.raises(ApiError) as caught:
        limit.take("192.0.2.1")
    assert caught.value.retry_after_secs == 10
    clock.now += 10.0
    limit.take("192.0.2.1")


def test_addresses_do_not_share() -> None:
    limit = RateLimit(per_minute=1)
    limit.take("192.0.2.1")
    limit.take("192.0.2.2")


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("2001:db8::1", "2001:db8::ffff:1"),
        ("192.0.2.1", "::ffff:192.0.2.1"),
    ],
)
def test_addresses_of_one_customer_share(one: str, other: str) -> None:
    limit = RateLimit(per_minute=1)
    limit.take(one)
    with pytest.raises(ApiError):
        limit.take(other)


def test_memory_is_bounded() -> None:
    limit = RateLimit(per_minute=1)
    for number in range(10_001):
        limit.take(f"10.{number >> 16}.{number >> 8 & 255}.{number & 255}")
    limit.take("10.0.0.0")
