#!/bin/sh
# Checks Node.js and installs the locked packages of a folder: setup/node.sh FOLDER
set -eu

if ! node -e 'const [a, b] = process.versions.node.split(".").map(Number);
process.exit(a > 20 || (a === 20 && b >= 9) ? 0 : 1)' >/dev/null 2>&1 || ! command -v npm >/dev/null; then
    echo "Parley needs Node.js 20.9 or newer with npm (nodejs.org, or your system's packages)." >&2
    exit 1
fi
echo "Installing the packages of $1"
cd "$1"
npm ci --no-audit --no-fund --loglevel=error
