"""The short form of `python -m tests.chaos --store 1000`."""

from __future__ import annotations

import subprocess
import sys

import pytest

from tests.layout import PROJECT_ROOT
from tests.postgres_server import find_postgres

_KILLS = 20
_SEED = 16


@pytest.mark.timeout(300)
@pytest.mark.promise("Memory", "A bot that is killed has written down all but its unfinished turn.")
@pytest.mark.promise("Memory", "No kill at any moment leaves a store that cannot be used.")
def test_twenty_kills_of_each_store() -> None:
    # A process of its own: the one that victims are forked from ends with it.
    command = [sys.executable, "-m", "tests.chaos", "--store", f"{_KILLS}", "--seed", f"{_SEED}"]
    done = subprocess.run(command, cwd=PROJECT_ROOT, capture_output=True, text=True, check=False)
    told = done.stdout
    for name in ["SQLite", *(["Postgres"] if find_postgres() else [])]:
        assert f"{name}: {_KILLS} kills" in told, told + done.stderr
    assert done.returncode == 0, told
