"""What runs beside what under `pytest -n 3`: waiting in real time beside work for the processor.

One worker takes the spoken calls, one after the other, so that none is held up by another one that
asks for as much. The others take all else, and give way: speech that stands still for a moment is
heard as other words.
"""

from __future__ import annotations

import os

import pytest
from typing_extensions import override
from xdist.remote import Producer
from xdist.scheduler import LoadScopeScheduling

_IN_REAL_TIME = "in real time"
_CALLS = (
    "tests/e2e/",
    "tests/conformance/",
    "tests/examples/",
    "tests/bot/call/test_session",
    "tests/attacks/test_stream_bombs.py",
    "tests/contract/test_deepgram_contract.py",
)
"""Beginnings of paths."""

_SILENT = (
    "tests/e2e/test_page_check.py",
    "tests/e2e/test_page_embed.py",
    "tests/e2e/test_page_languages.py",
    "tests/e2e/test_page_load.py",
    "tests/e2e/test_page_lost_parts.py",
)
"""Of these nobody speaks, and nothing is judged by when it comes."""

_LONG = (
    "tests/chaos/test_matrix.py",
    "tests/test_runner",
    "tests/bot/rooms/test_events.py",
    "tests/bot/worker/test_worker_run.py",
    "tests/test_mutants.py",
    *_SILENT,
)
"""Of the rest the longest, so that they do not come last."""

_GIVES_WAY = 10
"""As `nice` counts, by the thread, of which browsers have many: a tenth of what a call gets."""


class SideBySide(LoadScopeScheduling):
    """A worker takes the tests of one file after the other, or all calls."""

    def __init__(self, config: pytest.Config, log: Producer | None = None) -> None:
        config.option.loadscopereorder = False
        super().__init__(config, log)

    @override
    def _split_scope(self, nodeid: str) -> str:
        return _IN_REAL_TIME if is_call(nodeid) else nodeid.partition("::")[0]


def is_call(nodeid: str) -> bool:
    """Tell whether a test waits for what is said in it."""
    return nodeid.startswith(_CALLS) and not nodeid.startswith(_SILENT)


def place_in_order(item: pytest.Item) -> int:
    """Return what to sort by; tests with the same number stay in their order."""
    if is_call(item.nodeid):
        return 0
    return 1 if item.nodeid.startswith(_LONG) else 2


def give_way(item: pytest.Item) -> None:
    """Let calls of other workers go first, from the first test on that is none."""
    if not is_call(item.nodeid):
        os.setpriority(os.PRIO_PROCESS, 0, max(os.getpriority(os.PRIO_PROCESS, 0), _GIVES_WAY))
