from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import pytest
from pydantic import SecretStr

from bot.livekit.access import LiveKitAccess
from bot.livekit.instance import open_instance

_HOLDER = """
import sys, time
from pathlib import Path
from bot.livekit.instance import open_instance
with open_instance(Path(sys.argv[1])) as instance:
    print(instance, flush=True)
    time.sleep(600)
"""


def _mark(instance: str, *, port: int = 1, api_key: str = "key") -> bytes:
    livekit = LiveKitAccess(
        url=f"ws://127.0.0.1:{port}",
        api_key=api_key,
        api_secret=SecretStr(api_key * 32),
        instance=instance,
    )
    return livekit.mark("agent", key=b"key of this folder")


def test_runners_at_once_have_an_instance_each(tmp_path: Path) -> None:
    with open_instance(tmp_path) as first, open_instance(tmp_path) as second:
        assert first != second
    with open_instance(tmp_path) as again:
        assert again == first


@pytest.mark.promise(
    "Lost bots", "A runner that is started anew knows the calls of the one that was killed."
)
def test_an_instance_of_a_killed_runner_is_the_next_ones(tmp_path: Path) -> None:
    command = [sys.executable, "-c", _HOLDER, str(tmp_path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as killed:
        assert killed.stdout is not None
        first = killed.stdout.readline().strip()
        with open_instance(tmp_path) as meanwhile:
            assert meanwhile != first
        killed.send_signal(signal.SIGKILL)
        killed.wait()
    with open_instance(tmp_path) as again:
        assert again == first
        assert _mark(again) == _mark(first, port=2, api_key="another")
        assert _mark("") != _mark("", port=2)


def test_folder_that_cannot_be_written_gives_instances_that_nobody_else_has(tmp_path: Path) -> None:
    in_the_way = tmp_path / "file"
    in_the_way.touch()
    with open_instance(in_the_way) as first, open_instance(in_the_way) as second:
        assert first and second and first != second
