"""Keys that others know, and files that others read."""

from __future__ import annotations

import asyncio
import secrets
from pathlib import Path

import pytest

from bot.doctor.keys import look_at_keys
from bot.settings import PROJECT_ROOT, Settings
from tests.nobody import locked_out

_GOOD = secrets.token_hex(32)


def _settings(folder: Path, **given: object) -> Settings:
    return Settings.model_validate({"data_dir": folder, **given})


def _livekit(secret: str) -> dict[str, str]:
    return {
        "livekit_url": "ws://127.0.0.1:7880",
        "livekit_api_key": "k",
        "livekit_api_secret": secret,
    }


def _example() -> str:
    lines = (PROJECT_ROOT / "deploy" / "parley.env").read_text().splitlines()
    return next(line.partition("=")[2] for line in lines if line.startswith("LIVEKIT_API_SECRET"))


_DATABASE = "postgresql://parley:{}@db.test/parley"


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({}, ""),
        (_livekit(_GOOD), ""),
        (_livekit("secret"), "LIVEKIT_API_SECRET is the one of an example"),
        (_livekit(_example()), "LIVEKIT_API_SECRET is the one of an example"),
        (_livekit(_GOOD[:31]), "LIVEKIT_API_SECRET can be guessed"),
        (_livekit("ab" * 20), "LIVEKIT_API_SECRET can be guessed"),
        ({"access": "key", "access_key": "aaaaaaaaaaaaaa"}, "ACCESS_KEY can be guessed"),
        ({"access": "key", "access_key": _GOOD}, ""),
        ({"access": "open", "public_url": "https://a.test"}, "anybody may call"),
        ({"database_url": _DATABASE.format(_GOOD)}, ""),
        ({"database_url": _DATABASE.format("parley")}, "the password in DATABASE_URL"),
        ({"database_url": _DATABASE.format("postgres")}, "the password in DATABASE_URL"),
        ({"database_url": "postgresql://parley@db.test/parley"}, "the password in DATABASE_URL"),
        ({"database_url": "postgresql://parley@127.0.0.1/parley"}, ""),
    ],
)
async def test_keys_that_others_know_are_told_and_none_is_shown(
    tmp_path: Path, given: dict[str, object], words: str
) -> None:
    (found,) = await look_at_keys(_settings(tmp_path, **given))
    assert words in found.what
    assert found.is_well is (not words or "anybody" in words)
    shown = found.what + found.fix
    assert _GOOD[:31] not in shown and "abab" not in shown and "aaaa" not in shown


def test_a_file_that_others_may_read_is_told(tmp_path: Path) -> None:
    kept = tmp_path / "parley.sqlite"
    kept.touch()
    kept.chmod(0o644)
    settings = _settings(tmp_path)
    closed = [one for one in (tmp_path, *tmp_path.parents) if not one.stat().st_mode & 0o001]
    if closed:
        # A folder above lets nobody through, so nobody reads what is in it.
        assert asyncio.run(look_at_keys(settings))[0].is_well
    for folder in closed:
        folder.chmod(folder.stat().st_mode | 0o001)
    (found,) = asyncio.run(look_at_keys(settings))
    tmp_path.chmod(0o700)
    (private,) = asyncio.run(look_at_keys(settings))
    for folder in closed:
        folder.chmod(folder.stat().st_mode & ~0o001)
    assert found.fix == f"chmod 600 {kept}"
    assert private.is_well


async def test_what_one_may_not_look_at_stops_no_look(tmp_path: Path) -> None:
    (tmp_path / "theirs").mkdir()
    for name in ("cert", "key"):
        (tmp_path / "theirs" / name).touch()
    pair = {"tls_cert": tmp_path / "theirs" / "cert", "tls_key": tmp_path / "theirs" / "key"}
    settings = _settings(tmp_path / "theirs" / "data", **pair)
    with locked_out(tmp_path / "theirs"):
        (found,) = await look_at_keys(settings)
    assert found.is_well
