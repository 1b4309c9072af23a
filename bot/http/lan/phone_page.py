"""The plain page that helps a phone in: what to trust, and the link as a picture.

It is served without TLS too, to devices that do not trust the certificate yet; then it holds no
link that lets anybody in.
"""

from __future__ import annotations

import html

from starlette.responses import HTMLResponse, Response

from bot.http.page.page import content_policy
from bot.lan.authority import Authority
from bot.lan.qr import qr_svg
from bot.lan.reach import Reach

PHONE_PATH = "/phone"
ROOT_PATH = "/parley-root.crt"
_ROOT_TYPE = "application/x-x509-ca-cert"
"""Phones offer to install what has this type."""

_PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Parley on your phone</title><style>{style}</style></head>
<body><main><h1>Parley on your phone</h1>
{parts}
</main></body></html>"""
_STYLE = """
:root { color-scheme: light dark; font: 1.0625rem/1.5 system-ui, sans-serif; }
main { max-width: 36rem; margin: 0 auto; padding: 1.5rem; }
h1 { font-size: 1.5rem; } h2 { font-size: 1.125rem; margin: 1.5rem 0 0.25rem; }
p { margin: 0.25rem 0 0.75rem; }
svg { display: block; width: min(16rem, 100%); margin: 1rem 0; }
a.button { display: inline-block; padding: 0.75rem 1.25rem; }
a.button { border: 1px solid; border-radius: 0.5rem; }
code { overflow-wrap: anywhere; }
"""
_TRUST = """<p>Browsers give the microphone to pages they trust only. Once on each device, install
the certificate of this Parley; it is good for addresses of local networks and for nothing else.</p>
<p><a class="button" href="{root}">Download the certificate</a></p>
<h2>iPhone and iPad</h2><p>Open this page in Safari, download, and allow the profile. In Settings,
tap Profile Downloaded and install it. Then, under General, About, Certificate Trust Settings, turn
it on.</p>
<h2>Android</h2><p>Download it. In Settings, search for “CA certificate”, choose it and
install anyway. Pick the file that you downloaded.</p>
<h2>Computer</h2><p>Download it and open it. On a Mac set it to Always Trust in Keychain Access; on
Windows put it into Trusted Root Certification Authorities; in Chrome on Linux import it under
Privacy and security, Security, Manage certificates. Firefox has a list of its own: Settings,
Certificates, Authorities, Import.</p>
<h2>Is it the right one?</h2><p>Its SHA-256 fingerprint is printed where Parley was started:
<br><code>{fingerprint}</code></p>"""
_OPEN = """<p><a class="button" href="{origin}/">Open Parley</a></p>"""
_LINK = """<h2>Go on on another phone</h2><p>Point its camera here. The link lets in as many calls
as your own.</p>{drawing}"""


def phone_page(reach: Reach, *, link: str = "") -> Response:
    """Return the page.

    Args:
        reach: Where we are.
        link: What the picture leads to; empty: there is none.
    """
    parts: list[str] = []
    if reach.authority is not None:
        parts.append(_TRUST.format(root=ROOT_PATH, fingerprint=reach.authority.fingerprint))
    parts.append(_OPEN.format(origin=html.escape(reach.origin)))
    if link:
        parts.append(_LINK.format(drawing=qr_svg(link)))
    page = _PAGE.format(style=_STYLE, parts="\n".join(parts))
    policy = content_policy(livekit_url=reach.websocket_origin, pages=(page,))
    headers = {"Content-Security-Policy": policy, "Cache-Control": "no-store"}
    return HTMLResponse(page, headers=headers)


def root_file(authority: Authority) -> Response:
    """Return what a device is to trust, so that it asks whether to install it."""
    headers = {
        "Content-Disposition": 'attachment; filename="parley-root.crt"',
        "Cache-Control": "no-store",
    }
    return Response(authority.der, media_type=_ROOT_TYPE, headers=headers)
