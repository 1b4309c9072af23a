from __future__ import annotations

import json
import logging
import os
import sys
import threading
import warnings
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest
from livekit.api import AccessToken
from loguru import logger

from bot.errors import RoomError
from bot.logs import configure_logs

if TYPE_CHECKING:
    from loguru import Logger


@pytest.fixture(autouse=True)
def quiet_after() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    hooks = threading.excepthook, sys.unraisablehook
    threading.excepthook, sys.unraisablehook = threading.__excepthook__, sys.__unraisablehook__
    yield
    threading.excepthook, sys.unraisablehook = hooks
    logger.remove()
    logger.configure(extra={})
    root.handlers[:], root.level = handlers, level


def _json_lines(capsys: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    return [json.loads(line) for line in capsys.readouterr().err.splitlines()]


def _by(name: str) -> Logger:
    """Return what a module of this name logs with."""
    return logger.patch(lambda record: record.update(name=name))


_ours = _by("bot.call.session")


def test_a_json_line_has_its_session(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logs(level="INFO", log_format="json", session_id="s1")
    _ours.info("turn {}", 1)
    (line,) = _json_lines(capsys)
    assert line["session"] == "s1"
    assert line["message"] == "turn 1"
    assert line["level"] == "INFO"
    assert line["logger"] == "bot.call.session"
    assert line["pid"] == os.getpid()


def test_a_text_line_has_its_session(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logs(level="INFO", log_format="text", session_id="s1")
    _ours.info("hello")
    written = capsys.readouterr().err
    assert " s1 " in written
    assert written.endswith("hello\n")


def test_standard_logging_goes_the_same_way(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logs(level="INFO", log_format="json")
    # uvicorn sets the level of its own logger, for all that runs later in this process.
    logging.getLogger("uvicorn.error").setLevel(logging.NOTSET)
    logging.getLogger("livekit.agents").warning("worker %s {not a field}", 7)
    logging.getLogger("uvicorn.error").log(35, "between two levels")
    first, second = _json_lines(capsys)
    assert (first["logger"], first["message"]) == ("livekit.agents", "worker 7 {not a field}")
    assert second["message"] == "between two levels"


def test_the_level_is_obeyed(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logs(level="WARNING", log_format="json")
    _ours.info("no")
    logging.getLogger("livekit").info("no")
    _ours.error("yes")
    assert [line["message"] for line in _json_lines(capsys)] == ["yes"]


@pytest.mark.promise(
    "Logs", "At no level, by no library, is it logged what people, the model or tools say."
)
@pytest.mark.parametrize("log_format", ["json", "text"])
@pytest.mark.parametrize(
    "name",
    [
        "pipecat.services.tts_service",
        "openai._base_client",
        # With every request in whole.
        "anthropic._base_client",
        "google_genai.models",
        # With every header.
        "websockets.client",
        "httpx",
        "httpcore.http11",
        "httpx2",
        "httpcore2.http11",
        "hpack.hpack",
        # With every address and its token.
        "uvicorn.access",
        "aiohttp.access",
        "livekit",
        "asyncio",
        "deepgram",
        # Whatever an upgrade brings.
        "some_new_sdk.client",
        "bottle",
    ],
)
def test_no_library_shows_what_it_handles_at_any_level(
    capsys: pytest.CaptureFixture[str], name: str, log_format: str
) -> None:
    configure_logs(level="TRACE", log_format=log_format)
    for level in (logging.DEBUG, logging.INFO):
        logging.getLogger(name).log(level, "the caller said %s", "hush")
    for level in ("TRACE", "DEBUG", "INFO", "SUCCESS"):
        _by(name).log(level, "the caller said hush")
    assert capsys.readouterr().err == ""


@pytest.mark.promise(
    "Logs", "At no level, by no library, is it logged what people, the model or tools say."
)
@pytest.mark.parametrize("name", ["pipecat.services.tts_service", "asyncio", "openai", "new_sdk"])
def test_a_warning_that_may_repeat_what_was_said_shows_its_place_alone(
    capsys: pytest.CaptureFixture[str], name: str
) -> None:
    configure_logs(level="TRACE", log_format="json")
    _by(name).warning("not speaking [hush]")
    logging.getLogger(name).error("exception was never retrieved: %r", ValueError("hush"))
    lines = _json_lines(capsys)
    assert [line["level"] for line in lines] == ["WARNING", "ERROR"]
    assert all(line["logger"] == name and "trouble in test_a_" in line["message"] for line in lines)
    assert "hush" not in json.dumps(lines)


@pytest.mark.parametrize("name", ["websockets.client", "httpx", "uvicorn.error", "livekit"])
def test_trouble_with_connections_is_told_in_words(
    capsys: pytest.CaptureFixture[str], name: str
) -> None:
    configure_logs(level="WARNING", log_format="json")
    logging.getLogger(name).warning("lost the connection")
    assert [line["message"] for line in _json_lines(capsys)] == ["lost the connection"]


@pytest.mark.parametrize("name", ["bot.serve", "processors.floor", "tools_path_shop_1f.x", "tools"])
def test_our_own_lines_and_those_of_the_operators_tools_are_shown(
    capsys: pytest.CaptureFixture[str], name: str
) -> None:
    configure_logs(level="DEBUG", log_format="json")
    _by(name).debug("by us")
    logging.getLogger(name).debug("and by %s", "standard logging")
    assert [line["message"] for line in _json_lines(capsys)] == ["by us", "and by standard logging"]


@pytest.mark.promise("Logs", "At no level, by no library, is a key or a token logged.")
@pytest.mark.parametrize("name", ["livekit", "livekit.agents", "bot.serve"])
def test_a_token_in_an_address_is_stars(capsys: pytest.CaptureFixture[str], name: str) -> None:
    configure_logs(level="DEBUG", log_format="json")
    token = AccessToken("key", "s" * 32).with_identity("x").to_jwt()
    logging.getLogger(name).warning("failed: ws://host/rtc?access_token=%s&auto_subscribe=1", token)
    (line,) = _json_lines(capsys)
    assert line["message"] == "failed: ws://host/rtc?access_token=***&auto_subscribe=1"


def test_livekit_agents_is_heard_and_the_usual_end_of_a_call_is_not(
    capsys: pytest.CaptureFixture[str],
) -> None:
    configure_logs(level="INFO", log_format="json")
    logging.getLogger("livekit.agents").info("registered worker")
    logging.getLogger("livekit").error("the stream closed unexpectedly")
    assert [line["message"] for line in _json_lines(capsys)] == ["registered worker"]


@pytest.mark.promise(
    "Logs", "At no level, by no library, is it logged what people, the model or tools say."
)
@pytest.mark.parametrize("log_format", ["json", "text"])
def test_a_traceback_shows_where_it_was_and_no_words_or_values(
    capsys: pytest.CaptureFixture[str], log_format: str
) -> None:
    configure_logs(level="INFO", log_format=log_format)

    def heard(words: str) -> None:
        try:
            int(words)
        except ValueError as error:
            causes = [KeyError(words), RoomError("room_gone", "The room is gone.")]
            raise ExceptionGroup(words, causes) from error

    secret_words = "".join(["meet me ", "at nine"])
    for name in ("bot.call.session", "asyncio"):
        try:
            heard(secret_words)
        except ExceptionGroup:
            _by(name).exception("failed")
    written = capsys.readouterr().err
    assert "meet me" not in written
    for sign in ("ValueError", "KeyError", "RoomError: room_gone", "ExceptionGroup", "int(words)"):
        assert written.count(sign) >= 2


def test_configuring_again_replaces_the_sink(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logs(level="INFO", log_format="json")
    configure_logs(level="INFO", log_format="json", session_id="s2")
    _ours.info("once")
    (line,) = _json_lines(capsys)
    assert line["session"] == "s2"


def test_what_an_mcp_server_was_asked_and_said_is_never_logged(
    capsys: pytest.CaptureFixture[str],
) -> None:
    configure_logs(level="DEBUG", log_format="json")
    for level in (logging.DEBUG, logging.ERROR):
        logging.getLogger("mcp.client.stdio").log(level, "card 4711")
    assert _json_lines(capsys) == []


@pytest.mark.promise(
    "Logs", "At no level, by no library, is it logged what people, the model or tools say."
)
@pytest.mark.parametrize("name", ["livekit", "uvicorn.error", "websockets.server", "httpx"])
def test_trouble_with_connections_repeats_no_words_of_an_exception(
    capsys: pytest.CaptureFixture[str], name: str
) -> None:
    configure_logs(level="DEBUG", log_format="json")
    logging.getLogger(name).error("task %s: %r", 7, ValueError("hush"))
    (line,) = _json_lines(capsys)
    assert line["message"] == "task 7: 'ValueError'"


@pytest.mark.promise(
    "Logs", "At no level, by no library, is it logged what people, the model or tools say."
)
def test_what_python_itself_would_write_has_no_words(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logs(level="DEBUG", log_format="json")

    def fail() -> None:
        raise ValueError("".join(["hu", "sh"]))

    class Failing:
        def __del__(self) -> None:
            fail()

    thread = threading.Thread(target=fail)
    thread.start()
    thread.join()
    Failing()
    warnings.showwarning(UserWarning("input_value='hush'"), UserWarning, "a/b.py", 7)
    lines = _json_lines(capsys)
    assert [line["level"] for line in lines] == ["ERROR", "ERROR", "WARNING"]
    assert lines[2]["message"] == "UserWarning in b.py, line 7"
    assert "hush" not in json.dumps(lines)
    assert all("ValueError" in line["exception"] for line in lines[:2])


@pytest.mark.promise("Logs", "Nobody can forge a line of the log, or command the terminal by one.")
@pytest.mark.parametrize("sign", ["\n", "\r", "\x1b[2J", "\u2028", "\x85", "\u202e", "\0"])
@pytest.mark.parametrize("name", ["bot.call.session", "livekit", "some_sdk"])
def test_a_line_is_one_line(capsys: pytest.CaptureFixture[str], name: str, sign: str) -> None:
    configure_logs(level="INFO", log_format="text")
    logging.getLogger(name).warning("topic %s", f"x{sign}12:00:00 ERROR forged")
    written = capsys.readouterr().err
    assert len(written.splitlines()) == 1
    assert sign not in written.removesuffix("\n")


def test_a_line_that_a_library_cannot_write_fails_nothing(
    capsys: pytest.CaptureFixture[str],
) -> None:
    configure_logs(level="INFO", log_format="json")
    logging.getLogger("livekit").warning("%d of %d", "hush")
    assert [line["message"] for line in _json_lines(capsys)] == ["a line that cannot be written"]
