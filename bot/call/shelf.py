"""Builds the shelf of a voice: whose speech it keeps, and which texts are said in many calls."""

from __future__ import annotations

import dataclasses
from functools import cache
from importlib.metadata import PackageNotFoundError, version

from bot.languages.choice import language_for
from bot.settings import Settings
from bot.stages.stage import Stage
from processors.agent_protocol.chat import MAX_TEXT_CHARS
from processors.text_to_speech.shelf.folder import ShelfFolder
from processors.text_to_speech.shelf.openers import Openers
from processors.text_to_speech.shelf.shelf import Shelf
from processors.text_to_speech.shelf.spare_lines import SpareLines


def build_shelf(settings: Settings, stage: Stage) -> Shelf | None:
    """Build what keeps the speech of a stage's voice; None if nothing is to be kept."""
    if not settings.speech_shelf_mb:
        return None
    folder = ShelfFolder(settings.speech_shelf, limit_bytes=settings.speech_shelf_mb * 1_000_000)
    troubles = language_for(settings.language).troubles
    spare = SpareLines(
        late=troubles.moment, lost=troubles.voice, stop=troubles.stop, others=(troubles.hearing,)
    )
    return Shelf(folder, openers=known_texts(settings), of=_whose(stage), spare=spare)


def known_texts(settings: Settings) -> Openers:
    """Return what is said in many calls, word for word, and nothing that came up in one."""
    language = language_for(settings.language)
    sentences = language.tools.sentences
    lines = {
        settings.greeting,
        *dataclasses.asdict(language.session).values(),
        *dataclasses.asdict(language.excuses).values(),
        *dataclasses.asdict(language.troubles).values(),
        *(text.format(chars=MAX_TEXT_CHARS) for text in language.refusals.values()),
        *sentences.fillers,
        *sentences.progress,
        *language.tools.tools.filler.values(),
    }
    return Openers(clauses=language.openers, lines=frozenset(lines) - {""})


def _whose(stage: Stage) -> str:
    """Return who makes the speech, and where.

    A local provider has another port each time; which voice it has, its package tells.
    """
    where = f"hibari {_local_version()}" if stage.is_local else stage.address
    return f"{stage.vendor.name} {where}"


@cache
def _local_version() -> str:
    try:
        return version("hibari")
    except PackageNotFoundError:
        # It runs on another machine.
        return ""
