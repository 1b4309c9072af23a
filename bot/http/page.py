"""The web page: the static export in `web/out`, and the security headers it works under."""

from __future__ import annotations

import base64
import hashlib
import html
import re
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import urlsplit

from starlette.exceptions import HTTPException
from starlette.responses import HTMLResponse, Response
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp, Receive, Scope, Send
from typing_extensions import override

PAGE_DIR = Path(__file__).resolve().parents[2] / "web" / "out"
_INLINE_SCRIPT = re.compile(r"<script(?![^>]*\ssrc=)[^>]*>(.*?)</script>", re.DOTALL)
_INLINE_STYLE = re.compile(r"<style[^>]*>(.*?)</style>", re.DOTALL)
_STYLE_ATTRIBUTE = re.compile(r'<[a-z][^>]*\sstyle="([^"]*)"')
_HASHED_ASSETS = "_next/static/"
_NOT_BUILT = """<!doctype html><html lang="en"><meta charset="utf-8"><title>Parley</title>
<p>The page has not been built yet. Run <code>make setup</code> and start again.
The API works: see <a href="/api/health">/api/health</a>.</p></html>"""


class _Page(StaticFiles):
    """Static files; below /api there are none."""

    @override
    async def get_response(self, path: str, scope: Scope) -> Response:
        """Answer one request for a file."""
        if path == "api" or path.startswith("api/"):
            raise HTTPException(404)
        response = await super().get_response(path, scope)
        is_hashed = path.startswith(_HASHED_ASSETS) and response.status_code < 400
        lasting = "public, max-age=31536000, immutable"
        response.headers["Cache-Control"] = lasting if is_hashed else "no-cache"
        return response


async def _page_not_built(scope: Scope, receive: Receive, send: Send) -> None:
    if scope["path"] != "/" or scope["method"] not in ("GET", "HEAD"):
        raise HTTPException(404)
    await HTMLResponse(_NOT_BUILT)(scope, receive, send)


def is_built(page_dir: Path = PAGE_DIR) -> bool:
    """Tell whether there is a page to serve."""
    return (page_dir / "index.html").is_file()


def build_page(page_dir: Path = PAGE_DIR) -> ASGIApp:
    """Return the app that serves the page, or a sentence if it is not built."""
    return _Page(directory=page_dir, html=True) if is_built(page_dir) else _page_not_built


def security_headers(
    *, livekit_url: str, page_dir: Path = PAGE_DIR, is_https: bool = False
) -> Mapping[str, str]:
    """Return the headers of every answer.

    Args:
        livekit_url: The page connects there.
        page_dir: Inline scripts and styles of its HTML files are allowed by their hashes.
        is_https: Browsers reach the page by HTTPS.
    """
    scripts = " ".join(("'self'", *_hashes(page_dir, _INLINE_SCRIPT)))
    # Styles that scripts set are not meant: they go past the policy (CSSOM).
    styles = ["'self'", *_hashes(page_dir, _INLINE_STYLE)]
    if attributes := _hashes(page_dir, _STYLE_ATTRIBUTE):
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
    # A year, as browsers' lists ask for; for this host alone, as its neighbours may have no HTTPS.
    transport = {"Strict-Transport-Security": "max-age=31536000"} if is_https else {}
    return {
        **transport,
        "Content-Security-Policy": "; ".join(f"{name} {value}" for name, value in policy.items()),
        "X-Content-Type-Options": "nosniff",
        "Referrer-Policy": "no-referrer",
        "Permissions-Policy": "microphone=(self), camera=(), geolocation=(), display-capture=()",
        "Cross-Origin-Opener-Policy": "same-origin",
    }


def _hashes(page_dir: Path, inline: re.Pattern[str]) -> list[str]:
    """Return the sources that allow what is inline in the page."""
    found = {
        html.unescape(text) if inline is _STYLE_ATTRIBUTE else text
        for file in sorted(page_dir.rglob("*.html"))
        for text in inline.findall(file.read_text(encoding="utf-8"))
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
