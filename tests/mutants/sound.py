"""Against what is promised of what the caller hears and what is remembered of it."""

from __future__ import annotations

from tests.mutants.mutant import Mutant
from tests.mutants.sound_heard import MUTANTS as _HEARD
from tests.mutants.sound_memory import MUTANTS as _MEMORY
from tests.mutants.sound_microphone import MUTANTS as _MICROPHONE

MUTANTS: tuple[Mutant, ...] = (*_MICROPHONE, *_HEARD, *_MEMORY)
