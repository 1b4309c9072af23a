"""Tells the LiveKit servers of several runners on one machine apart, and knows them again.

Keys and ports of a server of our own are new with each start; the calls that were lost with the
last one are still the runner's that is started next in the same folder.
"""

from __future__ import annotations

import fcntl
import itertools
import os
import secrets
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def open_instance(data_dir: Path) -> Generator[str]:
    """Have an instance of this runner's own while the block runs.

    Args:
        data_dir: DATA_DIR. Where nothing can be written, it is known to nobody else.
    """
    try:
        data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
        number, file = _lock_first(data_dir)
    except OSError:
        yield secrets.token_hex()
        return
    try:
        yield f"instance {number}"
    finally:
        os.close(file)


def _lock_first(data_dir: Path) -> tuple[int, int]:
    """Return the first instance that no runner has, and what it is held by until that is closed."""
    for number in itertools.count():
        file = os.open(data_dir / f"livekit-{number}.lock", os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(file)
        except OSError:
            os.close(file)
            raise
        else:
            return number, file
    raise AssertionError("there are always more")
