"""How much memory there is for one more process: of the machine, and of the container in it."""

from __future__ import annotations

from pathlib import Path

_PROC, _CGROUP = Path("/proc"), Path("/sys/fs/cgroup")


def free_memory_bytes(*, proc: Path = _PROC, cgroup: Path = _CGROUP) -> int | None:
    """Return what can be had without taking it from anybody; None where nothing tells.

    Args:
        proc: Linux's `/proc`.
        cgroup: Where the limits of a container are, as Linux has them in version 2 and 1.
    """
    found = (
        _of_machine(proc / "meminfo"),
        _of_container(cgroup / "memory.max", cgroup / "memory.current", cgroup / "memory.stat"),
        _of_container(
            cgroup / "memory" / "memory.limit_in_bytes",
            cgroup / "memory" / "memory.usage_in_bytes",
            cgroup / "memory" / "memory.stat",
        ),
    )
    return min((free for free in found if free is not None), default=None)


def _of_machine(path: Path) -> int | None:
    kilobytes = _fields(path).get("MemAvailable:")
    return None if kilobytes is None else 1024 * kilobytes


def _of_container(most: Path, used: Path, stat: Path) -> int | None:
    try:
        # "max", or a number larger than any machine has, is no limit.
        limit, taken = int(most.read_text()), int(used.read_text())
    except (OSError, ValueError):
        return None
    # Files it has read and nobody uses are given up as soon as there is need.
    return max(0, limit - taken + _fields(stat).get("inactive_file", 0))


def _fields(path: Path) -> dict[str, int]:
    try:
        lines = [line.split() for line in path.read_text().splitlines()]
    except (OSError, ValueError):
        return {}
    return {parts[0]: int(parts[1]) for parts in lines if len(parts) > 1 and parts[1].isdecimal()}
