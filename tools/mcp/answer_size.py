"""How much an MCP server may say at once, counted before anything is made of it."""

from __future__ import annotations

MAX_ANSWER_BYTES = 2_000_000
"""Of a result the model reads 6 kB; pictures beside it may be large, and are left out."""
# A list of empty lists takes thirty times its text as objects. 6 kB have some hundreds of parts,
# a list of 20,000 tools, of which 100 are taken, has 120,000.
MAX_PARTS = 150_000


def parts_of(text: bytes) -> int:
    """Return how many objects a piece of JSON becomes at most, about."""
    return text.count(b",") + text.count(b"[") + text.count(b"{")
