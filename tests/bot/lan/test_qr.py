"""Codes as a terminal and a page show them."""

from __future__ import annotations

import pytest

from bot.lan.qr import qr_code, qr_svg, qr_text

_LINK = "https://192.168.1.20:7860/#invite=" + "0123456789abcdef." * 20


def test_what_is_too_long_is_refused() -> None:
    with pytest.raises(ValueError, match="too long"):
        qr_code(_LINK[:231])


def test_a_terminal_shows_every_module_with_its_quiet_zone() -> None:
    lines, modules = qr_text(_LINK[:83]).splitlines(), qr_code(_LINK[:83])
    size = len(modules) + 8
    assert {len(line) for line in lines} == {size}
    assert len(lines) == (size + 1) // 2
    assert lines[0] == lines[1] == "█" * size
    # Light is what is drawn, for a dark terminal.
    upper = [[sign in " ▄" for sign in line[4:-4]] for line in lines[2:]]
    assert upper[: len(modules) // 2] == modules[::2][: len(modules) // 2]


def test_a_page_shows_one_square_for_each_dark_module() -> None:
    modules = qr_code("hello")
    assert qr_svg("hello").count("h1v1h-1z") == sum(map(sum, modules))
