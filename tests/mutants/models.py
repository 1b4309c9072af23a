"""Against what is promised of the language model, the voice and their fallbacks."""

from __future__ import annotations

from tests.mutants.mutant import Mutant

MUTANTS: tuple[Mutant, ...] = ()
