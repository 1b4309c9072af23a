"""What the next start would do with certificates, found out without doing it."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from bot.doctor.certificates import look_at_certificates, root_of
from bot.lan.authority import open_authority
from bot.settings import Settings
from tests.bot.lan.certificates import write_key, write_pair

_HOST = "192.168.1.20"
_DAY = timedelta(days=1)


def _settings(folder: Path, **given: object) -> Settings:
    # Nobody's mkcert is to be found.
    (folder / "none").mkdir(exist_ok=True)
    caroot = folder / "none"
    return Settings.model_validate(
        {"host": _HOST, "data_dir": folder / "data", "caroot": caroot, **given}
    )


async def test_on_loopback_or_behind_a_proxy_none_is_needed(tmp_path: Path) -> None:
    behind = {"public_url": "https://a.test", "access": "invite"}
    for given in ({"host": "127.0.0.1"}, behind):
        found = await look_at_certificates(_settings(tmp_path, **given))
        assert (found.is_well, "needed" in found.what) == (True, True)


async def test_nothing_is_made_by_looking(tmp_path: Path) -> None:
    found = await look_at_certificates(_settings(tmp_path))
    assert (found.is_well, found.fix) == (True, "")
    assert f"https://{_HOST}:7860" in found.what
    assert not (tmp_path / "data").exists()
    assert root_of(_settings(tmp_path)) is None


async def test_what_is_kept_is_looked_at(tmp_path: Path) -> None:
    kept = open_authority(tmp_path / "data" / "tls")
    assert (await look_at_certificates(_settings(tmp_path))).is_well
    assert root_of(_settings(tmp_path)) == kept.certificate
    (tmp_path / "data" / "tls" / "root.pem").write_text("-----BEGIN PRIVATE KEY-----\n")
    found = await look_at_certificates(_settings(tmp_path))
    assert (found.is_well, "is damaged" in found.fix) == (False, True)
    assert [one.name for one in (tmp_path / "data" / "tls").iterdir()] == ["root.pem"]
    assert root_of(_settings(tmp_path)) is None


async def test_an_address_of_the_internet_needs_one_of_its_own(tmp_path: Path) -> None:
    found = await look_at_certificates(_settings(tmp_path, host="9.9.9.9"))
    assert (found.is_well, "TLS_CERT" in found.fix) == (False, True)


@pytest.mark.parametrize(
    ("names", "ends", "is_known", "words"),
    [
        ([_HOST], 30 * _DAY, True, ""),
        ([_HOST], 3 * _DAY, True, ""),
        ([_HOST], _DAY / 4, True, "get a new one soon"),
        ([_HOST], 30 * _DAY, False, "which this machine does not know"),
        (["other.test"], 30 * _DAY, True, "is for other.test, and callers come to 192.168.1.20"),
        ([_HOST], -timedelta(hours=1), True, "expired on"),
    ],
)
async def test_one_s_own_is_judged(
    names: list[str],
    ends: timedelta,
    is_known: bool,
    words: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    pair = write_pair(tmp_path, names, begins=-2 * _DAY, ends=ends)
    if is_known:
        monkeypatch.setenv("SSL_CERT_FILE", str(pair.certificate))
    given = {"tls_cert": pair.certificate, "tls_key": pair.key}
    found = await look_at_certificates(_settings(tmp_path, **given))
    assert words in found.fix and bool(words) is bool(found.fix)
    assert found.is_well is not ("expired" in words or "callers come" in words)


async def test_a_key_of_another_is_told(tmp_path: Path) -> None:
    pair = write_pair(tmp_path, [_HOST])
    write_key(tmp_path / "other.pem")
    given = {"tls_cert": pair.certificate, "tls_key": tmp_path / "other.pem"}
    found = await look_at_certificates(_settings(tmp_path, **given))
    assert (found.is_well, "does not fit" in found.fix) == (False, True)
