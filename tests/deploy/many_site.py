"""Several servers on this machine from the files in `deploy/many/`: any part may be killed.

Two LiveKit nodes with Redis, two runners with a worker each, Postgres, and Caddy before all.
What is changed for it: ports that are free, names that are addresses of this machine without TLS,
LiveKit's sound on loopback, and callers who come to each runner in turn although they are one
network. Callers type and the voice is a tone: no speech model runs.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import psutil

from bot.settings import PROJECT_ROOT, child_environment
from tests.ports import free_port

_DEPLOY = PROJECT_ROOT / "deploy" / "many"
_KEY, _SECRET = "parley", "a-secret-of-this-test-alone-0123456789"
_START_LIMIT_SECS = 180.0
_STOP_LIMIT_SECS = 60.0
LINES = 8
NODES = ("livekit-0", "livekit-1")
RUNNERS = ("runner-0", "runner-1")


@dataclass
class ManySite:
    """Every part, by its name. They are started one by one, and all ended by `close`."""

    folder: Path
    livekit: Path
    """The program."""
    database_url: str
    providers_url: str
    ports: Mapping[str, int] = field(
        default_factory=lambda: {
            name: free_port() for name in ("redis", "page", "signalling", *NODES, *RUNNERS)
        }
    )
    processes: dict[str, subprocess.Popen[bytes]] = field(
        default_factory=dict[str, subprocess.Popen[bytes]]
    )

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.ports['page']}"

    @property
    def livekit_url(self) -> str:
        return f"ws://127.0.0.1:{self.ports['signalling']}"

    def start_redis(self) -> None:
        port = str(self.ports["redis"])
        bare = ["--save", "", "--appendonly", "no", "--bind", "127.0.0.1", "--port", port]
        self._start("redis", ["redis-server", *bare], os.environ)

    def start_caddy(self) -> None:
        env = {
            **os.environ,
            "CADDY_OPTIONS": f"admin off\nhttp_port {free_port()}",
            "PARLEY_SITE": self.url,
            "PARLEY_RUNNERS": self._addresses(RUNNERS),
            "PARLEY_BALANCE": "round_robin",
            "LIVEKIT_SITE": self.livekit_url.replace("ws:", "http:"),
            "LIVEKIT_NODES": self._addresses(NODES),
            "XDG_DATA_HOME": str(self.folder),
            "XDG_CONFIG_HOME": str(self.folder),
        }
        config = str(_DEPLOY / "Caddyfile")
        self._start("caddy", ["caddy", "run", "--adapter", "caddyfile", "--config", config], env)

    def start_node(self, name: str) -> None:
        config = (_DEPLOY / "livekit.yaml").read_text()
        for old, new in {
            "port: 7880": f"port: {self.ports[name]}\nbind_addresses: [127.0.0.1]",
            "127.0.0.1:6379": f"127.0.0.1:{self.ports['redis']}",
            "tcp_port: 7881": "tcp_port: 0",
            "udp_port: 7882": f"udp_port: {free_port()}",
            "use_external_ip: true": "use_external_ip: false\n  node_ip: 127.0.0.1\n"
            "  enable_loopback_candidate: true\n  ips: {includes: [127.0.0.1/32]}",
            "https://voice.example.com": self.url,
        }.items():
            assert old in config
            config = config.replace(old, new)
        path = self.folder / f"{name}.yaml"
        path.write_text(config)
        env = {**os.environ, "LIVEKIT_KEYS": f"{_KEY}: {_SECRET}"}
        self._start(name, [str(self.livekit), "--config", str(path)], env)
        self.until(lambda: _is_well(f"http://127.0.0.1:{self.ports[name]}/"))

    def start_runner(self, name: str) -> None:
        self._start(name, [sys.executable, "runner.py"], self._environment(name))

        def is_ready() -> bool:
            assert self.processes[name].poll() is None, self.log(name)[-4000:]
            return _is_well(f"http://127.0.0.1:{self.ports[name]}/api/health")

        self.until(is_ready, _START_LIMIT_SECS)

    def kill(self, name: str) -> None:
        """Kill a part as nothing else does: it has no time for anything."""
        process = self.processes.pop(name)
        process.kill()
        process.wait()

    def worker(self, runner: str) -> psutil.Process:
        """Return the worker of a runner."""
        family = psutil.Process(self.processes[runner].pid).children()
        return next(one for one in family if "worker" in one.cmdline())

    def bots(self) -> dict[str, tuple[str, int]]:
        """Return of each session that lives in a process which runner's it is, and that process."""
        found: dict[str, tuple[str, int]] = {}
        for runner in RUNNERS:
            if runner not in self.processes:
                continue
            family = {
                one.pid
                for one in psutil.Process(self.processes[runner].pid).children(recursive=True)
            }
            for line in self.log_lines(runner):
                if line.get("session") and line.get("pid") in family:
                    found[str(line["session"])] = (runner, int(line["pid"]))
        return found

    def log(self, name: str) -> str:
        """Return what a part has written."""
        return (self.folder / f"{name}.log").read_text(errors="replace")

    def log_lines(self, name: str) -> list[dict[str, Any]]:
        """Return what a runner and all its parts have written."""
        return [json.loads(one) for one in self.log(name).splitlines() if one.startswith("{")]

    def until(self, condition: Callable[[], bool], limit_secs: float = 30.0) -> None:
        """Ask until the answer is true."""
        deadline = time.monotonic() + limit_secs
        while not condition():
            assert time.monotonic() < deadline, f"not within {limit_secs} s"
            time.sleep(0.1)

    def close(self) -> None:
        for name in (*RUNNERS, "caddy", *NODES, "redis"):
            if (process := self.processes.pop(name, None)) is None:
                continue
            process.send_signal(signal.SIGTERM)
            try:
                process.wait(_STOP_LIMIT_SECS)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()

    def _environment(self, name: str) -> dict[str, str]:
        lines = (_DEPLOY / "parley.env").read_text().splitlines()
        told = dict(line.split("=", 1) for line in lines if line and not line.startswith("#"))
        assert told.keys() == {"DATABASE_URL", "LIVEKIT_URL", "LIVEKIT_PUBLIC_URL", "MAX_SESSIONS"}
        return child_environment(
            {
                "DATABASE_URL": self.database_url,
                "LIVEKIT_URL": self.livekit_url,
                "LIVEKIT_PUBLIC_URL": self.livekit_url,
                "LIVEKIT_API_KEY": _KEY,
                "LIVEKIT_API_SECRET": _SECRET,
                "MAX_SESSIONS": str(LINES),
                "STARTS_PER_MINUTE": "1000",
                "ACCESS": "open",
                "TRUSTED_PROXIES": "127.0.0.1",
                "PORT": str(self.ports[name]),
                "WORKER_PORT": str(free_port()),
                "DATA_DIR": str(self.folder / name),
                "APPOINTMENTS_FILE": str(self.folder / f"{name}.sqlite"),
                "SPEECH_SHELF": str(self.folder / f"{name}-shelf"),
                "LOG_FORMAT": "json",
                "DEEPGRAM_API_KEY": "local",
                "DEEPGRAM_BASE_URL": self.providers_url,
                "OPENAI_LLM_API_KEY": "local",
                "OPENAI_LLM_BASE_URL": f"{self.providers_url}/v1",
                "OPENAI_TTS_API_KEY": "local",
                "OPENAI_TTS_BASE_URL": f"{self.providers_url}/v1",
                "DRAFT_RECOGNISER": "false",
                "IDLE_BOTS": "1",
                # Calls on parts that live say nothing while others come back.
                "IDLE_NUDGE_SECS": "600",
            }
        )

    def _addresses(self, names: Sequence[str]) -> str:
        return " ".join(f"127.0.0.1:{self.ports[name]}" for name in names)

    def _start(self, name: str, command: Sequence[str], env: Mapping[str, str]) -> None:
        with (self.folder / f"{name}.log").open("ab") as sink:
            self.processes[name] = subprocess.Popen(
                command,
                cwd=PROJECT_ROOT,
                env=env,
                stdin=subprocess.DEVNULL,
                stdout=sink,
                stderr=subprocess.STDOUT,
            )


def _is_well(url: str) -> bool:
    try:
        return httpx.get(url, timeout=5.0).is_success
    except httpx.HTTPError:
        return False
