"""Reads the project's own source: what imports what, and how long things are."""

from __future__ import annotations

import ast
import subprocess
from collections.abc import Iterator
from functools import cache
from pathlib import Path

PROJECT_ROOT = Path(__file__).resolve().parent.parent
PYTHON_PARTS = (
    *("runner.py", "bot", "processors", "tools", "bench", "setup", "deploy", "examples", "tests"),
)

Function = ast.FunctionDef | ast.AsyncFunctionDef


def python_files(*parts: str) -> list[Path]:
    """Return the Python files of these folders and files, relative to the project."""
    found: list[Path] = []
    for part in parts:
        path = PROJECT_ROOT / part
        found += sorted(path.rglob("*.py")) if path.is_dir() else [path] if path.exists() else []
    return [path.relative_to(PROJECT_ROOT) for path in found]


def tracked_files() -> list[Path]:
    """Return every file git keeps, relative to the project; none outside a checkout."""
    listing = subprocess.run(
        ["git", "ls-files", "-z"], cwd=PROJECT_ROOT, capture_output=True, text=True, check=False
    )
    names = listing.stdout.split("\0") if listing.returncode == 0 else []
    return [Path(name) for name in names if name and (PROJECT_ROOT / name).is_file()]


def module_name(path: Path) -> str:
    """Return the dotted name of a file: `bot/local/silero.py` is `bot.local.silero`."""
    parts = path.with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


@cache
def parsed(path: Path) -> ast.Module:
    """Return the syntax tree of a file."""
    return ast.parse((PROJECT_ROOT / path).read_text(encoding="utf-8"))


def imports(path: Path) -> Iterator[str]:
    """Yield every module a file imports, also as `package.name` for `from package import name`.

    Relative ones by their whole names.
    """
    yield from imports_of(parsed(path), path)


def imports_of(tree: ast.Module, path: Path) -> Iterator[str]:
    """Yield what `imports` does of a file with this syntax tree."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            package = _absolute(node, path)
            yield package
            yield from (f"{package}.{alias.name}" for alias in node.names)


def _absolute(node: ast.ImportFrom, path: Path) -> str:
    """Return the whole name of what `from ... import` names in a file."""
    if not node.level:
        return node.module or ""
    # A package's `__init__` lies in its folder as any of its modules does.
    outer = path.parent.parts[: len(path.parent.parts) - (node.level - 1)]
    return ".".join([*outer, *([node.module] if node.module else [])])


def functions(path: Path) -> Iterator[tuple[str, int]]:
    """Yield each function's name and its lines, its docstring left out."""
    for node in ast.walk(parsed(path)):
        if isinstance(node, Function):
            yield node.name, _line_count(node)


def line_count(path: Path) -> int:
    """Return the number of lines of a text file."""
    return len((PROJECT_ROOT / path).read_text(encoding="utf-8").splitlines())


def _line_count(node: Function) -> int:
    first = node.body[0]
    lines = (node.end_lineno or node.lineno) - node.lineno + 1
    if ast.get_docstring(node) is not None:
        lines -= (first.end_lineno or first.lineno) - first.lineno + 1
    return lines
