"""`runner.py doctor` as a process of its own, in a checkout that lacks what a test takes away."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from anyio.from_thread import start_blocking_portal

from bot.http.listener import bind
from bot.livekit.install import cached_program
from bot.livekit.server import LiveKitServer
from bot.settings import PROJECT_ROOT, child_environment
from tests.bot.provider_server import CHAT, SPEECH, Provider, open_provider, refuse

_LIMIT_SECS = 90.0
_SOURCES = ("runner.py", "bot", "processors", "tools")


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """The source alone: nothing is built, nothing is installed."""
    folder = tmp_path / "checkout"
    folder.mkdir()
    for name in _SOURCES:
        source = PROJECT_ROOT / name
        copy = shutil.copytree if source.is_dir() else shutil.copy
        copy(source, folder / name)
    return folder


@pytest.fixture(scope="module")
def kind() -> Iterator[Provider]:
    with (
        start_blocking_portal() as portal,
        portal.wrap_async_context_manager(open_provider()) as provider,
    ):
        yield provider


@pytest.fixture(scope="module")
def unkind() -> Iterator[Provider]:
    answers = {CHAT: refuse(401), SPEECH: refuse(404)}
    with (
        start_blocking_portal() as portal,
        portal.wrap_async_context_manager(open_provider(answers)) as provider,
    ):
        yield provider


def doctor(checkout: Path, **settings: str) -> tuple[int, dict[str, tuple[str, str]]]:
    """Return the exit code, and of each line its mark and what is to be done."""
    done = subprocess.run(
        [sys.executable, str(checkout / "runner.py"), "doctor"],
        # Programs of this machine that a test may want to be without are on no such path.
        env=child_environment({"PORT": "0", "PATH": str(checkout / "bin"), **settings}),
        cwd=checkout.parent,
        capture_output=True,
        text=True,
        timeout=_LIMIT_SECS,
    )
    assert "hush" not in done.stdout + done.stderr
    found: dict[str, tuple[str, str]] = {}
    for line in done.stdout.splitlines():
        mark, _, words = line.partition("  ")
        if words.strip().startswith("->"):
            what = next(reversed(found))
            found[what] = (found[what][0], words.partition("->")[2].strip())
        else:
            found[words.strip()] = (mark.strip(), "")
    return done.returncode, found


def settings_of(provider: Provider, key: str) -> dict[str, str]:
    given = {name.upper(): str(value) for name, value in provider.settings.items()}
    return given | {"OPENAI_API_KEY": key}


@pytest.mark.promise("Doctor", "Doctor finds nothing in a whole installation, and ends with 0.")
def test_a_whole_installation_is_well(checkout: Path, kind: Provider) -> None:
    page = checkout / "web" / "out"
    page.mkdir(parents=True)
    (page / "index.html").write_text("<html>")
    program = checkout / ".cache" / cached_program(Path()).name
    program.parent.mkdir()
    program.touch()
    code, found = doctor(checkout, **settings_of(kind, "hush-hush"))
    assert {mark for mark, _ in found.values()} == {"ok"}
    assert {"the page is built", "there is a LiveKit server here"} <= found.keys()
    assert code == 0
    # A server on the path does as well.
    program.unlink()
    (checkout / "bin").mkdir()
    shutil.copy(shutil.which("true") or "", checkout / "bin" / "livekit-server")
    code, found = doctor(checkout, **settings_of(kind, "hush-hush"))
    assert (code, found["there is a LiveKit server here"]) == (0, ("ok", ""))


@pytest.mark.promise(
    "Doctor",
    'What is missing or refused is no "ok" of doctor\'s: it says the fix, and ends with 1.',
)
def test_all_that_is_wrong_is_told_with_its_fix(checkout: Path, unkind: Provider) -> None:
    with bind("127.0.0.1", 0) as listener:
        taken = str(listener.getsockname()[1])
        code, found = doctor(
            checkout,
            **settings_of(unkind, "hush-hush"),
            PORT=taken,
            LANGUAGE_MODEL_FALLBACK="anthropic",
            ANTHROPIC_API_KEY="hush-hush",
            ANTHROPIC_BASE_URL="http://127.0.0.1:9",
        )
    wrong = {what: fix for what, (mark, fix) in found.items() if mark == "FAIL"}
    fixes = {
        "the page is built": "make setup",
        f"127.0.0.1:{taken} is free": "change HOST or PORT",
        "there is a LiveKit server here": "LIVEKIT_URL",
        "language-model answers": "check OPENAI_API_KEY",
        "language-model fallback answers": "ANTHROPIC_BASE_URL",
        "text-to-speech answers": "OPENAI_TTS_MODEL",
    }
    assert len(wrong) == len(fixes), found
    for what, fix in fixes.items():
        assert any(fix in told for sentence, told in wrong.items() if what in sentence), found
    assert code == 1


@pytest.mark.promise("Doctor", "Doctor tells of a LiveKit that does not call our webhook.")
def test_a_webhook_that_is_not_called_is_a_note(
    checkout: Path, kind: Provider, livekit_server: LiveKitServer
) -> None:
    code, found = doctor(
        checkout,
        **settings_of(kind, "hush-hush"),
        LIVEKIT_URL=livekit_server.url,
        LIVEKIT_API_KEY=livekit_server.api_key,
        LIVEKIT_API_SECRET=livekit_server.api_secret.get_secret_value(),
        ELEVENLABS_API_KEY="hush-hush",
    )
    notes = {what: fix for what, (mark, fix) in found.items() if mark == "note"}
    assert "/api/livekit/webhook" in next(fix for what, fix in notes.items() if "webhook" in what)
    assert "ELEVENLABS_API_KEY" in notes["the settings are valid"]
    # The page is not built there.
    assert [what for what, (mark, _) in found.items() if mark == "FAIL"] == ["the page is built"]
    assert code == 1
