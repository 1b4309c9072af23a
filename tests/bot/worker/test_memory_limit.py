"""What a process weighs: its own memory, and its share of what it shares."""

from __future__ import annotations

import subprocess
import sys

import pytest

from bot.worker.memory_limit import takes_more_than

_TAKES_100_MB = "taken = b'x' * (100 << 20); print(flush=True); input()"
_SHARES_100_MB = """
import os
taken = b"x" * (100 << 20)
if os.fork() == 0:
    print(os.getpid(), flush=True)
input()
"""


@pytest.mark.parametrize(("limit_mb", "is_over"), [(50, True), (300, False)])
def test_what_a_process_has_taken_counts(limit_mb: float, *, is_over: bool) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", _TAKES_100_MB], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        process.stdout.readline()
        assert takes_more_than(limit_mb, pid=process.pid) is is_over
        process.communicate(b"\n")


@pytest.mark.skipif(sys.platform != "linux", reason="nothing tells what is shared")
@pytest.mark.parametrize(("limit_mb", "is_over"), [(40, True), (90, False)])
def test_what_is_shared_counts_by_its_share(limit_mb: float, *, is_over: bool) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", _SHARES_100_MB], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        child = int(process.stdout.readline())
        assert takes_more_than(limit_mb, pid=child) is is_over
        process.communicate(b"\n\n")


def test_a_process_that_is_gone_takes_nothing() -> None:
    assert not takes_more_than(0, pid=2**22 + 1)
