"""LiveKit's official release archive for Linux: downloaded, checked, one program taken out of it.

Nothing is unpacked before the archive's SHA-256 equals the one in the release's checksum file.
"""

from __future__ import annotations

import asyncio
import hashlib
import os
import platform
import shutil
import sys
import tarfile
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import httpx

from bot.errors import LaunchError

LIVEKIT_VERSION = "1.13.5"

_PROGRAM = "livekit-server"
_CHECKSUMS = "checksums.txt"
# As the release names them; other machines build from source.
_ARCHITECTURES = {"x86_64": "amd64", "amd64": "amd64", "aarch64": "arm64", "arm64": "arm64"}

# The archive is about 20 MB and the program about 60 MB; far more than that is not ours.
_CHECKSUMS_LIMIT_BYTES = 64 * 1024
_ARCHIVE_LIMIT_BYTES = 200 * 1024 * 1024
_UNPACKED_LIMIT_BYTES = 400 * 1024 * 1024


@dataclass(frozen=True, kw_only=True)
class DownloadLimits:
    """How long to wait, in seconds. Without a network the first is what it costs."""

    connect_secs: float = 3.0
    read_secs: float = 10.0
    whole_secs: float = 300.0


async def download_release(
    target: Path, *, releases_url: str, limits: DownloadLimits | None = None
) -> None:
    """Put the program of the official release at `target`, whole or not at all.

    Cancelling leaves nothing behind.

    Raises:
        LaunchError: code "no_release" if there is no archive for this machine or it cannot be
            fetched in time; "bad_release" if it is not what the checksum file promises.
    """
    limits = limits or DownloadLimits()
    name = archive_name(system=sys.platform, machine=platform.machine())
    base_url = f"{releases_url}/v{LIVEKIT_VERSION}"
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=target.parent, prefix=".release-") as folder:
        archive = Path(folder) / "archive"
        try:
            async with asyncio.timeout(limits.whole_secs), _http_client(limits) as http:
                expected = await _fetch_checksum(http, f"{base_url}/{_CHECKSUMS}", name)
                got = await _fetch(http, f"{base_url}/{name}", archive)
        except (httpx.HTTPError, httpx.InvalidURL, TimeoutError) as error:
            raise LaunchError("no_release", f"{name} could not be downloaded") from error
        if got != expected:
            raise LaunchError("bad_release", f"{name} does not match its published checksum")
        program = Path(folder) / _PROGRAM
        await asyncio.to_thread(unpack_program, archive, program)
        os.replace(program, target)


def archive_name(*, system: str, machine: str) -> str:
    """Return the release archive's file name for this kind of machine.

    Raises:
        LaunchError: code "no_release" if LiveKit publishes none.
    """
    architecture = _ARCHITECTURES.get(machine.lower())
    if system != "linux" or architecture is None:
        raise LaunchError("no_release", f"LiveKit publishes no server for {system} on {machine}")
    return f"livekit_{LIVEKIT_VERSION}_linux_{architecture}.tar.gz"


def unpack_program(archive: Path, program: Path) -> None:
    """Write the one file `livekit-server` of a checked archive to `program`; ignore the rest.

    Raises:
        LaunchError: code "bad_release" if it is not there exactly once, as a plain file of a
            sane size, or if the archive is damaged.
    """
    try:
        with tarfile.open(archive, mode="r:gz") as tar:
            member = _find_program(tar)
            source = tar.extractfile(member)
            assert source is not None  # a plain file has content
            with source, _open_new(program) as out:
                shutil.copyfileobj(source, out)
    except (tarfile.TarError, EOFError, OSError) as error:
        raise LaunchError("bad_release", "the LiveKit archive is damaged") from error


def _find_program(tar: tarfile.TarFile) -> tarfile.TarInfo:
    found: list[tarfile.TarInfo] = []
    unpacked_bytes = 0
    for member in tar:
        unpacked_bytes += member.size
        if unpacked_bytes > _UNPACKED_LIMIT_BYTES:
            raise LaunchError("bad_release", "the LiveKit archive is far too large")
        if member.name == _PROGRAM:
            found.append(member)
    if len(found) != 1 or not found[0].isreg():
        raise LaunchError("bad_release", f"the LiveKit archive holds no plain file {_PROGRAM!r}")
    return found[0]


def _open_new(path: Path) -> IO[bytes]:
    return os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o755), "wb")


def _http_client(limits: DownloadLimits) -> httpx.AsyncClient:
    timeout = httpx.Timeout(limits.read_secs, connect=limits.connect_secs)
    # GitHub redirects a download to its file store.
    return httpx.AsyncClient(timeout=timeout, follow_redirects=True)


async def _fetch_checksum(http: httpx.AsyncClient, url: str, name: str) -> str:
    """Return the SHA-256 of `name` from lines of `<hex>  <name>`."""
    text = bytearray()
    async with http.stream("GET", url) as response:
        response.raise_for_status()
        async for chunk in response.aiter_bytes():
            text += chunk
            if len(text) > _CHECKSUMS_LIMIT_BYTES:
                raise LaunchError("bad_release", f"{_CHECKSUMS} is far too large")
    for line in text.decode("utf-8", errors="replace").splitlines():
        digest, _, listed = line.partition(" ")
        if listed.strip().removeprefix("*") == name:
            return digest.lower()
    raise LaunchError("bad_release", f"{_CHECKSUMS} does not list {name}")


async def _fetch(http: httpx.AsyncClient, url: str, path: Path) -> str:
    """Download to `path` and return the SHA-256 of what came."""
    digest, size_bytes = hashlib.sha256(), 0
    async with http.stream("GET", url) as response:
        response.raise_for_status()
        with path.open("wb") as out:
            async for chunk in response.aiter_bytes():
                size_bytes += len(chunk)
                if size_bytes > _ARCHIVE_LIMIT_BYTES:
                    raise LaunchError("bad_release", "the LiveKit archive is far too large")
                digest.update(chunk)
                out.write(chunk)
    return digest.hexdigest()
