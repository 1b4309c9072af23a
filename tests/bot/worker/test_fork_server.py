"""What the bots are forked from."""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys

import pytest

from bot.worker.fork_server import PRELOADED

_WORKER = """
import multiprocessing, os
from bot.worker.fork_server import start_fork_server

def look(found):
    with open("/proc/self/environ", "rb") as file:
        first = file.read()
    found.put("a-secret-of-livekit" in str(os.environ) or b"a-secret-of-livekit" in first)

if __name__ == "__main__":
    start_fork_server()
    # As livekit-agents does.
    os.environ["LIVEKIT_API_SECRET"] = "a-secret-of-livekit"
    context = multiprocessing.get_context("forkserver")
    found = context.Queue()
    bot = context.Process(target=look, args=(found,))
    bot.start()
    print("holds it" if found.get() else "holds it not")
    bot.join()
"""


def test_everything_that_is_loaded_before_the_fork_is_there() -> None:
    # Whoever renames one only makes every bot slower, in silence.
    assert all(importlib.util.find_spec(name) is not None for name in PRELOADED)


@pytest.mark.promise("Parts on this machine", "A bot holds nothing that opens a room but its own.")
@pytest.mark.skipif(sys.platform != "linux", reason="bots are forked on Linux alone")
def test_what_bots_are_forked_from_never_held_the_secret(tmp_path: os.PathLike[str]) -> None:
    program = os.path.join(tmp_path, "worker.py")
    with open(program, "w", encoding="utf-8") as file:
        file.write(_WORKER)
    environment = {**os.environ, "LIVEKIT_API_SECRET": "a-secret-of-livekit", "PYTHONPATH": "."}
    told = subprocess.run(
        [sys.executable, program],
        capture_output=True,
        text=True,
        check=True,
        timeout=120,
        env=environment,
    )
    assert told.stdout.split("\n")[-2] == "holds it not"
