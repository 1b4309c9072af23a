"""A server on this machine from the files in `deploy/`: LiveKit, Caddy and two places for Parley.

What is changed for it: ports that are free, names that lead nowhere else, certificates of Caddy's
own, LiveKit's sound on loopback, and folders of the test.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from bot.settings import PROJECT_ROOT, child_environment
from tests.deploy.parts import KEY, SECRET, Parts, changed, is_well, settings_in
from tests.ports import free_port

_DEPLOY = PROJECT_ROOT / "deploy"
_PAGE, _SIGNALLING = "voice.example.test", "livekit.example.test"
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


@dataclass(kw_only=True)
class Site(Parts):
    """Everything of one server."""

    livekit: Path
    """The program."""
    places: Sequence[int] = field(default_factory=lambda: (free_port(), free_port()))
    livekit_port: int = field(default_factory=free_port)
    https_port: int = field(default_factory=free_port)

    @property
    def url(self) -> str:
        return f"https://{_PAGE}:{self.https_port}"

    @property
    def livekit_url(self) -> str:
        return f"wss://{_SIGNALLING}:{self.https_port}"

    def start_livekit(self) -> None:
        config = changed(
            self._ported((_DEPLOY / "livekit.yaml").read_text()),
            {
                "tcp_port: 7881": "tcp_port: 0",
                "udp_port: 7882": f"udp_port: {free_port()}",
                "use_external_ip: true": "use_external_ip: false\n  node_ip: 127.0.0.1\n"
                "  enable_loopback_candidate: true\n  ips: {includes: [127.0.0.1/32]}",
            },
        )
        path = self.folder / "livekit.yaml"
        path.write_text(config)
        env = {**os.environ, "LIVEKIT_KEYS": f"{KEY}: {SECRET}"}
        self.start("livekit", [str(self.livekit), "--config", str(path)], env)

    def start_caddy(self) -> None:
        options = ("local_certs", "skip_install_trust", "admin off", f"http_port {free_port()}")
        path = self.folder / "Caddyfile"
        path.write_text(self._ported((_DEPLOY / "Caddyfile").read_text()))
        env = {
            **os.environ,
            "CADDY_OPTIONS": "\n".join(options),
            "PARLEY_SITE": self.url,
            "LIVEKIT_SITE": self.livekit_url.replace("wss", "https"),
            "XDG_DATA_HOME": str(self.folder),
            "XDG_CONFIG_HOME": str(self.folder),
        }
        command = ["caddy", "run", "--adapter", "caddyfile", "--config", str(path)]
        self.start("caddy", command, env)

    def start_parley(self, place: int) -> None:
        """Start a version in one of the two places, as its unit does; it is ready afterwards."""
        command = [sys.executable, "runner.py"]
        if can_mount():
            command = ["unshare", "--mount", "sh", "-c", _READ_ONLY, str(PROJECT_ROOT), *command]
        name = f"parley-{place}"
        self.start(name, command, self._environment(place))
        health = f"http://127.0.0.1:{self.places[place]}/api/health"
        self.until_up(name, lambda: is_well(health))

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

    def _environment(self, place: int) -> dict[str, str]:
        told = settings_in(_DEPLOY / "parley.env") | unit_environment(str(self.places[place]))
        told |= {
            "PUBLIC_URL": self.url,
            "LIVEKIT_URL": f"ws://127.0.0.1:{self.livekit_port}",
            "LIVEKIT_PUBLIC_URL": self.livekit_url,
            "LIVEKIT_API_KEY": KEY,
            "LIVEKIT_API_SECRET": SECRET,
        }
        own = {
            name: value.replace("/var/lib/parley", str(self.folder / "data")).replace(
                "/var/cache/parley", str(self.folder / "cache")
            )
            for name, value in told.items()
        }
        return child_environment(own)

    def _ported(self, text: str) -> str:
        """Return a file with the ports of this test."""
        ports = {7860: self.places[0], 7861: self.places[1], 7880: self.livekit_port}
        for usual, own in ports.items():
            text = re.sub(rf"\b{usual}\b", str(own), text)
        return text
