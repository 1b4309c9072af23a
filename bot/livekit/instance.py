"""Tells the LiveKit servers of several runners on one machine apart, and knows them again.

Keys and ports of a server of our own are new with each start; the calls that were lost with the
last one are still the runner's that is started next in the same folder.
"""

from __future__ import annotations

import os
import secrets
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

from bot.processes.first_lock import lock_first


@contextmanager
def open_instance(data_dir: Path) -> Generator[str]:
    """Have an instance of this runner's own while the block runs.

    Args:
        data_dir: DATA_DIR. Where nothing can be written, it is known to nobody else.
    """
    try:
        data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
        number, file = lock_first(data_dir, "livekit")
    except OSError:
        yield secrets.token_hex()
        return
    try:
        yield f"instance {number}"
    finally:
        os.close(file)
