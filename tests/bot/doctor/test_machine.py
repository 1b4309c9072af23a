"""What a machine has to offer, on this one and at the limits."""

from __future__ import annotations

import asyncio
import resource
import sys
from asyncio.subprocess import PIPE
from pathlib import Path

import pytest

from bot.doctor.machine import judged_clock, judged_descriptors, judged_disk, look_at_machine
from bot.http.listener import bind
from bot.settings import Settings
from tests.nobody import locked_out
from tests.ports import free_port

_MB = 1024 * 1024
_LISTENER = """
import resource, socket, sys
resource.setrlimit(resource.RLIMIT_NOFILE, (400, 400))
with socket.create_server(("127.0.0.1", 0)) as listener:
    print(listener.getsockname()[1], flush=True)
    sys.stdin.read()
"""


@pytest.mark.parametrize(
    ("free_mb", "is_well", "has_advice"),
    [
        (0, False, True),
        (99, False, True),
        (100, True, True),
        (1023, True, True),
        (1025, True, False),
    ],
)
def test_a_disk_that_fills_up_is_told(free_mb: int, is_well: bool, has_advice: bool) -> None:
    found = judged_disk(Path("data"), free_mb * _MB)
    assert (found.is_well, bool(found.fix)) == (is_well, has_advice)


@pytest.mark.parametrize(
    ("limit", "is_well"), [(256, False), (1023, False), (1024, True), (65_536, True), (-1, True)]
)
def test_too_few_descriptors_are_told(limit: int, is_well: bool) -> None:
    found = judged_descriptors(limit, "Parley")
    assert found.is_well is is_well
    assert ("LimitNOFILE" in found.fix) is not is_well


def test_a_clock_that_nobody_keeps_is_a_note() -> None:
    assert judged_clock(None) == []
    (kept,) = judged_clock(0)
    (loose,) = judged_clock(5)
    assert (kept.fix, loose.is_well) == ("", True)
    assert "systemd-timesyncd" in loose.fix


async def test_the_runner_s_own_limit_is_read_if_it_runs(tmp_path: Path) -> None:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", _LISTENER, stdin=PIPE, stdout=PIPE
    )
    assert process.stdin is not None and process.stdout is not None
    try:
        port = int(await process.stdout.readline())
        settings = Settings.model_validate({"port": port, "data_dir": tmp_path})
        found = await look_at_machine(settings)
    finally:
        process.stdin.close()
        await process.wait()
    assert "Parley may open 400 files (nofile)" in [one.what for one in found]


async def test_without_a_runner_it_is_our_own(tmp_path: Path) -> None:
    with bind("127.0.0.1", 0) as listener:
        port = listener.getsockname()[1]
    settings = Settings.model_validate({"port": port, "data_dir": tmp_path / "not" / "yet"})
    found = await look_at_machine(settings)
    assert not (tmp_path / "not").exists()
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    shown = "any number of" if hard < 0 else hard
    assert f"a process that is started here may open {shown} files (nofile)" in [
        one.what for one in found
    ]


async def test_a_folder_that_one_may_not_look_into_is_told(tmp_path: Path) -> None:
    (tmp_path / "theirs").mkdir()
    settings = Settings.model_validate({"port": free_port(), "data_dir": tmp_path / "theirs" / "a"})
    with locked_out(tmp_path / "theirs"):
        found = await look_at_machine(settings)
    (bad,) = [one for one in found if not one.is_well]
    assert "can be written" in bad.what and "Permission denied" in bad.fix


@pytest.mark.parametrize("place", ["file", "file/inside", "link", "link/inside"])
async def test_what_is_no_folder_is_told(tmp_path: Path, place: str) -> None:
    (tmp_path / "file").touch()
    (tmp_path / "link").symlink_to(tmp_path / "gone")
    settings = Settings.model_validate({"port": free_port(), "data_dir": tmp_path / place})
    (bad,) = [one for one in await look_at_machine(settings) if not one.is_well]
    first = tmp_path / place.partition("/")[0]
    assert bad.what == f"DATA_DIR ({tmp_path / place}) can be written"
    assert bad.fix.startswith(f"{first} is no folder, or a link to one that is gone: set DATA_DIR")
