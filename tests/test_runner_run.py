"""Whole runs of the assistant, as real processes."""

from __future__ import annotations

import asyncio
import contextlib
import os
import re
import signal
from pathlib import Path

import httpx
import psutil
import pytest
from anyio.from_thread import start_blocking_portal

from bot.http.listener import bind
from bot.livekit.server import LiveKitServer
from tests.bot.provider_server import open_provider
from tests.drained_call import hear_greeting, hold_call_until_stopped_twice, hold_drained_call
from tests.process_memory import is_in_memory_of
from tests.runner_process import (
    RUNNER,
    START_LIMIT_SECS,
    assert_gone,
    command,
    running,
    until,
)

_STAGES = ("speech_to_text", "language_model", "text_to_speech")


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
@pytest.mark.promise(
    "Cost", "`runner.py pause` refuses new calls until `resume`, also over a restart."
)
def test_whole_run_serves_recovers_drains_and_leaves_nothing(tmp_path: Path) -> None:
    data_dir = str(tmp_path / "data")
    with running(tmp_path / "out.txt", LOG_LEVEL="TRACE", DATA_DIR=data_dir) as run:
        run.wait_ready()
        assert_paused_and_resumed(run.url, data_dir)
        health = httpx.get(f"{run.url}/api/health", timeout=10.0)
        assert (health.status_code, health.json()["status"]) == (200, "ok")
        assert f"{run.url}/#join=" in run.text
        # Its port is none that is set anywhere.
        invited = command("invite", "--for", "Ada", DATA_DIR=data_dir)
        assert invited.stdout.startswith(f"{run.url}/#invite=")

        worker = run.child(str(RUNNER), "worker")
        secret = worker.environ()["LIVEKIT_API_SECRET"]
        assert len(secret) >= 32 and secret not in str([one.cmdline() for one in run.family()])
        forks = run.child("-P", "-c")
        assert not [one for one in (forks, *forks.children()) if secret in str(one.environ())]
        assert os.getuid() or not is_in_memory_of(forks.pid, secret)
        worker.kill()

        def is_restarted() -> bool:
            answer = httpx.get(f"{run.url}/api/health", timeout=10.0).json()
            is_new = [one.pid for one in run.family() if "worker" in one.cmdline()] != [worker.pid]
            return is_new and answer["worker"] == "ok"

        run.wait_ready("restarting it in 0.05 s")
        run.wait_ready("worker is running again")
        until(is_restarted, limit_secs=START_LIMIT_SECS)
        assert run.child("-P", "-c") == forks
        family = run.family()
        asyncio.run(hold_drained_call(run.url, run.process))
        assert run.wait_end() == 0
        assert not (tmp_path / "data" / "address").exists()
        assert_gone(family)
        assert "Traceback" not in run.text
        assert " DEBUG " in run.text
        assert secret not in run.text and not re.search(r"eyJ[\w-]+\.eyJ", run.text)


@pytest.mark.promise("Lost bots", "No call begins in the room of a bot that is dead or dying.")
@pytest.mark.timeout(300)
@pytest.mark.parametrize("with_its_bots", [False, True], ids=["worker", "worker and bots"])
def test_no_start_gets_the_room_of_a_bot_that_is_dead_or_dying(
    tmp_path: Path, with_its_bots: bool
) -> None:
    with running(tmp_path / "out.txt") as run:
        run.wait_ready()

        def is_parked() -> bool:
            answer = httpx.get(f"{run.url}/api/health", timeout=10.0).json()
            return answer["capacity"]["parked"] > 0

        until(is_parked, limit_secs=START_LIMIT_SECS)
        worker = run.child(str(RUNNER), "worker")
        forks = run.child("-P", "-c").children(recursive=True) if with_its_bots else []
        dying = [worker, *forks]
        for process in dying:
            # What a dead worker leaves ends by itself too.
            with contextlib.suppress(psutil.NoSuchProcess):
                process.kill()
        asyncio.run(hear_greeting(run.url))


def assert_paused_and_resumed(url: str, data_dir: str) -> None:
    """Turn the switch of a running assistant by another process, and back."""
    for word, status in (("pause", 503), ("resume", 201)):
        done = command(word, DATA_DIR=data_dir)
        assert (done.returncode, done.stderr) == (0, "")
        until(
            lambda status=status: httpx.post(f"{url}/api/token", json={}).status_code == status,
            limit_secs=20.0,
        )


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

            until(is_parked, limit_secs=START_LIMIT_SECS)
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
        assert run.child(str(RUNNER), "worker").environ()["LANGUAGE"] == "en"
        run.process.send_signal(signal.SIGTERM)
        assert run.wait_end() == 0


@pytest.mark.timeout(200)
def test_ctrl_c_while_starting_ends_cleanly(tmp_path: Path) -> None:
    with running(tmp_path / "out.txt") as run:
        until(lambda: len(run.family()) >= 2, limit_secs=START_LIMIT_SECS)
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
