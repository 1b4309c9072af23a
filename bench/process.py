"""CPU time and private memory of processes, read from /proc (Linux)."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

_TICKS_PER_SEC = os.sysconf("SC_CLK_TCK")
_UTIME, _STIME, _PPID = 11, 12, 1
# Fields of /proc/PID/stat after the command, which may itself hold spaces and parentheses.


def _stat(pid: int) -> list[str]:
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()


def cpu_secs(pid: int) -> float:
    """Return the CPU time a process has used; 0.0 if it is gone."""
    try:
        fields = _stat(pid)
    except (FileNotFoundError, ProcessLookupError):
        return 0.0
    return (int(fields[_UTIME]) + int(fields[_STIME])) / _TICKS_PER_SEC


def tree(pid: int) -> list[int]:
    """Return `pid` and all its descendants."""
    children: dict[int, list[int]] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                parent = int(_stat(int(entry.name))[_PPID])
            except (FileNotFoundError, ProcessLookupError):
                continue
            children.setdefault(parent, []).append(int(entry.name))
    found, waiting = [], [pid]
    while waiting:
        current = waiting.pop()
        found.append(current)
        waiting.extend(children.get(current, []))
    return found


def command(pid: int) -> str:
    """Return a process's command line; empty if it is gone."""
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode().strip()
    except (FileNotFoundError, ProcessLookupError):
        return ""


@dataclass(frozen=True)
class Memory:
    """Memory of one process in MB."""

    uss_mb: float
    """Pages nobody shares: what its end gives back."""
    pss_mb: float
    """With its share of what it shares."""


def memory(pid: int) -> Memory:
    """Return the memory of a process; zero if it is gone."""
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except (FileNotFoundError, ProcessLookupError):
        return Memory(0.0, 0.0)
    kilobytes = {
        name: int(rest.split()[0])
        for name, _, rest in (line.partition(":") for line in lines[1:])
        if rest.strip().endswith("kB")
    }
    private = sum(value for name, value in kilobytes.items() if name.startswith("Private_"))
    return Memory(private / 1024, kilobytes["Pss"] / 1024)


class CpuMeter:
    """CPU share of every process of some trees between two looks."""

    def __init__(self, roots: list[int]) -> None:
        self._roots = roots
        self._start: dict[int, float] = self._look()

    def used_secs(self) -> dict[int, float]:
        """Return the CPU seconds of each process since the start; new ones count from zero."""
        return {pid: secs - self._start.get(pid, 0.0) for pid, secs in self._look().items()}

    def _look(self) -> dict[int, float]:
        return {pid: cpu_secs(pid) for root in self._roots for pid in tree(root)}
