"""A call that fails on a machine that was late is held again, once, and the run tells of it.

Speech that stands still for a moment is heard as other words: what a call shows is the product's
only as far as the machine was in time for it. One that fails twice has failed.
"""

from __future__ import annotations

from collections.abc import Callable

import pytest
from _pytest.runner import runtestprotocol
from xdist.workermanage import WorkerController

from tests.cpu_pressure import CpuPressure

LATE = 1.25
"""How many times longer work has taken: something waited for a processor a fifth of the time."""
_TOLD = "held_again"


class HeldAgain:
    """Runs such tests by itself.

    Args:
        is_call: Tells by its id whether a test is one.
        measure: Begins to measure how late the machine is.
    """

    def __init__(
        self,
        is_call: Callable[[str], bool],
        *,
        measure: Callable[[], CpuPressure] = CpuPressure,
    ) -> None:
        self._is_call = is_call
        self._measure = measure
        self._told: list[str] = []

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_protocol(
        self, item: pytest.Function, nextitem: pytest.Item | None
    ) -> bool | None:
        """Run a call, and once more where the first time cannot count."""
        if not self._is_call(item.nodeid):
            return None
        item.ihook.pytest_runtest_logstart(nodeid=item.nodeid, location=item.location)
        pressure = self._measure()
        reports = runtestprotocol(item, log=False, nextitem=nextitem)
        failed = [report for report in reports if report.failed]
        if failed and pressure.stretch >= LATE:
            how = f"{item.nodeid}: all took {pressure.stretch:.1f} times as long"
            self._told.append(f"{how}\n{failed[0].longreprtext}")
            # Not public: fresh fixtures, as the first time has used its own up.
            item._initrequest()  # pyright: ignore[reportPrivateUsage]
            reports = runtestprotocol(item, log=False, nextitem=nextitem)
        for report in reports:
            item.ihook.pytest_runtest_logreport(report=report)
        item.ihook.pytest_runtest_logfinish(nodeid=item.nodeid, location=item.location)
        return True

    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """What a worker of `-n` prints is lost."""
        told = getattr(session.config, "workeroutput", None)
        if told is not None:
            told[_TOLD] = self._told

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: WorkerController) -> None:
        """Take what a worker has found out."""
        self._told += getattr(node, "workeroutput", {}).get(_TOLD, ())

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """Tell of each, and of what failed at first."""
        if self._told:
            terminalreporter.section("calls held again, as the machine was late")
            terminalreporter.write_line("\n".join(self._told))
