from __future__ import annotations

from pathlib import Path

import pytest

from tests.tools.sample_tools import look_up
from tools.errors import ToolDefinitionError
from tools.loading import load_tools

_GOOD = '''
from tools.tool import tool
from tests.tools.sample_tools import look_up  # Imported, so not of this file.


@tool(effect="write")
async def {name}(number: int, *, http: object) -> object:
    """Do it.

    Args:
        number: Which.
        http: The client.
    """
    return number
'''


def _write(path: Path, text: str) -> Path:
    path.write_text(text)
    return path


async def test_a_file_brings_its_own_tools_only(tmp_path: Path) -> None:
    (found,) = load_tools([_write(tmp_path / "a.py", _GOOD.format(name="do_it"))])
    assert found.name == "do_it"
    assert found.resources == {"http"}
    assert await found(3, http=None) == 3


def test_a_folder_brings_all_its_files_in_order(tmp_path: Path) -> None:
    _write(tmp_path / "b.py", _GOOD.format(name="second"))
    _write(tmp_path / "a.py", _GOOD.format(name="first"))
    _write(tmp_path / "_shared.py", "raise SystemExit")
    assert [tool.name for tool in load_tools([tmp_path])] == ["first", "second"]


def test_a_name_is_used_once(tmp_path: Path) -> None:
    file = _write(tmp_path / "a.py", _GOOD.format(name="look_up"))
    with pytest.raises(ToolDefinitionError, match=r"a\.py: there is already a tool 'look_up'"):
        load_tools([file], taken=[look_up])


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("x = 1", "no function in it is made a tool"),
        ("def broken(:", "cannot be loaded: SyntaxError"),
        ("import no_such_module", "cannot be loaded: ModuleNotFoundError"),
        ("1 / 0", "cannot be loaded: ZeroDivisionError"),
        ("from tools.tool import tool\n@tool()\ndef f(): 'F.'", "f: a tool is an async function"),
    ],
)
def test_what_is_wrong_with_a_file_is_named(tmp_path: Path, text: str, problem: str) -> None:
    with pytest.raises(ToolDefinitionError, match=problem) as caught:
        load_tools([_write(tmp_path / "bad.py", text)])
    assert "bad.py" in str(caught.value)


def test_a_path_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(ToolDefinitionError, match="there is no such file or folder"):
        load_tools([tmp_path / "gone"])
