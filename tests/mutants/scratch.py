"""A copy of the project in which one defect at a time is planted and its tests are run."""

from __future__ import annotations

import ast
import hashlib
import importlib.util
import os
import re
import shutil
import signal
import subprocess
import time
from collections.abc import Generator, Sequence
from contextlib import ExitStack, contextmanager
from enum import StrEnum
from pathlib import Path
from typing import NamedTuple

from tests.layout import PROJECT_ROOT
from tests.mutants.forked_pytest import ForkedPytest
from tests.mutants.mutant import Mutant

_LINKED = (".venv", ".cache", "tests/contract/servers/node_modules")
_WEB = "web/"
# What a test may take is limited to 120 s; a defect may cost the limit in several of them.
_RUN_LIMIT_SECS = 600.0


class Outcome(StrEnum):
    """What became of a planted defect."""

    CAUGHT = "caught"
    MISSED = "missed"
    STALE = "stale"
    """The code it stands on has changed, or a test that it names has gone."""
    BROKEN = "broken"
    """The tests could not even be collected: what no careless hand would leave."""


# 1: a test failed. -1: it took too long. 4: a test is not there. Else nothing could be run.
_PYTEST_OUTCOMES = {
    0: Outcome.MISSED,
    1: Outcome.CAUGHT,
    -1: Outcome.CAUGHT,
    4: Outcome.STALE,
}


class Run(NamedTuple):
    """What a run of tests said."""

    outcome: Outcome
    secs: float
    output: str


class Scratch:
    """The copy, and what may be done in it. Its environment is the project's own, by links."""

    def __init__(self, folder: Path) -> None:
        """Copy the project as it lies there, without what git ignores."""
        self.folder = folder
        for path in project_files():
            copy = folder / path
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(PROJECT_ROOT / path, copy)
        for name in _LINKED:
            (folder / name).symlink_to((PROJECT_ROOT / name).resolve())
        (folder / "web" / "out").symlink_to((PROJECT_ROOT / "web" / "out").resolve())
        self._pytest = ForkedPytest(folder)

    def close(self) -> None:
        """End its process."""
        self._pytest.close()

    def try_mutant(self, mutant: Mutant) -> Run:
        """Plant a defect, run its tests, and take it out again."""
        if mutant.is_stale:
            return Run(Outcome.STALE, 0.0, f"not exactly once in {mutant.file}: {mutant.before}")
        with ExitStack() as stack:
            try:
                stack.enter_context(self._planted(mutant))
            except SyntaxError as error:
                return Run(Outcome.BROKEN, 0.0, f"no Python any more: {error}")
            if mutant.file.startswith(_WEB) and any(map(_is_pytest, mutant.tests)):
                stack.enter_context(self._page_built())
            return self.run(mutant.tests)

    def run(self, tests: Sequence[str]) -> Run:
        """Run tests up to the first that fails."""
        started = time.monotonic()
        outcome, output = Outcome.MISSED, ""
        pytests = [test for test in tests if _is_pytest(test)]
        if pytests:
            code, output = self._pytest.run(pytests, limit_secs=_RUN_LIMIT_SECS)
            outcome = _PYTEST_OUTCOMES.get(code, Outcome.BROKEN)
        for test in (test for test in tests if not _is_pytest(test)):
            if outcome is not Outcome.MISSED:
                break
            code, output = self._call(_vitest_command(test), self._web())
            outcome = Outcome.CAUGHT if code else Outcome.MISSED
        return Run(outcome, time.monotonic() - started, output)

    @contextmanager
    def _planted(self, mutant: Mutant) -> Generator[None]:
        path = self.folder / mutant.file
        source = path.read_text(encoding="utf-8")
        changed = source.replace(mutant.before, mutant.after)
        if path.suffix == ".py":
            ast.parse(changed)
        _write(path, changed)
        try:
            yield
        finally:
            _write(path, source)

    @contextmanager
    def _page_built(self) -> Generator[None]:
        page = self.folder / "web" / "out"
        link = page.readlink()
        # First, as a build empties the folder behind it.
        page.unlink()
        try:
            code, text = self._call(("npm", "run", "--silent", "build"), self._web())
            if code:
                raise RuntimeError(f"the page cannot be built:\n{text}")
            yield
        finally:
            shutil.rmtree(page, ignore_errors=True)
            page.symlink_to(link)

    def _web(self) -> Path:
        # The page's tools take no linked packages.
        packages = self.folder / "web" / "node_modules"
        if not packages.exists():
            original = (PROJECT_ROOT / "web" / "node_modules").resolve()
            shutil.copytree(original, packages, symlinks=True, copy_function=_link_or_copy)
        return packages.parent

    def _call(self, command: Sequence[str], folder: Path) -> tuple[int, str]:
        """Return a command's exit code (-1 when it ran into the limit) and what it said."""
        process = subprocess.Popen(
            command,
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            # A group of its own: a defect may leave processes behind.
            start_new_session=True,
        )
        try:
            output, _ = process.communicate(timeout=_RUN_LIMIT_SECS)
            return process.returncode, output
        except subprocess.TimeoutExpired:
            return -1, "took too long"
        finally:
            _end_group(process)


def project_files() -> list[Path]:
    """Return what git keeps or would take up, relative to the project."""
    listing = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=PROJECT_ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    names = sorted(set(listing.stdout.split("\0")) - {""})
    return [Path(name) for name in names if (PROJECT_ROOT / name).is_file()]


def tree_digest() -> str:
    """Return what stands for every file of the project."""
    digest = hashlib.sha256()
    for path in project_files():
        digest.update(f"{path}\0".encode() + _content_digest(path))
    return digest.hexdigest()[:16]


def _is_pytest(test: str) -> bool:
    return not test.startswith(_WEB)


def _vitest_command(test: str) -> tuple[str, ...]:
    file, _, title = test.removeprefix(_WEB).partition("::")
    return ("npx", "vitest", "run", file, *(("-t", re.escape(title)) if title else ()))


def _content_digest(path: Path) -> bytes:
    return hashlib.sha256((PROJECT_ROOT / path).read_bytes()).digest()


def _write(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8")
    # Compiled code is known by its source's second and size, which a small edit may leave alone.
    if path.suffix == ".py":
        Path(importlib.util.cache_from_source(path)).unlink(missing_ok=True)


def _link_or_copy(source: str, target: str) -> None:
    try:
        os.link(source, target)
    except OSError:
        shutil.copy2(source, target)


def _end_group(process: subprocess.Popen[str]) -> None:
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except ProcessLookupError:
        return
    finally:
        process.wait()
