"""A key of this installation, in a file of DATA_DIR that is made at the first time."""

from __future__ import annotations

import os
import secrets
from pathlib import Path

KEY_BYTES = 32


def open_key(path: Path) -> bytes:
    """Return the key in a file; its length is for the caller to judge.

    Raises:
        OSError: the folder cannot be used.
    """
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    try:
        # Nobody else reads it, and of two that begin at once one makes it.
        file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return path.read_bytes()
    key = secrets.token_bytes(KEY_BYTES)
    with os.fdopen(file, "wb") as out:
        out.write(key)
    return key
