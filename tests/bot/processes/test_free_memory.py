"""Memory as Linux tells it, of a machine and of a container."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.processes.free_memory import free_memory_bytes

_MEMINFO = "MemTotal:  4096 kB\nMemFree:   10 kB\nMemAvailable:   2000 kB\nHugePages_Total:   0\n"


def written(folder: Path, files: dict[str, str]) -> Path:
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return folder


@pytest.mark.parametrize(
    ("meminfo", "cgroup", "expected"),
    [
        ({"meminfo": _MEMINFO}, {}, 2_048_000),
        ({}, {}, None),
        ({"meminfo": "nonsense"}, {}, None),
        # No limit.
        ({"meminfo": _MEMINFO}, {"memory.max": "max\n", "memory.current": "5\n"}, 2_048_000),
        # A container with less than its machine, and files in it that may go.
        (
            {"meminfo": _MEMINFO},
            {
                "memory.max": "1000000\n",
                "memory.current": "900000\n",
                "memory.stat": "anon 7\ninactive_file 50000\n",
            },
            150_000,
        ),
        (
            {"meminfo": _MEMINFO},
            {
                "memory/memory.limit_in_bytes": "1000000\n",
                "memory/memory.usage_in_bytes": "1200000\n",
            },
            0,
        ),
        (
            {"meminfo": _MEMINFO},
            {
                "memory/memory.limit_in_bytes": "9223372036854771712\n",
                "memory/memory.usage_in_bytes": "12\n",
            },
            2_048_000,
        ),
    ],
)
def test_the_least_of_machine_and_container_counts(
    tmp_path: Path, meminfo: dict[str, str], cgroup: dict[str, str], expected: int | None
) -> None:
    proc = written(tmp_path / "proc", meminfo)
    limits = written(tmp_path / "cgroup", cgroup)
    assert free_memory_bytes(proc=proc, cgroup=limits) == expected


def test_this_machine_tells() -> None:
    free = free_memory_bytes()
    assert free is None or free > 1_000_000
