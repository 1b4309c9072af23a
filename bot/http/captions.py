"""What was said before, as the answer of a start or a resume has it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from bot.store.session_rows import TurnRow


def captions_of(turns: Sequence[TurnRow] | None) -> list[dict[str, Any]] | None:
    """Return what was said as an answer has it; None if there is nothing to tell of."""
    if turns is None:
        return None
    sides = {"user": "caller"}
    return [
        {"who": sides.get(turn.who, "bot"), "text": turn.text, "is_cut": turn.is_cut}
        for turn in turns
    ]
