"""What the code imports is what pyproject.toml declares, each in the version of the lock files."""

from __future__ import annotations

import ast
import re
import sys
import tomllib
from collections.abc import Iterable, Iterator
from importlib.metadata import packages_distributions
from pathlib import Path
from typing import Any

import pytest
from packaging.requirements import Requirement

from tests.layout import PROJECT_ROOT, parsed, python_files

_OURS = {"bench", "bot", "examples", "processors", "runner", "setup", "tests", "tools"}
_SHARED_NAMES = {
    "google.api_core": "google-api-core",
    "google.genai": "google-genai",
    "google.protobuf": "protobuf",
    "livekit.agents": "livekit-agents",
    "livekit.api": "livekit-api",
    "livekit.protocol": "livekit-protocol",
    "livekit.rtc": "livekit",
}
"""Distributions that share the first part of their name."""
_OTHER_PROGRAMS = ("tests/contract/servers", "bench/peers")
"""With requirements of their own."""
_NOT_IMPORTED = {
    "hibari-tts": "brings hibari",
    "moonshine-voice": "brings a model",
    "google-api-core": "Pipecat's Google services import it",
    "tzdata": "is read by zoneinfo",
    "aiosqlite": "SQLAlchemy loads it by the address",
    "pyright": "a command",
    "pytest-timeout": "a plugin",
    "ruff": "a command",
    "setuptools": "builds the wheel",
    "deepgram-sdk": "a client for contract tests",
}


def _table() -> dict[str, Any]:
    return tomllib.loads((PROJECT_ROOT / "pyproject.toml").read_text(encoding="utf-8"))


def _declared(*groups: str) -> dict[str, Requirement]:
    """Return what the core and some groups declare for this Python."""
    table = _table()
    extras = table["project"]["optional-dependencies"] | table["dependency-groups"]
    lines = [*table["project"]["dependencies"], *(one for name in groups for one in extras[name])]
    return _here(Requirement(line) for line in lines)


def _here(requirements: Iterable[Requirement]) -> dict[str, Requirement]:
    return {one.name: one for one in requirements if not one.marker or one.marker.evaluate()}


def _imports(path: Path) -> Iterator[str]:
    for node in ast.walk(parsed(path)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
            # `from livekit import rtc` names what it wants in its second half.
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def _distributions(*parts: str) -> dict[str, set[str]]:
    """Return every distribution that parts of the code import, with who does."""
    installed, found = packages_distributions(), dict[str, set[str]]()
    for path in python_files(*parts):
        where = path.as_posix()
        if where.startswith(_OTHER_PROGRAMS):
            continue
        for name in _imports(path):
            top = name.partition(".")[0]
            if top in sys.stdlib_module_names or top in _OURS:
                continue
            shared = _SHARED_NAMES.get(".".join(name.split(".")[:2]))
            of_name = {shared} if shared else set(installed.get(top, [top]))
            for one in of_name:
                found.setdefault(one.lower().replace("_", "-"), set()).add(where)
    return found


@pytest.mark.parametrize(
    ("parts", "groups"),
    [
        (("processors",), ("anthropic", "google")),
        (("processors", "bot", "tools"), ("app", "anthropic", "google")),
        (("processors", "bot", "tools", "tests"), ("app", "anthropic", "google", "dev")),
    ],
)
def test_what_is_imported_is_declared(parts: tuple[str, ...], groups: tuple[str, ...]) -> None:
    declared = _declared(*groups)
    found = _distributions(*parts)
    assert {name: where for name, where in found.items() if name not in declared} == {}


def test_what_is_declared_is_imported() -> None:
    declared = _declared("app", "anthropic", "google", "dev")
    found = _distributions("processors", "bot", "tools", "tests")
    assert declared.keys() - found.keys() - _NOT_IMPORTED.keys() == set()


@pytest.mark.parametrize("lock", ["requirements-dev.lock", "requirements.lock"])
def test_each_is_pinned_to_what_is_locked(lock: str) -> None:
    text = (PROJECT_ROOT / lock).read_text(encoding="utf-8")
    lines = re.findall(r"^([a-z0-9].*?) *\\$", text, re.MULTILINE)
    locked = _here(map(Requirement, lines))
    groups = ("app", "anthropic", "google", "dev") if "dev" in lock else ("app",)
    for name, one in _declared(*groups).items():
        assert str(one.specifier).startswith("=="), name
        assert locked[name].specifier == one.specifier, name
