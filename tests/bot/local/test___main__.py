from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Sequence

import httpx
import psutil
import pytest

from tests.ports import free_port

_LIMIT_SECS = 30.0
_SERVER = [sys.executable, "-m", "bot.local"]


def _run(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*_SERVER, *arguments], capture_output=True, text=True, timeout=_LIMIT_SECS, check=False
    )


@pytest.mark.parametrize(
    "arguments",
    [[], ["--port", "many"], ["--port", "70000"], ["--port", "0", "--sing"]],
)
def test_a_wrong_command_line_is_one_line_and_code_2(arguments: Sequence[str]) -> None:
    ended = _run(*arguments)
    assert ended.returncode == 2
    assert ended.stderr.startswith("bot.local: ") and ended.stderr.count("\n") == 1


def test_a_taken_port_is_one_line_and_code_1() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        ended = _run("--port", str(port), "--language-model")
    assert ended.returncode == 1
    assert f"127.0.0.1:{port}" in ended.stderr and ended.stderr.count("\n") == 1


def test_it_ends_well_on_a_signal_and_says_what_it_serves() -> None:
    port = free_port()
    command = [*_SERVER, "--port", str(port), "--language-model"]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:
        _wait_until_healthy(port)
        health = httpx.get(f"http://127.0.0.1:{port}/health").json()
        unserved = httpx.post(f"http://127.0.0.1:{port}/v1/audio/speech", json={})
        process.send_signal(signal.SIGTERM)
        assert process.wait(_LIMIT_SECS) == 0
        assert process.stderr is not None and "Traceback" not in process.stderr.read()
    assert health == {"status": "ok", "parts": ["language_model"]}
    assert unserved.status_code == 404


def test_it_takes_a_socket_and_a_key_from_who_starts_it() -> None:
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        port = bound.getsockname()[1]
        command = [*_SERVER, "--socket", str(bound.fileno()), "--key-on-stdin", "--language-model"]
        with subprocess.Popen(
            command, stdin=subprocess.PIPE, text=True, pass_fds=(bound.fileno(),)
        ) as process:
            assert process.stdin is not None
            process.stdin.write("the key\n")
            process.stdin.close()
            _wait_until_healthy(port)
            models = f"http://127.0.0.1:{port}/v1/models"
            refused, right = (
                httpx.get(models, headers={"Authorization": f"Bearer {key}"}).status_code
                for key in ("another", "the key")
            )
            process.terminate()
            process.wait(_LIMIT_SECS)
    assert (refused, right) == (401, 200)


def test_it_dies_with_the_process_that_started_it() -> None:
    port = free_port()
    start = (
        "import subprocess, sys, time;"
        f"child = subprocess.Popen({[*_SERVER, '--port', str(port), '--language-model']!r});"
        "print(child.pid, flush=True); time.sleep(60)"
    )
    with subprocess.Popen([sys.executable, "-c", start], stdout=subprocess.PIPE) as parent:
        assert parent.stdout is not None
        child = psutil.Process(int(parent.stdout.readline()))
        _wait_until_healthy(port)
        os.kill(parent.pid, signal.SIGKILL)
        child.wait(_LIMIT_SECS)
    assert not child.is_running()


def _wait_until_healthy(port: int) -> None:
    deadline = time.monotonic() + _LIMIT_SECS
    while time.monotonic() < deadline:
        try:
            if httpx.get(f"http://127.0.0.1:{port}/health").status_code == 200:
                return
        except httpx.TransportError:
            time.sleep(0.05)
    raise TimeoutError("the server did not become healthy")
