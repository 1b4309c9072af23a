"""`python -m bot.local`: loads the models, warms them up and serves until told to stop."""

from __future__ import annotations

import argparse
import asyncio
import logging
import os
import signal
import socket
import sys
from collections.abc import Generator
from contextlib import contextmanager
from typing import NoReturn

# Read before the slow imports: a parent that dies meanwhile must be noticed too.
_PARENT_PID = os.getppid()

import uvicorn  # noqa: E402
from loguru import logger  # noqa: E402
from typing_extensions import override  # noqa: E402

from bot.local.hang_up import is_news  # noqa: E402
from bot.local.log import configure_logs  # noqa: E402
from bot.local.server import LocalProviders, build_app  # noqa: E402
from processors.model_files import ModelFileError  # noqa: E402

_HOST = "127.0.0.1"
_PARENT_CHECK_SECS = 0.5
_SHUTDOWN_GRACE_SECS = 2
_BAD_ARGUMENTS, _CANNOT_START = 2, 1
_READY_LINE = "The local providers are ready."
"""Written to standard output; bot/launch.py waits for it."""


class _Server(uvicorn.Server):
    """A server whose end on a signal is an ordinary end, with exit code 0."""

    @contextmanager
    def capture_signals(self) -> Generator[None]:
        """Leave the signals alone: uvicorn would raise them again after its shutdown."""
        yield

    @override
    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets=sockets)
        sys.stdout.write(f"{_READY_LINE}\n")
        sys.stdout.flush()

    def stop(self) -> None:
        """Stop gracefully; a second call stops at once."""
        self.force_exit = self.should_exit
        self.should_exit = True


class _Parser(argparse.ArgumentParser):
    """Answers a bad command line with one line."""

    @override
    def error(self, message: str) -> NoReturn:
        self.exit(_BAD_ARGUMENTS, f"bot.local: {message} (see --help)\n")


def parse_arguments(arguments: list[str]) -> argparse.Namespace:
    """Read the command line; leaves the process with code 2 when it makes no sense."""
    parser = _Parser(prog="python -m bot.local", description=__doc__)
    place = parser.add_mutually_exclusive_group(required=True)
    place.add_argument("--port", type=_port, help="port on this machine; 0 takes a free one")
    place.add_argument("--socket", type=int, help="descriptor of a socket, bound already")
    parser.add_argument(
        "--key-on-stdin", action="store_true", help="callers must send the first line of the input"
    )
    parser.add_argument(
        "--faults",
        action="store_true",
        help="for tests: fail on request, and show requests",
    )
    parser.add_argument("--speech-to-text", action="store_true", help="offer this part only")
    parser.add_argument("--language-model", action="store_true", help="offer this part only")
    parser.add_argument("--text-to-speech", action="store_true", help="offer this part only")
    levels = ("DEBUG", "INFO", "WARNING", "ERROR")
    parser.add_argument("--log-level", choices=levels, default="INFO")
    parser.add_argument("--log-format", choices=("text", "json"), default="text")
    return parser.parse_args(arguments)


def main(arguments: list[str]) -> int:
    """Run the server and return the exit code."""
    wanted = parse_arguments(arguments)
    configure_logs(level=wanted.log_level, log_format=wanted.log_format)
    try:
        # Bound, not yet listening: a taken port is known before the models are loaded, and nobody
        # connects before they are.
        listener = _listener(wanted)
    except OSError as error:
        logger.error("cannot listen on {}:{}: {}", _HOST, wanted.port, error.strerror)
        return _CANNOT_START
    key = sys.stdin.readline().strip() if wanted.key_on_stdin else ""
    with listener:
        try:
            providers = _load(wanted)
        except ModelFileError as error:
            logger.error("{}", error)
            return _CANNOT_START
        try:
            asyncio.run(_serve(providers, listener, key=key))
        finally:
            providers.close()
    return 0


async def _serve(providers: LocalProviders, listener: socket.socket, *, key: str) -> None:
    config = uvicorn.Config(
        build_app(providers, key=key),
        log_config=None,
        access_log=False,
        lifespan="off",
        # Compressing 20 ms of audio costs more than it saves, above all over loopback.
        ws_per_message_deflate=False,
        timeout_graceful_shutdown=_SHUTDOWN_GRACE_SECS,
    )
    logging.getLogger("uvicorn.error").addFilter(is_news)
    server = _Server(config)
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, server.stop)
    host, port = listener.getsockname()[:2]
    logger.info("local providers at http://{}:{}: {}", host, port, ", ".join(providers.names))
    async with asyncio.TaskGroup() as group:
        watch = group.create_task(_watch_parent(server))
        await server.serve(sockets=[listener])
        watch.cancel()


async def _watch_parent(server: uvicorn.Server) -> None:
    """End the server when whoever started it is gone, however it went."""
    # Nothing tells a process that its parent died, so it has to look.
    while os.getppid() == _PARENT_PID:  # noqa: ASYNC110
        await asyncio.sleep(_PARENT_CHECK_SECS)
    logger.info("the process that started the local providers is gone; leaving too")
    server.should_exit = True


def _load(wanted: argparse.Namespace) -> LocalProviders:
    chosen = {
        "speech_to_text": wanted.speech_to_text,
        "language_model": wanted.language_model,
        "text_to_speech": wanted.text_to_speech,
    }
    takes_all = not any(chosen.values())
    parts = {name: takes_all or is_chosen for name, is_chosen in chosen.items()}
    return LocalProviders(**parts, takes_faults=wanted.faults)


def _listener(wanted: argparse.Namespace) -> socket.socket:
    if wanted.socket is not None:
        return socket.socket(fileno=wanted.socket)
    listener = socket.socket()
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((_HOST, wanted.port))
    except OSError:
        listener.close()
        raise
    return listener


def _port(text: str) -> int:
    port = int(text)
    if not 0 <= port <= 65535:
        raise argparse.ArgumentTypeError("a port is a number from 0 to 65535")
    return port


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
