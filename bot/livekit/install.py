"""Finds the LiveKit server program on this machine, or gets it: `python -m bot.livekit.install`.

In this order: PATH, the project's cache, the official release (Linux), a build with Go.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import shutil
import sys
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path

from loguru import logger

from bot.errors import LaunchError, VoiceError
from bot.livekit.release import CHECKSUMS, LIVEKIT_VERSION, download_release, writable
from bot.logs import configure_logs
from bot.settings import (
    PROJECT_ROOT,
    Settings,
    child_environment,
    load_settings,
    prepare_environment,
)

CACHE_DIR = PROJECT_ROOT / ".cache"

_GO_PACKAGE = f"github.com/livekit/livekit-server/cmd/server@v{LIVEKIT_VERSION}"
# About 2.5 min on 2 cores with a good network (measured); this is a limit, not an estimate.
_BUILD_LIMIT_SECS = 1800.0
_HEARTBEAT_SECS = 10.0
_VERSION_LIMIT_SECS = 10.0

_WAYS_OUT = (
    "there is no LiveKit server on this machine: set LIVEKIT_URL to one that runs elsewhere, or "
    "install livekit-server (on a Mac: brew install livekit), or install Go 1.26 or newer, which "
    "builds it here"
)


async def find_or_install(
    settings: Settings,
    *,
    cache_dir: Path = CACHE_DIR,
    search_path: str | None = None,
    checksums: Mapping[str, str] = CHECKSUMS,
) -> Path:
    """Return the LiveKit server program, installing it into `cache_dir` if need be.

    Args:
        settings: Where releases are downloaded from.
        cache_dir: Keeps the installed program.
        search_path: Folders to look in, like PATH; None means PATH itself.
        checksums: Of the release's archives, by architecture.

    Raises:
        LaunchError: code "no_livekit_server"; the message names the ways out.
    """
    for program in _candidates(cache_dir, search_path):
        version = await _version_of(program)
        if version:
            logger.debug("Using {} ({})", program, version)
            return program
        logger.warning("{} does not run here, looking further", program)
    target = cached_program(cache_dir)
    try:
        is_released = await _install_release(target, settings, checksums)
        if is_released or await _install_with_go(target, search_path):
            return target
    except LaunchError as error:
        raise LaunchError("no_livekit_server", f"{error.message}, and {_WAYS_OUT}") from error
    raise LaunchError("no_livekit_server", _WAYS_OUT)


def cached_program(cache_dir: Path) -> Path:
    """Return where the installed program is kept."""
    return cache_dir / f"livekit-server-{LIVEKIT_VERSION}"


def _candidates(cache_dir: Path, search_path: str | None) -> list[Path]:
    on_path = shutil.which("livekit-server", path=search_path)
    cached = cached_program(cache_dir)
    found = [Path(on_path)] if on_path else []
    return [*found, cached] if cached.is_file() else found


async def _version_of(program: Path) -> str:
    """Return what the program says about its version; empty if it does not run."""
    try:
        process = await asyncio.create_subprocess_exec(
            program,
            "--version",
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
        )
    except OSError:
        return ""
    try:
        async with asyncio.timeout(_VERSION_LIMIT_SECS):
            output, _ = await process.communicate()
    except TimeoutError:
        return ""
    finally:
        await _end(process)
    return output.decode(errors="replace").strip() if process.returncode == 0 else ""


async def _install_release(target: Path, settings: Settings, checksums: Mapping[str, str]) -> bool:
    logger.info("Getting the LiveKit server {} release", LIVEKIT_VERSION)
    try:
        await download_release(
            target, releases_url=settings.livekit_releases_url, checksums=checksums
        )
    except LaunchError as error:
        if error.code == "not_written":
            raise
        # A wrong checksum is worth a louder word than a machine without a network.
        level = "ERROR" if error.code == "bad_release" else "INFO"
        logger.log(level, "No LiveKit release: {}", error.message)
        return False
    if await _version_of(target):
        return True
    os.unlink(target)
    logger.info("No LiveKit release: it does not run on this machine")
    return False


async def _install_with_go(target: Path, search_path: str | None) -> bool:
    go = shutil.which("go", path=search_path)
    if go is None:
        return False
    logger.info("Building LiveKit server {} with Go, once; a few minutes", LIVEKIT_VERSION)
    with (
        writable(target.parent),
        tempfile.TemporaryDirectory(dir=target.parent, prefix=".build-") as folder,
    ):
        started = time.monotonic()
        process = await asyncio.create_subprocess_exec(
            go,
            *("install", "-v", _GO_PACKAGE),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
            env=child_environment({"GOBIN": folder, "CGO_ENABLED": "0"}),
        )
        try:
            last_line = await _follow_build(process, started)
        finally:
            await _end(process)
        program = Path(folder) / "server"
        if process.returncode != 0 or not program.is_file():
            logger.error("The build failed: {}", last_line)
            return False
        os.replace(program, target)
    logger.info("Built LiveKit server in {:.0f} s", time.monotonic() - started)
    return True


async def _follow_build(process: asyncio.subprocess.Process, started: float) -> str:
    """Report progress until the build ends; return its last line."""
    assert process.stdout is not None
    lines, last_line, next_report = 0, "", started + _HEARTBEAT_SECS
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(_BUILD_LIMIT_SECS):
            while True:
                try:
                    async with asyncio.timeout(next_report - time.monotonic()):
                        line = await process.stdout.readline()
                    if not line:
                        break
                    lines, last_line = lines + 1, line.decode(errors="replace").strip()
                except TimeoutError:
                    pass
                if time.monotonic() >= next_report:
                    next_report += _HEARTBEAT_SECS
                    elapsed = time.monotonic() - started
                    logger.info("Still building: {} steps, {:.0f} s", lines, elapsed)
            await process.wait()
    return last_line


async def _end(process: asyncio.subprocess.Process) -> None:
    """Kill what still runs, also when the caller was cancelled or ran out of time."""
    if process.returncode is None:
        process.kill()
        await process.wait()


def main() -> int:
    """Command line: make sure there is a LiveKit server; the exit code tells."""
    configure_logs(level="INFO", log_format="text")
    try:
        settings = load_settings()
        prepare_environment(settings)
        if not settings.livekit_url:
            logger.info("LiveKit server: {}", asyncio.run(find_or_install(settings)))
    except VoiceError as error:
        logger.error("{}", error.message)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
