"""Files that settings name: there, to be looked at, and with something in them."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.errors import SettingsError
from bot.setting_files import checked_prompt_file
from bot.settings import load_settings
from tests.nobody import locked_out


def test_a_folder_is_no_prompt(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="no such file"):
        checked_prompt_file(tmp_path)


@pytest.mark.promise("Settings", "A file that one may not look at is named by its setting.")
@pytest.mark.parametrize(
    "name",
    [
        *("tls_cert", "tls_key", "caroot", "tools_path", "mcp_servers", "redact_file"),
        *("system_prompt_file", "brand_file"),
    ],
)
def test_a_file_that_one_may_not_look_at_is_told_by_its_setting(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    # As certbot's folders are to everybody but root.
    (tmp_path / "live").mkdir()
    (tmp_path / "live" / "file").touch()
    monkeypatch.setenv(name.upper(), str(tmp_path / "live" / "file"))
    with locked_out(tmp_path / "live"), pytest.raises(SettingsError) as caught:
        load_settings(None)
    told = caught.value.message.split("; ")
    assert any(
        one.startswith(f"{name.upper()}: cannot be") and "Permission denied" in one for one in told
    )


def test_a_file_of_settings_that_one_may_not_read_is_told(tmp_path: Path) -> None:
    (tmp_path / "own").mkdir()
    with locked_out(tmp_path / "own"), pytest.raises(SettingsError) as caught:
        load_settings(tmp_path / "own" / ".env")
    assert "cannot be read (Permission denied)" in caught.value.message
