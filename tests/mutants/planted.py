"""Every planted defect."""

from __future__ import annotations

from tests.mutants import (
    clients,
    ends,
    logs,
    hearing,
    languages,
    model_fallback,
    model_protocol,
    model_replies,
    model_waits,
    models,
    page,
    processes,
    settings,
    sound,
    speech_to_text,
    starts,
    starts_callers,
    starts_limits,
    starts_rooms,
    starts_upkeep,
    tools,
    turn_ends,
    turn_words,
    turns,
    voice,
    voice_failures,
    voice_sound,
)
from tests.mutants.mutant import Mutant

MUTANTS: tuple[Mutant, ...] = (
    *starts.MUTANTS,
    *starts_callers.MUTANTS,
    *starts_limits.MUTANTS,
    *starts_rooms.MUTANTS,
    *starts_upkeep.MUTANTS,
    *ends.MUTANTS,
    *processes.MUTANTS,
    *settings.MUTANTS,
    *logs.MUTANTS,
    *sound.MUTANTS,
    *turns.MUTANTS,
    *turn_ends.MUTANTS,
    *turn_words.MUTANTS,
    *speech_to_text.MUTANTS,
    *hearing.MUTANTS,
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
