"""The pages about the code are true of it as it is."""

from __future__ import annotations

import ast
import re
import textwrap

import pytest

from tests.layout import PROJECT_ROOT

_FILES = (
    "bot/call/pipeline.py",
    "bot/call/audience.py",
    "bot/call/session.py",
    "processors/turns/patience.py",
)
_DOCS = PROJECT_ROOT / "docs"
_TEXT = (PROJECT_ROOT / "docs" / "change.md").read_text(encoding="utf-8")


def _blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", _TEXT, flags=re.DOTALL | re.MULTILINE)


@pytest.mark.parametrize("block", _blocks("python"))
def test_the_code_it_shows_is_python(block: str) -> None:
    ast.parse(textwrap.dedent(block))


@pytest.mark.parametrize("block", _blocks("diff"))
def test_what_it_replaces_is_there(block: str) -> None:
    old = [line[1:] for line in block.splitlines() if line[0] in " -"]
    files = [PROJECT_ROOT / name for name in _FILES]
    sources = [file.read_text(encoding="utf-8") for file in files]
    assert any("\n".join(old) in source for source in sources)


def test_the_files_it_names_exist() -> None:
    rows = re.findall(r"^\| .* \| (`.*) \|$", _TEXT, flags=re.MULTILINE)
    named = [name for row in rows for name in re.findall(r"`([\w./<>]+)`(?! \(new\))", row)]
    existing = [name for name in named if "<" not in name]
    assert len(existing) > 8
    assert not [name for name in existing if not (PROJECT_ROOT / name).exists()]


@pytest.mark.parametrize("page", ["README.md", *sorted(p.name for p in _DOCS.glob("*.md"))])
def test_what_a_page_links_to_exists(page: str) -> None:
    path = PROJECT_ROOT / page if page == "README.md" else _DOCS / page
    links = re.findall(r"\]\(([^)#]+)[^)]*\)", path.read_text(encoding="utf-8"))
    local = [link for link in links if "://" not in link]
    assert not [link for link in local if not (path.parent / link).exists()]
