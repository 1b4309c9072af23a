"""Several servers from the files in `deploy/many/`, each a machine of its own: all may be killed.

Two LiveKit nodes with Redis, two runners with a worker each, a worker by itself, Postgres, and
Caddy or HAProxy before all. Ports are the usual ones. What is changed: names and addresses,
certificates of the test's own, and callers who come to each runner in turn although they are one
network. Vendors are stand-ins on each machine; their voice is a tone.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import psutil
from typing_extensions import override

from bot.settings import PROJECT_ROOT, child_environment
from tests.deploy.haproxy import OWN, write_haproxy
from tests.deploy.network import Network
from tests.deploy.parts import KEY, SECRET, Parts, changed, is_well, settings_in, succeeds
from tests.postgres_server import is_postgres_up, postgres_command, postgres_url

_DEPLOY = PROJECT_ROOT / "deploy" / "many"
_PAGE, _SIGNALLING = "voice.example.test", "livekit.example.test"
_ROOT = "caddy/pki/authorities/local/root.crt"
_VENDORS = 9000
_REGISTERED = "The worker is registered."
NODES = ("livekit-0", "livekit-1")
RUNNERS = ("runner-0", "runner-1")
LINES: Mapping[str, int] = {"runner-0": 4, "runner-1": 6, "worker-2": 8}
"""What each worker holds; the last one is a worker by itself."""
WORKERS = tuple(LINES)
MACHINES = ("proxy", "database", *NODES, *WORKERS)
SUPPORT = ("door", "redis", "postgres")


@dataclass(kw_only=True)
class ManySite(Parts):
    """Every part, by its name."""

    livekit: Path
    """The program."""
    network: Network
    """With the machines above."""
    is_haproxy: bool = False
    """What is at the door; else it is Caddy."""
    database: Path = field(default_factory=lambda: Path(tempfile.mkdtemp(prefix="parley-many-")))
    """Postgres is somebody else, and reads no other folder of the tests'."""
    _postgres: list[str] = field(default_factory=list[str])

    url = f"https://{_PAGE}"
    livekit_url = f"wss://{_SIGNALLING}"

    @property
    def root(self) -> Path:
        """Whom all have to trust: Caddy's own authority, or HAProxy's certificate."""
        return self.folder / (OWN if self.is_haproxy else _ROOT)

    @property
    def node_url(self) -> str:
        """One of the nodes, which know the same rooms."""
        return f"http://{self.network[NODES[0]].address}:7880"

    def start_all(self) -> None:
        self.network.know(proxy=(_PAGE, _SIGNALLING))
        self.network["proxy"].run("sysctl", "-q", "-p", str(_DEPLOY / "sysctl.conf"))
        for name in (*SUPPORT, *NODES):
            self.start_again(name)
        for name in WORKERS:
            self.start_vendors(name)
        for name in WORKERS:
            self.start_again(name)

    def start_again(self, name: str) -> None:
        """Start a part, as its supervisor would; it is ready afterwards."""
        if name in SUPPORT:
            {"door": self._door, "redis": self._redis, "postgres": self._sql}[name]()
        elif name in NODES:
            self._node(name)
        else:
            self._parley(name)

    def worker(self, name: str) -> psutil.Process:
        """Return the process of a machine's worker, below the one that looks after it if any."""
        root = psutil.Process(self.processes[name].pid)
        return next((one for one in root.children() if "worker" in one.cmdline()), root)

    def family(self, name: str) -> list[psutil.Process]:
        """Return all processes of a part, those that look after others first."""
        root = psutil.Process(self.processes[name].pid)
        return [root, *root.children(recursive=True)]

    def node_of(self, room: str) -> str:
        """Return the node that has a room, as Redis knows; the first one if it does not say."""
        address = self.network["database"].address
        asking = ("redis-cli", "-h", address, "hget", "room_node_map", room)
        told = subprocess.run(asking, check=True, capture_output=True, text=True).stdout.strip()
        has_it = (one for one in NODES if told and f'"nodeID": "{told}"' in self.log(one))
        return next(has_it, NODES[0])

    def bots(self) -> dict[str, tuple[str, int]]:
        """Return of each session that has a process whose worker's it is, and the newest one."""
        lines: list[tuple[str, str, str, int]] = []
        for name in filter(self.is_up, WORKERS):
            family = {one.pid for one in self.family(name)[1:]}
            lines += [
                (str(one["time"]), str(one["session"]), name, int(one["pid"]))
                for one in self.log_lines(name)
                if one.get("session") and one.get("pid") in family
            ]
        return {session: (name, pid) for _, session, name, pid in sorted(lines)}

    @override
    def close(self) -> None:
        super().close()
        shutil.rmtree(self.database)

    def _redis(self) -> None:
        machine = self.network["database"]
        kept = ("--appendonly", "yes", "--dir", str(self.folder), "--bind", machine.address)
        command = machine.command("redis-server", *kept, "--protected-mode", "no")
        self.start("redis", command, os.environ)

    def _sql(self) -> None:
        address = self.network["database"].address
        if not self._postgres:
            self._postgres = postgres_command(self.database, port=5432, address=address)

        def is_up() -> bool:
            # Until its own parts are all gone, those of the one that was killed keep it out.
            if not self.is_up("postgres"):
                command = self.network["database"].command(*self._postgres)
                self.start("postgres", command, os.environ)
            return is_postgres_up(port=5432, address=address)

        self.until(is_up)

    def _door(self) -> None:
        if self.is_haproxy:
            self._haproxy()
        else:
            self._caddy()

    def _haproxy(self) -> None:
        addresses = zip(("10.0.0.1", "10.0.0.2"), RUNNERS, strict=True)
        nodes = zip(("10.0.0.5", "10.0.0.6"), NODES, strict=True)
        changes = {told: self.network[name].address for told, name in (*addresses, *nodes)}
        named = {"livekit.example.com": _SIGNALLING, "voice.example.com": _PAGE}
        named |= {"balance source": "balance roundrobin"}
        names = f"DNS:{_PAGE},DNS:{_SIGNALLING}"
        command = write_haproxy(self.folder, names=names, changes={**changes, **named})
        self.start("door", self.network["proxy"].command(*command), os.environ)

    def _caddy(self) -> None:
        env = {
            **os.environ,
            "CADDY_OPTIONS": "admin off\nlocal_certs\nskip_install_trust",
            "PARLEY_SITE": _PAGE,
            "PARLEY_RUNNERS": " ".join(f"{self.network[one].address}:7860" for one in RUNNERS),
            "PARLEY_BALANCE": "round_robin",
            "LIVEKIT_SITE": _SIGNALLING,
            "LIVEKIT_NODES": " ".join(f"{self.network[one].address}:7880" for one in NODES),
            "XDG_DATA_HOME": str(self.folder),
            "XDG_CONFIG_HOME": str(self.folder),
        }
        config = str(_DEPLOY / "Caddyfile")
        command = ("caddy", "run", "--adapter", "caddyfile", "--config", config)
        self.start("door", self.network["proxy"].command(*command), env)
        self.until_up("door", self.root.exists)

    def _node(self, name: str) -> None:
        machine = self.network[name]
        config = changed(
            (_DEPLOY / "livekit.yaml").read_text(),
            {
                "127.0.0.1:6379": f"{self.network['database'].address}:6379",
                "use_external_ip: true": "use_external_ip: false",
                "https://voice.example.com": self.url,
            },
        )
        path = self.folder / f"{name}.yaml"
        path.write_text(config)
        env = {**os.environ, "LIVEKIT_KEYS": f"{KEY}: {SECRET}", "SSL_CERT_FILE": str(self.root)}
        self.start(name, machine.command(self.livekit, "--config", path), env)
        self.until_up(name, lambda: is_well(f"http://{machine.address}:7880/"))

    def _parley(self, name: str) -> None:
        machine = self.network[name]
        is_runner = name in RUNNERS
        words = ("runner.py",) if is_runner else ("runner.py", "worker")
        seen = self.log(name).count(_REGISTERED) if name in self.processes else 0
        self.start(name, machine.command(sys.executable, *words), self._environment(name))
        health = f"http://{machine.address}:7860/api/health"

        def is_ready() -> bool:
            if is_runner:
                return is_well(health)
            return self.log(name).count(_REGISTERED) > seen

        self.until_up(name, is_ready)

    def start_vendors(self, name: str) -> None:
        """Start the stand-ins of a machine."""
        machine = self.network[name]
        port = str(_VENDORS)
        command = [sys.executable, "-m", "bot.local", "--port", port, "--faults"]
        self.start(f"vendors-{name}", machine.command(*command), os.environ)
        asking = machine.command(sys.executable, "-c", _ASK_FOR_A_TONE, port)
        self.until_up(f"vendors-{name}", lambda: succeeds(asking))

    def _environment(self, name: str) -> dict[str, str]:
        told = settings_in(_DEPLOY.parent / "parley.env") | settings_in(_DEPLOY / "parley.env")
        named = {key: one.replace(".example.com", ".example.test") for key, one in told.items()}
        vendors = f"http://127.0.0.1:{_VENDORS}"
        database = postgres_url(port=5432, address=self.network["database"].address)
        own = {
            "DATABASE_URL": database,
            "LIVEKIT_API_SECRET": SECRET,
            "TRUSTED_PROXIES": self.network["proxy"].address,
            "MAX_SESSIONS": str(LINES[name]),
            "DATA_DIR": str(self.folder / name),
            "APPOINTMENTS_FILE": str(self.folder / f"{name}.sqlite"),
            "SPEECH_SHELF": str(self.folder / f"{name}-shelf"),
            "LOG_FORMAT": "json",
            "DEEPGRAM_API_KEY": "local",
            "DEEPGRAM_BASE_URL": vendors,
            "OPENAI_API_KEY": "local",
            "OPENAI_BASE_URL": f"{vendors}/v1",
            "DRAFT_RECOGNISER": "false",
            "IDLE_BOTS": "1",
        }
        for_callers = {
            "ACCESS": "open",
            "STARTS_PER_MINUTE": "1000",
            "SESSIONS_PER_ADDRESS": "100",
            # Calls on parts that live say nothing while others come back.
            "IDLE_NUDGE_SECS": "600",
        }
        return child_environment({**named, **own, **for_callers}) | {
            "SSL_CERT_FILE": str(self.root)
        }


_ASK_FOR_A_TONE = """
import json, sys, urllib.request as r
tone = json.dumps({"text_to_speech": {"tone_hz": 300}}).encode()
url = f"http://127.0.0.1:{sys.argv[1]}"
r.urlopen(f"{url}/health")
r.urlopen(r.Request(f"{url}/faults", tone, {"Content-Type": "application/json"}))
"""
