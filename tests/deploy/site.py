"""A server on this machine from the files in `deploy/`: LiveKit, Caddy and two places for Parley.

What is changed for it: ports that are free, names that lead nowhere else, certificates of Caddy's
own, LiveKit's sound on loopback, and folders of the test.
"""

from __future__ import annotations

import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import httpx

from bot.settings import PROJECT_ROOT, child_environment
from tests.ports import free_port

_DEPLOY = PROJECT_ROOT / "deploy"
_PAGE, _SIGNALLING = "voice.example.test", "livekit.example.test"
_KEY, _SECRET = "parley", "a-secret-of-this-test-alone-0123456789"
_START_LIMIT_SECS = 120.0
_STOP_LIMIT_SECS = 60.0  # TimeoutStopSec of the unit
# As `ProtectSystem=strict` does: nothing of the checkout can be written.
_READ_ONLY = 'mount --bind "$0" "$0" && mount -o remount,bind,ro "$0" && cd "$0" && exec "$@"'


def can_mount() -> bool:
    """Tell whether this user may show a process a folder as read-only."""
    if os.geteuid() != 0 or not shutil.which("unshare"):
        return False
    return subprocess.run(["unshare", "--mount", "true"], check=False).returncode == 0


def unit_environment(instance: str) -> dict[str, str]:
    """Return what the unit of Parley sets by itself."""
    unit = (_DEPLOY / "parley@.service").read_text().replace("%i", instance)
    return dict(re.findall(r"^Environment=(\w+)=(.*)$", unit, re.MULTILINE))


@dataclass
class Site:
    """Everything of one server. Its parts are started one by one, and all ended by `close`."""

    folder: Path
    livekit: Path
    """The program."""
    places: Sequence[int] = field(default_factory=lambda: (free_port(), free_port()))
    livekit_port: int = field(default_factory=free_port)
    https_port: int = field(default_factory=free_port)
    processes: dict[str, subprocess.Popen[bytes]] = field(
        default_factory=dict[str, subprocess.Popen[bytes]]
    )

    @property
    def url(self) -> str:
        return f"https://{_PAGE}:{self.https_port}"

    @property
    def livekit_url(self) -> str:
        return f"wss://{_SIGNALLING}:{self.https_port}"

    def log(self, name: str) -> str:
        """Return what a part has written."""
        return (self.folder / f"{name}.log").read_text(errors="replace")

    def start_livekit(self) -> None:
        config = self._changed((_DEPLOY / "livekit.yaml").read_text())
        for old, new in {
            "tcp_port: 7881": "tcp_port: 0",
            "udp_port: 7882": f"udp_port: {free_port()}",
            "use_external_ip: true": "use_external_ip: false\n  node_ip: 127.0.0.1\n"
            "  enable_loopback_candidate: true\n  ips: {includes: [127.0.0.1/32]}",
        }.items():
            assert old in config
            config = config.replace(old, new)
        path = self.folder / "livekit.yaml"
        path.write_text(config)
        env = {**os.environ, "LIVEKIT_KEYS": f"{_KEY}: {_SECRET}"}
        self._start("livekit", [str(self.livekit), "--config", str(path)], env)

    def start_caddy(self) -> None:
        options = ("local_certs", "skip_install_trust", "admin off", f"http_port {free_port()}")
        path = self.folder / "Caddyfile"
        path.write_text(self._changed((_DEPLOY / "Caddyfile").read_text()))
        env = {
            **os.environ,
            "CADDY_OPTIONS": "\n".join(options),
            "PARLEY_SITE": self.url,
            "LIVEKIT_SITE": self.livekit_url.replace("wss", "https"),
            "XDG_DATA_HOME": str(self.folder),
            "XDG_CONFIG_HOME": str(self.folder),
        }
        command = ["caddy", "run", "--adapter", "caddyfile", "--config", str(path)]
        self._start("caddy", command, env)

    def start_parley(self, place: int) -> None:
        """Start a version in one of the two places, as its unit does; it is ready afterwards."""
        command = [sys.executable, "runner.py"]
        if can_mount():
            command = ["unshare", "--mount", "sh", "-c", _READ_ONLY, str(PROJECT_ROOT), *command]
        name = f"parley-{place}"
        self._start(name, command, self._environment(place))

        def is_ready() -> bool:
            process = self.processes[name]
            assert process.poll() is None, self.log(name)[-4000:]
            return self._is_well(f"http://127.0.0.1:{self.places[place]}/api/health")

        self.until(is_ready, _START_LIMIT_SECS)

    def stop_parley(self, place: int) -> int:
        """Stop it as systemd does: the runner alone is told. Returns its exit code."""
        process = self.processes.pop(f"parley-{place}")
        process.send_signal(signal.SIGTERM)
        return process.wait(_STOP_LIMIT_SECS)

    def run(self, *arguments: str) -> str:
        """Run a command of the operator's; returns what it says."""
        done = subprocess.run(
            [sys.executable, "runner.py", *arguments],
            cwd=PROJECT_ROOT,
            env=self._environment(0),
            check=True,
            capture_output=True,
            text=True,
            timeout=60.0,
        )
        return done.stdout

    def until(self, condition: Callable[[], bool], limit_secs: float = 20.0) -> None:
        """Ask until the answer is true."""
        deadline = time.monotonic() + limit_secs
        while not condition():
            assert time.monotonic() < deadline, f"not within {limit_secs} s"
            time.sleep(0.1)

    def close(self) -> None:
        for process in reversed(self.processes.values()):
            process.terminate()
        for process in self.processes.values():
            try:
                process.wait(_STOP_LIMIT_SECS)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()

    def _environment(self, place: int) -> dict[str, str]:
        lines = (_DEPLOY / "parley.env").read_text().splitlines()
        told = dict(line.split("=", 1) for line in lines if line and not line.startswith("#"))
        told |= unit_environment(str(self.places[place]))
        told |= {
            "PUBLIC_URL": self.url,
            "LIVEKIT_URL": f"ws://127.0.0.1:{self.livekit_port}",
            "LIVEKIT_PUBLIC_URL": self.livekit_url,
            "LIVEKIT_API_KEY": _KEY,
            "LIVEKIT_API_SECRET": _SECRET,
        }
        own = {
            name: value.replace("/var/lib/parley", str(self.folder / "data")).replace(
                "/var/cache/parley", str(self.folder / "cache")
            )
            for name, value in told.items()
        }
        return child_environment(own)

    def _changed(self, text: str) -> str:
        """Return a file with the ports of this test."""
        ports = {7860: self.places[0], 7861: self.places[1], 7880: self.livekit_port}
        for usual, own in ports.items():
            text = re.sub(rf"\b{usual}\b", str(own), text)
        return text

    def _start(self, name: str, command: Sequence[str], env: Mapping[str, str]) -> None:
        with (self.folder / f"{name}.log").open("ab") as sink:
            sink.write(f"{shlex.join(command)}\n".encode())
            self.processes[name] = subprocess.Popen(
                command,
                cwd=PROJECT_ROOT,
                env=env,
                stdin=subprocess.DEVNULL,
                stdout=sink,
                stderr=subprocess.STDOUT,
            )

    def _is_well(self, url: str) -> bool:
        try:
            return httpx.get(url, timeout=5.0).is_success
        except httpx.HTTPError:
            return False
