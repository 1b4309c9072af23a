"""Against what is promised of turns, interruptions and speech-to-text."""

from __future__ import annotations

from tests.mutants.mutant import Mutant

MUTANTS: tuple[Mutant, ...] = ()
