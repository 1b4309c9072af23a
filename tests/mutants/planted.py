"""Every planted defect."""

from __future__ import annotations

from tests.mutants import (
    clients,
    ends,
    hearing,
    models,
    page,
    settings,
    sound,
    speech_to_text,
    starts,
    tools,
    turn_ends,
    turn_words,
    turns,
)
from tests.mutants.mutant import Mutant

MUTANTS: tuple[Mutant, ...] = (
    *starts.MUTANTS,
    *ends.MUTANTS,
    *settings.MUTANTS,
    *sound.MUTANTS,
    *turns.MUTANTS,
    *turn_ends.MUTANTS,
    *turn_words.MUTANTS,
    *speech_to_text.MUTANTS,
    *hearing.MUTANTS,
    *models.MUTANTS,
    *tools.MUTANTS,
    *clients.MUTANTS,
    *page.MUTANTS,
)

MISSED_FOR_A_REASON: dict[str, str] = {}
"""Names of those that no test notices yet, and why."""
