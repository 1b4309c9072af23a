"""Which runner was in a folder before."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from pydantic import SecretStr

from bot.http.backend import open_backend
from bot.http.health import PartsHealth
from bot.livekit.access import LiveKitAccess
from bot.processes.first_lock import lock_first
from bot.rooms.watch.predecessor import open_owner
from bot.settings import Settings
from tests.waiting import until

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


async def test_a_runner_that_comes_to_its_folder_late_is_known_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.store.preparing._FILE_AGAIN_SECS", 0.05)
    (data := tmp_path / "data").symlink_to(tmp_path / "disk")
    with open_owner(tmp_path / "earlier", _ONE):
        pass

    async def look_at_parts() -> PartsHealth:
        return PartsHealth()

    def known() -> str:
        return (data / "runner-0.lock").read_text()

    async with open_backend(
        settings=Settings.model_validate({"data_dir": data, "parked_bots": 0}),
        livekit=LiveKitAccess(
            url="http://127.0.0.1:9", api_key="key", api_secret=SecretStr("secret" * 6)
        ),
        join_link=None,
        look_at_parts=look_at_parts,
    ) as backend:
        (tmp_path / "earlier").rename(tmp_path / "disk")

        async def is_known() -> bool:
            return known() == backend.agreement.owner

        await until(is_known)
