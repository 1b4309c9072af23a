"""Every planted defect."""

from __future__ import annotations

from tests.mutants import (
    clients,
    ends,
    languages,
    model_fallback,
    model_protocol,
    model_replies,
    model_waits,
    models,
    page,
    settings,
    sound,
    starts,
    tools,
    turns,
    voice,
    voice_failures,
    voice_sound,
)
from tests.mutants.mutant import Mutant

MUTANTS: tuple[Mutant, ...] = (
    *starts.MUTANTS,
    *ends.MUTANTS,
    *settings.MUTANTS,
    *sound.MUTANTS,
    *turns.MUTANTS,
    *models.MUTANTS,
    *model_replies.MUTANTS,
    *model_protocol.MUTANTS,
    *model_waits.MUTANTS,
    *model_fallback.MUTANTS,
    *voice.MUTANTS,
    *voice_failures.MUTANTS,
    *voice_sound.MUTANTS,
    *languages.MUTANTS,
    *tools.MUTANTS,
    *clients.MUTANTS,
    *page.MUTANTS,
)

MISSED_FOR_A_REASON: dict[str, str] = {}
"""Names of those that no test notices yet, and why."""
