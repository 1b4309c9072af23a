"""Tells a runner which one was in its folder before it, and is dead: what that one held is free."""

from __future__ import annotations

import os
import re
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

from loguru import logger

from bot.processes.first_lock import lock_first

_OWNER = re.compile(r"[0-9a-f]{32}")
_MOST_BYTES = 64


@contextmanager
def open_owner(data_dir: Path, owner: str) -> Generator[str]:
    """Write down who this runner is while the block runs; gives the dead one's name, or nothing.

    The file is locked for as long as its runner lives, so one that is there is never taken for
    dead.

    Args:
        data_dir: DATA_DIR. Where nothing can be written, nothing is known.
        owner: What the runner is known by.
    """
    try:
        data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
        _, file = lock_first(data_dir, "runner")
    except OSError as error:
        logger.warning("DATA_DIR {}: {}; leases end by themselves", data_dir, error.strerror)
        yield ""
        return
    try:
        yield _exchange(file, owner)
    finally:
        os.close(file)


def _exchange(file: int, owner: str) -> str:
    try:
        told = os.pread(file, _MOST_BYTES, 0).decode(errors="replace")
        os.ftruncate(file, 0)
        os.pwrite(file, owner.encode(), 0)
    except OSError as error:
        logger.warning("It is not known which runner was here before: {}", error.strerror)
        return ""
    return told if _OWNER.fullmatch(told) else ""
