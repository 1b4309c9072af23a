"""What runs beside what under `pytest -n 2`: waiting in real time beside work for the processor.

One worker begins with everything that starts a whole assistant or a browser, the other with the
tests that only compute; both end with the calls and runs that are left. So a call has a core
almost for itself, and no two browsers run at once.
"""

from __future__ import annotations

import pytest
from typing_extensions import override
from xdist.remote import Producer
from xdist.scheduler import LoadScopeScheduling

_ASSISTANT = "a whole assistant"
_ASSISTANT_FOLDERS = ("tests/e2e/", "tests/conformance/", "tests/examples/")
_CALLS_AND_RUNS = (
    "tests/bot/call/test_session",
    "tests/test_runner",
    "tests/bot/rooms/test_events.py",
    "tests/bot/call/test_worker_run.py",
)
"""Beginnings of paths, the longest first: the two workers end at about the same time."""


class SideBySide(LoadScopeScheduling):
    """A worker takes the tests of a whole file, or all those with an assistant, in order."""

    def __init__(self, config: pytest.Config, log: Producer | None = None) -> None:
        config.option.loadscopereorder = False
        super().__init__(config, log)

    @override
    def _split_scope(self, nodeid: str) -> str:
        return _ASSISTANT if nodeid.startswith(_ASSISTANT_FOLDERS) else nodeid.partition("::")[0]


def place_in_order(item: pytest.Item) -> int:
    """Return what to sort by; tests with the same number stay in their order."""
    if item.nodeid.startswith(_ASSISTANT_FOLDERS):
        return 0
    for number, start in enumerate(_CALLS_AND_RUNS, start=2):
        if item.nodeid.startswith(start):
            return number
    return 1
