"""Codes that a camera reads, compared with what another program draws."""

from __future__ import annotations

import hashlib

import pytest

from bot.lan.qr import qr_code

_LINK = "https://192.168.1.20:7860/#invite=" + "0123456789abcdef." * 20


# The digest is of the modules that the package `qrcode` (8.2) draws, under the same mask.
@pytest.mark.parametrize(
    ("chars", "size", "digest"),
    [
        (1, 21, "c0dce8eee57f"),
        (17, 21, "4978ebc79955"),
        (18, 25, "9bc43fb369d7"),
        (53, 29, "d28e78e85247"),
        (54, 33, "af1d71587f56"),
        (83, 37, "a91da94f213b"),
        (106, 37, "2353b0ed77ff"),
        (134, 41, "c307757ad0d9"),
        (154, 45, "27413c63ebb8"),
        (192, 49, "e8e9f5592032"),
        (230, 53, "b5bbf8a72253"),
    ],
)
def test_it_is_what_others_draw(chars: int, size: int, digest: str) -> None:
    modules = qr_code(_LINK[:chars])
    assert {len(row) for row in modules} == {size} == {len(modules)}
    drawn = bytes(is_dark for row in modules for is_dark in row)
    assert hashlib.sha256(drawn).hexdigest().startswith(digest)
