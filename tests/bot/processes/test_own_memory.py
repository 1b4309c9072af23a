"""What another process of the same user can read of one."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

_CHILD = """
import ctypes, os, sys
from bot.processes.own_memory import hide_own_memory
if os.getuid() == 0:
    os.setresuid(65534, 65534, 65534)
ready, done = os.pipe(), os.pipe()
child = os.fork()
if child == 0:
    ctypes.CDLL(None).prctl(4, 1, 0, 0, 0)  # as a program that is started anew
    if sys.argv[1] == "hidden":
        hide_own_memory()
    os.write(ready[1], b"x")
    os.read(done[0], 1)
    os._exit(0)
os.read(ready[0], 1)
for name in ("environ", "mem", "maps"):
    try:
        with open(f"/proc/{child}/{name}", "rb") as file:
            if name == "environ":
                file.read()
        print(name, "open")
    except OSError:
        print(name, "closed")
os.write(done[1], b"x")
os.waitpid(child, 0)
"""


@pytest.mark.promise("Parts on this machine", "What a worker and a runner hold no bot can read.")
@pytest.mark.skipif(sys.platform != "linux", reason="hides on Linux alone")
@pytest.mark.parametrize(("how", "expected"), [("hidden", "closed"), ("as it is", "open")])
def test_memory_that_is_hidden_cannot_be_read_by_the_same_user(how: str, expected: str) -> None:
    command = [sys.executable, "-c", _CHILD, how]
    found = subprocess.run(
        command, capture_output=True, text=True, check=True, timeout=60, env=dict(os.environ)
    )
    rows = dict(line.split() for line in found.stdout.splitlines())
    assert rows == dict.fromkeys(("environ", "mem", "maps"), expected)
