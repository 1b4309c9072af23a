"""Starts per address."""

from __future__ import annotations

from contextlib import suppress

import pytest

from bot.http.errors import ApiError
from bot.http.starts.rate_limit import RateLimit
from bot.networks import widest_network_of
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
        ("192.0.2.1", "64:ff9b::192.0.2.1"),
    ],
)
def test_addresses_of_one_customer_share(one: str, other: str) -> None:
    limit = RateLimit(per_minute=1)
    limit.take(one)
    with pytest.raises(ApiError):
        limit.take(other)


def test_ipv4_callers_of_a_site_that_has_ipv6_alone_do_not_share() -> None:
    limit = RateLimit(per_minute=1)
    limit.take("64:ff9b::192.0.2.1")
    limit.take("64:ff9b::192.0.2.2")


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("192.0.2.1", "192.0.2.1"),
        ("::ffff:192.0.2.1", "192.0.2.1"),
        ("2001:db8:1:2:3::4", "2001:db8:1::/48"),
        ("64:ff9b::192.0.2.1", "192.0.2.1"),
        ("64:ff9b:1::192.0.2.1", "64:ff9b:1::/48"),
        ("unknown", "unknown"),
        ("x" * 1000, "x" * 64),
    ],
)
def test_one_customer_is_one_network(address: str, network: str) -> None:
    assert widest_network_of(address) == network


def accepted(limit: RateLimit, address: str, *, tries: int) -> int:
    count = 0
    for _ in range(tries):
        with suppress(ApiError):
            limit.take(address)
            count += 1
    return count


@pytest.mark.promise(
    "Limits", "An address starts no more calls in a minute than STARTS_PER_MINUTE says."
)
def test_neither_a_rest_nor_insisting_changes_what_an_address_may_start() -> None:
    clock = FakeClock()
    limit = RateLimit(per_minute=6, clock=clock)
    accepted(limit, "192.0.2.1", tries=1)
    clock.now += 3600.0
    assert accepted(limit, "192.0.2.1", tries=100) == 6
    insisting = 0
    for _ in range(600):
        clock.now += 1.0
        insisting += accepted(limit, "192.0.2.1", tries=3)
    assert insisting in (59, 60)


@pytest.mark.promise(
    "Limits", "An address starts no more calls in a minute than STARTS_PER_MINUTE says."
)
def test_address_at_its_limit_stays_there_among_many_others() -> None:
    clock = FakeClock()
    limit = RateLimit(per_minute=1, clock=clock)
    limit.take("192.0.2.1")
    for number in range(10_100):
        limit.take(f"10.{number >> 16}.{number >> 8 & 255}.{number & 255}")
        if number % 1000 == 0:
            assert accepted(limit, "192.0.2.1", tries=1) == 0


def test_memory_is_bounded() -> None:
    limit = RateLimit(per_minute=1)
    for number in range(10_001):
        limit.take(f"10.{number >> 16}.{number >> 8 & 255}.{number & 255}")
    limit.take("10.0.0.0")
