"""Every setting reaches the part it is for, in one whole run; and nothing of it is in the logs."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

import jwt
import pytest
from anyio.from_thread import start_blocking_portal

from bot.livekit.server import LiveKitServer
from bot.settings import Settings
from bot.stages.vendors import VendorSettings
from tests.e2e.marked_run import IDLE_BOTS, ORIGIN, MarkedRun, marked_run
from tests.e2e.marked_vendors import KEY_MARK, MARK


@pytest.fixture(scope="module")
def run(
    livekit_server: LiveKitServer, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[MarkedRun]:
    folder = tmp_path_factory.mktemp("marked")
    with (
        start_blocking_portal() as portal,
        portal.wrap_async_context_manager(marked_run(livekit_server, folder)) as over,
    ):
        yield over


def _fallback(run: MarkedRun, stage: str, name: str) -> bool:
    return run.health["providers"]["fallbacks"][stage] == name


def _vendor(run: MarkedRun, stage: str, name: str) -> bool:
    return run.health["providers"]["vendors"][stage] == name


def _claims(run: MarkedRun) -> dict[str, str]:
    return jwt.decode(run.tokens[-1], options={"verify_signature": False})


def _tools(run: MarkedRun) -> set[str]:
    return {
        tool["function"]["name"] for chat in run.vendors.chats for tool in chat.get("tools") or []
    }


def _system(run: MarkedRun) -> str:
    return str([chat["messages"][0]["content"] for chat in run.vendors.chats])


def _loggers(run: MarkedRun, level: str = "INFO") -> set[str]:
    return {line["logger"] for line in run.lines if line["level"] == level}


def _is_logged(run: MarkedRun, words: str) -> bool:
    return any(words in line["message"] for line in run.lines)


# How it shows that a setting has reached its part; each is set to something else than its default.
_SHOWS: dict[str, Callable[[MarkedRun], bool]] = {
    "host": lambda run: f"http://{run.given['HOST']}:{run.given['PORT']}/#join=" in run.stdout,
    "port": lambda run: run.health["status"] == "ok",
    "allowed_origins": lambda run: run.allowed_origin == ORIGIN,
    "livekit_url": lambda run: run.started["server_url"] == run.given["LIVEKIT_URL"],
    "livekit_api_key": lambda run: _claims(run)["iss"] == run.given["LIVEKIT_API_KEY"],
    "livekit_api_secret": lambda run: run.bot_name != "",
    "speech_to_text": lambda run: _vendor(run, "speech_to_text", "deepgram"),
    "speech_to_text_fallback": lambda run: (
        _fallback(run, "speech_to_text", "openai")
        and f"{KEY_MARK}-stt" in run.vendors.uploads[0]
        and run.vendors.was_asked(f"{MARK}uploaded")
    ),
    "language_model": lambda run: (
        _vendor(run, "language_model", "openai") and run.vendors.keys == {f"Bearer {KEY_MARK}-llm"}
    ),
    "language_model_fallback": lambda run: (
        _fallback(run, "language_model", "local") and len(run.vendors.stand_in_speeches) > 1
    ),
    "text_to_speech": lambda run: (
        _vendor(run, "text_to_speech", "openai")
        and {one["key"] for one in run.vendors.speeches} == {f"Bearer {KEY_MARK}-tts"}
    ),
    "text_to_speech_fallback": lambda run: (
        _fallback(run, "text_to_speech", "deepgram")
        and f"{KEY_MARK}-deepgram" in run.vendors.stand_in_speeches[0]
    ),
    "language": lambda run: (
        {one["language"] for one in run.vendors.listens} == {"de"}
        and "noch da" in run.vendors.said
        and "German" in _system(run)
    ),
    "system_prompt_file": lambda run: "mark of the prompt" in _system(run),
    "tools_path": lambda run: f"{MARK}argument" in run.notes[0],
    "mcp_servers": lambda run: "sample__echo" in _tools(run),
    "appointments_file": lambda run: (run.folder / "calendar.sqlite").is_file(),
    "speech_shelf": lambda run: (run.folder / "shelf").is_dir(),
    # Without it tests keep nothing.
    "speech_shelf_mb": lambda run: any((run.folder / "shelf").iterdir()),
    "data_dir": lambda run: (run.folder / "data" / "parley.sqlite").is_file(),
    "max_reply_tokens": lambda run: 777 in {chat.get("max_tokens") for chat in run.vendors.chats},
    "max_tool_steps": lambda run: len(run.notes) == 2,
    "greeting": lambda run: f"{MARK}greeting" in run.vendors.said,
    "agent_name": lambda run: run.bot_name == "marked",
    "max_sessions": lambda run: run.health["capacity"]["limit"] == 7,
    "idle_bots": lambda run: run.idle_bots >= IDLE_BOTS,
    "parked_bots": lambda run: run.parked == 1,
    # Four calls were before, and a few are forgiven meanwhile.
    "starts_per_minute": lambda run: run.accepted_starts < 12,
    "enable_rtvi": lambda run: run.rtvi_labels == {"rtvi-ai"},
    "session_max_secs": lambda run: "gleich um" in run.vendors.said,
    "idle_nudge_secs": lambda run: "noch da" in run.vendors.said,
    "bot_memory_limit_mb": lambda run: _is_logged(run, " takes more than "),
    "worker_port": lambda run: run.is_worker_healthy,
    "log_level": lambda run: _loggers(run, "DEBUG") >= {"livekit.agents"},
    # Of the runner, the worker, the local providers and a bot.
    "log_format": lambda run: (
        _loggers(run) >= {"bot.local_stack", "bot.worker.worker", "__main__", "bot.call.run"}
    ),
}
# Shown by tests of their own.
_ELSEWHERE = {
    *("access", "access_key", "access_proxies", "access_header", "appointments_for"),
    *("livekit_releases_url", "draft_recogniser"),
    *("tls_cert", "tls_key", "caroot"),
    *("store", "database_url", "keep_days", "redact_file"),
    *("session_max_tokens", "daily_minutes", "daily_tokens", "daily_money"),
    *("public_url", "livekit_public_url", "trusted_proxies", "sessions_per_address"),
    "resume_secs",
    "embed_origins",
    "brand_file",
}


@pytest.mark.timeout(400)
@pytest.mark.promise("Settings", "Every setting reaches the part it is for.")
@pytest.mark.parametrize("setting", _SHOWS)
def test_a_setting_reaches_the_part_it_is_for(run: MarkedRun, setting: str) -> None:
    assert _SHOWS[setting](run)


def test_no_setting_is_left_out() -> None:
    vendors = VendorSettings.model_fields.keys()
    assert Settings.model_fields.keys() - vendors == _SHOWS.keys() | _ELSEWHERE


@pytest.mark.timeout(400)
@pytest.mark.promise(
    "Logs", "At no level, by no library, is it logged what people, the model or tools say."
)
def test_nothing_that_was_said_is_written_anywhere(run: MarkedRun) -> None:
    assert _found(run, MARK) == []


@pytest.mark.timeout(400)
@pytest.mark.promise("Logs", "At no level, by no library, is a key or a token logged.")
def test_no_key_and_no_token_is_written_anywhere(run: MarkedRun) -> None:
    secrets = [KEY_MARK, run.given["LIVEKIT_API_SECRET"], *run.tokens, r"\beyJ[\w-]+\.eyJ"]
    assert [found for secret in secrets for found in _found(run, secret)] == []


def _found(run: MarkedRun, pattern: str) -> list[str]:
    """Return where it is in all that the run has written, but for what it was given."""
    # The store is there to keep what was said.
    own = {"tools.py", "mcp.json", "notes.txt"} | {f"parley.sqlite{end}" for end in ("", "-wal")}
    files = [path for path in run.folder.rglob("*") if path.is_file() and path.name not in own]
    return [
        f"{path.name}: {line[:300]}"
        for path in files
        for line in path.read_text(errors="replace").splitlines()
        if re.search(pattern, line)
    ]
