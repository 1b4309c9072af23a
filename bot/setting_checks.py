"""What a single setting must look like. Pure functions: the value comes back, or `ValueError`.

No message repeats the value: somebody may have pasted a key in its place.
"""

from __future__ import annotations

import re
from pathlib import Path
from urllib.parse import urlsplit

WEBSOCKET_SCHEMES = ("ws", "wss")
HTTP_SCHEMES = ("http", "https")

_PROMPT_LIMIT_BYTES = 64 * 1024
# What examples and tutorials put where the key belongs.
_PLACEHOLDER = re.compile(
    r"^(sk-)?(your|change[-_ ]?me|placeholder|todo|x{6,})|^<.*>$|\.\.\.|…", re.IGNORECASE
)


def checked_url(url: str, schemes: tuple[str, ...]) -> str:
    """Return `url` without a trailing slash; empty stays empty."""
    if not url:
        return url
    parts = urlsplit(url)
    if parts.scheme not in schemes or not parts.hostname or not _has_good_port(url):
        starts = " or ".join(f"{scheme}://" for scheme in schemes)
        raise ValueError(f"this is not a URL that starts with {starts}")
    return url.rstrip("/")


def checked_origin(origin: str) -> str:
    """Return a web origin: scheme, host and port, nothing else."""
    parts = urlsplit(checked_url(origin, HTTP_SCHEMES))
    if parts.path or parts.query or parts.fragment or parts.username:
        raise ValueError("an origin has no path; write it like https://example.com")
    return origin


def checked_key(key: str) -> str:
    """Return an API key that can travel in a header and is not the placeholder of an example."""
    if not all(33 <= ord(char) <= 126 for char in key):
        raise ValueError("a key has only letters, digits and signs, no spaces")
    if _PLACEHOLDER.search(key):
        raise ValueError("this is the placeholder of an example; put your own key or nothing")
    return key


def checked_prompt_file(path: Path) -> Path:
    """Return the path of a readable text file that says something."""
    if not path.is_file():
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


def _has_good_port(url: str) -> bool:
    try:
        return urlsplit(url).port != 0
    except ValueError:
        return False
