"""Every planted defect."""

from __future__ import annotations

from tests.mutants import (
    clients,
    clients_channel,
    clients_room,
    ends,
    models,
    page,
    settings,
    sound,
    starts,
    tools,
    tools_calls,
    tools_questions,
    tools_servers,
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
    *tools_calls.MUTANTS,
    *tools_servers.MUTANTS,
    *clients.MUTANTS,
    *clients_channel.MUTANTS,
    *clients_room.MUTANTS,
    *page.MUTANTS,
)

MISSED_FOR_A_REASON: dict[str, str] = {}
"""Names of those that no test notices yet, and why."""
