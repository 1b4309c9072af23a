"""The web page: the static export in `web/out`, and the security headers it works under."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import html
import math
import re
import time
from collections.abc import Callable, Collection, Mapping
from pathlib import Path
from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.responses import HTMLResponse, Response
from starlette.types import Receive, Scope, Send

from bot.http.page.embed import EMBEDDED_PAGE, FOR_ISOLATED_SITES, LOADER, framed_policy
from bot.http.page.page_answers import answer_with
from bot.http.page.page_files import PageFiles, is_hashed_asset, is_whole, read_page, stamp_of

PAGE_DIR = Path(__file__).resolve().parents[3] / "web" / "out"
_INLINE_SCRIPT = re.compile(r"<script(?![^>]*\ssrc=)[^>]*>(.*?)</script>", re.DOTALL)
_INLINE_STYLE = re.compile(r"<style[^>]*>(.*?)</style>", re.DOTALL)
_STYLE_ATTRIBUTE = re.compile(r'<[a-z][^>]*\sstyle="([^"]*)"')
_READ_AGAIN_SECS = 1.0
"""After a build that was not whole yet."""
_NOT_BUILT = """<!doctype html><html lang="en"><meta charset="utf-8"><title>Parley</title>
<p>The page has not been built yet. Run <code>make setup</code> and load this page again.
The API works: see <a href="/api/health">/api/health</a>.</p></html>"""


class Page:
    """ASGI app that serves the page; below /api there is none.

    A build is served as a whole, with the policy that allows its own inline scripts. The next one
    takes its place when all of it is there.

    Args:
        page_dir: Where a build lies, or will.
        livekit_url: The page connects there.
        embed_origins: Sites that may frame the page that is made for it, and no other.
        finish: Gives a build what is this installation's own.
        clock: Monotonic seconds.
    """

    def __init__(
        self,
        page_dir: Path,
        *,
        livekit_url: str,
        embed_origins: Collection[str] = (),
        finish: Callable[[PageFiles], PageFiles] | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._dir = page_dir
        self._livekit_url = livekit_url
        self._embed_origins = embed_origins
        self._finish = finish
        self._clock = clock
        self._read_at = -math.inf
        self._reading = asyncio.Lock()
        self._stamp = stamp_of(page_dir)
        self._build: PageFiles = self._read() if is_built(page_dir) else {}
        self._files = self._build
        self._policy = content_policy(livekit_url=livekit_url, pages=_pages_of(self._build))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request for a file."""
        path = str(scope["path"]).strip("/")
        if path == "api" or path.startswith("api/"):
            raise HTTPException(404)
        if scope["method"] not in ("GET", "HEAD"):
            raise HTTPException(405)
        if not is_hashed_asset(path):
            await self._look()
        await self._answer(path, Headers(scope=scope))(scope, receive, send)

    def _answer(self, path: str, asked: Headers) -> Response:
        if not self._files:
            if path:
                raise HTTPException(404)
            return HTMLResponse(_NOT_BUILT)
        names = (path or "index.html", f"{path}.html")
        file = next((self._files[name] for name in names if name in self._files), None)
        if file is None:
            if (file := self._files.get("404.html")) is None:
                raise HTTPException(404)
            response = answer_with(file, asked, status=404)
        else:
            response = answer_with(file, asked)
        is_hashed = file.is_hashed
        lasting = "public, max-age=31536000, immutable"
        response.headers["Cache-Control"] = lasting if is_hashed else "no-cache"
        if file.is_html:
            sites = self._embed_origins if file is self._files.get(EMBEDDED_PAGE) else ()
            response.headers["Content-Security-Policy"] = framed_policy(self._policy, sites)
        if any(file is self._files.get(name) for name in (LOADER, EMBEDDED_PAGE)):
            response.headers.update(FOR_ISOLATED_SITES)
        return response

    def _read(self) -> PageFiles:
        files = read_page(self._dir)
        return files if self._finish is None else self._finish(files)

    async def _look(self) -> None:
        """Take the next build, if there is one."""
        stamp = stamp_of(self._dir)
        is_soon = self._clock() - self._read_at < _READ_AGAIN_SECS
        if not stamp or stamp == self._stamp or is_soon or self._reading.locked():
            return
        async with self._reading:
            try:
                # Packing takes a tenth of a second, which the loop has not.
                build = await asyncio.to_thread(self._read)
            except OSError:
                build = {}
            if not is_whole(build):
                self._read_at = self._clock()
                return
            # A page that is open may still ask for a part of the build it came from.
            kept = {name: file for name, file in self._build.items() if file.is_hashed}
            self._policy = content_policy(livekit_url=self._livekit_url, pages=_pages_of(build))
            self._stamp, self._build, self._files = stamp, build, {**kept, **build}


def is_built(page_dir: Path = PAGE_DIR) -> bool:
    """Tell whether there is a page to serve."""
    return (page_dir / "index.html").is_file()


def security_headers(*, livekit_url: str, is_https: bool = False) -> Mapping[str, str]:
    """Return the headers of every answer.

    Args:
        livekit_url: The page connects there.
        is_https: Browsers reach the page by HTTPS.
    """
    # A year, as browsers' lists ask for; for this host alone, as its neighbours may have no HTTPS.
    transport = {"Strict-Transport-Security": "max-age=31536000"} if is_https else {}
    return {
        **transport,
        "Content-Security-Policy": content_policy(livekit_url=livekit_url),
        "X-Content-Type-Options": "nosniff",
        "Referrer-Policy": "no-referrer",
        "Permissions-Policy": "microphone=(self), camera=(), geolocation=(), display-capture=()",
        "Cross-Origin-Opener-Policy": "same-origin",
    }


def content_policy(*, livekit_url: str, pages: Collection[str] = ()) -> str:
    """Return what a browser may load and run for the page.

    Args:
        livekit_url: The page connects there.
        pages: HTML whose inline scripts and styles are allowed, by their hashes.
    """
    scripts = " ".join(("'self'", *_hashes(pages, _INLINE_SCRIPT)))
    # Styles that scripts set are not meant: they go past the policy (CSSOM).
    styles = ["'self'", *_hashes(pages, _INLINE_STYLE)]
    if attributes := _hashes(pages, _STYLE_ATTRIBUTE):
        styles += ["'unsafe-hashes'", *attributes]
    policy = {
        "default-src": "'self'",
        "script-src": scripts,
        "style-src": " ".join(styles),
        "img-src": "'self' data:",
        "media-src": "'self' blob:",
        "worker-src": "'self' blob:",
        "connect-src": " ".join(("'self'", *_livekit_sources(livekit_url))),
        "object-src": "'none'",
        "frame-ancestors": "'none'",
        "base-uri": "'none'",
        "form-action": "'self'",
    }
    return "; ".join(f"{name} {value}" for name, value in policy.items())


def _pages_of(files: PageFiles) -> list[str]:
    return [file.content.decode(errors="replace") for file in files.values() if file.is_html]


def _hashes(pages: Collection[str], inline: re.Pattern[str]) -> list[str]:
    """Return the sources that allow what is inline in the page."""
    found = {
        html.unescape(text) if inline is _STYLE_ATTRIBUTE else text
        for page in pages
        for text in inline.findall(page)
        if text
    }
    digests = (hashlib.sha256(text.encode()).digest() for text in found)
    return sorted(f"'sha256-{base64.b64encode(digest).decode()}'" for digest in digests)


def _livekit_sources(livekit_url: str) -> list[str]:
    """Return LiveKit's address for its socket and for its HTTP calls (validate, regions)."""
    parts = urlsplit(livekit_url)
    is_secure = parts.scheme in ("wss", "https")
    schemes = ("wss", "https") if is_secure else ("ws", "http")
    sources = [f"{scheme}://{parts.netloc}" for scheme in schemes]
    if (parts.hostname or "").endswith(".livekit.cloud"):
        # The cloud may send a client on to another region.
        sources += ["wss://*.livekit.cloud", "https://*.livekit.cloud"]
    return sources
