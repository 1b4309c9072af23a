"""What runs beside what under `pytest -n 2`: waiting in real time beside work for the processor.

One worker takes the calls whose bot is a process of its own, with or without a browser. The other
one begins with those whose bot runs inside the test, which want half a core and a young process,
and then takes all that is no call. So no call is held up by another one that asks for as much.
"""

from __future__ import annotations

import pytest
from typing_extensions import override
from xdist.remote import Producer
from xdist.scheduler import LoadScopeScheduling

_CALLS_OF_PROCESSES = (
    "tests/e2e/",
    "tests/conformance/",
    "tests/chaos/test_matrix.py",
    "tests/examples/",
    "tests/attacks/test_stream_bombs.py",
    "tests/contract/test_deepgram_contract.py",
)
"""Beginnings of paths."""

_CALLS_IN_PROCESS = ("tests/bot/call/test_person.py", "tests/bot/call/test_session")

_LONG = (
    "tests/test_runner",
    "tests/bot/rooms/test_events.py",
    "tests/bot/call/test_worker_run.py",
    "tests/test_mutants.py",
)
"""Of the rest the longest, so that they do not come last."""

_TOGETHER = (_CALLS_OF_PROCESSES, _CALLS_IN_PROCESS)


class SideBySide(LoadScopeScheduling):
    """A worker takes the tests of one file after the other, or all calls of a kind."""

    def __init__(self, config: pytest.Config, log: Producer | None = None) -> None:
        config.option.loadscopereorder = False
        super().__init__(config, log)

    @override
    def _split_scope(self, nodeid: str) -> str:
        for kind in _TOGETHER:
            if nodeid.startswith(kind):
                return kind[0]
        return nodeid.partition("::")[0]


def place_in_order(item: pytest.Item) -> int:
    """Return what to sort by; tests with the same number stay in their order."""
    order = (*_TOGETHER, _LONG)
    return next((place for place, kind in enumerate(order) if item.nodeid.startswith(kind)), 3)
