"""The command line, as a real process that ends by itself."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.http.listener import bind
from bot.settings import child_environment
from runner import main
from tests.ports import free_port
from tests.runner_process import RUNNER, START_LIMIT_SECS, command


def test_help_shows_the_commands_and_examples() -> None:
    done = command("--help")
    assert done.returncode == 0
    for word in (
        "serve",
        "worker",
        "doctor",
        "pause",
        "resume",
        "examples:",
        "LIVEKIT_URL",
        "Exit codes",
    ):
        assert word in done.stdout


@pytest.mark.parametrize(
    "arguments",
    [
        ("nope",),
        ("serve", "extra"),
        ("--verbose",),
        ("serve", "--public", "a.test"),
        ("doctor", "--public"),
    ],
)
def test_bad_usage_ends_with_2(arguments: tuple[str, ...]) -> None:
    done = command(*arguments)
    assert done.returncode == 2
    assert "usage:" in done.stderr


@pytest.mark.parametrize("calls", ["0", "-1", "1.5", "many", "", "9" * 400, "9" * 5000])
def test_a_plan_is_for_a_number_of_calls_that_there_may_be(
    calls: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["plan", f"--calls={calls}"])
    assert ended.value.code == 2
    assert "is no whole number from 1 to 9999999" in capsys.readouterr().err


def test_bad_settings_end_with_2_and_are_all_named() -> None:
    done = command(PORT="seven", MAX_SESSIONS="0", LIVEKIT_URL="nowhere")
    assert done.returncode == 2
    for name in ("PORT", "MAX_SESSIONS", "LIVEKIT_URL"):
        assert f"  {name}: " in done.stderr
    assert "Traceback" not in done.stderr


def test_doctor_looks_at_a_server_and_ends_by_the_worst(tmp_path: Path) -> None:
    done = command("doctor", "--public", "no.such.name.invalid", DATA_DIR=str(tmp_path))
    assert done.returncode == 1
    assert "FAIL  no.such.name.invalid has an address\n      -> give " in done.stdout
    assert "(nofile)" in done.stdout
    done = command("doctor", "--public", "no name")
    assert (done.returncode, done.stdout) == (1, "")
    assert "Parley cannot look: 'no name' is no name of a server" in done.stderr


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


@pytest.mark.promise(
    "Settings",
    "Every process finds the same proxies and authorities, of the environment or `.env`.",
)
def test_the_operator_s_tools_find_proxies_and_trust_as_clients_have_them(tmp_path: Path) -> None:
    tools = tmp_path / "tools.py"
    # As aiohttp does: what is trusted is read once, where it is imported.
    tools.write_text("import os\nprint(os.environ['https_proxy'], 'SSL_CERT_FILE' in os.environ)\n")
    told = {"HTTPS_PROXY": "proxy.test:3128", "SSL_CERT_FILE": "", "TOOLS_PATH": str(tools)}
    done = command("plan", "--calls", "1", **told)
    assert done.stdout.startswith("http://proxy.test:3128 False\n")


@pytest.mark.parametrize("kind", ["file", "link"])
def test_a_switch_that_cannot_be_turned_says_so(tmp_path: Path, kind: str) -> None:
    data = tmp_path / "data"
    data.touch() if kind == "file" else data.symlink_to(tmp_path / "gone")
    done = command("pause", DATA_DIR=str(data))
    assert done.returncode == 1
    assert "Parley cannot pause: DATA_DIR " in done.stderr
    assert f"DATA_DIR {data}: it is no folder, or a link to one that is gone" in done.stderr
    assert "refused from now on" not in done.stdout
    assert "Traceback" not in done.stderr


def test_a_terminal_without_the_letters_of_a_name_gets_the_rest(tmp_path: Path) -> None:
    told = {"DATA_DIR": str(tmp_path), "PYTHONIOENCODING": "ascii"}
    for words in (("invite", "--for", "Zoë"), ("invites",)):
        done = command(*words, **told)
        assert (done.returncode, done.stderr) == (0, "")
        assert "Zo?" in done.stdout


_SAYS = (("--help",), ("plan", "--calls", "500"), ("invites",), ("doctor", "--public", "a.invalid"))


@pytest.mark.parametrize("unbuffered", ["", "1"])
@pytest.mark.parametrize("words", _SAYS, ids=" ".join)
def test_whoever_has_read_enough_is_told_no_more(
    tmp_path: Path, words: tuple[str, ...], unbuffered: str
) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    done = _done(writer, *words, DATA_DIR=str(tmp_path), PYTHONUNBUFFERED=unbuffered)
    # The doctor's word is whether all is well, however much of it was read.
    assert (done.returncode, done.stderr) == (int(words[0] == "doctor"), "")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no /dev/full")
@pytest.mark.parametrize("unbuffered", ["", "1"])
@pytest.mark.parametrize("words", _SAYS, ids=" ".join)
def test_what_cannot_be_written_down_is_told_in_a_sentence(
    tmp_path: Path, words: tuple[str, ...], unbuffered: str
) -> None:
    full = os.open("/dev/full", os.O_WRONLY)
    done = _done(full, *words, DATA_DIR=str(tmp_path), PYTHONUNBUFFERED=unbuffered)
    verbs = {"--help": "help", "doctor": "look", "invites": "list invites"}
    verb = verbs.get(words[0], words[0])
    if words[0] in ("pause", "resume", "invite", "revoke", "forget"):
        verb = "say that it is done"
    sentence = "standard output cannot be written (No space left on device)"
    assert (done.returncode, done.stderr) == (1, f"Parley cannot {verb}: {sentence}.\n")


def _done(output: int, *words: str, **settings: str) -> subprocess.CompletedProcess[str]:
    try:
        return subprocess.run(
            [sys.executable, str(RUNNER), *words],
            env=child_environment(settings),
            stdout=output,
            stderr=subprocess.PIPE,
            text=True,
            timeout=START_LIMIT_SECS,
        )
    finally:
        os.close(output)


@pytest.fixture
def _heeds_ctrl_c() -> Iterator[None]:
    """What a shell runs in the background ignores it, and so would its children."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.usefixtures("_heeds_ctrl_c")
def test_a_look_that_is_broken_off_ends_without_a_word(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as hangs:
        told = {"DATA_DIR": str(tmp_path), "LIVEKIT_API_KEY": "key", "LIVEKIT_API_SECRET": "s" * 32}
        told["LIVEKIT_URL"] = f"ws://127.0.0.1:{hangs.getsockname()[1]}"
        look = subprocess.Popen(
            [sys.executable, str(RUNNER), "doctor"],
            env=child_environment(told),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        )
        hangs.settimeout(START_LIMIT_SECS)
        with hangs.accept()[0]:
            look.send_signal(signal.SIGINT)
            _, said = look.communicate(timeout=START_LIMIT_SECS)
    assert (look.returncode, said) == (130, "")


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
