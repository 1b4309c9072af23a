"""Tries many defects at once, each in a copy of the project of its own."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Generator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from pathlib import Path
from queue import SimpleQueue

from tests.mutants.mutant import Mutant
from tests.mutants.scratch import Run, Scratch


def try_mutants(
    mutants: Sequence[Mutant], *, parallel: int, on_run: Callable[[Mutant, Run], None]
) -> None:
    """Try every defect, some in parallel; `on_run` hears of each, in a thread of its own."""
    scratches: SimpleQueue[Scratch] = SimpleQueue()

    def attempt(mutant: Mutant) -> None:
        scratch = scratches.get()
        try:
            run = scratch.try_mutant(mutant)
        finally:
            scratches.put(scratch)
        on_run(mutant, run)

    with ExitStack() as stack:
        for _ in range(min(parallel, len(mutants))):
            scratches.put(stack.enter_context(_open_scratch()))
        with ThreadPoolExecutor(max_workers=parallel) as pool:
            for _ in pool.map(attempt, mutants):
                pass


def run_without(mutants: Sequence[Mutant]) -> Run:
    """Run the tests of these defects with none of them planted: all must pass."""
    tests = list(dict.fromkeys(test for mutant in mutants for test in mutant.tests))
    with _open_scratch() as scratch:
        return scratch.run(tests)


@contextmanager
def _open_scratch() -> Generator[Scratch]:
    with tempfile.TemporaryDirectory(prefix="parley-mutants-") as folder:
        # Postgres is nobody's that is root, and finds its own folder through this one.
        os.chmod(folder, 0o711)
        scratch = Scratch(Path(folder))
        try:
            yield scratch
        finally:
            scratch.close()
