"""The planted defects: none has lost the code it stands on, and a few are planted each time."""

from __future__ import annotations

import random
from collections import Counter

import pytest

from tests.mutants.mutant import Mutant
from tests.mutants.planted import MISSED_FOR_A_REASON, MUTANTS
from tests.mutants.scratch import Outcome, Run, tree_digest
from tests.mutants.trial import try_mutants
from tests.promises import promises

_MISSED_LIMIT = 5
_DRAWN = 10
# Whole calls, browsers and other people's servers: `make mutants` has the time for them.
_SLOW = (
    "tests/conformance",
    "tests/contract",
    "tests/e2e",
    "tests/examples",
    "tests/test_runner",
    "tests/test_package.py",
    "web/",
)


def test_each_stands_on_code_that_is_there() -> None:
    assert not [mutant.name for mutant in MUTANTS if mutant.is_stale]


def test_each_has_a_name_of_its_own() -> None:
    names = Counter(mutant.name for mutant in MUTANTS)
    assert not [name for name, count in names.items() if count > 1]
    assert names.keys() >= MISSED_FOR_A_REASON.keys()
    assert len(MISSED_FOR_A_REASON) <= _MISSED_LIMIT


def test_each_names_a_test_of_its_promise() -> None:
    marked = {(promise.words, promise.test) for promise in promises()}
    assert not [
        mutant.name
        for mutant in MUTANTS
        if not any((mutant.promise, test.partition("[")[0]) in marked for test in mutant.tests)
    ]


@pytest.mark.timeout(900)
def test_ten_that_the_tree_draws_are_caught() -> None:
    quick = [mutant for mutant in MUTANTS if _is_quick(mutant)]
    uncaught: list[str] = []

    def look(mutant: Mutant, run: Run) -> None:
        if run.outcome is not Outcome.CAUGHT:
            uncaught.append(f"{mutant.name}: {run.outcome}\n{run.output}")

    # Others for each tree, but for the same tree the same wherever it is tested.
    drawn = random.Random(tree_digest()).sample(quick, min(_DRAWN, len(quick)))
    try_mutants(drawn, parallel=1, on_run=look)
    assert not uncaught, "\n".join(uncaught)


def _is_quick(mutant: Mutant) -> bool:
    return mutant.name not in MISSED_FOR_A_REASON and not any(
        test.startswith(_SLOW) for test in mutant.tests
    )
