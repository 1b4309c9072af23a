"""`make mutants`: plant every defect, one at a time, and tell which no test has noticed.

What was caught in the same tree is not tried again, so a run that was broken off goes on.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from threading import Lock

from tests.layout import PROJECT_ROOT
from tests.mutants.mutant import Mutant
from tests.mutants.planted import MISSED_FOR_A_REASON, MUTANTS
from tests.mutants.scratch import Outcome, Run, tree_digest
from tests.mutants.trial import run_without, try_mutants

_CAUGHT_FILE = PROJECT_ROOT / ".cache" / "mutants.jsonl"


class Report:
    """Prints how it goes, and keeps what was caught for the next run."""

    def __init__(self, *, count: int, tree: str) -> None:
        """`count` defects are to come; `tree` stands for the project's whole content."""
        self.uncaught: list[str] = []
        self._count = count
        self._tree = tree
        self._done = 0
        self._lock = Lock()

    def add(self, mutant: Mutant, run: Run) -> None:
        """Take one outcome."""
        with self._lock:
            self._done += 1
            place = f"[{self._done:3}/{self._count}]"
            _say(f"{place} {run.outcome:6} {run.secs:5.1f} s  {mutant.name}")
            if run.outcome is Outcome.CAUGHT:
                remember(self._tree, mutant.name)
            elif mutant.name not in MISSED_FOR_A_REASON:
                self.uncaught.append(mutant.name)
                _say(f"    {mutant.file}: {mutant.promise}")
                _say("    " + "\n    ".join(run.output.strip().splitlines()[-8:]))


def remember(tree: str, name: str) -> None:
    """Write down that a defect was caught in this tree."""
    _CAUGHT_FILE.parent.mkdir(exist_ok=True)
    with _CAUGHT_FILE.open("a", encoding="utf-8") as file:
        file.write(json.dumps({"tree": tree, "name": name}) + "\n")


def caught_before(tree: str) -> set[str]:
    """Return the names of those caught in this tree."""
    if not _CAUGHT_FILE.exists():
        return set()
    lines = _CAUGHT_FILE.read_text(encoding="utf-8").splitlines()
    return {line["name"] for line in map(json.loads, lines) if line["tree"] == tree}


def main() -> int:
    """Return 0 when every defect was caught."""
    arguments = _arguments()
    chosen = [mutant for mutant in MUTANTS if any(part in mutant.name for part in arguments.only)]
    tree = tree_digest()
    known: set[str] = set() if arguments.again else caught_before(tree)
    mutants = [mutant for mutant in chosen if mutant.name not in known]
    _say(f"{len(chosen)} defects, {len(chosen) - len(mutants)} caught before in this tree")
    if mutants and not arguments.no_baseline:
        baseline = run_without([mutant for mutant in mutants if not mutant.is_stale])
        if baseline.outcome is not Outcome.MISSED:
            _say(baseline.output + "\nThese tests fail without any defect: mend them first.")
            return 1
        _say(f"their tests pass without a defect ({baseline.secs:.0f} s)")
    report = Report(count=len(mutants), tree=tree)
    try_mutants(mutants, parallel=arguments.parallel, on_run=report.add)
    caught = len(chosen) - len(report.uncaught)
    _say(f"{caught} of {len(chosen)} defects caught")
    for name in report.uncaught:
        _say(f"not caught: {name}")
    return 1 if report.uncaught else 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.mutants", description=__doc__)
    parser.add_argument("only", nargs="*", default=[""], help="parts of names; empty: all")
    parser.add_argument("--parallel", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--again", action="store_true", help="also what was caught before")
    parser.add_argument("--no-baseline", action="store_true", help="trust that the tests pass")
    return parser.parse_args()


def _say(text: str) -> None:
    print(text, flush=True)  # noqa: T201 - a report is printed


if __name__ == "__main__":
    sys.exit(main())
