"""The promises that tests keep, found by their marks; `python -m tests.promises` writes the page.

A test of pytest carries `@pytest.mark.promise(topic, words)`; one of vitest is written as
`promise(topic, words, body)`.
"""

from __future__ import annotations

import ast
import re
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from tests.layout import PROJECT_ROOT, Function, parsed, python_files
from tests.mutants.mutant import Mutant
from tests.mutants.planted import MUTANTS

PAGE = PROJECT_ROOT / "docs" / "promises.md"
TOPICS = (
    "Who may call",
    "Starting a call",
    "Ending a call",
    "Lost bots",
    "Limits",
    "Cost",
    "Rooms",
    "Settings",
    "Doctor",
    "Logs",
    "Parts on this machine",
    "What the caller hears",
    "Memory",
    "Turns",
    "Speech-to-text",
    "Language model",
    "Text-to-speech",
    "Fallback",
    "Languages",
    "Tools",
    "Captions and clients",
    "Page",
)
_WEB_TEST = re.compile(r'^\s*promise\(\s*"((?:[^"\\]|\\.)*)",\s*"((?:[^"\\]|\\.)*)"', re.MULTILINE)
_HEAD = """# Promises

What a caller or an operator may rely on, the tests that keep it, and the defects that were
planted to see whether they do: small edits in [tests/mutants](../tests/mutants), which
`make mutants` plants one at a time. This page is made from the marks of the tests, by
`python -m tests.promises`: a promise is written where its test is, or not at all.
"""


class Promise(NamedTuple):
    """A promise in words, at one test that keeps it."""

    topic: str
    words: str
    test: str
    """As `Mutant.tests` names it."""


def promises() -> list[Promise]:
    """Return every promise at each of its tests, in the order of the files."""
    pytests = [found for path in python_files("tests") for found in _in_python(path)]
    web = sorted((PROJECT_ROOT / "web" / "tests").rglob("*.test.ts*"))
    return pytests + [found for path in web for found in _in_typescript(path)]


def page() -> str:
    """Return the text of `docs/promises.md`."""
    tests: dict[tuple[str, str], list[str]] = defaultdict(list)
    for promise in promises():
        tests[promise.topic, promise.words].append(promise.test)
    parts = [_HEAD]
    for topic in TOPICS:
        rows = [_row(words, found) for (of, words), found in tests.items() if of == topic]
        if rows:
            head = "| promise | tests | defects |\n| --- | --- | --- |"
            parts.append("\n".join([f"## {topic}\n", head, *sorted(rows)]) + "\n")
    return "\n".join(parts)


def mutants_of(words: str) -> list[Mutant]:
    """Return the defects planted against a promise."""
    return [mutant for mutant in MUTANTS if mutant.promise == words]


def _in_python(path: Path) -> Iterator[Promise]:
    for node in parsed(path).body:
        if isinstance(node, Function):
            for mark in node.decorator_list:
                yield from _in_mark(mark, f"{path}::{node.name}")


def _in_mark(mark: ast.expr, test: str) -> Iterator[Promise]:
    if isinstance(mark, ast.Call) and ast.unparse(mark.func) == "pytest.mark.promise":
        topic, words = (ast.literal_eval(argument) for argument in mark.args)
        yield Promise(topic, words, test)


def _in_typescript(path: Path) -> Iterator[Promise]:
    name = path.relative_to(PROJECT_ROOT)
    for topic, words in _WEB_TEST.findall(path.read_text(encoding="utf-8")):
        yield Promise(topic, words, f"{name}::{words}")


def _row(words: str, tests: list[str]) -> str:
    links = "<br>".join(_link(test, words) for test in sorted(set(tests)))
    defects = ", ".join(f"`{mutant.name}`" for mutant in mutants_of(words))
    return f"| {words} | {links} | {defects} |"


def _link(test: str, words: str) -> str:
    file, _, name = test.partition("::")
    shown = Path(file).name if name == words else name.removeprefix("test_").replace("_", " ")
    return f"[{shown}](../{file})"


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
