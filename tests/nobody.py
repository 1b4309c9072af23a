"""Being somebody who may look into no folder of the tests', whoever runs them."""

from __future__ import annotations

import os
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

_NOBODY = 65_534


@contextmanager
def locked_out(folder: Path) -> Generator[None]:
    """Let nobody look into a folder while the block runs, root neither."""
    folder.chmod(0)
    me = os.geteuid()
    if me == 0:
        os.seteuid(_NOBODY)
    try:
        yield
    finally:
        os.seteuid(me)
        folder.chmod(0o700)
