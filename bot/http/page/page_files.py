"""The files of the page, read and compressed once: nothing is packed while somebody talks."""

from __future__ import annotations

import gzip
import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

_HASHED_ASSETS = "_next/static/"
_HASHED_REFERENCE = re.compile(rf'(?:src|href)="/({_HASHED_ASSETS}[^"?#]+)')
_TEXT = "; charset=utf-8"
# Not the machine's own table, which differs from one to the next.
_MEDIA_TYPES = {
    ".css": "text/css" + _TEXT,
    ".html": "text/html" + _TEXT,
    ".js": "text/javascript" + _TEXT,
    ".txt": "text/plain" + _TEXT,
    ".json": "application/json",
    ".svg": "image/svg+xml",
    ".ico": "image/x-icon",
    ".png": "image/png",
    ".webp": "image/webp",
    ".woff2": "font/woff2",
    ".wav": "audio/wav",
}
_PACKED = (".css", ".html", ".js", ".json", ".svg", ".txt")
_DIGEST_CHARS = 32


@dataclass(frozen=True, kw_only=True)
class PageFile:
    """One file as it is served."""

    content: bytes
    gzipped: bytes | None
    """None where that would gain nothing."""
    media_type: str
    digest: str
    is_hashed: bool
    """Whether its name changes with its content."""

    @property
    def is_html(self) -> bool:
        """Whether it is a page by itself."""
        return self.media_type.startswith("text/html")


PageFiles = Mapping[str, PageFile]
"""By the path below the page's folder."""

Stamp = tuple[tuple[str, int, int], ...]
"""Tells one build from the next."""


def read_page(page_dir: Path) -> PageFiles:
    """Read all of it.

    Raises:
        OSError: it is being built just now.
    """
    found = {
        path.relative_to(page_dir).as_posix(): path
        for path in sorted(page_dir.rglob("*"))
        # What begins with a dot is the build's own; a link may lead out of the page.
        if path.is_file() and not path.is_symlink() and not path.name.startswith(".")
    }
    return {name: as_page_file(name, path.read_bytes()) for name, path in found.items()}


def is_whole(files: PageFiles) -> bool:
    """Tell whether all is there that its HTML refers to: a build writes file after file."""
    named = {
        name
        for file in files.values()
        if file.is_html
        for name in _HASHED_REFERENCE.findall(file.content.decode(errors="replace"))
    }
    return "index.html" in files and named <= files.keys()


def is_hashed_asset(path: str) -> bool:
    """Tell whether what lies there never changes."""
    return path.startswith(_HASHED_ASSETS)


def stamp_of(page_dir: Path) -> Stamp:
    """Return the stamp of what lies there now; an empty one if there is no page."""
    try:
        looks = [(path.name, path.stat()) for path in sorted(page_dir.glob("*.html"))]
    except OSError:
        return ()
    return tuple((name, look.st_mtime_ns, look.st_size) for name, look in looks)


def as_page_file(name: str, content: bytes) -> PageFile:
    """Return what is served under this name, packed."""
    suffix = PurePosixPath(name).suffix
    # Without the time of packing: the same build has the same bytes.
    packed = gzip.compress(content, 9, mtime=0) if suffix in _PACKED else content
    return PageFile(
        content=content,
        gzipped=packed if len(packed) < len(content) else None,
        media_type=_MEDIA_TYPES.get(suffix, "application/octet-stream"),
        digest=hashlib.sha256(content).hexdigest()[:_DIGEST_CHARS],
        is_hashed=is_hashed_asset(name),
    )
