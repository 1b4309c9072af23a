"""One log sink: loguru on standard error, with standard `logging` routed into it.

Each line carries the session id. Nothing a person said and no secret is ever logged.
"""

from __future__ import annotations

import json
import logging
import re
import sys
import threading
import traceback
import warnings
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from loguru import logger
from typing_extensions import override

from bot.errors import VoiceError

if TYPE_CHECKING:
    from loguru import Message, Record

NO_SESSION = "-"

# Whose lines are shown at every level. Whatever else there is, now or after an upgrade, may log
# what people said (Pipecat), whole requests (SDKs) or keys (websockets) below a warning.
_OPEN_LOGGERS = ("bot", "processors", "tools", "runner", "__main__", "livekit.agents")
_OPERATORS_TOOLS = "tools_path_"
_WARNINGS = "py.warnings"
# Whose warnings are shown in their own words, which are about connections and processes; those of
# others may repeat what was to be spoken, or the body of an answer, and only their place is shown.
_TECHNICAL_LOGGERS = (
    *("livekit", "uvicorn", "websockets", "aiohttp", "httpx", "httpcore"),
    _WARNINGS,
)
# Shows at every level what the model asked and a server answered; our own lines name the server.
_MUTE_LOGGERS = ("mcp",)
# LiveKit's native client says so at the end of every call.
_NORMAL_END = "closed unexpectedly"
# LiveKit's tokens, which its clients put into addresses.
_TOKEN = re.compile(r"\beyJ[\w-]+\.[\w-]+\.[\w-]+")


class _LoguruHandler(logging.Handler):
    """Hands records of standard `logging` (livekit-agents, uvicorn, httpx) to loguru."""

    @override
    def emit(self, record: logging.LogRecord) -> None:
        """Forward one record, keeping its level, logger name and exception."""
        try:
            level: str | int = logger.level(record.levelname).name
        except ValueError:
            level = record.levelno
        message = _message(record)
        logger.patch(
            lambda r: r.update(name=record.name, function=record.funcName, line=record.lineno)
        ).opt(exception=record.exc_info).log(level, "{}", message)


def _message(record: logging.LogRecord) -> str:
    if isinstance(record.args, tuple) and _is_of(record.name, _TECHNICAL_LOGGERS):
        # An exception or a task has words in it that somebody else chose.
        record.args = tuple(
            one if isinstance(one, str | int | float) else type(one).__name__ for one in record.args
        )
    try:
        return record.getMessage()
    except Exception:  # noqa: BLE001 - a library's slip is not to fail what it reports on
        return "a line that cannot be written"


def _show_warning(
    message: Warning | str, category: type[Warning], filename: str, lineno: int, *_: object
) -> None:
    """Log where a warning of Python's came from: pydantic's repeat the value they are about."""
    level = "DEBUG" if issubclass(category, DeprecationWarning) else "WARNING"
    place = f"{category.__name__} in {Path(filename).name}, line {lineno}"
    logger.patch(lambda r: r.update(name=_WARNINGS)).log(level, "{}", place)


def _log_uncaught(uncaught: threading.ExceptHookArgs | sys.UnraisableHookArgs) -> None:
    """Log what nobody caught, in a thread or while something was cleared away."""
    logger.opt(exception=uncaught.exc_value or True).error("something failed and nobody noticed")


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
        # Values of variables, and more frames: nothing of it is shown.
        diagnose=False,
        backtrace=False,
    )
    logging.basicConfig(handlers=[_LoguruHandler()], level=_std_level(level), force=True)
    # By themselves these write to standard error, in the words of whatever failed.
    warnings.showwarning = _show_warning
    if threading.excepthook is threading.__excepthook__:
        threading.excepthook = _log_uncaught
    if sys.unraisablehook is sys.__unraisablehook__:
        sys.unraisablehook = _log_uncaught


def _is_shown(record: Record) -> bool:
    name = record["name"] or ""
    is_open = _is_of(name, _OPEN_LOGGERS) or name.startswith(_OPERATORS_TOOLS)
    # First, as at TRACE there are thousands of them a second.
    if not is_open and record["level"].no < logging.WARNING:
        return False
    if _is_of(name, _MUTE_LOGGERS) or (name == "livekit" and _NORMAL_END in record["message"]):
        return False
    if not is_open and not _is_of(name, _TECHNICAL_LOGGERS):
        record["message"] = f"trouble in {record['function']}, line {record['line']}"
    record["message"] = _TOKEN.sub("***", _on_one_line(record["message"]))
    exception = record["exception"]
    record["extra"]["traceback"] = _traceback(exception.value) if exception else ""
    return True


def _on_one_line(message: str) -> str:
    """Return it so that it forges no line of its own and commands no terminal."""
    if message.isprintable():
        return message
    return "".join(sign if sign.isprintable() else " " for sign in message)


def _is_of(name: str, packages: Iterable[str]) -> bool:
    return any(name == package or name.startswith(f"{package}.") for package in packages)


def _traceback(error: BaseException | None, seen: frozenset[int] = frozenset()) -> str:
    """Return where an exception came from; its words are left out, as they may be a caller's."""
    if error is None or id(error) in seen:
        return ""
    seen |= {id(error)}
    before = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    inside = error.exceptions if isinstance(error, BaseExceptionGroup) else ()
    kind = f"{type(error).__module__}.{type(error).__qualname__}"
    code = f": {error.code}" if isinstance(error, VoiceError) else ""
    causes = "".join(_traceback(one, seen) for one in (*inside, before))
    return f"{causes}{''.join(traceback.format_tb(error.__traceback__))}{kind}{code}\n"


def _std_level(level: str) -> int:
    return logging.DEBUG if level == "TRACE" else logging.getLevelNamesMapping()[level]


def _text_line(record: Record) -> str:
    return (
        "<dim>{time:HH:mm:ss.SSS}</dim> <level>{level: <7}</level> "
        "<cyan>{extra[session]}</cyan> {name}: {message}\n{extra[traceback]}"
    )


def _write_json(message: Message) -> None:
    record = message.record
    line = {
        "time": record["time"].isoformat(),
        "level": record["level"].name,
        "session": record["extra"].get("session", NO_SESSION),
        # Says whose process the kernel, or a person, has ended.
        "pid": record["process"].id,
        "logger": record["name"],
        "message": record["message"],
    }
    if record["extra"]["traceback"]:
        line["exception"] = record["extra"]["traceback"]
    sys.stderr.write(json.dumps(line) + "\n")
