"""A file in a folder that one process holds: the first one that nobody else does."""

from __future__ import annotations

import fcntl
import itertools
import os
from pathlib import Path


def lock_first(folder: Path, name: str) -> tuple[int, int]:
    """Lock the first of a folder's files `<name>-<number>.lock` that no process holds.

    The lock ends with the process, however that ends.

    Returns:
        The number, and the open file, by which it is held until that is closed.

    Raises:
        OSError: the folder cannot be used.
    """
    for number in itertools.count():
        file = os.open(folder / f"{name}-{number}.lock", os.O_RDWR | os.O_CREAT, 0o600)
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
