"""What the log says in a part of a test, of one module."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager

from loguru import logger


@contextmanager
def log_lines(
    module: str, *, line: str = "{message}", level: str = "TRACE"
) -> Generator[list[str]]:
    """Keep the lines as they come, without what a LiveKit server beside the test says.

    Args:
        module: Dotted name; what is below it counts too, and with "" all modules do.
        line: How loguru writes one.
        level: The least that is kept.
    """
    lines: list[str] = []
    sink = logger.add(
        lambda told: lines.append(str(told).rstrip("\n")), format=line, filter=module, level=level
    )
    try:
        yield lines
    finally:
        logger.remove(sink)
