#!/bin/sh
# Makes .venv, if there is no working one, and installs a lock file into it: setup/python.sh LOCK
set -eu

# Prints the first Python that can make our environment. 3.11 to 3.13 are what the locked wheels
# are built for; a newer one is the last resort.
find_python() {
    for range in "(3, 11) <= v < (3, 14)" "v >= (3, 11)"; do
        for name in python3 python3.13 python3.12 python3.11 python3.14; do
            if "$name" -c "import ensurepip, sys, venv; v = sys.version_info[:2]
sys.exit(not ($range))" >/dev/null 2>&1; then
                echo "$name"
                return
            fi
        done
    done
    echo "Parley needs Python 3.11 or newer with venv (on Debian: apt-get install python3 python3-venv)." >&2
    exit 1
}

if ! .venv/bin/python -m pip --version >/dev/null 2>&1; then
    python=$(find_python)
    echo "Making .venv with $("$python" --version)"
    "$python" -m venv --clear .venv
fi
echo "Installing $1"
# Nothing is compiled here; docopt is one Python file that was only ever published as source.
.venv/bin/python -m pip install --quiet --disable-pip-version-check --no-input \
    --require-hashes --only-binary :all: --no-binary docopt --requirement "$1"
