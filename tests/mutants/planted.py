"""Every planted defect."""

from __future__ import annotations

from tests.mutants import (
    clients,
    clients_channel,
    ends,
    models,
    page,
    settings,
    sound,
    starts,
    tools,
    tools_questions,
    tools_sessions,
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
    *tools_questions.MUTANTS,
    *tools_sessions.MUTANTS,
    *clients.MUTANTS,
    *clients_channel.MUTANTS,
    *page.MUTANTS,
)

MISSED_FOR_A_REASON: dict[str, str] = {}
"""Names of those that no test notices yet, and why."""
