"""The short form of the fault matrix: twelve cells, real processes, real rooms."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.chaos.assistant import open_assistant
from tests.chaos.cell import Cell
from tests.chaos.faults import BY_NAME
from tests.chaos.matrix import run_batch
from tests.chaos.moments import (
    ENDING,
    GREETING,
    LISTENING,
    QUESTION,
    SPEAKING,
    THINKING,
    TOOL,
    TOOL_FAILS,
)

_TOGETHER = (QUESTION, LISTENING, SPEAKING, THINKING)
_BATCHES = (
    (BY_NAME["language model cut"], _TOGETHER),
    (BY_NAME["language model cut"], (TOOL, GREETING)),
    (BY_NAME["language model cut"], (ENDING,)),
    (BY_NAME["text-to-speech cut"], _TOGETHER),
    (BY_NAME["tool fails"], (TOOL_FAILS,)),
)


@pytest.mark.timeout(600)  # 90 s on two idle cores
async def test_whatever_fails_is_told_and_the_talk_goes_on(tmp_path: Path) -> None:
    cells: list[Cell] = []
    async with open_assistant(tmp_path, is_light=True) as assistant:
        for fault, moments in _BATCHES:
            cells += await run_batch(assistant, fault, moments)
    wrong = [repr(cell) for cell in cells if cell.problems]
    assert not wrong, "\n".join(wrong)
    assert len(cells) == 12
