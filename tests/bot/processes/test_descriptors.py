"""How many connections a process may hold, as it was started and as it has it then."""

from __future__ import annotations

import resource
import subprocess
import sys

import pytest

from bot.processes.descriptors import take_descriptors

_CHILD = """
import resource, sys
from bot.processes.descriptors import take_descriptors
soft, hard = map(int, sys.argv[1:])
resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
take_descriptors()
print(*resource.getrlimit(resource.RLIMIT_NOFILE))
"""


@pytest.mark.parametrize(
    ("soft", "hard", "expected"), [(256, 4096, 4096), (1024, 1024, 1024), (300, 300, 300)]
)
def test_a_process_takes_as_many_as_it_may_have(soft: int, hard: int, expected: int) -> None:
    command = [sys.executable, "-c", _CHILD, str(soft), str(hard)]
    told = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60).stdout
    assert told.split() == [str(expected), str(hard)]


@pytest.mark.parametrize(("most", "taken"), [(65_536, 65_536), (30_000, 24_576), (512, None)])
def test_a_system_that_lets_it_have_fewer_than_it_says_gives_those(
    monkeypatch: pytest.MonkeyPatch, most: int, taken: int | None
) -> None:
    given: list[int] = []

    def set_limit(_: int, limits: tuple[int, int]) -> None:
        if limits[0] > most:
            raise ValueError("current limit exceeds maximum limit")
        given.append(limits[0])

    monkeypatch.setattr(resource, "getrlimit", lambda _: (256, resource.RLIM_INFINITY))
    monkeypatch.setattr(resource, "setrlimit", set_limit)
    take_descriptors()
    assert given == ([taken] if taken else [])


def test_a_process_that_may_have_more_keeps_them() -> None:
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    if most < 70_000:
        pytest.skip("nobody may have so many here")
    command = [sys.executable, "-c", _CHILD, "70000", "70000"]
    told = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60).stdout
    assert told.split() == ["70000", "70000"]
