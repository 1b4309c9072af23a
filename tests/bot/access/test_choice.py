from __future__ import annotations

from pathlib import Path

import pytest

from bot.access.choice import build_door
from bot.access.doors import KeyDoor, OpenDoor, ProxyDoor
from bot.access.invites import InviteDoor
from bot.errors import LaunchError
from bot.settings import Settings
from bot.store.store import open_store


def _settings(way: str, folder: Path) -> Settings:
    given = {"access": way, "access_key": "a long passphrase", "access_proxies": ("10.0.0.5",)}
    return Settings.model_validate({**given, "data_dir": folder})


@pytest.mark.parametrize(
    ("way", "kind"),
    [
        ("", OpenDoor),
        ("open", OpenDoor),
        ("key", KeyDoor),
        ("proxy", ProxyDoor),
        ("invite", InviteDoor),
    ],
)
async def test_the_door_is_the_one_that_is_set(way: str, kind: type, tmp_path: Path) -> None:
    async with open_store(tmp_path) as store:
        assert isinstance(build_door(_settings(way, tmp_path), store), kind)


async def test_invites_that_would_be_forgotten_stop_the_start(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    async with open_store(tmp_path / "file") as in_memory:
        for store in (in_memory, None):
            with pytest.raises(LaunchError, match="DATA_DIR"):
                build_door(_settings("invite", tmp_path), store)
