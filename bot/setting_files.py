"""What a file that a setting names must be like: it comes back, or `ValueError` with the reason.

No message repeats the path: somebody may have pasted a key in its place.
"""

from __future__ import annotations

from pathlib import Path

_PROMPT_LIMIT_BYTES = 64 * 1024


def checked_path(path: Path) -> Path:
    """Return the path of something that is there."""
    try:
        path.stat()
    except (FileNotFoundError, NotADirectoryError):
        raise ValueError("there is no such file or folder") from None
    except OSError as error:
        hint = "may this user go into its folder?"
        raise ValueError(f"cannot be looked at ({error.strerror}): {hint}") from None
    return path


def checked_prompt_file(path: Path) -> Path:
    """Return the path of a readable text file that says something."""
    if not checked_path(path).is_file():
        raise ValueError("there is no such file")
    if path.stat().st_size > _PROMPT_LIMIT_BYTES:
        raise ValueError(f"the file is larger than {_PROMPT_LIMIT_BYTES // 1024} KiB")
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        raise ValueError("the file cannot be read as UTF-8 text") from None
    if not text.strip():
        raise ValueError("the file is empty")
    return path
