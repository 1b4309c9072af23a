"""The web page: the static export in `web/out`, and the security headers it works under."""

from __future__ import annotations

import base64
import hashlib
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


def security_headers(*, livekit_url: str, page_dir: Path = PAGE_DIR) -> Mapping[str, str]:
    """Return the headers of every answer.

    Args:
        livekit_url: The page connects there.
        page_dir: Inline scripts of its HTML files are allowed by their hashes.
    """
    scripts = " ".join(("'self'", *_script_hashes(page_dir)))
    policy = {
        "default-src": "'self'",
        "script-src": scripts,
        # React and LiveKit set style attributes.
        "style-src": "'self' 'unsafe-inline'",
        "img-src": "'self' data:",
        "media-src": "'self' blob:",
        "worker-src": "'self' blob:",
        "connect-src": " ".join(("'self'", *_livekit_sources(livekit_url))),
        "object-src": "'none'",
        "frame-ancestors": "'none'",
        "base-uri": "'none'",
        "form-action": "'self'",
    }
    return {
        "Content-Security-Policy": "; ".join(f"{name} {value}" for name, value in policy.items()),
        "X-Content-Type-Options": "nosniff",
        "Referrer-Policy": "no-referrer",
        "Permissions-Policy": "microphone=(self), camera=(), geolocation=(), display-capture=()",
        "Cross-Origin-Opener-Policy": "same-origin",
    }


def _script_hashes(page_dir: Path) -> list[str]:
    scripts = {
        script
        for file in sorted(page_dir.rglob("*.html"))
        for script in _INLINE_SCRIPT.findall(file.read_text(encoding="utf-8"))
        if script
    }
    digests = (hashlib.sha256(script.encode()).digest() for script in scripts)
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
