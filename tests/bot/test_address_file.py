"""The address of a runner, for those who ask beside it."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.access.commands import invite
from bot.address_file import kept_address, read_address
from bot.settings import Settings

_URL = "http://127.0.0.1:7861"


async def test_an_invite_leads_to_the_port_that_was_found(tmp_path: Path) -> None:
    settings = Settings.model_validate({"access": "invite", "data_dir": tmp_path})
    with kept_address(tmp_path, _URL):
        assert (await invite(settings, name="Ada", uses=1, days=1)).startswith(f"{_URL}/#invite=")
    assert (await invite(settings, name="Ada", uses=1, days=1)).startswith(
        "http://127.0.0.1:7860/#invite="
    )
    public = {"access": "invite", "data_dir": tmp_path, "public_url": "https://a.test"}
    with kept_address(tmp_path, _URL):
        told = await invite(Settings.model_validate(public), name="Ada", uses=1, days=1)
    assert told.startswith("https://a.test/#invite=")


def test_it_is_kept_as_long_as_it_is_true(tmp_path: Path) -> None:
    folder = tmp_path / "new"
    with kept_address(folder, _URL):
        assert read_address(folder) == _URL
        with kept_address(folder, "http://127.0.0.1:7862"):
            assert read_address(folder) == "http://127.0.0.1:7862"
        assert read_address(folder) == ""
    assert read_address(folder) == ""


def test_one_that_ends_leaves_another_one_s(tmp_path: Path) -> None:
    first = kept_address(tmp_path, _URL)
    first.__enter__()
    with kept_address(tmp_path, "http://127.0.0.1:7862"):
        first.__exit__(None, None, None)
        assert read_address(tmp_path) == "http://127.0.0.1:7862"


@pytest.mark.parametrize(
    "content", [b"", b"\xff\xfe", b"javascript:x", b"http://a\n", b"http://" * 99]
)
def test_what_is_no_address_is_none(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "address").write_bytes(content)
    assert read_address(tmp_path) == ""


def test_a_folder_that_cannot_be_written_stops_nothing(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with kept_address(tmp_path / "file", _URL):
        assert read_address(tmp_path / "file") == ""
