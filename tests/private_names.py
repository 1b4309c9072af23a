"""Finds where our source holds on to private names of libraries: each may go with an upgrade."""

from __future__ import annotations

import ast
import importlib
import inspect
import re
import textwrap
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import NamedTuple

from tests.layout import imports, module_name, parsed, python_files

OURS = ("bot", "processors", "tools")
_PRIVATE = re.compile(r"_[A-Za-z]\w*")
_DOCUMENTED = {"_replace", "_exit"}
"""Of named tuples and of `os`: public in spite of the underscore."""


class PrivateUse(NamedTuple):
    """One place that reads, writes, calls or overrides a private name of a library."""

    path: Path
    line: int
    name: str


def private_uses(*parts: str) -> list[PrivateUse]:
    """Return every use of a library's private name in the Python files of these folders."""
    uses = {use for path in python_files(*parts) for use in _uses(path)}
    return sorted(use for use in uses if use.name not in _DOCUMENTED)


def _uses(path: Path) -> Iterator[PrivateUse]:
    tree = parsed(path)
    own = {name for node in ast.walk(tree) for name in _defined(node)}
    for node in ast.walk(tree):
        if isinstance(node, ast.ClassDef):
            foreign = _foreign_names(module_name(path), node.name)
            yield from _uses_in_class(path, node, foreign)
        elif isinstance(node, ast.Attribute) and _PRIVATE.fullmatch(node.attr):
            is_on_self = isinstance(node.value, ast.Name) and node.value.id in ("self", "cls")
            if not is_on_self and node.attr not in own and not _is_super(node.value):
                yield PrivateUse(path, node.lineno, node.attr)
    for name in {_private_part(name) for name in imports(path)} - {""}:
        yield PrivateUse(path, 1, name)


def _private_part(module: str) -> str:
    """Return a library's module up to its first private part; empty if it has none."""
    parts = module.split(".")
    private = [part for part in parts if _PRIVATE.fullmatch(part)]
    if not private or parts[0] in (*OURS, "__future__"):
        return ""
    return ".".join(parts[: parts.index(private[0]) + 1])


def _uses_in_class(path: Path, node: ast.ClassDef, foreign: frozenset[str]) -> Iterator[PrivateUse]:
    for inner in ast.walk(node):
        if isinstance(inner, ast.FunctionDef | ast.AsyncFunctionDef) and inner.name in foreign:
            yield PrivateUse(path, inner.lineno, inner.name)
        elif isinstance(inner, ast.Attribute) and inner.attr in foreign:
            is_on_self = isinstance(inner.value, ast.Name) and inner.value.id in ("self", "cls")
            if is_on_self or _is_super(inner.value):
                yield PrivateUse(path, inner.lineno, inner.attr)


def _is_super(node: ast.expr) -> bool:
    return (
        isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "super"
    )


@cache
def _foreign_names(module: str, class_name: str) -> frozenset[str]:
    """Return the private names that the foreign bases of a class define."""
    found = getattr(importlib.import_module(module), class_name, None)
    if not isinstance(found, type):
        return frozenset()
    bases = [
        base for base in found.__mro__ if base.__module__.split(".")[0] not in (*OURS, "tests")
    ]
    return frozenset(name for base in bases for name in _names_of(base))


@cache
def _names_of(base: type) -> frozenset[str]:
    if base.__module__.split(".")[0] in ("builtins", "typing", "abc", "enum", "collections"):
        return frozenset()
    try:
        tree = ast.parse(textwrap.dedent(inspect.getsource(base)))
    except (OSError, TypeError):
        return frozenset()
    # A class within the class has names of its own.
    body = [node for node in _body_of(tree) if not isinstance(node, ast.ClassDef)]
    nodes = [inner for node in body for inner in ast.walk(node)]
    return frozenset(name for node in nodes for name in _defined(node))


def _body_of(tree: ast.Module) -> list[ast.stmt]:
    first = tree.body[0]
    return first.body if isinstance(first, ast.ClassDef) else []


def _defined(node: ast.AST) -> Iterator[str]:
    """Yield the private names a node defines, as a method, an attribute or a variable."""
    name = ""
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        name = node.name
    elif isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store):
        is_on_self = isinstance(node.value, ast.Name) and node.value.id in ("self", "cls")
        name = node.attr if is_on_self else ""
    elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
        name = node.id
    if _PRIVATE.fullmatch(name):
        yield name
