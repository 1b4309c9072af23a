from __future__ import annotations

import asyncio
import gzip
import platform
import re
import socket
import stat
import sys
import tarfile
import time
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from bot.errors import LaunchError
from bot.livekit.release import (
    CHECKSUMS,
    DownloadLimits,
    archive_name,
    download_release,
    unpack_program,
)
from tests.release_server import ReleaseServer, build_archive, running_release_server

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="releases are for Linux only")

_PROGRAM = b"\x7fELF the program\n" * 1000
_QUICK = DownloadLimits(connect_secs=0.3, read_secs=0.3, whole_secs=5.0)


@pytest.fixture
def release() -> Iterator[ReleaseServer]:
    with running_release_server() as server:
        yield server


@pytest.fixture
def name() -> str:
    return archive_name(system="linux", machine=platform.machine())


def _entries(folder: Path) -> set[str]:
    return {str(path.relative_to(folder)) for path in folder.rglob("*")}


async def _refused(
    target: Path,
    release_url: str,
    *,
    limits: DownloadLimits | None = None,
    checksums: Mapping[str, str] = CHECKSUMS,
) -> LaunchError:
    """Download, expect a refusal, and see that nothing at all is left where it went."""
    with pytest.raises(LaunchError) as caught:
        await download_release(target, releases_url=release_url, limits=limits, checksums=checksums)
    assert _entries(target.parent) == set()
    return caught.value


async def test_the_program_of_a_good_archive_is_installed(
    release: ReleaseServer, name: str, tmp_path: Path
) -> None:
    archive = build_archive({"LICENSE": b"text", "livekit-server": _PROGRAM})
    checksums = release.publish(name, archive)
    target = tmp_path / "cache" / "livekit-server"
    await download_release(target, releases_url=release.url, checksums=checksums)
    assert target.read_bytes() == _PROGRAM
    assert stat.S_IMODE(target.stat().st_mode) & 0o700 == 0o700
    assert _entries(target.parent) == {"livekit-server"}


@pytest.mark.promise(
    "Parts on this machine",
    "A LiveKit release is unpacked only if its SHA-256 is the one in the source.",
)
async def test_a_false_archive_with_its_own_checksum_is_refused(
    release: ReleaseServer, name: str, tmp_path: Path
) -> None:
    release.publish(name, build_archive({"livekit-server": _PROGRAM}))
    error = await _refused(tmp_path / "program", release.url)
    message = f"{name} is not the archive that LiveKit released"
    assert (error.code, error.message) == ("bad_release", message)
    assert release.asked == [name]


@pytest.mark.promise(
    "Parts on this machine",
    "A LiveKit release is unpacked only if its SHA-256 is the one in the source.",
)
async def test_the_checksum_is_compared_before_anything_is_unpacked(
    release: ReleaseServer, name: str, tmp_path: Path
) -> None:
    release.publish(name, b"this is no archive at all")
    error = await _refused(tmp_path / "program", release.url)
    assert "not the archive" in error.message


@pytest.mark.promise(
    "Parts on this machine", "Programs are downloaded by https only, redirects included."
)
@pytest.mark.parametrize("url", ["http://releases.example", "ftp://releases.example"])
async def test_an_open_way_is_refused_before_anything_is_asked(tmp_path: Path, url: str) -> None:
    error = await _refused(tmp_path / "program", url)
    assert (error.code, "by https only" in error.message) == ("bad_release", True)


@pytest.mark.promise(
    "Parts on this machine", "Programs are downloaded by https only, redirects included."
)
async def test_a_redirect_to_an_open_way_is_refused(release: ReleaseServer, tmp_path: Path) -> None:
    release.moved_to = "http://releases.example/archive"
    error = await _refused(tmp_path / "program", release.url)
    assert (error.code, "by https only" in error.message) == ("bad_release", True)


def test_each_architecture_has_a_checksum() -> None:
    assert set(CHECKSUMS) == {"amd64", "arm64"}
    assert all(re.fullmatch("[0-9a-f]{64}", digest) for digest in CHECKSUMS.values())


async def test_a_truncated_archive_is_refused(
    release: ReleaseServer, name: str, tmp_path: Path
) -> None:
    whole = build_archive({"livekit-server": _PROGRAM})
    checksums = release.publish(name, whole[: len(whole) // 2])
    error = await _refused(tmp_path / "program", release.url, checksums=checksums)
    assert (error.code, error.message) == ("bad_release", "the LiveKit archive is damaged")


@pytest.mark.parametrize(
    "archive",
    [
        build_archive({"LICENSE": b"text"}),
        build_archive({"../livekit-server": _PROGRAM}),
        build_archive({"/livekit-server": _PROGRAM}),
        build_archive({"sub/livekit-server": _PROGRAM}),
        build_archive({}, links={"livekit-server": "/bin/sh"}),
        build_archive({"livekit-server": _PROGRAM}, links={"livekit-server": "/bin/sh"}),
    ],
    ids=["missing", "parent path", "absolute path", "other folder", "link", "file and link"],
)
async def test_an_archive_without_one_plain_program_is_refused(
    release: ReleaseServer, name: str, tmp_path: Path, archive: bytes
) -> None:
    checksums = release.publish(name, archive)
    error = await _refused(tmp_path / "program", release.url, checksums=checksums)
    assert (error.code, error.message) == (
        "bad_release",
        "the LiveKit archive holds no plain file 'livekit-server'",
    )


async def test_other_entries_are_never_written(
    release: ReleaseServer, name: str, tmp_path: Path
) -> None:
    entries = {"livekit-server": _PROGRAM, "../evil": b"x", f"{tmp_path}/evil": b"x"}
    checksums = release.publish(name, build_archive(entries, links={"evil-link": "/etc"}))
    target = tmp_path / "cache" / "program"
    await download_release(target, releases_url=release.url, checksums=checksums)
    assert _entries(tmp_path) == {"cache", "cache/program"}


def test_an_archive_that_claims_to_be_huge_is_refused(tmp_path: Path) -> None:
    archive = tmp_path / "archive"
    entry = tarfile.TarInfo("livekit-server")
    entry.size = 1 << 40
    archive.write_bytes(gzip.compress(entry.tobuf()))
    with pytest.raises(LaunchError, match="far too large|damaged"):
        unpack_program(archive, tmp_path / "program")
    assert not (tmp_path / "program").exists()


async def test_a_release_that_is_not_there_is_told(release: ReleaseServer, tmp_path: Path) -> None:
    error = await _refused(tmp_path / "program", release.url)
    assert error.code == "no_release"


async def test_a_server_that_stops_sending_is_given_up_soon(
    release: ReleaseServer, name: str, tmp_path: Path
) -> None:
    release.publish(name, build_archive({"livekit-server": _PROGRAM}))
    release.stalled.add(name)
    started = time.monotonic()
    error = await _refused(tmp_path / "program", release.url, limits=_QUICK)
    assert error.code == "no_release"
    assert time.monotonic() - started < 3.0


async def test_a_server_that_never_accepts_is_given_up_soon(tmp_path: Path) -> None:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(1)  # the system accepts, nobody answers
        started = time.monotonic()
        url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        error = await _refused(tmp_path / "program", url, limits=_QUICK)
    assert error.code == "no_release"
    assert time.monotonic() - started < 3.0


async def test_no_network_is_told_at_once(tmp_path: Path) -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{closed.getsockname()[1]}"
        error = await _refused(tmp_path / "program", url)
    assert error.code == "no_release"


async def test_cancelling_leaves_nothing_behind(
    release: ReleaseServer, name: str, tmp_path: Path
) -> None:
    release.publish(name, build_archive({"livekit-server": _PROGRAM}))
    release.stalled.add(name)
    download = asyncio.create_task(download_release(tmp_path / "program", releases_url=release.url))
    assert await asyncio.to_thread(release.is_stalling.wait, 5.0)
    download.cancel()
    with pytest.raises(asyncio.CancelledError):
        await download
    assert _entries(tmp_path) == set()


@pytest.mark.parametrize(
    ("machine", "expected"), [("x86_64", "amd64"), ("aarch64", "arm64"), ("arm64", "arm64")]
)
def test_the_archive_is_named_as_the_release_names_it(machine: str, expected: str) -> None:
    name = archive_name(system="linux", machine=machine)
    assert name == f"livekit_1.13.5_linux_{expected}.tar.gz"


@pytest.mark.parametrize(("system", "machine"), [("darwin", "arm64"), ("linux", "riscv64")])
def test_a_machine_without_a_release_is_told(system: str, machine: str) -> None:
    with pytest.raises(LaunchError) as caught:
        archive_name(system=system, machine=machine)
    assert caught.value.code == "no_release"
