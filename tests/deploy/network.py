"""Machines of a test's own: each a network with one cable to the others, and its own loopback.

All of them are in a network, a tree of processes and mounts of the test's own, and end with it.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from bot.settings import PROJECT_ROOT

_INSIDE = "PARLEY_TEST_NETWORK"
_NEEDED = ("unshare", "nsenter", "ip", "mount")
# Who loses a parent becomes the shell's, which takes note of their ends.
_APART = (
    *("unshare", "--net", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc"),
    *("sh", "-c", '"$@"; exit $?', "sh"),
)
_NET = "203.0.113"
"""Of nobody (RFC 5737), and no private one: LiveKit's relay goes to those alone."""


def in_own_network(*programs: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Return a decorator that runs a test in a network of its own, in another pytest.

    Args:
        programs: What it needs besides; where one is missing it is skipped.
    """
    if os.environ.get(_INSIDE):
        return lambda test: test
    missing = [one for one in (*_NEEDED, *programs) if not shutil.which(one)]
    lacks = f"not installed: {', '.join(missing)}" if missing else ""
    if os.geteuid() != 0:
        lacks = "networks of its own need root"

    def decorate(test: Callable[..., Any]) -> Callable[..., Any]:
        def outside(request: pytest.FixtureRequest) -> None:
            command = [sys.executable, "-m", "pytest", "-q", "-s", "-p", "no:cacheprovider"]
            done = subprocess.run(
                [*_APART, *command, request.node.nodeid],
                cwd=PROJECT_ROOT,
                env={**os.environ, _INSIDE: "yes"},
                check=False,
            )
            assert done.returncode == 0, "it failed in its own network: what it wrote is above"

        outside.__name__, outside.__doc__ = test.__name__, test.__doc__
        return pytest.mark.skipif(bool(lacks), reason=lacks or "nothing is missing")(outside)

    return decorate


@dataclass(frozen=True)
class Machine:
    """One of them."""

    name: str
    address: str

    def command(self, *command: str | Path) -> list[str]:
        """Return what runs a command there; its process is the command's own."""
        return ["nsenter", f"--net=/run/netns/{self.name}", *map(str, command)]

    def run(self, *command: str) -> None:
        """Run a short command there."""
        _run(*self.command(*command))

    def program(self, path: Path, program: str) -> Path:
        """Write a program that runs another one there, whatever it is told."""
        path.write_text(f'#!/bin/sh\nexec {" ".join(self.command(program))} "$@"\n')
        path.chmod(0o755)
        return path

    def drop(self, *rule: str) -> None:
        """Let packets that go out by a rule of iptables come to nothing."""
        self.run("iptables", "-A", "OUTPUT", "!", "-o", "lo", *rule, "-j", "DROP")

    def drop_no_more(self) -> None:
        self.run("iptables", "-F")


@dataclass
class Network:
    """The cable between machines, of which the test's own process is one."""

    folder: Path
    """For its table of names."""
    machines: dict[str, Machine] = field(default_factory=dict[str, Machine])

    def __post_init__(self) -> None:
        # Namespaces have names in files, which nobody else sees.
        _run("mount", "-t", "tmpfs", "tmpfs", "/run")
        _run("ip", "link", "set", "lo", "up")
        _run("ip", "link", "add", "cable", "type", "bridge")
        _run("ip", "addr", "add", f"{_NET}.1/24", "dev", "cable")
        _run("ip", "link", "set", "cable", "up")

    def add(self, *names: str) -> None:
        """Add machines."""
        for name in names:
            number = len(self.machines) + 10
            machine = self.machines[name] = Machine(name, f"{_NET}.{number}")
            _run("ip", "netns", "add", name)
            plug = ("type", "veth", "peer", "name", "eth0", "netns", name)
            _run("ip", "link", "add", self._plug(name), *plug)
            _run("ip", "link", "set", self._plug(name), "master", "cable", "up")
            machine.run("ip", "link", "set", "lo", "up")
            machine.run("ip", "addr", "add", f"{machine.address}/24", "dev", "eth0")
            machine.run("ip", "link", "set", "eth0", "up")
            machine.run("ip", "route", "add", "default", "via", f"{_NET}.1")

    def unplug(self, name: str) -> None:
        """Pull the far end of a machine's cable: nobody is told, neither it nor the others."""
        _run("ip", "link", "set", self._plug(name), "nomaster")

    def plug(self, name: str) -> None:
        """Plug it in again."""
        _run("ip", "link", "set", self._plug(name), "master", "cable")

    def know(self, **names: Sequence[str]) -> None:
        """Have all machines know names: of each machine, those it answers to."""
        lines = [f"{self.machines[one].address} {' '.join(told)}" for one, told in names.items()]
        path = self.folder / "hosts"
        path.write_text("\n".join(("127.0.0.1 localhost", *lines, "")))
        _run("mount", "--bind", str(path), "/etc/hosts")

    def __getitem__(self, name: str) -> Machine:
        return self.machines[name]

    def _plug(self, name: str) -> str:
        return f"to-{self.machines[name].address.rpartition('.')[2]}"


def _run(*command: str) -> None:
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    assert done.returncode == 0, f"{command}: {done.stderr}"
