"""A key is made once, for its owner alone, and is the same from then on."""

from __future__ import annotations

import os
import secrets
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


def test_of_two_that_begin_at_once_both_have_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, found = tmp_path / "some.key", list[bytes]()

    def random_bytes(count: int) -> bytes:
        monkeypatch.undo()
        # Another runner comes while the first one makes its key.
        found.append(open_key(path))
        return secrets.token_bytes(count)

    monkeypatch.setattr(secrets, "token_bytes", random_bytes)
    found.append(open_key(path))
    assert len(found[0]) == KEY_BYTES
    assert found[0] == found[1]
    assert [one.name for one in tmp_path.iterdir()] == ["some.key"]


def test_a_volume_without_links_has_a_key_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuses(*_: object) -> None:
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(os, "link", refuses)
    path = tmp_path / "some.key"
    key = open_key(path)
    assert len(key) == KEY_BYTES
    assert open_key(path) == key
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [one.name for one in tmp_path.iterdir()] == ["some.key"]


def test_a_folder_that_cannot_be_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "data").write_text("a file")
    with pytest.raises(OSError, match="data"):
        open_key(tmp_path / "data" / "some.key")
