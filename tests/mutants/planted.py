"""Every planted defect."""

from __future__ import annotations

from tests.mutants import (
    clients,
    ends,
    models,
    page,
    page_ends,
    page_microphone,
    page_words,
    settings,
    sound,
    starts,
    tools,
    turns,
)
from tests.mutants.mutant import Mutant

MUTANTS: tuple[Mutant, ...] = (
    *starts.MUTANTS,
    *ends.MUTANTS,
    *settings.MUTANTS,
    *sound.MUTANTS,
    *turns.MUTANTS,
    *models.MUTANTS,
    *tools.MUTANTS,
    *clients.MUTANTS,
    *page.MUTANTS,
    *page_microphone.MUTANTS,
    *page_ends.MUTANTS,
    *page_words.MUTANTS,
)

MISSED_FOR_A_REASON: dict[str, str] = {}
"""Names of those that no test notices yet, and why."""
