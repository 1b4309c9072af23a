#!/bin/sh
# Asks the advisory databases about every package in the lock files; needs a network.
# Exits with 1 if a package has a known hole, or if anything could not be asked.
set -u
servers=tests/contract/servers
audit=.cache/audit-venv
failed=

[ -x $audit/bin/pip-audit ] || {
    python3 -m venv $audit && $audit/bin/python -m pip install --quiet pip-audit==2.10.1
} || exit 1
for list in requirements.lock requirements-dev.lock bench/requirements.txt $servers/requirements.txt; do
    echo "Python packages of $list"
    # Strict: a package that nobody could look up is no clean one.
    $audit/bin/pip-audit --strict --disable-pip --require-hashes --progress-spinner off -r "$list" ||
        failed="$failed $list"
done
for folder in web $servers; do
    echo "npm packages of $folder"
    (cd "$folder" && npm audit) || failed="$failed $folder"
done
[ -z "$failed" ] || { echo "With holes, or not asked:$failed" >&2; exit 1; }
echo "Nothing is known against any package."
