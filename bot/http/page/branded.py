"""A build of the page for this installation: with the operator's name, colour, logo and links.

What differs stands in each page's head: facts that the page's scripts read, and a style.
"""

from __future__ import annotations

import base64
import html
import json
from collections.abc import Mapping
from typing import Any

from bot.brand import Brand, accent_of
from bot.http.page.page_files import PageFile, PageFiles, as_page_file
from bot.languages.choice import SEVERAL

_END_OF_HEAD = b"</head>"
_LOGO = "brand-logo"
_ICON = "icon.svg"
"""Of the tab, as the build names it."""


def branded(files: PageFiles, brand: Brand, *, kept_days: int, language: str) -> PageFiles:
    """Return the files as they are served here.

    Args:
        files: A build.
        brand: The operator's.
        kept_days: How long it is kept what is said; 0: it is not.
        language: That is spoken.
    """
    if not files:
        return files
    facts = _facts(brand, kept_days, "" if language == SEVERAL else language)
    title = f"<title>{html.escape(brand.name)}</title>"
    inserted = f'{title}<script type="application/json" id="installation">{facts}</script>'
    more = dict[str, PageFile]()
    if brand.logo is not None:
        logo = as_page_file(brand.logo.name, brand.logo.read_bytes())
        more = {_LOGO + brand.logo.suffix: logo, _ICON: as_page_file(_ICON, _icon_of(logo))}
    head = (inserted + _style(brand)).encode()
    pages = {name: _with_head(name, file, head) for name, file in files.items() if file.is_html}
    return {**files, **pages, **more}


def _icon_of(logo: PageFile) -> bytes:
    """Return it in a square of the one type that the pages' heads name."""
    data = base64.b64encode(logo.content).decode()
    return (
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 64 64">'
        f'<image width="64" height="64" href="data:{logo.media_type};base64,{data}"/></svg>'
    ).encode()


def _with_head(name: str, page: PageFile, head: bytes) -> PageFile:
    return as_page_file(name, page.content.replace(_END_OF_HEAD, head + _END_OF_HEAD, 1))


def _facts(brand: Brand, kept_days: int, language: str) -> str:
    facts: Mapping[str, Any] = {
        "name": brand.name,
        "headline": brand.headline,
        "links": [link.model_dump() for link in brand.links],
        "kept_days": kept_days,
        "language": language,
    }
    # It ends where its element does, whatever is in it.
    return json.dumps(facts, ensure_ascii=False).replace("<", "\\u003c")


def _style(brand: Brand) -> str:
    rules = ""
    if brand.color is not None:
        hue, chroma = accent_of(brand.color)
        rules += f"html:root{{--accent-hue:{hue};--accent-chroma:{chroma}}}"
    if brand.logo is not None:
        # The name stays for those who cannot see the logo.
        rules += (
            ".page-name>*{width:12rem;height:2rem;font-size:0;"
            f"background:url(/{_LOGO}{brand.logo.suffix}) center/contain no-repeat}}"
        )
    return f"<style>{rules}</style>" if rules else ""
