"""Builds the services of one session from the table of stages; whose they are, a row says."""

from __future__ import annotations

import types
from collections.abc import Callable, Sequence
from functools import cache
from typing import Any

from pipecat.processors.frame_processor import FrameProcessor

from bot.call.shelf import build_shelf
from bot.languages.choice import SEVERAL, code_of, language_for, service_tag
from bot.settings import Settings
from bot.stages.stage import Stage
from bot.stages.table import stages_of
from bot.stages.vendor import Vendor, load
from bot.stages.vendors import VENDORS
from processors.language_model.reply_ahead import PreparedSpeech
from processors.turns import draft
from processors.turns.draft import DraftRecogniser
from tools.runtime.runtime import ToolRuntime
from tools.runtime.tool_calling import ToolCalling, ToolCalls, ToolTurns


def build_speech_to_text(settings: Settings, *, vendors: Sequence[Vendor] = VENDORS) -> Any:
    """Build the recogniser: a processor with `words`, which says each word once."""

    def build(stage: Stage) -> FrameProcessor:
        return stage.vendor.load_service()(
            **_place_of(stage), model=stage.model, language=stage.language, numerals=numerals
        )

    numerals = language_for(settings.language).numerals
    stage = stages_of(settings, vendors=vendors).speech_to_text
    return _built(stage, build, numerals=numerals)


def build_drafts(settings: Settings) -> DraftRecogniser | None:
    """Build what guesses the caller's words; None if it is off, or hears another language."""
    model = draft.load() if _is_drafting(settings) else None
    return DraftRecogniser(model) if model else None


def build_language_model(
    settings: Settings,
    *,
    tools: ToolRuntime,
    voice: FrameProcessor | None = None,
    vendors: Sequence[Vendor] = VENDORS,
) -> Any:
    """Build the language model with the system prompt.

    Args:
        settings: Which, and what it is told.
        tools: Carries out its calls.
        voice: Makes the speech of a reply ahead of its time, if it can.
        vendors: Whom there is to choose from.
    """

    def build(stage: Stage, mixin: type, **options: Any) -> FrameProcessor:
        service = _mixed(mixin, stage.vendor.load_service())
        return service(
            **_place_of(stage),
            model=stage.model,
            settings=service.Settings(
                system_instruction=system_prompt(settings), max_tokens=settings.max_reply_tokens
            ),
            excuses=language_for(settings.language).excuses,
            voice=voice if isinstance(voice, PreparedSpeech) else None,
            **options,
        )

    stage = stages_of(settings, vendors=vendors).language_model
    if not stage.fallback:
        return build(stage, ToolCalling, tools=tools)
    # Turns are told once, by the pair; calls by whichever of the two makes them.
    return _mixed(ToolTurns, load(stage.kind.with_fallback))(
        tools=tools,
        first=build(stage, ToolCalls, calls_of=tools),
        second=build(stage.fallback, ToolCalls, calls_of=tools),
    )


def build_text_to_speech(
    settings: Settings, *, vendors: Sequence[Vendor] = VENDORS
) -> FrameProcessor:
    """Build the voice."""

    def build(stage: Stage) -> FrameProcessor:
        return stage.vendor.load_service()(
            **_place_of(stage),
            model=stage.model,
            voice=stage.voice,
            language=service_tag(stage.language),
            shelf=build_shelf(settings, stage),
        )

    return _built(stages_of(settings, vendors=vendors).text_to_speech, build)


def load_services(settings: Settings) -> None:
    """Import all that the services of a call are made of, so that no call has to wait for it."""
    for stage in stages_of(settings).in_use():
        stage.vendor.load_service()
        if stage.fallback:
            load(stage.kind.with_fallback)
    if _is_drafting(settings):
        draft.load()


def _is_drafting(settings: Settings) -> bool:
    # The local recogniser is the same model, and its words are there as soon.
    is_local = stages_of(settings).speech_to_text.is_local
    is_understood = settings.language != SEVERAL and code_of(settings.language) == draft.LANGUAGE
    return settings.draft_recogniser and is_understood and not is_local


def system_prompt(settings: Settings) -> str:
    """Read the system prompt and add which language the model is to speak."""
    prompt = settings.system_prompt_file.read_text(encoding="utf-8")
    return f"{prompt.strip()}\n\n{language_for(settings.language).prompt}".strip()


def _place_of(stage: Stage) -> dict[str, Any]:
    """Return what every service is built with."""
    return {
        "api_key": stage.sent_key,
        "base_url": stage.address,
        "patience_secs": stage.patience_secs,
    }


def _built(
    stage: Stage, build: Callable[[Stage], FrameProcessor], **of_both: Any
) -> FrameProcessor:
    first = build(stage)
    if not stage.fallback:
        return first
    return load(stage.kind.with_fallback)(first=first, second=build(stage.fallback), **of_both)


@cache
def _mixed(mixin: type, service: type) -> Any:
    """Return a vendor's class with its tool calls carried out by the session's runtime."""
    return types.new_class(f"{mixin.__name__}{service.__name__}", (mixin, service))
