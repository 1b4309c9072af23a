"""What is held again, and what is not: whole runs of pytest with calls that fail."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.held_again import LATE

_RUN = """
import sys, pytest
from tests.held_again import HeldAgain

class Pressure:
    stretch = float(sys.argv[2])

plugin = HeldAgain(lambda name: "call" in name, measure=Pressure)
sys.exit(pytest.main([sys.argv[1], "-q", "-p", "no:cacheprovider", "--rootdir", sys.argv[1],
    "-c", "/dev/null"], plugins=[plugin]))
"""
_TESTS = """
import pytest
times = {"call": 0, "unit": 0, "fixtures": 0}

@pytest.fixture
def line():
    times["fixtures"] += 1
    yield times["fixtures"]

@pytest.fixture(scope="module")
def stack():
    yield object()

def fails_at_first(name, failures):
    times[name] += 1
    assert times[name] > failures, "misheard"
"""


def _run(folder: Path, test: str, *, stretch: float) -> tuple[int, str]:
    (folder / "test_some.py").write_text(_TESTS + test)
    command = [sys.executable, "-c", _RUN, str(folder), str(stretch)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60.0)
    return done.returncode, done.stdout


_CALL = """
def test_call(line, stack):
    fails_at_first("call", {failures})
    assert line == times["call"]
"""
_UNIT = """
def test_unit():
    fails_at_first("unit", 1)
"""


@pytest.mark.parametrize(
    ("test", "stretch", "is_well", "is_told"),
    [
        (_CALL.format(failures=0), LATE, True, False),
        (_CALL.format(failures=1), LATE, True, True),
        (_CALL.format(failures=2), LATE, False, True),
        (_CALL.format(failures=1), LATE - 0.01, False, False),
        (_UNIT, LATE, False, False),
    ],
    ids=["well", "fails once", "fails twice", "on a machine in time", "no call"],
)
def test_a_call_is_held_again_once_where_the_machine_was_late(
    tmp_path: Path, test: str, stretch: float, *, is_well: bool, is_told: bool
) -> None:
    code, shown = _run(tmp_path, test, stretch=stretch)
    assert (code == 0) is is_well, shown
    assert ("held again, as the machine was late" in shown) is is_told, shown
    assert ("misheard" in shown) is (is_told or not is_well), shown
    assert ("1 passed" in shown) is is_well, shown
