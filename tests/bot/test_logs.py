from __future__ import annotations

import json
import logging
from collections.abc import Iterator

import pytest
from loguru import logger

from bot.logs import configure_logs


@pytest.fixture(autouse=True)
def quiet_after() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    logger.remove()
    logger.configure(extra={})
    root.handlers[:], root.level = handlers, level


def _json_lines(capsys: pytest.CaptureFixture[str]) -> list[dict[str, str]]:
    return [json.loads(line) for line in capsys.readouterr().err.splitlines()]


def test_a_json_line_has_its_session(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logs(level="INFO", log_format="json", session_id="s1")
    logger.info("turn {}", 1)
    (line,) = _json_lines(capsys)
    assert line["session"] == "s1"
    assert line["message"] == "turn 1"
    assert line["level"] == "INFO"
    assert line["logger"] == __name__


def test_a_text_line_has_its_session(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logs(level="INFO", log_format="text", session_id="s1")
    logger.info("hello")
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
    logger.info("no")
    logging.getLogger("livekit").info("no")
    logger.error("yes")
    assert [line["message"] for line in _json_lines(capsys)] == ["yes"]


@pytest.mark.parametrize(
    "name",
    ["pipecat.services.tts_service", "deepgram", "httpx", "openai", "aiohttp.access", "livekit"],
)
def test_libraries_that_log_speech_are_quiet_at_every_level(
    capsys: pytest.CaptureFixture[str], name: str
) -> None:
    configure_logs(level="TRACE", log_format="json")
    logging.getLogger(name).debug("the caller said so")
    logger.patch(lambda record: record.update(name=name)).info("the caller said so")
    logging.getLogger(name).warning("lost the connection")
    assert [line["message"] for line in _json_lines(capsys)] == ["lost the connection"]


def test_livekit_agents_is_heard_and_the_usual_end_of_a_call_is_not(
    capsys: pytest.CaptureFixture[str],
) -> None:
    configure_logs(level="INFO", log_format="json")
    logging.getLogger("livekit.agents").info("registered worker")
    logging.getLogger("livekit").error("the stream closed unexpectedly")
    assert [line["message"] for line in _json_lines(capsys)] == ["registered worker"]


def test_a_traceback_shows_no_values(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logs(level="INFO", log_format="json")
    secret_words = "meet me at nine"
    try:
        raise RuntimeError(f"{len(secret_words)} characters")
    except RuntimeError:
        logger.exception("failed")
    (line,) = _json_lines(capsys)
    assert "RuntimeError: 15 characters" in line["exception"]
    assert "meet me" not in json.dumps(line)


def test_configuring_again_replaces_the_sink(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logs(level="INFO", log_format="json")
    configure_logs(level="INFO", log_format="json", session_id="s2")
    logger.info("once")
    (line,) = _json_lines(capsys)
    assert line["session"] == "s2"


def test_what_an_mcp_server_was_asked_and_said_is_never_logged(
    capsys: pytest.CaptureFixture[str],
) -> None:
    configure_logs(level="DEBUG", log_format="json")
    for level in (logging.DEBUG, logging.ERROR):
        logging.getLogger("mcp.client.stdio").log(level, "card 4711")
    assert _json_lines(capsys) == []
