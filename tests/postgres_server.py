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

from sqlalchemy.engine import make_url

from tests.bot.lan.certificates import Pair
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
def postgres_server(*, tls: Pair | None = None) -> Generator[str]:
    """Run a server while the block runs; gives its address, of a database without tables.

    Args:
        tls: What it shows to those who ask for TLS. It asks `ada` alone for a certificate, which
            has to be the same one.
    """
    folder = Path(tempfile.mkdtemp(prefix="parley-postgres-"))
    port = free_port()
    server = None
    try:
        command = postgres_command(folder, port=port)
        if tls is not None:
            command += _with_tls(folder, tls)
        server = subprocess.Popen(
            command, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        _wait_for(server, port)
        yield postgres_url(port=port)
    finally:
        if server is not None:
            # At once: whoever is still connected is a test that has ended.
            server.send_signal(3)
            server.wait(_START_LIMIT_SECS)
        shutil.rmtree(folder)


@contextmanager
def transaction_pooler(url: str) -> Generator[str]:
    """Run PgBouncer before a server while the block runs; gives the address that leads through it.

    It gives each transaction one of two connections, whoever asks.
    """
    folder, port = Path(tempfile.mkdtemp(prefix="parley-pgbouncer-")), free_port()
    parsed = make_url(url)
    settings = folder / "pgbouncer.ini"
    settings.write_text(
        f"[databases]\n{parsed.database} = host={parsed.host} port={parsed.port} "
        f"user={parsed.username}\n[pgbouncer]\nlisten_addr=127.0.0.1\nlisten_port={port}\n"
        "auth_type=any\nunix_socket_dir=\npool_mode=transaction\ndefault_pool_size=2\n"
    )
    command = [*_as_other(folder), "pgbouncer", "-q", settings]
    pooler = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        _wait_for(pooler, port)
        yield parsed.set(port=port).render_as_string(hide_password=False)
    finally:
        pooler.kill()
        pooler.wait(_START_LIMIT_SECS)
        shutil.rmtree(folder)


def postgres_command(folder: Path, *, port: int, address: str = "127.0.0.1") -> list[str]:
    """Make a database without tables, and return what starts its server.

    Args:
        folder: For it alone.
        port: Where it listens.
        address: At which of the machine's addresses; whoever reaches it is let in.
    """
    programs, data = _programs(), folder / "data"
    as_other = _as_other(folder)
    made = [*as_other, programs / "initdb", "-D", data, "-U", "parley", "-A", "trust"]
    subprocess.run(made, check=True, capture_output=True, cwd=folder)
    with (data / "pg_hba.conf").open("a") as rules:
        rules.write(f"host all all {address}/24 trust\n")
    # No test is about power cuts.
    told = ("-p", port, "-h", address, "-k", folder, "-c", "fsync=off")
    return [str(one) for one in (*as_other, programs / "postgres", "-D", data, *told)]


def _with_tls(folder: Path, pair: Pair) -> list[str]:
    certificate, key = folder / "tls.pem", folder / "tls-key.pem"
    shutil.copy(pair.certificate, certificate)
    shutil.copy(pair.key, key)
    key.chmod(0o600)
    for one in (certificate, key):
        shutil.chown(one, folder.owner())
    rules = folder / "data" / "pg_hba.conf"
    asked = "hostssl all ada 127.0.0.1/32 trust clientcert=verify-ca\n"
    rules.write_text(asked + rules.read_text())
    told = {"ssl_cert_file": certificate, "ssl_key_file": key, "ssl_ca_file": certificate}
    return ["-c", "ssl=on", *(f"--{name}={path}" for name, path in told.items())]


def postgres_url(*, port: int, address: str = "127.0.0.1") -> str:
    """Return what DATABASE_URL is then."""
    return f"postgresql://parley@{address}:{port}/postgres"


def is_postgres_up(*, port: int, address: str = "127.0.0.1") -> bool:
    """Tell whether it answers."""
    ask = [_programs() / "pg_isready", "-h", address, "-p", str(port), "-q"]
    return subprocess.run(ask, check=False).returncode == 0


def _programs() -> Path:
    programs = find_postgres()
    assert programs is not None
    return programs


def _as_other(folder: Path) -> list[str]:
    """Return what runs a program as somebody else: Postgres refuses to be root."""
    if os.geteuid() != 0:
        return []
    user = next(one for one in _USERS if _is_known(one))
    shutil.chown(folder, user)
    return ["setpriv", f"--reuid={user}", f"--regid={pwd.getpwnam(user).pw_gid}", "--clear-groups"]


def _is_known(user: str) -> bool:
    return any(one.pw_name == user for one in pwd.getpwall())


def _wait_for(server: subprocess.Popen[bytes], port: int) -> None:
    ends_at_secs = time.monotonic() + _START_LIMIT_SECS
    while not is_postgres_up(port=port):
        assert server.poll() is None, "the Postgres server has ended"
        assert time.monotonic() < ends_at_secs, "the Postgres server does not start"
        time.sleep(0.1)
