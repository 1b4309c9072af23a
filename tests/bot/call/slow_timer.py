"""A tool of an operator's that takes its time, and writes down how far it is."""

from __future__ import annotations

from pathlib import Path

_TOOL = """
import asyncio
from pathlib import Path
from tools.tool import tool

@tool(effect="write", timeout_secs=30.0)
async def set_slow_timer(duration_secs: int) -> str:
    \"\"\"Set a timer.

    Args:
        duration_secs: How long.
    \"\"\"
    with Path({diary!r}).open("a") as diary:
        diary.write("begun ")
        diary.flush()
        await asyncio.sleep(3.0)
        diary.write("done ")
    return "It is set."
"""
BEGUN, DONE = "begun ", "begun done "


def write_slow_timer(folder: Path) -> tuple[Path, Path]:
    """Write it into a folder; returns its file, for TOOLS_PATH, and the one it will write."""
    tool, diary = folder / "slow_timer.py", folder / "diary"
    tool.write_text(_TOOL.format(diary=str(diary)), encoding="utf-8")
    return tool, diary
