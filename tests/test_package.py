"""`processors/` as somebody else's project uses it: an installed package of another name."""

from __future__ import annotations

import ast
import shutil
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest

from tests.layout import PROJECT_ROOT, imports_of, python_files

_NAME = "parley_processors"
_SOURCES = ("pyproject.toml", "README.md", "LICENSE", "NOTICE", "processors")
# Run in another folder: with the project on the path, `processors` could be found.
_IMPORT_ALL = f"""
import importlib, pkgutil, sys
import {_NAME}
names = [m.name for m in pkgutil.walk_packages({_NAME}.__path__, "{_NAME}.")]
for name in names:
    importlib.import_module(name)
from {_NAME}.turns import analyzer, silero
silero.load(), analyzer.load()
assert not [name for name in sys.modules if name.partition(".")[0] in ("processors", "bot")]
print(len(names))
"""


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with what the wheel holds."""
    folder = tmp_path_factory.mktemp("package")
    source = folder / "source"
    source.mkdir()
    for name in _SOURCES:
        copy = shutil.copytree if (PROJECT_ROOT / name).is_dir() else shutil.copy
        copy(PROJECT_ROOT / name, source / name)
    command = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-build-isolation", "--no-deps"]
    subprocess.run([*command, "--wheel-dir", folder, source], check=True)
    [wheel] = folder.glob("*.whl")
    with zipfile.ZipFile(wheel) as file:
        file.extractall(folder / "site")
    return folder / "site"


def test_the_wheel_holds_processors_by_another_name_and_nothing_else(installed: Path) -> None:
    packaged = {path.relative_to(installed / _NAME) for path in (installed / _NAME).rglob("*.py")}
    assert packaged == {path.relative_to("processors") for path in python_files("processors")}
    assert sorted(path.name for path in installed.iterdir()) == [
        "parley-0.1.0.dist-info",
        _NAME,
    ]


def test_every_module_of_the_wheel_can_be_imported_without_the_project(installed: Path) -> None:
    done = subprocess.run(
        [
            sys.executable,
            "-c",
            f"import sys; sys.path.insert(0, {str(installed)!r})\n{_IMPORT_ALL}",
        ],
        cwd=installed,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert int(done.stdout) > 50


def test_the_packages_that_are_named_are_those_that_exist() -> None:
    table = tomllib.loads((PROJECT_ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    folders = {path.parent.parts for path in python_files("processors")}
    names = sorted(".".join([_NAME, *parts[1:]]) for parts in folders)
    assert table["tool"]["setuptools"]["packages"] == names


def test_relative_imports_are_read_by_their_whole_names() -> None:
    tree = ast.parse("from .patience import is_sure\nfrom ..frames import A\nfrom . import start\n")
    for name in ("end.py", "__init__.py"):
        found = set(imports_of(tree, Path("processors", "turns", name)))
        assert {"processors.turns.patience", "processors.frames", "processors.turns.start"} <= found
