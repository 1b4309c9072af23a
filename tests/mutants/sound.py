"""Against what is promised of what the caller hears and what is remembered of it."""

from __future__ import annotations

from tests.mutants.mutant import Mutant

MUTANTS: tuple[Mutant, ...] = ()
