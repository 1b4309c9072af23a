"""A key is made once, for its owner alone, and is the same from then on."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from bot.store.key_file import KEY_BYTES, open_key


def test_a_key_is_made_once_and_is_its_owners(tmp_path: Path) -> None:
    path = tmp_path / "data" / "some.key"
    key = open_key(path)
    assert len(key) == KEY_BYTES
    assert open_key(path) == key
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert open_key(tmp_path / "other.key") != key


def test_a_folder_that_cannot_be_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "data").write_text("a file")
    with pytest.raises(OSError, match="data"):
        open_key(tmp_path / "data" / "some.key")
