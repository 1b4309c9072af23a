"""The command line and a whole run, as real processes."""

from __future__ import annotations

import asyncio
import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
import psutil
import pytest
from anyio.from_thread import start_blocking_portal

from bot.http.server import bind
from bot.livekit.server import LiveKitServer
from bot.settings import child_environment
from tests.bot.provider_server import open_provider
from tests.drained_call import hold_call_until_stopped_twice, hold_drained_call
from tests.ports import free_port

_RUNNER = Path(__file__).parents[1] / "runner.py"
_START_LIMIT_SECS = 90.0
_STOP_LIMIT_SECS = 40.0
_STAGES = ("speech_to_text", "language_model", "text_to_speech")


def command(*arguments: str, **settings: str) -> subprocess.CompletedProcess[str]:
    """Run a command that ends by itself."""
    return subprocess.run(
        [sys.executable, str(_RUNNER), *arguments],
        env=child_environment(settings),
        capture_output=True,
        text=True,
        timeout=_START_LIMIT_SECS,
    )


def until(condition: Callable[[], bool], *, limit_secs: float) -> None:
    """Wait for another process."""
    deadline = time.monotonic() + limit_secs
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.05)


@dataclass
class Run:
    """One `runner.py serve` and its family."""

    process: subprocess.Popen[bytes]
    output: Path

    @property
    def text(self) -> str:
        return self.output.read_text()

    @property
    def url(self) -> str:
        found = re.search(r"Page\s.*?(http://\S+)|Join link\s+(http://[^/]+)", self.text)
        assert found is not None
        return (found.group(1) or found.group(2)).rstrip("/")

    def family(self) -> list[psutil.Process]:
        return psutil.Process(self.process.pid).children(recursive=True)

    def child(self, *words: str) -> psutil.Process:
        """Return the child process whose command line holds these words."""
        for one in self.family():
            if all(word in one.cmdline() for word in words):
                return one
        raise AssertionError(f"no child {words}")

    def wait_ready(self, sign: str = "Parley is ready") -> None:
        def is_ready() -> bool:
            assert self.process.poll() is None, self.text
            return sign in self.text

        until(is_ready, limit_secs=_START_LIMIT_SECS)

    def wait_end(self) -> int:
        return self.process.wait(_STOP_LIMIT_SECS)


@contextmanager
def running(output: Path, *arguments: str, **settings: str) -> Generator[Run]:
    """Start the assistant on a free port; whatever is left of it at the end is ended."""
    with output.open("wb") as sink:
        process = subprocess.Popen(
            [sys.executable, str(_RUNNER), *arguments],
            env=child_environment({"PORT": "0", **settings}),
            stdin=subprocess.DEVNULL,
            stdout=sink,
            stderr=subprocess.STDOUT,
            # The folder a person happens to be in makes no difference.
            cwd=output.parent,
        )
    run = Run(process, output)
    try:
        yield run
    finally:
        if process.poll() is None:
            process.terminate()
            process.wait(_STOP_LIMIT_SECS)


def assert_gone(family: list[psutil.Process]) -> None:
    _, alive = psutil.wait_procs(family, timeout=10.0)
    assert alive == []


def test_help_shows_the_commands_and_examples() -> None:
    done = command("--help")
    assert done.returncode == 0
    for word in ("serve", "worker", "doctor", "examples:", "LIVEKIT_URL", "Exit codes"):
        assert word in done.stdout


@pytest.mark.parametrize("arguments", [("nope",), ("serve", "extra"), ("--verbose",)])
def test_bad_usage_ends_with_2(arguments: tuple[str, ...]) -> None:
    done = command(*arguments)
    assert done.returncode == 2
    assert "usage:" in done.stderr


def test_bad_settings_end_with_2_and_are_all_named() -> None:
    done = command(PORT="seven", MAX_SESSIONS="0", LIVEKIT_URL="nowhere")
    assert done.returncode == 2
    for name in ("PORT", "MAX_SESSIONS", "LIVEKIT_URL"):
        assert f"  {name}: " in done.stderr
    assert "Traceback" not in done.stderr


def test_worker_without_a_server_ends_with_2() -> None:
    done = command("worker")
    assert done.returncode == 2
    assert "LIVEKIT_URL" in done.stderr


def test_a_key_that_may_be_another_servers_ends_with_2() -> None:
    done = command(OPENAI_API_KEY="gsk_1", OPENAI_LLM_BASE_URL="https://api.groq.example/v1")
    assert done.returncode == 2
    assert "OPENAI_LLM_API_KEY" in done.stderr
    assert "gsk_1" not in done.stderr


def test_a_vendor_that_cannot_work_ends_with_2_and_says_why() -> None:
    done = command(LANGUAGE_MODEL="claude", SPEECH_TO_TEXT="assemblyai")
    assert done.returncode == 2
    assert "  LANGUAGE_MODEL: must be one of " in done.stderr
    assert "(anthropic may be meant)" in done.stderr
    done = command(SPEECH_TO_TEXT="assemblyai")
    assert done.returncode == 2
    assert "  SPEECH_TO_TEXT: assemblyai needs a key, in ASSEMBLYAI_API_KEY\n" in done.stderr


def test_a_key_in_quotes_and_the_names_other_programs_set_stop_nothing() -> None:
    done = command("worker", OPENAI_API_KEY='"sk-1"', HOST="x86_64-conda-linux-gnu", PORT="'0'")
    assert "LIVEKIT_URL" in done.stderr
    assert "HOST in the environment" in done.stderr


def test_taken_port_ends_with_1_in_one_sentence() -> None:
    with bind("127.0.0.1", 0) as listener:
        done = command("serve", PORT=str(listener.getsockname()[1]))
    assert done.returncode == 1
    assert "change HOST or PORT" in done.stderr
    assert "Traceback" not in done.stderr


def test_taken_worker_port_stops_what_was_started() -> None:
    with bind("127.0.0.1", 0) as listener:
        done = command("serve", PORT="0", WORKER_PORT=str(listener.getsockname()[1]))
    assert done.returncode == 1
    assert "WORKER_PORT" in done.stderr


@pytest.mark.promise("Rooms", "The LiveKit server that the runner starts calls its webhook.")
def test_the_livekit_server_of_this_machine_is_told_where_the_webhook_is(tmp_path: Path) -> None:
    told, program, port = tmp_path / "told.json", tmp_path / "livekit-server", free_port()
    # One that takes its settings and ends.
    program.write_text(f'#!/bin/sh\n[ "$1" = --version ] && echo 1.0 || cat > {told}\n')
    program.chmod(0o755)
    search_path = os.pathsep.join((str(tmp_path), os.environ["PATH"]))
    done = command("serve", PORT=str(port), PATH=search_path)
    assert done.returncode == 1
    url = f"http://127.0.0.1:{port}/api/livekit/webhook"
    assert json.loads(told.read_text())["webhook"]["urls"] == [url]


@pytest.mark.promise(
    "Parts on this machine",
    "A part that dies is started again, with pauses that double up to a limit.",
)
@pytest.mark.promise(
    "Ending a call",
    "A runner that is stopped lets calls go on for a while, then the bot says goodbye.",
)
@pytest.mark.timeout(300)
@pytest.mark.promise("Logs", "At no level, by no library, is a key or a token logged.")
def test_whole_run_serves_recovers_drains_and_leaves_nothing(tmp_path: Path) -> None:
    with running(tmp_path / "out.txt", LOG_LEVEL="TRACE") as run:
        run.wait_ready()
        health = httpx.get(f"{run.url}/api/health", timeout=10.0)
        assert (health.status_code, health.json()["status"]) == (200, "ok")
        assert f"{run.url}/#join=" in run.text

        worker = run.child(str(_RUNNER), "worker")
        secret = worker.environ()["LIVEKIT_API_SECRET"]
        assert len(secret) >= 32 and secret not in str([one.cmdline() for one in run.family()])
        worker.kill()

        def is_restarted() -> bool:
            answer = httpx.get(f"{run.url}/api/health", timeout=10.0).json()
            is_new = [one.pid for one in run.family() if "worker" in one.cmdline()] != [worker.pid]
            return is_new and answer["worker"] == "ok"

        run.wait_ready("restarting it in 0.25 s")
        run.wait_ready("worker is running again")
        until(is_restarted, limit_secs=_START_LIMIT_SECS)
        family = run.family()
        asyncio.run(hold_drained_call(run.url, run.process))
        assert run.wait_end() == 0
        assert_gone(family)
        assert "Traceback" not in run.text
        assert " DEBUG " in run.text
        assert secret not in run.text and not re.search(r"eyJ[\w-]+\.eyJ", run.text)


@pytest.mark.timeout(200)
@pytest.mark.parametrize("no_proxy", ["", "localhost,127.0.0.1"])
def test_proxy_of_the_outside_does_not_stand_between_our_own_parts(
    tmp_path: Path, no_proxy: str
) -> None:
    with bind("127.0.0.1", 0) as dead:
        proxy = f"http://127.0.0.1:{dead.getsockname()[1]}"
        names = ("HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "https_proxy")
        environment = {**dict.fromkeys(names, proxy), "ALL_PROXY": "socks5://127.0.0.1:9"}
        environment |= {"NO_PROXY": no_proxy, "no_proxy": no_proxy}
        with running(tmp_path / "out.txt", **environment) as run:
            run.wait_ready()

            def is_parked() -> bool:
                answer = httpx.get(f"{run.url}/api/health", timeout=10.0).json()
                return answer["capacity"]["parked"] > 0

            until(is_parked, limit_secs=_START_LIMIT_SECS)
            assert "ALL_PROXY is not an http proxy" in run.text


@pytest.mark.timeout(200)
def test_model_of_another_server_is_loaded_before_the_first_call(tmp_path: Path) -> None:
    with (
        start_blocking_portal() as portal,
        portal.wrap_async_context_manager(open_provider()) as provider,
    ):
        address = {"OPENAI_LLM_BASE_URL": provider.url, "OPENAI_MODEL": "tiny"}
        with running(tmp_path / "out.txt", PARKED_BOTS="0", **address) as run:
            run.wait_ready("first answer after")
            run.wait_ready()
            health = httpx.get(f"{run.url}/api/health", timeout=10.0).json()
        answered = [path for path, _ in provider.requests]
    assert "/v1/chat/completions" in answered
    assert provider.bodies[0]["model"] == "tiny"
    kinds = ("local", "cloud", "local")
    providers = health["providers"]
    assert tuple(providers[name] for name in _STAGES) == kinds


@pytest.mark.promise(
    "Parts on this machine", "A runner that is killed leaves none of its processes behind."
)
@pytest.mark.timeout(200)
def test_children_go_when_the_runner_is_killed(tmp_path: Path) -> None:
    with running(tmp_path / "out.txt") as run:
        run.wait_ready()
        family = run.family()
        assert len(family) >= 3
        os.kill(run.process.pid, signal.SIGKILL)
        run.process.wait()
        assert_gone(family)


@pytest.mark.timeout(200)
def test_worker_alone_brings_its_own_local_providers(
    tmp_path: Path, livekit_server: LiveKitServer
) -> None:
    settings = {
        "LIVEKIT_URL": livekit_server.url,
        "LIVEKIT_API_KEY": livekit_server.api_key,
        "LIVEKIT_API_SECRET": livekit_server.api_secret.get_secret_value(),
        "AGENT_NAME": "worker-alone",
    }
    with running(tmp_path / "out.txt", "worker", **settings) as run:
        run.wait_ready("Ready: bots for")
        family = run.family()
        assert run.child("bot.local")
        run.process.send_signal(signal.SIGTERM)
        assert run.wait_end() == 0
        assert_gone(family)


@pytest.mark.timeout(200)
def test_worker_alone_speaks_what_the_running_local_providers_understand(
    tmp_path: Path, livekit_server: LiveKitServer
) -> None:
    settings = {
        "LIVEKIT_URL": livekit_server.url,
        "LIVEKIT_API_KEY": livekit_server.api_key,
        "LIVEKIT_API_SECRET": livekit_server.api_secret.get_secret_value(),
        "AGENT_NAME": "worker-english",
        "LOCAL_BASE_URL": "http://127.0.0.1:9",
        "LANGUAGE": "de",
    }
    with running(tmp_path / "out.txt", "worker", **settings) as run:
        run.wait_ready("Ready: bots for")
        assert "understands English only" in run.text
        assert run.child(str(_RUNNER), "worker").environ()["LANGUAGE"] == "en"
        run.process.send_signal(signal.SIGTERM)
        assert run.wait_end() == 0


@pytest.mark.timeout(200)
def test_ctrl_c_while_starting_ends_cleanly(tmp_path: Path) -> None:
    with running(tmp_path / "out.txt") as run:
        until(lambda: len(run.family()) >= 2, limit_secs=_START_LIMIT_SECS)
        family = run.family()
        run.process.send_signal(signal.SIGINT)
        assert run.wait_end() == 0
        assert_gone(family)
        assert "Traceback" not in run.text
        assert "Parley is ready" not in run.text


@pytest.mark.promise("Parts on this machine", "A second Ctrl-C stops everything at once.")
@pytest.mark.timeout(200)
def test_second_ctrl_c_ends_a_call_at_once(tmp_path: Path) -> None:
    with running(tmp_path / "out.txt", PARKED_BOTS="0") as run:
        run.wait_ready()
        family = run.family()
        asyncio.run(hold_call_until_stopped_twice(run.url, run.process))
        assert run.wait_end() == 0
        assert_gone(family)
