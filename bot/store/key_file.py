"""Keys of this installation, in files of DATA_DIR that are made at the first time."""

from __future__ import annotations

import os
import secrets
import tempfile
from contextlib import suppress
from pathlib import Path

KEY_BYTES = 32


def open_key(path: Path) -> bytes:
    """Return the key in a file; its length is for the caller to judge.

    Raises:
        OSError: the folder cannot be used.
    """
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    if not path.exists():
        keep_once(path, secrets.token_bytes(KEY_BYTES))
    return path.read_bytes()


def keep_once(path: Path, content: bytes) -> None:
    """Write it whole or not at all; of two that begin at once, both use what one has written.

    Raises:
        OSError: there is no place for it.
    """
    draft = write_secret(path.parent, content)
    try:
        os.link(draft, path)
    except FileExistsError:
        pass
    except OSError:
        # A volume that has no links, as of another machine.
        with suppress(FileExistsError):
            file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(file, "wb") as out:
                out.write(content)
    finally:
        draft.unlink()


def write_secret(folder: Path, content: bytes) -> Path:
    """Write a new file that its owner alone reads; it is to be given its name then.

    Raises:
        OSError: there is no place for it; then nothing is left of it.
    """
    file, name = tempfile.mkstemp(dir=folder)
    try:
        with os.fdopen(file, "wb") as out:
            out.write(content)
    except OSError:
        Path(name).unlink()
        raise
    return Path(name)
