"""What a bot finds in its process when it is forked."""

from __future__ import annotations

import subprocess
import sys

_LOOK = """
import gc
import bot.worker.preload
gc.collect()
print(len(gc.get_objects()), gc.get_freeze_count())
"""


def test_the_collector_of_a_live_call_does_not_look_through_all_that_is_loaded() -> None:
    done = subprocess.run(
        [sys.executable, "-c", _LOOK], capture_output=True, text=True, timeout=60, check=True
    )
    looked_at, frozen = map(int, done.stdout.split()[-2:])
    assert frozen > 100_000
    assert looked_at < 0.01 * frozen
