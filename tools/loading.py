"""Tools from outside the project: Python files, each with functions made tools by `@tool`.

The files run with all rights of the bot; `TOOLS_PATH` names only what its operator wrote or read.
"""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from types import ModuleType

from tools.errors import ToolDefinitionError
from tools.tool import Tool


def load_tools(paths: Iterable[Path], *, taken: Sequence[Tool] = ()) -> list[Tool]:
    """Return the tools of Python files, and of all such files directly inside folders.

    Args:
        paths: Files or folders; a name that begins with `_` or `.` inside a folder is left out.
        taken: Tools there are already; theirs are the names that may not be used again.

    Raises:
        ToolDefinitionError: The message names the file and what is wrong with it.
    """
    names = {tool.name for tool in taken}
    loaded: list[Tool] = []
    for path in paths:
        for file in _files(path):
            for tool in _tools_of(file):
                if tool.name in names:
                    raise ToolDefinitionError(f"{file}: there is already a tool {tool.name!r}")
                names.add(tool.name)
                loaded.append(tool)
    return loaded


def _files(path: Path) -> list[Path]:
    if path.is_dir():
        return sorted(file for file in path.glob("*.py") if file.name[0] not in "_.")
    if path.is_file():
        return [path]
    raise ToolDefinitionError(f"{path}: there is no such file or folder")


def _tools_of(file: Path) -> list[Tool]:
    found = [value for value in vars(_run(file)).values() if isinstance(value, Tool)]
    own = [tool for tool in found if tool.function.__module__ == _module_name(file)]
    if not own:
        raise ToolDefinitionError(f"{file}: no function in it is made a tool by @tool")
    return own


def _run(file: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location(_module_name(file), file)
    if spec is None or spec.loader is None:
        raise ToolDefinitionError(f"{file}: this is no Python file")
    module = importlib.util.module_from_spec(spec)
    # Types in annotations are looked up by the module's name.
    sys.modules[spec.name] = module
    try:
        spec.loader.exec_module(module)
    except ToolDefinitionError as error:
        raise ToolDefinitionError(f"{file}: {error}") from None
    except Exception as error:
        reason = f"{type(error).__name__}: {error}"
        raise ToolDefinitionError(f"{file}: it cannot be loaded: {reason}") from error
    return module


def _module_name(file: Path) -> str:
    return f"tools_path_{file.resolve().stem}_{abs(hash(file.resolve())):x}"
