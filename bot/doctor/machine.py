"""What a server's own machine has to offer: disk, descriptors, a clock."""

from __future__ import annotations

import ctypes
import os
import resource
import shutil
import sys
import tempfile
from pathlib import Path

import psutil

from bot.doctor.finding import Finding, well, wrong
from bot.http.connections import ConnectionLimits
from bot.settings import Settings

_MB = 1024 * 1024
_LEAST_BYTES = 100 * _MB
"""Chosen, not measured: below, a log or a backup may fill it within a day."""
_SCARCE_BYTES = 1024 * _MB
_UNSYNCHRONISED = 5
"""TIME_ERROR of adjtimex(2)."""
_TIMEX_BYTES = 512
"""More than any system's `struct timex`; of zeros it asks and sets nothing."""
# Callers of a local network have LiveKit behind the runner: each connection is two.
_DESCRIPTORS = 2 * ConnectionLimits().in_all


async def look_at_machine(settings: Settings) -> list[Finding]:
    """Look at the machine that this runs on."""
    return [
        *look_at_disk(settings),
        judged_descriptors(*_descriptors(settings.port)),
        *judged_clock(_clock_state()),
    ]


def look_at_disk(settings: Settings) -> list[Finding]:
    """Look at the disk of DATA_DIR, and whether it can be written."""
    found = [judged_disk(settings.data_dir, shutil.disk_usage(_there(settings.data_dir)).free)]
    if fix := _fix_of_folder(settings.data_dir):
        found.append(wrong(f"DATA_DIR ({settings.data_dir}) can be written", fix))
    return found


def judged_disk(folder: Path, free_bytes: int) -> Finding:
    """Tell whether a disk has room for what is kept."""
    shown = f"{free_bytes / _MB:,.0f} MB" if free_bytes < _SCARCE_BYTES else _gigabytes(free_bytes)
    what = f"the disk of DATA_DIR ({folder}) has {shown} free"
    fix = "make room, or keep calls for fewer KEEP_DAYS"
    if free_bytes < _LEAST_BYTES:
        return wrong(what, f"what callers say is not kept on a full one: {fix}")
    return well(what, fix if free_bytes < _SCARCE_BYTES else "")


def judged_descriptors(limit: int, whose: str) -> Finding:
    """Tell whether a process may hold as many connections as it takes."""
    what = f"{whose} may open {'any number of' if limit < 0 else limit} files (nofile)"
    if 0 <= limit < _DESCRIPTORS:
        fix = f"set LimitNOFILE=65536 in its unit, or `ulimit -n 65536`: {_DESCRIPTORS} may be used"
        return wrong(what, fix)
    return well(what)


def judged_clock(state: int | None) -> list[Finding]:
    """Tell whether the kernel's clock is kept right; None: that cannot be asked."""
    if state is None:
        return []
    if state == _UNSYNCHRONISED:
        fix = "tokens and certificates need it: apt-get install systemd-timesyncd (or chrony)"
        return [well("nobody keeps this machine's clock right", fix)]
    return [well("this machine's clock is kept right")]


def _there(path: Path) -> Path:
    """Return the folder, or the one that it will be made in."""
    # Of a folder that others may not look into, `Path.is_dir` raises what is wrong.
    return next(one for one in (path, *path.parents) if os.path.isdir(one))


def _fix_of_folder(folder: Path) -> str:
    """Return what to do before anything can be kept there; empty: nothing."""
    first = next(one for one in (folder, *folder.parents) if os.path.lexists(one))
    if not os.path.isdir(first):
        return f"{first} is no folder, or a link to one that is gone: set DATA_DIR to another place"
    try:
        with tempfile.TemporaryFile(dir=_there(folder)):
            return ""
    except OSError as error:
        problem = error.strerror or type(error).__name__
        return f"{problem}: run this as Parley's user, or give it the folder"


def _descriptors(port: int) -> tuple[int, str]:
    """Return the limit of the runner that listens at a port, or what one has; and whose it is."""
    for process in _listeners(port):
        try:
            soft, _ = process.rlimit(psutil.RLIMIT_NOFILE)
        except (psutil.Error, OSError, AttributeError):
            continue
        return soft, "Parley"
    # A start takes as many as it may have (bot/processes/descriptors.py).
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    return hard, "a process that is started here"


def _listeners(port: int) -> list[psutil.Process]:
    try:
        rows = psutil.net_connections(kind="tcp")
        pids = {
            row.pid
            for row in rows
            if row.status == psutil.CONN_LISTEN and row.laddr and row.laddr[1] == port and row.pid
        }
        return [psutil.Process(pid) for pid in pids if pid != os.getpid()]
    except (psutil.Error, OSError):
        # A Mac shows its connections to root alone.
        return []


def _clock_state() -> int | None:
    if sys.platform != "linux":
        return None
    try:
        state = ctypes.CDLL(None).adjtimex(ctypes.create_string_buffer(_TIMEX_BYTES))
    except (OSError, AttributeError):
        return None
    return state if state >= 0 else None


def _gigabytes(size_bytes: int) -> str:
    return f"{size_bytes / _MB / 1024:,.0f} GB"
