#!/bin/sh
# Checks Node.js and installs the page's locked packages.
set -eu

if ! node -e 'const [a, b] = process.versions.node.split(".").map(Number);
process.exit(a > 20 || (a === 20 && b >= 9) ? 0 : 1)' >/dev/null 2>&1 || ! command -v npm >/dev/null; then
    echo "The page needs Node.js 20.9 or newer with npm (nodejs.org, or your system's packages)." >&2
    exit 1
fi
echo "Installing the page's packages"
cd web
npm ci --no-audit --no-fund --loglevel=error
