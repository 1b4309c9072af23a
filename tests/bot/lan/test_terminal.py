"""What a terminal shows of a QR code: narrow or wide, with colours or without, or none at all."""

from __future__ import annotations

import io
import os
import pty
import termios
from collections.abc import Iterator
from pathlib import Path
from typing import TextIO

import pytest

from bot.lan.qr import qr_text
from bot.lan.terminal import Terminal, code_lines, terminal_of

_LINK = "https://192.168.1.20:7860/#invite=" + "0123456789abcdef" * 3
_WIDTH = len(qr_text(_LINK).splitlines()[0])


@pytest.fixture
def terminal_stream() -> Iterator[TextIO]:
    """Lend a stream to a terminal of 70 columns."""
    ours, theirs = pty.openpty()
    termios.tcsetwinsize(theirs, (24, 70))
    with open(theirs, "w", encoding="utf-8") as stream:
        yield stream
    os.close(ours)


@pytest.mark.parametrize("wants_colours", [True, False])
def test_a_terminal_says_how_wide_it_is(terminal_stream: TextIO, wants_colours: bool) -> None:
    wanted = Terminal(columns=70, has_colours=wants_colours)
    assert terminal_of(terminal_stream, wants_colours=wants_colours) == wanted


def test_a_file_and_a_log_are_no_terminal(tmp_path: Path) -> None:
    with open(tmp_path / "log", "w", encoding="latin-1") as stream:
        assert terminal_of(stream, wants_colours=True) == Terminal(encoding="latin-1")
    with io.TextIOWrapper(io.BytesIO(), encoding="utf-8") as stream:
        assert terminal_of(stream, wants_colours=True) == Terminal()


@pytest.mark.promise(
    "Parts on this machine", "A code for phones is drawn whole and dark on light, or not at all."
)
@pytest.mark.parametrize(
    ("terminal", "is_drawn"),
    [
        (Terminal(), True),
        (Terminal(columns=_WIDTH), True),
        (Terminal(columns=_WIDTH, has_colours=True), True),
        (Terminal(columns=_WIDTH - 1, has_colours=True), False),
        (Terminal(columns=20), False),
        (Terminal(encoding="latin-1"), False),
        (Terminal(encoding="ascii", columns=200), False),
        (Terminal(encoding="of nobody"), False),
    ],
)
def test_a_code_is_drawn_whole_or_not_at_all(terminal: Terminal, is_drawn: bool) -> None:
    lines = code_lines(_LINK, terminal)
    drawn = [line for line in lines if "█" in line]
    assert bool(drawn) is is_drawn
    assert is_drawn or "/phone" in " ".join(lines)
    plain = [line.removeprefix("\x1b[97;40m").removesuffix("\x1b[0m") for line in drawn]
    assert "\n".join(plain) == (qr_text(_LINK) if is_drawn else "")
    # On a light background it would be dark where it should be light.
    assert all(len(line) > _WIDTH for line in drawn) or not terminal.has_colours
    assert "\x1b" not in "".join(lines) or terminal.has_colours
