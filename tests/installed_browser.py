"""The browser the set-up made sure of: the machine's own, or the one Playwright downloaded."""

from __future__ import annotations

import shutil
from pathlib import Path

_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
_MAC_CHROME = Path("/Applications/Google Chrome.app/Contents/MacOS/Google Chrome")


def installed_browser() -> str | None:
    """Return the machine's own browser; None takes Playwright's, which fails if there is none."""
    found = next(filter(None, map(shutil.which, _NAMES)), None)
    return found or (str(_MAC_CHROME) if _MAC_CHROME.exists() else None)
