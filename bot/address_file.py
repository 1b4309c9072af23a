"""Where the runner of this installation is reached, for commands that are run beside it."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

from loguru import logger

_NAME = "address"
_MOST_CHARS = 300


@contextmanager
def kept_address(data_dir: Path, url: str) -> Generator[None]:
    """Keep the address in a file while the block runs.

    One that was killed leaves it: the next start writes its own.
    """
    path = data_dir / _NAME
    try:
        data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
        path.write_text(url, encoding="utf-8")
    except OSError as error:
        # The port that is set is as good a guess.
        logger.debug("The address is not kept: {}", error.strerror)
    try:
        yield
    finally:
        # A second runner of the same folder may have written its own since.
        if read_address(data_dir) == url:
            path.unlink(missing_ok=True)


def read_address(data_dir: Path) -> str:
    """Return where the runner is, or was when it was killed; empty: nobody knows."""
    try:
        url = (data_dir / _NAME).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        return ""
    is_address = url.startswith(("http://", "https://")) and url.isprintable()
    return url if is_address and len(url) <= _MOST_CHARS else ""
