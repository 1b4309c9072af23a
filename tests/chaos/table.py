"""The table of docs/reliability.md: written from what was found, never by hand."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from bench.rows import machine
from bot.settings import PROJECT_ROOT
from tests.chaos.cell import Cell

PAGE = PROJECT_ROOT / "docs" / "reliability.md"
_BEGIN, _END = "<!-- chaos: written by `make chaos` -->", "<!-- chaos: end -->"
_SEEN_CHARS = 60


def table_of(cells: Sequence[Cell]) -> str:
    """Return the table in Markdown, with the machine and the day it was made on."""
    about = machine()
    well = sum(not cell.problems for cell in cells)
    lines = [
        f"{about['at'][:10]}, {about['commit']}, {about['cpu_model']}, {about['cpus']} cores, "
        f"load {about['load_1min']:.1f}: {well} of {len(cells)} cells hold.",
        "",
        "| what fails | when | silent at most | what was owed | talk goes on | the page | |",
        "| --- | --- | --- | --- | --- | --- | --- |",
        *(_row(cell) for cell in cells),
    ]
    return "\n".join(lines)


def write_table(table: str, *, page: Path = PAGE) -> None:
    """Put it in its place; a page without one gets it at its end."""
    text = page.read_text(encoding="utf-8")
    block = f"{_BEGIN}\n\n{table}\n\n{_END}"
    if _BEGIN in text:
        text = re.sub(f"{_BEGIN}.*{_END}", lambda _: block, text, flags=re.DOTALL)
    else:
        text = f"{text.rstrip()}\n\n{block}\n"
    page.write_text(text, encoding="utf-8")


def _row(cell: Cell) -> str:
    on = f"ends: {cell.is_over}" if cell.is_over else _secs(cell.goes_on_secs)
    shown = "; ".join(cell.seen)[:_SEEN_CHARS]
    verdict = "; ".join(cell.problems) or "holds"
    fields = (
        *(cell.fault, cell.moment, f"{cell.silent_secs:.1f} s", _secs(cell.due_secs)),
        *(on, shown, verdict),
    )
    return f"| {' | '.join(field.replace('|', '/') for field in fields)} |"


def _secs(secs: float | None) -> str:
    return "never" if secs is None else f"{secs:.1f} s"
