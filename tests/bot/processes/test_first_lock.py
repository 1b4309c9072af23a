"""Files that one process holds."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from bot.processes.first_lock import lock_first


def test_the_first_one_that_nobody_holds(tmp_path: Path) -> None:
    held = [lock_first(tmp_path, "part") for _ in range(3)]
    assert [number for number, _ in held] == [0, 1, 2]
    os.close(held[1][1])
    number, file = lock_first(tmp_path, "part")
    assert number == 1
    # Another part has files of its own.
    other, other_file = lock_first(tmp_path, "other")
    assert other == 0
    for one in (held[0][1], held[2][1], file, other_file):
        os.close(one)


def test_a_folder_that_cannot_be_used_is_said(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="No such file"):
        lock_first(tmp_path / "missing", "part")
