"""A Postgres server of the tests' own: in a folder, on this machine alone, for one run."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import tempfile
import time
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

from tests.ports import free_port

_START_LIMIT_SECS = 60.0
_USERS = ("postgres", "nobody")


def find_postgres() -> Path | None:
    """Return the folder of Postgres' programs; None if it is not installed."""
    if found := shutil.which("initdb"):
        return Path(found).resolve().parent
    folders = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    return folders[-1].parent if folders else None


@contextmanager
def postgres_server() -> Generator[str]:
    """Run a server while the block runs; gives its address, of a database without tables."""
    programs = find_postgres()
    assert programs is not None
    folder = Path(tempfile.mkdtemp(prefix="parley-postgres-"))
    port = free_port()
    as_other = _as_other(folder)
    server = None
    try:
        subprocess.run(
            [*as_other, programs / "initdb", "-D", folder / "data", "-U", "parley", "-A", "trust"],
            check=True,
            capture_output=True,
            cwd=folder,
        )
        server = subprocess.Popen(
            [*as_other, programs / "postgres", "-D", folder / "data", "-p", str(port)]
            # No test is about power cuts.
            + ["-h", "127.0.0.1", "-k", folder, "-c", "fsync=off"],
            cwd=folder,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        _wait_for(programs, server, port)
        yield f"postgresql://parley@127.0.0.1:{port}/postgres"
    finally:
        if server is not None:
            # At once: whoever is still connected is a test that has ended.
            server.send_signal(3)
            server.wait(_START_LIMIT_SECS)
        shutil.rmtree(folder)


def _as_other(folder: Path) -> list[str]:
    """Return what runs a program as somebody else: Postgres refuses to be root."""
    if os.geteuid() != 0:
        return []
    user = next(one for one in _USERS if _is_known(one))
    shutil.chown(folder, user)
    return ["setpriv", f"--reuid={user}", f"--regid={pwd.getpwnam(user).pw_gid}", "--clear-groups"]


def _is_known(user: str) -> bool:
    return any(one.pw_name == user for one in pwd.getpwall())


def _wait_for(programs: Path, server: subprocess.Popen[bytes], port: int) -> None:
    ends_at_secs = time.monotonic() + _START_LIMIT_SECS
    ask = [programs / "pg_isready", "-h", "127.0.0.1", "-p", str(port), "-q"]
    while subprocess.run(ask, check=False).returncode != 0:
        assert server.poll() is None, "the Postgres server has ended"
        assert time.monotonic() < ends_at_secs, "the Postgres server does not start"
        time.sleep(0.1)
