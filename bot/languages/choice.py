"""Which language file a BCP 47 tag means. Reads no language before it is asked for."""

from __future__ import annotations

import re
from dataclasses import replace
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, cast

if TYPE_CHECKING:
    from bot.languages.language import Language

SEVERAL = "multi"
"""Callers speak several languages: the bot's own words are English."""

_FILE = re.compile(r"[a-z]{2,3}(?:_[a-z0-9]+)*")


@cache
def shipped() -> tuple[str, ...]:
    """Return the languages there is a file for: "de", or "pt_br" for what is spoken in Brazil."""
    names = (path.stem for path in Path(__file__).parent.glob("*.py"))
    return tuple(sorted(name for name in names if _FILE.fullmatch(name)))


def code_of(tag: str) -> str:
    """Return which file a tag means, the closest there is; empty if none."""
    parts = [part for part in re.split(r"[-_]", tag.strip().lower()) if part]
    if parts in ([], [SEVERAL]):
        return "en"
    codes = ("_".join(parts[:count]) for count in range(len(parts), 0, -1))
    return next((code for code in codes if code in shipped()), "")


def language_for(tag: str) -> Language:
    """Return the language of a tag; one without a file gets the neutral one."""
    code = code_of(tag)
    module = import_module(f"{__package__}.{code or 'neutral'}")
    language = cast("Language", module.LANGUAGE)
    if tag.strip().lower() == SEVERAL:
        return replace(language, prompt="Speak the language in which the caller speaks to you.")
    return language if code else replace(language, prompt=language.prompt.format(tag=tag))


def service_tag(tag: str) -> str:
    """Return the tag for a service that speaks one language; empty if it is to find out."""
    return "" if tag.strip().lower() == SEVERAL else tag


def language_notice(tag: str) -> str:
    """Return what the operator should know of a language without a file; else empty."""
    if code_of(tag):
        return ""
    return (
        f"LANGUAGE is {tag}, for which there is no file in bot/languages: the bot's own sentences "
        "are English, a yes is taken by the page's button only, and any word interrupts"
    )
