#!/bin/sh
# Makes sure there is a Chromium for the browser tests.
set -eu

has_browser() {
    for name in chromium chromium-browser google-chrome google-chrome-stable; do
        # A placeholder that only offers to install a browser fails here.
        if "$name" --version >/dev/null 2>&1; then return 0; fi
    done
    test -x "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome"
}

has_downloaded_browser() {
    .venv/bin/python - <<'PYTHON'
import os, sys
from playwright.sync_api import sync_playwright
with sync_playwright() as playwright:
    sys.exit(not os.path.exists(playwright.chromium.executable_path))
PYTHON
}

if has_browser || has_downloaded_browser; then exit 0; fi
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
    echo "Installing Chromium with apt-get"
    export DEBIAN_FRONTEND=noninteractive
    if apt-get update -qq && apt-get install -qq -y --no-install-recommends chromium >/dev/null \
        && has_browser; then exit 0; fi
fi
echo "Downloading Chromium"
if .venv/bin/python -m playwright install chromium; then exit 0; fi
echo "The browser tests need Chromium or Google Chrome on PATH: install one and try again." >&2
exit 1
