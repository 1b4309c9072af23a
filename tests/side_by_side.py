"""What runs beside what under `pytest -n 2`: waiting in real time beside work for the processor.

One worker takes the calls whose bot runs inside the test, the other one what is no call. So such a
call has a core almost for itself. Whoever has done takes the calls whose bot and browser are
processes of their own, a file at a time: two of these ask for no more than one beside hard work.
"""

from __future__ import annotations

import pytest
from typing_extensions import override
from xdist.remote import Producer
from xdist.scheduler import LoadScopeScheduling

_IN_REAL_TIME = "in real time"
_CALLS = (
    "tests/conformance/",
    "tests/chaos/test_matrix.py",
    "tests/bot/call/test_person.py",
    "tests/bot/call/test_session",
    "tests/attacks/test_stream_bombs.py",
    "tests/contract/test_deepgram_contract.py",
)
"""Beginnings of paths."""

_CALLS_OF_PROCESSES = ("tests/e2e/", "tests/examples/")

_LONG = (
    "tests/test_runner",
    "tests/bot/rooms/test_events.py",
    "tests/bot/call/test_worker_run.py",
    "tests/test_mutants.py",
)
"""Of the rest the longest, so that they do not come last."""


class SideBySide(LoadScopeScheduling):
    """A worker takes one file after the other, or all calls whose bot is in the test."""

    def __init__(self, config: pytest.Config, log: Producer | None = None) -> None:
        config.option.loadscopereorder = False
        super().__init__(config, log)

    @override
    def _split_scope(self, nodeid: str) -> str:
        return _IN_REAL_TIME if nodeid.startswith(_CALLS) else nodeid.partition("::")[0]


def place_in_order(item: pytest.Item) -> int:
    """Return what to sort by; tests with the same number stay in their order."""
    if item.nodeid.startswith(_CALLS):
        return 0
    if item.nodeid.startswith(_CALLS_OF_PROCESSES):
        return 3
    return 1 if item.nodeid.startswith(_LONG) else 2
