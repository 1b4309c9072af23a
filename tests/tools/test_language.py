"""What the caller is asked before a call runs."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.tools.sample_tools import put_down
from tools.english import ENGLISH


@pytest.mark.promise(
    "Tools", "A question names numbers and short values first, and all of it as it is spoken."
)
def test_a_question_hides_nothing_behind_much_text_or_in_marks() -> None:
    arguments = {"note": "[a pound](of) <apples>\u200b `x`", "amount_cents": 9950, "to": "m_\u202e"}
    asked = ENGLISH.question(put_down, arguments)
    assert asked == (
        "Shall I really do this: put down, to m, amount cents 9950, note a pound of apples x?"
    )
    told = replace(put_down, confirm="Shall I put down {note}?")
    assert ENGLISH.question(told, arguments) == "Shall I put down a pound of apples x?"
    assert ENGLISH.question(told, {"note": "हिन्दी नमस्ते"}) == "Shall I put down हिन्दी नमस्ते?"
