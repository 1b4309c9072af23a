"""Against what is promised of settings, the doctor, logs and the parts on this machine."""

from __future__ import annotations

from tests.mutants.mutant import Mutant

MUTANTS: tuple[Mutant, ...] = ()
