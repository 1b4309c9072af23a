"""An authority is made once and kept to itself, and phones take its word for little."""

from __future__ import annotations

import stat
import threading
from ipaddress import IPv4Address
from pathlib import Path

import pytest

from bot.errors import LaunchError
from bot.lan.authority import open_authority
from tests.bot.lan.certificates import write_pair


def test_it_is_made_once(tmp_path: Path) -> None:
    first, second = open_authority(tmp_path / "tls"), open_authority(tmp_path / "tls")
    assert first.fingerprint == second.fingerprint
    assert first.key.private_numbers() == second.key.private_numbers()


def test_its_key_is_its_owners_alone(tmp_path: Path) -> None:
    open_authority(tmp_path / "tls")
    (kept,) = (tmp_path / "tls").iterdir()
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    assert stat.S_IMODE(kept.parent.stat().st_mode) == 0o700


def test_of_many_that_begin_at_once_all_have_the_same(tmp_path: Path) -> None:
    found: list[str] = []
    starts = [
        threading.Thread(target=lambda: found.append(open_authority(tmp_path / "tls").fingerprint))
        for _ in range(8)
    ]
    for start in starts:
        start.start()
    for start in starts:
        start.join()
    assert len(found) == 8
    assert len(set(found)) == 1
    assert [path.name for path in (tmp_path / "tls").iterdir()] == ["root.pem"]


@pytest.mark.parametrize(
    ("name", "may"),
    [
        (IPv4Address("192.168.1.20"), True),
        (IPv4Address("10.9.8.7"), True),
        (IPv4Address("8.8.8.8"), False),
        (IPv4Address("172.32.0.1"), False),
        ("box.local", True),
        ("localhost", True),
        ("bank.example", False),
        ("notlocal", False),
    ],
)
def test_it_speaks_for_local_networks_alone(
    tmp_path: Path, name: str | IPv4Address, may: bool
) -> None:
    assert open_authority(tmp_path).may_sign(name) is may


def test_mkcerts_is_taken_if_it_is_whole(tmp_path: Path) -> None:
    pair = write_pair(tmp_path, [], is_authority=True)
    mkcert = tmp_path / "mkcert"
    mkcert.mkdir()
    pair.certificate.rename(mkcert / "rootCA.pem")
    assert not open_authority(tmp_path / "tls", mkcert_folder=mkcert).is_mkcert
    pair.key.rename(mkcert / "rootCA-key.pem")
    found = open_authority(tmp_path / "tls", mkcert_folder=mkcert)
    assert found.is_mkcert
    assert found.may_sign("box.example")
    assert not open_authority(tmp_path / "tls", mkcert_folder=tmp_path / "none").is_mkcert


def test_a_damaged_one_is_told(tmp_path: Path) -> None:
    open_authority(tmp_path)
    (tmp_path / "root.pem").write_text("-----BEGIN PRIVATE KEY-----\n")
    with pytest.raises(LaunchError) as refused:
        open_authority(tmp_path)
    assert "is damaged: delete it" in refused.value.message


def test_a_place_that_cannot_be_used_is_told(tmp_path: Path) -> None:
    (tmp_path / "tls").write_text("")
    with pytest.raises(LaunchError) as refused:
        open_authority(tmp_path / "tls")
    assert refused.value.message.startswith("certificates need DATA_DIR")
