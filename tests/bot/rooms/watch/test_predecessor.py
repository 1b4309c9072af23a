"""Which runner was in a folder before."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from bot.processes.first_lock import lock_first
from bot.rooms.watch.predecessor import open_owner

_ONE, _TWO, _THREE = ("1" * 32, "2" * 32, "3" * 32)


def test_who_is_dead_is_known_to_the_next_one(tmp_path: Path) -> None:
    with open_owner(tmp_path / "data", _ONE) as dead:
        assert dead == ""
    with open_owner(tmp_path / "data", _TWO) as dead:
        assert dead == _ONE


def test_who_lives_is_not_taken_for_dead(tmp_path: Path) -> None:
    with open_owner(tmp_path, _ONE), open_owner(tmp_path, _TWO) as dead:
        assert dead == ""
    # Of two that are dead the first one's place is the next one's.
    with open_owner(tmp_path, _THREE) as dead:
        assert dead == _ONE


@pytest.mark.parametrize("told", [b"", b"x" * 32, b"\xff" * 32, b"1" * 33, b"1" * 1000])
def test_a_file_that_names_nobody_is_written_anew(tmp_path: Path, told: bytes) -> None:
    _, file = lock_first(tmp_path, "runner")
    os.write(file, told)
    os.close(file)
    with open_owner(tmp_path, _ONE) as dead:
        assert dead == ""
    with open_owner(tmp_path, _TWO) as dead:
        assert dead == _ONE


def test_a_folder_that_cannot_be_written_is_no_reason_to_stop(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with open_owner(tmp_path / "file", _ONE) as dead:
        assert dead == ""
