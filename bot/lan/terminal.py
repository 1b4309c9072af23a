"""A QR code as the operator's terminal can show it."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TextIO

from bot.lan.qr import qr_text

# Bright white on black, whatever colours are usual there: many readers take no code that is light
# where it should be dark.
_LIGHT_ON_DARK, _AS_BEFORE = "\x1b[97;40m", "\x1b[0m"


@dataclass(frozen=True, kw_only=True)
class Terminal:
    """Where the operator reads."""

    columns: int = 0
    """Characters in a line; 0: it is none, as a log, or does not say."""
    has_colours: bool = False
    encoding: str = "utf-8"


def terminal_of(stream: TextIO, *, wants_colours: bool) -> Terminal:
    """Return what is at the end of a stream to the operator."""
    encoding = stream.encoding or "ascii"
    try:
        columns = os.get_terminal_size(stream.fileno()).columns
    except (OSError, ValueError):
        # No terminal, or no file at all.
        return Terminal(encoding=encoding)
    return Terminal(columns=columns, has_colours=wants_colours, encoding=encoding)


def code_lines(link: str, terminal: Terminal) -> list[str]:
    """Return what shows a phone's camera a link; or why nothing does, as half a code is none."""
    lines = qr_text(link).splitlines()
    width = len(lines[0])
    if 0 < terminal.columns < width:
        return [
            f"  A code of it needs {width} columns, and this terminal has {terminal.columns};",
            "  /phone on the page shows it too.",
        ]
    try:
        "".join(lines).encode(terminal.encoding)
    except (UnicodeEncodeError, LookupError):
        return ["  This terminal has no signs for a code of it; /phone on the page shows it too."]
    if terminal.has_colours:
        lines = [f"{_LIGHT_ON_DARK}{line}{_AS_BEFORE}" for line in lines]
    return ["  Point a phone's camera here:", "", *lines]
