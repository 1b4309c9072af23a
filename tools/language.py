"""What the tools of a session say and understand in the caller's language."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from tools.calls.consent import ConsentWords
from tools.calls.sentences import CallSentences
from tools.result import jsonable
from tools.spoken import SpokenTime
from tools.tool import Tool

# Thirteen seconds of speech; what a longer question holds is not understood, or not listened to.
_MAX_QUESTION_CHARS = 200
# Marks that are shown but never spoken, or the other way round, can hide what is asked for.
_SPOKEN_MARKS = frozenset(".,:;!?'’%€$£¥&@+/-")


@dataclass(frozen=True, kw_only=True)
class ToolSentences:
    """What the tools that ship say, as format strings over what is in braces."""

    confirm: Mapping[str, str]
    """By the tool's name, in place of the question written in it; over its arguments."""
    filler: Mapping[str, str]
    """By the tool's name, in place of the words written in it."""

    timer_set: str
    timer_set_named: str
    timer_up: str
    timer_up_named: str
    timer_cancelled: str
    timer_cancelled_named: str

    appointment: str
    booked: str
    moved: str
    cancelled: str
    none_on_day: str
    none_coming: str
    one_on_day: str
    one_coming: str
    several_on_day: str
    several_coming: str
    entry_at: str
    """One of several appointments on the same day."""
    between_entries: str

    time_here: str
    time_in_place: str

    weather_today: str
    weather_tomorrow: str
    rain: str
    """Follows the outlook."""
    skies: tuple[str, ...]
    """In the order of `tools.weather.SKY_CODES`; one more, the last, for any other sky."""


@dataclass(frozen=True, kw_only=True)
class ToolLanguage:
    """One language. A tool may ask for it as the resource `language`."""

    sentences: CallSentences
    answers: ConsentWords
    times: SpokenTime
    tools: ToolSentences
    code: str
    """Of two letters, for services that know places by names in several languages."""

    def question(self, tool: Tool, arguments: Mapping[str, Any]) -> str | None:
        """Return what the caller is asked before a call of the tool runs.

        All of it or nothing: None if it is too long to be understood aloud.
        """
        if tool.confirm is not None:
            question = self.times.fill(tool.confirm, _spoken(arguments))
        else:
            # Numbers and names first: what counts is rarely long.
            details = sorted(
                (_plain(f"{name} {jsonable(value)}") for name, value in arguments.items()), key=len
            )
            wanted = ", ".join(filter(None, [_plain(tool.name), *details]))
            question = self.sentences.shall_i.format(wanted=wanted)
        return question if len(question) <= _MAX_QUESTION_CHARS else None

    def told_in(self, tools: Iterable[Tool]) -> list[Tool]:
        """Return the tools that ship with their questions and fillers in this language."""
        return [
            replace(
                tool,
                confirm=self.tools.confirm.get(tool.name, tool.confirm),
                filler=self.tools.filler.get(tool.name, tool.filler),
            )
            for tool in tools
        ]


def _spoken(arguments: Mapping[str, Any]) -> dict[str, Any]:
    """Return the arguments with texts as they are spoken; numbers and times as they are."""
    return {
        name: _plain(f"{jsonable(value)}") if isinstance(value, str | list | dict) else value
        for name, value in arguments.items()
    }


def _plain(text: str) -> str:
    return " ".join("".join(sign if _is_spoken(sign) else " " for sign in text).split())


def _is_spoken(sign: str) -> bool:
    # The vowels of some scripts are marks on a letter.
    return sign.isalnum() or sign in _SPOKEN_MARKS or unicodedata.category(sign).startswith("M")
