"""LiveKit's official release archive for Linux: downloaded, checked, one program taken out of it.

Nothing is unpacked before the archive's SHA-256 equals the one written here: a checksum from the
place of the archive would prove that it is whole, not whose it is.
"""

from __future__ import annotations

import asyncio
import gzip
import hashlib
import os
import platform
import shutil
import sys
import tarfile
import tempfile
import zlib
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import httpx

from bot.errors import LaunchError
from bot.proxies import is_loopback
from processors.tls import shared_tls_context

LIVEKIT_VERSION = "1.13.5"

CHECKSUMS: Mapping[str, str] = {
    "amd64": "c020fac437b7cc9b776eef1ad5ea8af77be9acfa07602eca20a3a44930dfbc70",
    "arm64": "332015305518765fe05bad74fc3a9d9583e635e7dd130de3c4fc563d69c550f3",
}
"""SHA-256 of this version's archive for Linux, by architecture: what the release's own
`checksums.txt` says, as at least four projects that do not know each other have written it down."""

_PROGRAM = "livekit-server"
# As the release names them; other machines build from source.
_ARCHITECTURES = {"x86_64": "amd64", "amd64": "amd64", "aarch64": "arm64", "arm64": "arm64"}

# The archive is about 20 MB and the program about 60 MB; far more than that is not ours.
_ARCHIVE_LIMIT_BYTES = 200 * 1024 * 1024
_UNPACKED_LIMIT_BYTES = 400 * 1024 * 1024


@dataclass(frozen=True, kw_only=True)
class DownloadLimits:
    """How long to wait, in seconds. Without a network the first is what it costs."""

    connect_secs: float = 3.0
    read_secs: float = 10.0
    whole_secs: float = 300.0


async def download_release(
    target: Path,
    *,
    releases_url: str,
    limits: DownloadLimits | None = None,
    checksums: Mapping[str, str] = CHECKSUMS,
) -> None:
    """Put the program of the official release at `target`, whole or not at all.

    Cancelling leaves nothing behind.

    Raises:
        LaunchError: code "no_release" if there is no archive for this machine or it cannot be
            fetched in time; "bad_release" if it is not the one that is known here; "not_written".
    """
    limits = limits or DownloadLimits()
    name = archive_name(system=sys.platform, machine=platform.machine())
    url = f"{releases_url}/v{LIVEKIT_VERSION}/{name}"
    with (
        writable(target.parent),
        tempfile.TemporaryDirectory(dir=target.parent, prefix=".release-") as folder,
    ):
        archive = Path(folder) / "archive"
        try:
            async with (
                asyncio.timeout(limits.whole_secs),
                _http_client(limits, releases_url=releases_url) as http,
            ):
                got = await _fetch(http, url, archive)
        except (httpx.HTTPError, httpx.InvalidURL, TimeoutError) as error:
            raise LaunchError("no_release", f"{name} could not be downloaded") from error
        if got != checksums[_architecture(platform.machine())]:
            raise LaunchError("bad_release", f"{name} is not the archive that LiveKit released")
        program = Path(folder) / _PROGRAM
        await asyncio.to_thread(unpack_program, archive, program)
        os.replace(program, target)


@contextmanager
def writable(folder: Path) -> Generator[None]:
    """Write into a folder, made if need be, while the block runs.

    Raises:
        LaunchError: code "not_written": it cannot be written, or its disk is full.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        yield
    except TimeoutError:
        raise
    except OSError as error:
        message = f"{folder} cannot be written ({error.strerror or type(error).__name__})"
        raise LaunchError("not_written", message) from error


def archive_name(*, system: str, machine: str) -> str:
    """Return the release archive's file name for this kind of machine.

    Raises:
        LaunchError: code "no_release" if LiveKit publishes none.
    """
    architecture = _architecture(machine)
    if system != "linux" or not architecture:
        raise LaunchError("no_release", f"LiveKit publishes no server for {system} on {machine}")
    return f"livekit_{LIVEKIT_VERSION}_linux_{architecture}.tar.gz"


def _architecture(machine: str) -> str:
    return _ARCHITECTURES.get(machine.lower(), "")


def unpack_program(archive: Path, program: Path) -> None:
    """Write the one file `livekit-server` of a checked archive to `program`; ignore the rest.

    Raises:
        LaunchError: code "bad_release" if it is not there exactly once, as a plain file of a
            sane size, or if the archive is damaged.
        OSError: the program cannot be written.
    """
    try:
        with tarfile.open(archive, mode="r:gz") as tar:
            member = _find_program(tar)
            source = tar.extractfile(member)
            assert source is not None  # a plain file has content
            with source, _open_new(program) as out:
                shutil.copyfileobj(source, out)
    except (tarfile.TarError, EOFError, gzip.BadGzipFile, zlib.error) as error:
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


def _http_client(limits: DownloadLimits, *, releases_url: str) -> httpx.AsyncClient:
    is_here = is_loopback(httpx.URL(releases_url).host)

    async def refuse_open_ways(request: httpx.Request) -> None:
        # Of each step: GitHub redirects a download to its file store.
        if request.url.scheme != "https" and not (is_here and is_loopback(request.url.host)):
            raise LaunchError("bad_release", "LiveKit's release is downloaded by https only")

    timeout = httpx.Timeout(limits.read_secs, connect=limits.connect_secs)
    hooks = {"request": [refuse_open_ways]}
    # httpx by itself trusts no authority that this machine alone does.
    return httpx.AsyncClient(
        verify=shared_tls_context(), timeout=timeout, follow_redirects=True, event_hooks=hooks
    )


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
