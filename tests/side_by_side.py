"""What runs beside what under `pytest -n 2`: waiting in real time beside work for the processor.

One worker takes everything in which people speak with the bot, or a browser runs, the other one
all else. So a call has a core almost for itself, and no call is held up by another one.
"""

from __future__ import annotations

import pytest
from typing_extensions import override
from xdist.remote import Producer
from xdist.scheduler import LoadScopeScheduling

_IN_REAL_TIME = "in real time"
_CALLS = (
    "tests/e2e/",
    "tests/conformance/",
    "tests/chaos/test_matrix.py",
    "tests/examples/",
    "tests/bot/call/test_person.py",
    "tests/bot/call/test_session",
    "tests/attacks/test_stream_bombs.py",
    "tests/contract/test_deepgram_contract.py",
)
"""Beginnings of paths."""

_LONG = (
    "tests/test_runner",
    "tests/bot/rooms/test_events.py",
    "tests/bot/call/test_worker_run.py",
    "tests/test_mutants.py",
)
"""Of the rest the longest, so that they do not come last."""


class SideBySide(LoadScopeScheduling):
    """A worker takes the tests of one file after the other, or all calls."""

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
    return 1 if item.nodeid.startswith(_LONG) else 2
