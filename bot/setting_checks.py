"""What a single setting must look like: the value comes back, or `ValueError` with the reason.

No message repeats the value: somebody may have pasted a key in its place.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from difflib import get_close_matches
from pathlib import Path
from urllib.parse import urlsplit

from dotenv import dotenv_values

WEBSOCKET_SCHEMES = ("ws", "wss")
HTTP_SCHEMES = ("http", "https")

_PROMPT_LIMIT_BYTES = 64 * 1024
# `OPENAI_APIKEY` is a slip (0.96); `OPENAI_API_BASE` (0.76) belongs to another program.
_MISSPELLED_RATIO = 0.9
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


def misspelled_names(env_file: Path | None, *, known: Sequence[str]) -> list[str]:
    """Return a problem for each name in the file that is nearly one we know.

    Other names are left alone: the file may be shared with other programs.

    Raises:
        OSError, UnicodeDecodeError: the file cannot be read.
    """
    if env_file is None or not env_file.is_file():
        return []
    problems: list[str] = []
    for name in dotenv_values(env_file, encoding="utf-8"):
        near = get_close_matches(name.upper(), known, n=1, cutoff=_MISSPELLED_RATIO)
        if near and near[0] != name.upper():
            problems.append(f"{name}: there is no such setting; {near[0]} is one")
    return problems


def _has_good_port(url: str) -> bool:
    try:
        return urlsplit(url).port != 0
    except ValueError:
        return False
