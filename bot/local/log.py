"""The log of the local providers: loguru on standard error, in the runner's two formats.

As in the runner's own, no line repeats what was said: an exception is told by its kind and place.
"""

from __future__ import annotations

import json
import logging
import sys
from typing import TYPE_CHECKING

from loguru import logger
from typing_extensions import override

if TYPE_CHECKING:
    from loguru import Message


class _Handler(logging.Handler):
    """Hands the web server's own records to loguru."""

    @override
    def emit(self, record: logging.LogRecord) -> None:
        """Forward one record."""
        message = record.getMessage()
        kind = record.exc_info[0] if record.exc_info else None
        if kind is not None:
            trace = record.exc_info[2] if record.exc_info else None
            while trace is not None and trace.tb_next is not None:
                trace = trace.tb_next
            code = trace.tb_frame.f_code if trace else None
            message = f"{kind.__name__} in {code.co_name if code else 'nothing'}"
        logger.log(record.levelname, "{}: {}", record.name, message)


def configure_logs(*, level: str, log_format: str) -> None:
    """Install the one sink."""
    sink = _write_json if log_format == "json" else sys.stderr
    logger.remove()
    # Tracebacks would print the values of variables, and so what was said.
    logger.add(sink, level=level, diagnose=False, backtrace=False)
    logging.basicConfig(handlers=[_Handler()], level=logging.WARNING, force=True)


def _write_json(message: Message) -> None:
    record = message.record
    line = {
        "time": record["time"].isoformat(),
        "level": record["level"].name,
        "session": "-",
        "logger": record["name"],
        "message": record["message"],
    }
    sys.stderr.write(json.dumps(line) + "\n")
