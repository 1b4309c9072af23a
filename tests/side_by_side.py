"""What runs beside what under `pytest -n 3`: waiting in real time beside work for the processor.

One worker takes the calls in which somebody speaks, one after the other, so that none is held up by
another one that asks for as much: speech that stands still for a moment is heard as other words.
Another one takes whole calls in which nobody speaks, and then its part of all else, as the third
does. They give way.
"""

from __future__ import annotations

import os
import threading
import time
from pathlib import Path

import psutil
import pytest
from typing_extensions import override
from xdist.remote import Producer
from xdist.scheduler import LoadScopeScheduling

_SPOKEN = (
    "tests/e2e/",
    "tests/conformance/",
    "tests/examples/",
    "tests/bot/call/test_session",
    "tests/attacks/test_stream_bombs.py",
    "tests/contract/test_deepgram_contract.py",
)
"""Beginnings of paths."""

_UNSPOKEN = (
    "tests/bot/call/test_handover.py",
    "tests/bot/call/test_person.py",
    "tests/bot/worker/test_worker_places.py",
    "tests/bot/worker/test_worker_run.py",
    "tests/chaos/test_matrix.py",
    "tests/conformance/test_python_client.py",
    "tests/conformance/test_react_hooks.py",
    "tests/e2e/test_access.py",
    "tests/e2e/test_page_brand.py",
    "tests/e2e/test_page_check.py",
    "tests/e2e/test_page_comes_back.py",
    "tests/e2e/test_page_embed.py",
    "tests/e2e/test_page_in_a_room.py",
    "tests/e2e/test_page_languages.py",
    "tests/e2e/test_page_load.py",
    "tests/e2e/test_page_lost_parts.py",
    "tests/e2e/test_page_starts.py",
    "tests/e2e/test_page_truth.py",
    "tests/e2e/test_settings.py",
    "tests/test_runner.py",
    "tests/test_runner_run.py",
)
"""Pages, rooms and processes that have to come in time; what is heard in them is typed, a tone, or
told to the recogniser."""

_NICE = (0, 5, 10)
"""By place in the order: by the kernel's weights a third and a tenth of what speech gets."""
_LOOK_SECS = 1.0


class SideBySide(LoadScopeScheduling):
    """A worker takes the tests of one file after the other, or all calls."""

    def __init__(self, config: pytest.Config, log: Producer | None = None) -> None:
        config.option.loadscopereorder = False
        super().__init__(config, log)

    @override
    def _split_scope(self, nodeid: str) -> str:
        place = _place(nodeid)
        return ("spoken", "unspoken")[place] if place < 2 else nodeid.partition("::")[0]


def is_call(nodeid: str) -> bool:
    """Tell whether a test waits for what happens in a call."""
    return nodeid.startswith((*_SPOKEN, *_UNSPOKEN))


def place_in_order(item: pytest.Item) -> int:
    """Return what to sort by; tests with the same number stay in their order."""
    return _place(item.nodeid)


def _place(nodeid: str) -> int:
    return int(nodeid.startswith(_UNSPOKEN)) if is_call(nodeid) else 2


class GivesWay:
    """Lets tests of other workers go first, and more so with each kind of test that follows."""

    def __init__(self) -> None:
        self._nice = 0
        self._watch: threading.Thread | None = None

    def begin(self, item: pytest.Item) -> None:
        """Go on at the pace that a test may have."""
        nice = _NICE[_place(item.nodeid)]
        if nice <= self._nice:
            return
        self._nice = nice
        os.setpriority(os.PRIO_PROCESS, 0, nice)
        if self._watch is None:
            self._watch = threading.Thread(target=self._slow_sessions, daemon=True)
            self._watch.start()

    def _slow_sessions(self) -> None:
        """Have children that lead sessions of their own give way too.

        Linux shares a processor among sessions first (autogroups), where `nice` counts inside each.
        """
        slowed: set[tuple[int, int]] = set()
        while True:
            for child in psutil.Process().children(recursive=True):
                if (child.pid, self._nice) not in slowed:
                    _slow(child.pid, self._nice)
                    slowed.add((child.pid, self._nice))
            time.sleep(_LOOK_SECS)


def _slow(pid: int, nice: int) -> None:
    try:
        if os.getsid(pid) != os.getsid(0):
            Path(f"/proc/{pid}/autogroup").write_text(str(nice))
    except OSError:
        # It is gone, or this kernel has none.
        return
