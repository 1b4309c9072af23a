"""One log sink: loguru on standard error, with standard `logging` routed into it.

Each line carries the session id. Nothing a person said and no secret is ever logged.
"""

from __future__ import annotations

import json
import logging
import sys
import traceback
from typing import TYPE_CHECKING

from loguru import logger
from typing_extensions import override

if TYPE_CHECKING:
    from loguru import Message, Record

NO_SESSION = "-"

# Their chatty levels hold what people said (Pipecat, Deepgram) or every request (the others).
_QUIET_LOGGERS = (
    "pipecat",
    "deepgram",
    "openai",
    "httpx",
    "httpcore",
    "httpx2",
    "httpcore2",
    "aiohttp",
    "uvicorn",
    "websockets",
    "asyncio",
    "livekit",
)
# Shows at every level what the model asked and a server answered; our own lines name the server.
_MUTE_LOGGERS = ("mcp",)
# LiveKit's native client says so at the end of every call.
_NORMAL_END = "closed unexpectedly"


class _LoguruHandler(logging.Handler):
    """Hands records of standard `logging` (livekit-agents, uvicorn, httpx) to loguru."""

    @override
    def emit(self, record: logging.LogRecord) -> None:
        """Forward one record, keeping its level, logger name and exception."""
        try:
            level: str | int = logger.level(record.levelname).name
        except ValueError:
            level = record.levelno
        message = record.getMessage()
        logger.patch(lambda r: r.update(name=record.name, function=record.funcName)).opt(
            exception=record.exc_info
        ).log(level, "{}", message)


def configure_logs(*, level: str, log_format: str, session_id: str = NO_SESSION) -> None:
    """Install the one sink; calling it again replaces it (a job process sets its session id).

    Args:
        level: Lowest level shown.
        log_format: "text" for a terminal, "json" for one JSON object per line.
        session_id: Shown on every line of this process.
    """
    logger.remove()
    logger.configure(extra={"session": session_id})
    sink = _write_json if log_format == "json" else sys.stderr
    logger.add(
        sink,
        level=level,
        format=_text_line,
        filter=_is_shown,
        # Tracebacks would otherwise print the values of variables, speech and keys included.
        diagnose=False,
        backtrace=False,
    )
    logging.basicConfig(handlers=[_LoguruHandler()], level=_std_level(level), force=True)


def _is_shown(record: Record) -> bool:
    name = record["name"] or ""
    if name == "livekit" and _NORMAL_END in record["message"]:
        return False
    # livekit-agents logs as livekit.agents, LiveKit's native client as livekit.
    package = name if name.startswith("livekit.agents") else name.partition(".")[0]
    if package in _MUTE_LOGGERS:
        return False
    return package not in _QUIET_LOGGERS or record["level"].no >= logging.WARNING


def _std_level(level: str) -> int:
    return logging.DEBUG if level == "TRACE" else logging.getLevelNamesMapping()[level]


def _text_line(record: Record) -> str:
    return (
        "<dim>{time:HH:mm:ss.SSS}</dim> <level>{level: <7}</level> "
        "<cyan>{extra[session]}</cyan> {name}: {message}\n{exception}"
    )


def _write_json(message: Message) -> None:
    record = message.record
    line = {
        "time": record["time"].isoformat(),
        "level": record["level"].name,
        "session": record["extra"].get("session", NO_SESSION),
        "logger": record["name"],
        "message": record["message"],
    }
    if record["exception"] is not None:
        line["exception"] = "".join(traceback.format_exception(record["exception"].value))
    sys.stderr.write(json.dumps(line) + "\n")
