#!/bin/sh
# Makes an environment, if it is not there, and installs a lock file into it:
# setup/python.sh ENVIRONMENT LOCK
set -eu
environment=$1 lock=$2

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

if ! "$environment/bin/python" -m pip --version >/dev/null 2>&1; then
    python=$(find_python)
    echo "Making $environment with $("$python" --version)"
    "$python" -m venv --clear "$environment"
fi
echo "Installing $lock"
# Nothing is compiled here; docopt is one Python file that was only ever published as source.
"$environment/bin/python" -m pip install --quiet --disable-pip-version-check --no-input \
    --require-hashes --only-binary :all: --no-binary docopt --requirement "$lock"
