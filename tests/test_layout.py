"""The rules of the house, as tests."""

from __future__ import annotations

import ast
import json
import re
from pathlib import Path

import pytest

from tests.layout import (
    PROJECT_ROOT,
    PYTHON_PARTS,
    functions,
    imports,
    line_count,
    module_name,
    parsed,
    python_files,
    tracked_files,
)

_FILE_LIMIT_LINES = 250
# There is one test file per source file, so it may need more than its source does.
_TEST_FILE_LIMIT_LINES = 350
_FUNCTION_LIMIT_LINES = 40
_COMPONENT_LIMIT_LINES = 120

# Each exception with its reason.
_LONG_FILES = {
    "bot/call/session.py": "every way a session ends, in one place",
    "bot/settings.py": "every setting, in one place",
    "processors/room/playout.py": "one account of samples",
    "processors/room/output.py": "one account of what the caller hears",
    "processors/turns/end.py": "every way a turn ends, in one place",
    "tools/calls/ledger.py": "one state machine",
    "tools/runtime/runtime.py": "one object, what the pipeline and the calls ask of each other",
}
_LONG_FUNCTIONS = {
    "bot/http/api.py:_add_session_calls": "a list of routes",
    "bot/rooms/backend.py:build_backend": "a list of parts and who gets which",
    "bot/local/server.py:_add_control": "a list of routes",
    "bot/call/pipeline.py:build_conversation": "the pipeline as one list",
}

# Source without a test file of its own, and the tests that exercise it: a file of the mirrored
# folder by its name, others by their path. A folder stands for all in it.
_TESTED_THROUGH = {
    "bot/call/job_room.py": "tests/e2e",
    "bot/call/pipeline.py": "tests/e2e",
    "bot/call/preload.py": "tests/e2e",
    "bot/call/room_conventions.py": "tests/conformance",
    "bot/call/services.py": "tests/e2e",
    "bot/call/worker.py": "tests/e2e",
    "bot/doctor.py": "tests/e2e",
    "bot/errors.py": "test_settings.py",
    "bot/http/errors.py": "test_api.py",
    "bot/http/health.py": "test_api.py",
    "bot/http/server.py": "tests/e2e",
    "bot/launch.py": "tests/e2e",
    "bot/languages": "tests/bot/languages/test_choice.py",
    "bot/livekit/calls.py": "tests/bot/rooms/test_rooms.py",
    "bot/local": "tests/contract",
    "bot/local_stack.py": "tests/e2e",
    "bot/processes/process_end.py": "test_child_process.py",
    "bot/processes/stop_signals.py": "tests/e2e",
    "bot/rooms/backend.py": "tests/bot/http/test_api.py",
    "bot/rooms/end_note.py": "test_sweep.py",
    "bot/rooms/events.py": "tests/bot/http/test_api.py",
    "bot/rooms/plan.py": "test_rooms.py",
    "bot/rooms/sessions.py": "tests/bot/http/test_api.py",
    "bot/serve.py": "tests/e2e",
    "bot/stages/diagnosis.py": "tests/bot/test_doctor.py",
    "bot/stages/questions.py": "tests/bot/test_doctor.py",
    "processors/agent_protocol/conversation.py": "test_conversation_observer.py",
    "processors/agent_protocol/session_channel.py": "test_agent_session.py",
    "processors/agent_protocol/session_items.py": "test_agent_session.py",
    "processors/agent_protocol/session_requests.py": "test_agent_session.py",
    "processors/agent_protocol/session_states.py": "test_agent_session.py",
    "processors/agent_protocol/session_usage.py": "test_agent_session.py",
    "processors/agent_protocol/turn_metrics.py": "test_agent_session.py",
    "processors/agent_protocol/utterance.py": "test_captions.py",
    "processors/frames.py": "tests/processors",
    "processors/language_model/excuses.py": "test_model_refusals.py",
    "processors/language_model/reply_pieces.py": "test_model_servers.py",
    "processors/language_model/returned_thoughts.py": "test_request_shape.py",
    "processors/room/client.py": "tests/processors",
    "processors/room/transport.py": "tests/bot/call/test_session_room_events.py",
    "processors/speech_to_text/deepgram_connection.py": "test_deepgram.py",
    "processors/speech_to_text/deepgram_socket.py": "test_deepgram.py",
    "processors/text_to_speech/forms": "tests/processors/text_to_speech/forms/test_decoding.py",
    "processors/text_to_speech/said_text.py": "test_speakable_text.py",
    "processors/text_to_speech/speakable_markup.py": "test_speakable_text.py",
    "processors/tls.py": "tests/processors/language_model/test_openai.py",
    "processors/turns/stretch.py": "test_words_once.py",
    "tools/calls": "tests/tools/calls/test_ledger_model.py",
    "tools/english.py": "test_spoken.py",
    "tools/errors.py": "tests/tools/runtime/test_tool_calling.py",
    "tools/language.py": "tests/bot/languages/test_said.py",
    "tools/reminders.py": "test_cancel_timer.py",
    "tools/runtime/call_tasks.py": "test_tool_calling.py",
    "tools/runtime/speaker.py": "test_tool_calling.py",
    "tools/runtime/ticker.py": "test_tool_calling.py",
    "tools/runtime/unknown_tool.py": "test_tool_calling.py",
    "tools/runtime/voice.py": "test_tool_calling.py",
}
# Tests of more than one source file.
_TESTS_OF_MANY = {
    "tests/bot/call/test_session_room_events.py": "a session through all that happens in its room",
    "tests/bot/languages/test_consent.py": "yes and no, in every language",
    "tests/bot/languages/test_said.py": "what is said, in every language",
    "tests/bot/languages/test_turns.py": "noises, stop words and pauses, in every language",
    "tests/bot/rooms/test_parking_races.py": "parked rooms, starts, webhook and sweep in any order",
    "tests/bot/rooms/test_token_grants.py": "what a token may do, tried on the real server",
    "tests/processors/language_model/test_model_refusals.py": "requests that fail, at any moment",
    "tests/processors/language_model/test_model_servers.py": "what model servers send, on the wire",
    "tests/processors/turns/test_quiet_caller.py": "words without voice, through the whole turn",
    "tests/processors/turns/test_random_turns.py": "turns, words and speculations, at random",
    "tests/tools/calls/test_ledger_model.py": "the state machine against a model of it",
    "tests/tools/runtime/test_injection.py": "texts that give orders, and a model that obeys them",
    "tests/tools/runtime/test_random_talk.py": "the runtime inside a pipeline, at random",
    "tests/tools/runtime/test_tool_calling.py": "the runtime inside a pipeline",
    "tests/tools/test_docs.py": "the example and the figures of docs/tools.md",
}

# Who may import whom: a part may import itself and what is listed.
_MAY_IMPORT = {
    "runner.py": {"bot"},
    "bot": {"processors", "tools"},
    "processors": set[str](),
    "tools": set[str](),
}
_PARTS = {"runner", "bot", "processors", "tools", "bench", "tests"}
_LEAVES = {"bot.errors", "bot.logs", "bot.proxies", "bot.settings", "bot.setting_checks"}

# Put together here, so that this file does not hold what it looks for.
_FORBIDDEN_TEXTS = (
    "registry." + "npmjs",
    "pypi." + "org",
    "python" + "hosted.org",
    "proxy." + "golang",
    "deb." + "debian",
    "/ro" + "ot/",
    "/wo" + "rk/",
    "/ho" + "me/",
)
_BINARY_SUFFIXES = {".wav", ".png", ".ico", ".woff2", ".onnx", ".mp3", ".jpg", ".webp"}


@pytest.mark.parametrize("part", _MAY_IMPORT)
def test_imports_point_one_way(part: str) -> None:
    own = part.removesuffix(".py")
    refused = _PARTS - _MAY_IMPORT[part] - {own}
    wrong = [
        f"{path} imports {name}"
        for path in python_files(part)
        for name in imports(path)
        if name.partition(".")[0] in refused
    ]
    assert not wrong


def test_the_local_providers_stand_alone() -> None:
    """They are reached as the vendors are: over HTTP and WebSocket."""
    inside = [
        f"{path} imports {name}"
        for path in python_files("bot/local")
        for name in imports(path)
        if name.partition(".")[0] in _PARTS and not _is_within(name, "bot.local")
    ]
    outside = [
        f"{path} imports {name}"
        for path in python_files("runner.py", "bot", "processors", "tools")
        if not _is_within(module_name(path), "bot.local")
        for name in imports(path)
        if _is_within(name, "bot.local")
    ]
    assert not inside + outside


def test_settings_errors_and_logs_are_leaves() -> None:
    wrong = [
        f"{path} imports {name}"
        for path in python_files("bot")
        if module_name(path) in _LEAVES
        for name in imports(path)
        if _is_within(name, "bot") and not any(_is_within(name, leaf) for leaf in _LEAVES)
    ]
    assert not wrong


def test_no_module_of_ours_imports_itself_through_others() -> None:
    files = python_files("runner.py", "bot", "processors", "tools")
    names = {module_name(path) for path in files}
    graph = {module_name(path): {n for n in imports(path) if n in names} for path in files}
    done: set[str] = set()

    def visit(name: str, path: tuple[str, ...]) -> None:
        assert name not in path, " -> ".join((*path, name))
        if name not in done:
            for imported in graph[name] - {name}:
                visit(imported, (*path, name))
            done.add(name)

    for name in graph:
        visit(name, ())


def test_files_are_short() -> None:
    long = {
        str(path): lines
        for path in python_files(*PYTHON_PARTS)
        if (lines := line_count(path)) > _line_limit(path)
    }
    assert not [f"{path}: {lines}" for path, lines in long.items() if path not in _LONG_FILES]


def test_functions_are_short() -> None:
    long = {
        f"{path}:{name}": lines
        for path in python_files(*PYTHON_PARTS)
        for name, lines in functions(path)
        if lines > _FUNCTION_LIMIT_LINES
    }
    assert not [f"{name}: {lines}" for name, lines in long.items() if name not in _LONG_FUNCTIONS]


def test_components_and_hooks_are_short() -> None:
    web = PROJECT_ROOT / "web"
    files = [p for folder in ("app", "components", "hooks") for p in (web / folder).rglob("*.ts*")]
    long = {p.name: n for p in files if (n := line_count(p)) > _COMPONENT_LIMIT_LINES}
    assert not long


def test_every_source_file_has_its_test() -> None:
    missing = [
        str(path)
        for path in python_files("bot", "processors", "tools")
        if path.name not in ("__init__.py", "__main__.py")
        and not (PROJECT_ROOT / "tests" / path.parent / f"test_{path.name}").exists()
        and not {str(path), *map(str, path.parents)} & _TESTED_THROUGH.keys()
    ]
    assert not missing
    assert not [
        test for source, test in _TESTED_THROUGH.items() if not _test_of(source, test).exists()
    ]


def test_every_test_file_mirrors_a_source_file() -> None:
    without = [
        str(path)
        for part in ("bot", "processors", "tools")
        for path in python_files(f"tests/{part}")
        if path.name.startswith("test_")
        and str(path) not in _TESTS_OF_MANY
        and not (PROJECT_ROOT / _mirrored(path)).exists()
    ]
    assert not without


def test_only_settings_touch_the_environment() -> None:
    wrong = [
        f"{path}:{node.lineno}"
        for path in python_files("runner.py", "bot", "processors", "tools")
        if path != Path("bot/settings.py")
        for node in ast.walk(parsed(path))
        if isinstance(node, ast.Attribute) and node.attr in ("environ", "getenv", "putenv")
    ]
    assert not wrong


def test_no_tracked_file_names_a_registry_or_a_place_on_one_machine() -> None:
    wrong = [
        f"{path}: {text}"
        for path in tracked_files()
        if path.suffix not in _BINARY_SUFFIXES
        for text in _FORBIDDEN_TEXTS
        if text in (PROJECT_ROOT / path).read_text(encoding="utf-8")
    ]
    assert not wrong


def test_the_locks_hold_hashes_and_no_addresses() -> None:
    servers = "tests/contract/servers"
    locks = ("requirements.lock", "requirements-dev.lock", f"{servers}/requirements.txt")
    for name in locks:
        text = (PROJECT_ROOT / name).read_text(encoding="utf-8")
        pins = re.findall(r"^\S+==\S+", text, flags=re.MULTILINE)
        blocks = re.split(r"\n(?=\S)", text.strip())
        assert len(pins) == len(blocks), name
        assert all("--hash=sha256:" in block for block in blocks), name
        assert "://" not in text, name
    for folder in ("web", servers):
        lock = PROJECT_ROOT / folder / "package-lock.json"
        packages = json.loads(lock.read_text(encoding="utf-8"))["packages"]
        entries = {path: entry for path, entry in packages.items() if path}
        assert not [path for path, entry in entries.items() if "resolved" in entry]
        assert not [path for path, entry in entries.items() if "integrity" not in entry]


def test_the_folder_map_of_the_readme_is_true() -> None:
    readme = (PROJECT_ROOT / "README.md").read_text(encoding="utf-8")
    block = re.search(r"## What is where\n+```\n(.*?)```", readme, flags=re.DOTALL)
    assert block is not None
    names = [line.split()[0] for line in block.group(1).splitlines() if line.strip()]
    assert names
    assert not [name for name in names if not (PROJECT_ROOT / name).exists()]


def _line_limit(path: Path) -> int:
    return _TEST_FILE_LIMIT_LINES if path.parts[0] == "tests" else _FILE_LIMIT_LINES


def _test_of(source: str, test: str) -> Path:
    return PROJECT_ROOT / (test if "/" in test else Path("tests", source).parent / test)


def _mirrored(test: Path) -> Path:
    return test.relative_to("tests").with_name(test.name.removeprefix("test_"))


def _is_within(name: str, package: str) -> bool:
    return name == package or name.startswith(f"{package}.")
