"""The short form of the fault matrix: twelve cells, real processes, real rooms."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.chaos.assistant import open_assistant
from tests.chaos.cell import Cell
from tests.chaos.faults import BY_NAME
from tests.chaos.matrix import run_batch
from tests.chaos.moments import LISTENING, QUESTION, SPEAKING, THINKING

_FAULTS = (
    BY_NAME["language model cut"],
    BY_NAME["speech-to-text cut"],
    BY_NAME["text-to-speech cut"],
)
_MOMENTS = (QUESTION, LISTENING, SPEAKING, THINKING)


@pytest.mark.timeout(600)  # 90 s on two idle cores
@pytest.mark.promise(
    "What the caller hears",
    "Whatever fails while people talk, at whatever moment, something true is heard or shown within "
    "3 s, and the talk goes on.",
)
async def test_whatever_fails_is_told_and_the_talk_goes_on(tmp_path: Path) -> None:
    cells: list[Cell] = []
    async with open_assistant(tmp_path, is_light=True) as assistant:
        for fault in _FAULTS:
            cells += await run_batch(assistant, fault, _MOMENTS)
    wrong = [repr(cell) for cell in cells if cell.problems]
    assert not wrong, "\n".join(wrong)
    assert len(cells) == 12
