from __future__ import annotations

import asyncio
import os
import platform
import resource
import socket
import sys
import time
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest

from bot.errors import LaunchError
from bot.livekit.install import cached_program, find_or_install
from bot.livekit.release import archive_name
from bot.settings import Settings
from tests.log_lines import log_lines
from tests.release_server import ReleaseServer, build_archive, running_release_server

_RUNS = "#!/bin/sh\necho livekit-server version 1.2.3\n"
_DOES_NOT_RUN = "#!/bin/sh\nexit 1\n"
# Stands in for Go: leaves a program where `go install` would.
_GO_BUILDS = f"""#!/bin/sh
echo "go: downloading $3" >&2
[ "$1 $2" = "install -v" ] || exit 2
[ "$CGO_ENABLED" = 0 ] || exit 3
printf '%s' '{_RUNS}' > "$GOBIN/server" && chmod 755 "$GOBIN/server"
"""
_GO_FAILS = "#!/bin/sh\necho 'requires go >= 1.26' >&2\nexit 1\n"


@pytest.fixture
def release() -> Iterator[ReleaseServer]:
    with running_release_server() as server:
        yield server


@pytest.fixture
def cache_dir(tmp_path: Path) -> Path:
    return tmp_path / "cache"


@pytest.fixture
def bin_dir(tmp_path: Path) -> Path:
    folder = tmp_path / "bin"
    folder.mkdir()
    return folder


@pytest.fixture
def no_release() -> Settings:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        port = closed.getsockname()[1]
    return _settings(f"http://127.0.0.1:{port}")


@pytest.fixture
def lines() -> Iterator[list[str]]:
    with log_lines("bot.livekit.install", line="{level} {message}") as kept:
        yield kept


def _settings(releases_url: str) -> Settings:
    return Settings(livekit_releases_url=releases_url)


def _put(program: Path, text: str) -> Path:
    program.parent.mkdir(exist_ok=True)
    program.write_text(text, encoding="utf-8")
    program.chmod(0o755)
    return program


async def test_a_server_on_path_is_used_whatever_its_version(
    cache_dir: Path, bin_dir: Path, no_release: Settings, lines: list[str]
) -> None:
    program = _put(bin_dir / "livekit-server", _RUNS)
    _put(cached_program(cache_dir), _RUNS)
    found = await find_or_install(no_release, cache_dir=cache_dir, search_path=str(bin_dir))
    assert found == program
    assert f"DEBUG Using {program} (livekit-server version 1.2.3)" in lines


async def test_a_server_on_path_that_does_not_run_is_passed_over(
    cache_dir: Path, bin_dir: Path, no_release: Settings, lines: list[str]
) -> None:
    broken = _put(bin_dir / "livekit-server", _DOES_NOT_RUN)
    cached = _put(cached_program(cache_dir), _RUNS)
    found = await find_or_install(no_release, cache_dir=cache_dir, search_path=str(bin_dir))
    assert found == cached
    assert f"WARNING {broken} does not run here, looking further" in lines


@pytest.mark.skipif(sys.platform != "linux", reason="releases are for Linux only")
async def test_the_release_is_installed_once(
    release: ReleaseServer, cache_dir: Path, bin_dir: Path
) -> None:
    name = archive_name(system="linux", machine=platform.machine())
    checksums = release.publish(name, build_archive({"livekit-server": _RUNS.encode()}))
    for _ in range(2):
        found = await find_or_install(
            _settings(release.url),
            cache_dir=cache_dir,
            search_path=str(bin_dir),
            checksums=checksums,
        )
        assert found == cached_program(cache_dir)
    assert release.asked == [name]


@pytest.mark.skipif(sys.platform != "linux", reason="releases are for Linux only")
async def test_a_release_that_does_not_run_here_makes_way_for_go(
    release: ReleaseServer, cache_dir: Path, bin_dir: Path
) -> None:
    name = archive_name(system="linux", machine=platform.machine())
    checksums = release.publish(name, build_archive({"livekit-server": _DOES_NOT_RUN.encode()}))
    _put(bin_dir / "go", _GO_BUILDS)
    found = await find_or_install(
        _settings(release.url),
        cache_dir=cache_dir,
        search_path=str(bin_dir),
        checksums=checksums,
    )
    assert _read(found) == _RUNS


@pytest.mark.skipif(sys.platform != "linux", reason="releases are for Linux only")
async def test_a_false_archive_is_an_error_in_the_log(
    release: ReleaseServer, cache_dir: Path, bin_dir: Path, lines: list[str]
) -> None:
    name = archive_name(system="linux", machine=platform.machine())
    release.publish(name, build_archive({"livekit-server": b""}))
    with pytest.raises(LaunchError):
        await find_or_install(_settings(release.url), cache_dir=cache_dir, search_path=str(bin_dir))
    assert any(line.startswith("ERROR") and "not the archive" in line for line in lines)


async def test_without_a_release_go_builds_it_and_says_so(
    cache_dir: Path, bin_dir: Path, no_release: Settings, lines: list[str]
) -> None:
    _put(bin_dir / "go", _GO_BUILDS)
    found = await find_or_install(no_release, cache_dir=cache_dir, search_path=str(bin_dir))
    assert found == cached_program(cache_dir)
    assert _read(found) == _RUNS
    assert _names(cache_dir) == [found.name]
    assert any("Building LiveKit server" in line for line in lines)


async def test_with_nothing_to_be_had_the_error_names_the_ways_out(
    cache_dir: Path, bin_dir: Path, no_release: Settings
) -> None:
    started = time.monotonic()
    with pytest.raises(LaunchError) as caught:
        await find_or_install(no_release, cache_dir=cache_dir, search_path=str(bin_dir))
    assert time.monotonic() - started < 5.0
    assert caught.value.code == "no_livekit_server"
    for way_out in ("LIVEKIT_URL", "brew install livekit", "Go"):
        assert way_out in caught.value.message


async def test_a_build_that_fails_says_why_and_leaves_nothing(
    cache_dir: Path, bin_dir: Path, no_release: Settings, lines: list[str]
) -> None:
    _put(bin_dir / "go", _GO_FAILS)
    with pytest.raises(LaunchError) as caught:
        await find_or_install(no_release, cache_dir=cache_dir, search_path=str(bin_dir))
    assert caught.value.code == "no_livekit_server"
    assert "ERROR The build failed: requires go >= 1.26" in lines
    assert _names(cache_dir) == []


async def test_cancelling_a_build_ends_it_and_leaves_nothing(
    cache_dir: Path, bin_dir: Path, no_release: Settings, tmp_path: Path
) -> None:
    pid_pipe = tmp_path / "pid"
    os.mkfifo(pid_pipe)
    _put(bin_dir / "go", f"#!/bin/sh\necho $$ > {pid_pipe}\nexec sleep 60\n")
    build = asyncio.create_task(
        find_or_install(no_release, cache_dir=cache_dir, search_path=str(bin_dir))
    )
    pid = int(await asyncio.to_thread(_read, pid_pipe))
    build.cancel()
    with pytest.raises(asyncio.CancelledError):
        await build
    assert not psutil.pid_exists(pid)
    assert _names(cache_dir) == []


def _read(path: Path) -> str:
    return path.read_text(encoding="utf-8")


def _names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


@contextmanager
def _full_disk() -> Generator[None]:
    """Let no file grow beyond 100 kB, as if there were no room."""
    most = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, most[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, most)


@pytest.mark.skipif(sys.platform != "linux", reason="LiveKit releases none for this system")
@pytest.mark.parametrize("unpacks", [False, True], ids=["while it comes", "while it is unpacked"])
async def test_a_full_disk_is_told_by_its_folder(
    cache_dir: Path, release: ReleaseServer, unpacks: bool
) -> None:
    # Random bytes do not shrink; zeros are small until they are unpacked.
    content = bytes(2_000_000) if unpacks else os.urandom(300_000)
    name = archive_name(system=sys.platform, machine=platform.machine())
    checksums = release.publish(name, build_archive({"livekit-server": content}))
    with _full_disk(), pytest.raises(LaunchError) as refused:
        await find_or_install(
            _settings(release.url), cache_dir=cache_dir, search_path="", checksums=checksums
        )
    assert refused.value.message.startswith(f"{cache_dir} cannot be written (File too large)")
    assert os.listdir(cache_dir) == []


async def test_a_folder_that_cannot_be_written_is_told(
    tmp_path: Path, no_release: Settings
) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(LaunchError, match="cannot be written") as refused:
        await find_or_install(no_release, cache_dir=tmp_path / "file" / "cache", search_path="")
    assert refused.value.code == "no_livekit_server"
