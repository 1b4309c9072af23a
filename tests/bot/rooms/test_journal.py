from __future__ import annotations

from collections.abc import Iterator

import pytest

from bot.rooms.journal import Journal, network_of
from bot.spent import Spent
from tests.fake_clock import FakeClock
from tests.log_lines import log_lines


@pytest.fixture
def lines() -> Iterator[list[str]]:
    with log_lines("bot.rooms") as kept:
        yield kept


@pytest.mark.promise("Logs", "A caller's address is never logged, only its network.")
@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("203.0.113.77", "203.0.113.0/24"),
        ("127.0.0.1", "127.0.0.0/24"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1::/48"),
        ("::ffff:203.0.113.77", "203.0.113.0/24"),
        ("fe80::1%eth0", "fe80::/48"),
        ("::1", "::/48"),
        ("unknown", "unknown"),
        ("203.0.113.77\nrefusal reason=none", "unknown"),
        ("", "unknown"),
    ],
)
def test_of_an_address_only_its_network_is_told(address: str, network: str) -> None:
    assert network_of(address) == network


@pytest.mark.promise("Logs", "Each start, refusal and end of a call has one line.")
def test_a_start_a_refusal_and_an_end_have_one_line_each(lines: list[str]) -> None:
    journal = Journal()
    journal.started("s1", network="n")
    journal.refused("at_capacity", network="n")
    spent = Spent(
        call_ms=63_400, prompt_tokens=5_000, completion_tokens=210, speech_chars=9, money_micros=500
    )
    journal.ended("s1", network="n", reason="goodbye", spent=spent)
    assert lines == [
        "start session=s1 network=n",
        "refusal reason=at_capacity network=n",
        "end session=s1 network=n reason=goodbye seconds=63 tokens=5210 "
        "speech_chars=9 money=0.0005",
    ]


@pytest.mark.promise("Logs", "A flood of refused starts does not flood the log.")
def test_a_flood_of_refusals_is_told_in_sums(lines: list[str]) -> None:
    clock = FakeClock()
    journal = Journal(clock_secs=clock)
    for number in range(1_000):
        journal.refused("rate_limited" if number % 10 else "paused", network="n")
    assert len(lines) == 10
    clock.now += 11
    journal.tell_sums()
    assert sorted(lines[10:]) == [
        "refusal reason=paused times=99 more",
        "refusal reason=rate_limited times=891 more",
    ]
    journal.refused("paused", network="n")
    assert lines[-1] == "refusal reason=paused network=n"
