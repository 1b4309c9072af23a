"""Raw results: one JSON object a line, in bench/results/ (not committed)."""

from __future__ import annotations

import json
import os
import platform
import subprocess
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from bench.stage import RESULTS, ROOT

_PINNED = ("pipecat-ai", "livekit-agents", "livekit", "numpy", "onnxruntime")


class RowFile:
    """Collects rows and writes each at once: a run that is cut keeps what it measured."""

    def __init__(self, bench: str) -> None:
        RESULTS.mkdir(parents=True, exist_ok=True)
        stamp = datetime.now(UTC).strftime("%Y%m%d-%H%M%S")
        self.path = RESULTS / f"{bench}-{stamp}.jsonl"
        self.rows: list[dict[str, Any]] = []
        self._file = self.path.open("w", encoding="utf-8")

    def __enter__(self) -> Self:
        """Return itself."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Close the file."""
        self._file.close()

    def add(self, **row: Any) -> None:
        """Write one row."""
        self.rows.append(row)
        self._file.write(json.dumps(row) + "\n")
        self._file.flush()


def read_rows(path: Path) -> list[dict[str, Any]]:
    """Return the rows of a results file."""
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line]


def newest(bench: str) -> Path | None:
    """Return the newest results file of a bench; None if it never ran."""
    found = sorted(RESULTS.glob(f"{bench}-2*.jsonl"))
    return found[-1] if found else None


def machine() -> dict[str, Any]:
    """Return what a figure depends on: machine, commit, versions, load."""
    commit = subprocess.run(
        ["git", "rev-parse", "--short", "HEAD"], cwd=ROOT, capture_output=True, text=True
    )
    return {
        "cpus": os.cpu_count(),
        "cpu_model": _cpu_model(),
        "python": platform.python_version(),
        "commit": commit.stdout.strip() or "unknown",
        "versions": {name: version(name) for name in _PINNED},
        "load_1min": os.getloadavg()[0],
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
    }


def _cpu_model() -> str:
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.processor()
