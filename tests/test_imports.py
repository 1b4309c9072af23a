"""Who may import whom."""

from __future__ import annotations

import subprocess
import sys

import pytest

from tests.layout import PROJECT_ROOT, imports, module_name, python_files

# Who may import whom: a part may import itself and what is listed.
_MAY_IMPORT = {
    "runner.py": {"bot"},
    "bot": {"processors", "tools"},
    "examples": {"processors"},
    "processors": set[str](),
    "tools": set[str](),
}
# The floors of a part, lowest first. A room may import rooms of lower floors and the files that lie
# beside the rooms, except those that stand on top; rooms of one floor do not know each other.
_FLOORS: dict[str, list[set[str]]] = {
    "processors": [
        {"room"},
        {"turns"},
        {"speech_to_text", "language_model", "text_to_speech", "agent_protocol"},
    ],
    "bot": [
        {"processes", "languages"},
        {"store"},
        {"livekit", "stages", "access"},
        {"rooms"},
        {"session_log"},
        {"http", "call"},
        {"worker"},
    ],
    "tools": [{"calls"}, {"runtime", "mcp"}],
}
_SPEECH_MODELS = {"processors.model_files", "processors.moonshine"}
_ON_TOP = {"bot.serve", "bot.front", "bot.launch", "bot.doctor", "bot.local_stack"}
# Of Pipecat's services these name no vendor.
_NEUTRAL_SERVICES = {"ai_service", "llm_service", "settings", "stt_service", "tts_service"}
_PARTS = {"runner", "bot", "processors", "tools", "bench", "tests", "examples"}
# What a program must not have loaded when it begins: most take a tenth of a second or more, of each
# start.
_WEB = {"fastapi", "starlette", "uvicorn"}
_STORE = {"sqlalchemy", "alembic"}
_VOICE = {"pipecat", "livekit.rtc", "livekit.agents", "numpy", "onnxruntime", "openai"}
_NOT_LOADED: dict[str, set[str]] = {
    # Whoever asks for help.
    "runner": {"pydantic", "loguru", "httpx", "aiohttp", "livekit", *_WEB, *_STORE, *_VOICE},
    # Starts all others, and loads what serves callers beside them.
    "bot.serve": {"livekit", "aiohttp", "cryptography", *_WEB, *_STORE, *_VOICE},
    "bot.front": {"alembic", *_VOICE},
    # Starts what bots are forked from, and loads what takes jobs beside it.
    "bot.worker.worker": {"livekit", "aiohttp", "httpx", *_WEB, *_STORE, *_VOICE},
    "bot.worker.admission, bot.worker.bot_rooms": {*_WEB, *_STORE, *_VOICE},
    "bot.worker.preload": {"alembic", "fastapi", "uvicorn", "mcp"},
    "bot.local.__main__": {"livekit", "aiohttp", "pipecat", "openai", *_STORE},
}
_LEAVES = {
    # What is set about callers stands beside what keeps them out.
    "bot.access.settings",
    "bot.lan.settings",
    "bot.lan.addresses",
    "bot.store.settings",
    "bot.store.tls",
    "bot.brand",
    "bot.client_environment",
    "bot.errors",
    "bot.logs",
    "bot.proxies",
    "bot.settings",
    "bot.setting_checks",
    "bot.setting_files",
    # What can be set for a vendor stands beside the vendor.
    "bot.stages.vendor",
    "bot.stages.vendors",
}


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
    """They are reached as the vendors are, over HTTP and WebSocket; speech models are shared."""
    inside = [
        f"{path} imports {name}"
        for path in python_files("bot/local")
        for name in imports(path)
        if name.partition(".")[0] in _PARTS and not _is_within(name, "bot.local")
        if not any(_is_within(name, model) for model in _SPEECH_MODELS)
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


@pytest.mark.parametrize("part", _FLOORS)
def test_imports_go_down_the_floors(part: str) -> None:
    floor_of = {room: floor for floor, rooms in enumerate(_FLOORS[part]) for room in rooms}
    wrong = [
        f"{path} imports {name}"
        for path in python_files(part)
        if len(path.parts) > 2 and path.parts[1] in floor_of
        for name in imports(path)
        if any(_is_within(name, top) for top in _ON_TOP)
        or not _is_below(name, part, path.parts[1], floor_of)
    ]
    assert not wrong


def test_rooms_and_turns_know_no_vendor() -> None:
    wrong = [
        f"{path} imports {name}"
        for path in python_files("processors/room", "processors/turns")
        for name in imports(path)
        if name.startswith("pipecat.services.") and name.split(".")[2] not in _NEUTRAL_SERVICES
    ]
    assert not wrong


@pytest.mark.promise("Parts on this machine", "No program of ours loads what it has no use for.")
@pytest.mark.parametrize("program", _NOT_LOADED)
def test_nothing_slow_is_loaded_without_need(program: str) -> None:
    code = f"import sys, {program}; print(*sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=PROJECT_ROOT, capture_output=True, text=True, check=True
    )
    loaded = done.stdout.split()
    assert not [
        name for name in loaded if any(_is_within(name, one) for one in _NOT_LOADED[program])
    ]


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


def _is_below(name: str, part: str, room: str, floor_of: dict[str, int]) -> bool:
    """Return True for the room itself, a lower one, and what is in no room of the part."""
    parts = name.split(".")
    if parts[0] != part or len(parts) < 2 or parts[1] not in floor_of or parts[1] == room:
        return True
    return floor_of[parts[1]] < floor_of[room]


def _is_within(name: str, package: str) -> bool:
    return name == package or name.startswith(f"{package}.")
