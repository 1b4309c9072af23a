"""What docs/change.md shows can be done to the code as it is."""

from __future__ import annotations

import ast
import re
import textwrap

import pytest

from tests.layout import PROJECT_ROOT

_TEXT = (PROJECT_ROOT / "docs" / "change.md").read_text(encoding="utf-8")


def _blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", _TEXT, flags=re.DOTALL | re.MULTILINE)


@pytest.mark.parametrize("block", _blocks("python"))
def test_the_code_it_shows_is_python(block: str) -> None:
    ast.parse(textwrap.dedent(block))


@pytest.mark.parametrize("block", _blocks("diff"))
def test_what_it_replaces_is_there(block: str) -> None:
    old = [line[1:] for line in block.splitlines() if line[0] in " -"]
    files = [PROJECT_ROOT / "bot/call/pipeline.py", PROJECT_ROOT / "processors/turns/patience.py"]
    sources = [file.read_text(encoding="utf-8") for file in files]
    assert any("\n".join(old) in source for source in sources)
