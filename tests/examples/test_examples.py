"""What all examples keep to."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from tests.layout import imports, line_count, parsed, python_files

_EXAMPLES = [path for path in python_files("examples") if path.name != "__init__.py"]
_NOT_THEIRS = {"bot", "tools", "bench", "tests", "setup", "runner"}


@pytest.mark.parametrize("path", _EXAMPLES, ids=str)
def test_an_example_is_short_and_uses_processors_by_their_public_names(path: Path) -> None:
    assert line_count(path) < 100
    assert not [name for name in imports(path) if name.partition(".")[0] in _NOT_THEIRS]
    private = [
        node.attr
        for node in ast.walk(parsed(path))
        if isinstance(node, ast.Attribute) and node.attr.startswith("_")
    ]
    assert not private
