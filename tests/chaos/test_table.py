"""The table of docs/reliability.md is put where it belongs."""

from __future__ import annotations

from pathlib import Path

from tests.chaos.cell import Cell
from tests.chaos.table import table_of, write_table


def test_the_table_tells_each_cell_its_machine_and_its_day(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("# Reliability\n\ntext\n")
    holds = Cell(fault="bot | killed", moment="speaking", due_secs=2.5, goes_on_secs=1.0)
    fails = Cell(fault="worker killed", moment="thinking", problems=["9.0 s of silence"])
    table = table_of([holds, fails])
    assert "1 of 2 cells hold" in table
    assert " cores, load " in table.splitlines()[0]
    assert "| bot / killed | speaking | 0.0 s | 2.5 s | 1.0 s |  | holds |" in table
    assert "| worker killed | thinking | 0.0 s | never | never |  | 9.0 s of silence |" in table
    for _ in range(2):
        write_table(table, page=page)
    text = page.read_text()
    assert text.startswith("# Reliability\n\ntext\n")
    assert text.count("cells hold") == 1
    write_table(table_of([holds]), page=page)
    assert "1 of 1 cells hold" in page.read_text()
    assert "thinking" not in page.read_text()
