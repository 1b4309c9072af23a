"""The command line: `serve` (the default), `worker`, `doctor`, and what the operator orders."""

from __future__ import annotations

import asyncio
import io
import os
import sys
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from bot.command_line import INVITES, SESSIONS, STARTS, parse
from bot.errors import LaunchError, SettingsError, StoreError
from bot.processes.descriptors import take_descriptors
from bot.processes.first_process import leave_first_place
from bot.processes.own_memory import hide_own_memory

# Each command loads what it needs: whoever asks for help waits for nothing else.
if TYPE_CHECKING:
    import argparse

    from bot.settings import Settings

_OK, _FAILED, _BAD_USAGE = 0, 1, 2
_INTERRUPTED = 130
"""A shell's word for what Ctrl+C has ended."""
_VERBS = {
    **dict.fromkeys(STARTS, "start"),
    "doctor": "look",
    "invites": "list invites",
    "sessions": "list sessions",
}

_ORDERS = ("pause", "resume", "invite", "revoke", "forget")
"""What changes something."""


def main(arguments: list[str] | None = None) -> int:
    """Run one command and return the exit code."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        # A terminal that has no letters for a name, or a picture, gets the rest.
        sys.stdout.reconfigure(errors="replace")
    command = "help"
    try:
        try:
            wanted = parse(arguments)
        except SystemExit:
            # With help, perhaps, which argparse has said.
            _say(end="")
            raise
        command = wanted.command
        return _run(wanted)
    except (LaunchError, StoreError) as error:
        # What it has done is said last.
        is_done = error.code == "unheard" and command in _ORDERS
        verb = "say that it is done" if is_done else _VERBS.get(command, command)
        print(f"Parley cannot {verb}: {error.message}.", file=sys.stderr)
        return _FAILED
    except KeyboardInterrupt:
        return _INTERRUPTED


def _say(text: str = "", *, end: str = "\n") -> None:
    """Say it now; whoever has read enough (`| head`) has been told.

    Raises:
        LaunchError: code "unheard": it cannot be written.
    """
    try:
        print(text, end=end, flush=True)
    except OSError as error:
        # What is left would be tried again as the program ends.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        if not isinstance(error, BrokenPipeError):
            message = f"standard output cannot be written ({error.strerror})"
            raise LaunchError("unheard", message) from error


def _run(wanted: argparse.Namespace) -> int:
    command = wanted.command
    if command in STARTS:
        # Bots, and what they start, are of the same user, and hold less.
        hide_own_memory()
        leave_first_place()
        take_descriptors()
    try:
        settings = _read_settings(command)
    except SettingsError as error:
        problems = "\n".join(f"  {problem}" for problem in error.message.split("; "))
        print(f"These settings cannot be used:\n{problems}", file=sys.stderr)
        return _BAD_USAGE
    run: dict[str, Callable[[Settings], int]] = {
        "serve": _serve,
        "worker": partial(_worker, fork_server=wanted.fork_server),
        "doctor": partial(_doctor, public=wanted.public),
        "pause": partial(_switch, paused=True),
        "resume": partial(_switch, paused=False),
    }
    run["plan"] = partial(_plan, wanted=wanted)
    run |= dict.fromkeys(INVITES, partial(_invites, wanted=wanted))
    run |= dict.fromkeys(SESSIONS, partial(_sessions, wanted=wanted))
    if command in STARTS:
        # By a table that cannot be read no bot would count what it uses.
        from bot.prices import prices

        prices()
    return run[command](settings)


def _read_settings(command: str) -> Settings:
    from bot.settings import load_settings
    from bot.stages.table import check_packages, stages_of

    settings = load_settings()
    # Before the operator's tools run, which may bring clients of their own.
    _prepare(settings)
    stages_of(settings)
    if command in STARTS:
        check_packages(settings)
    _check_own_files(settings)
    return settings


def _prepare(settings: Settings) -> None:
    from loguru import logger

    from bot.logs import configure_logs
    from bot.settings import prepare_environment

    configure_logs(level=settings.log_level, log_format=settings.log_format)
    for notice in prepare_environment(settings):
        logger.warning("{}", notice)


def _check_own_files(settings: Settings) -> None:
    """Name what is wrong with the operator's own files now, not in the first call."""
    from bot.store.settings import check_database_files

    check_database_files(settings)
    if settings.redact_file:
        from bot.store.redact_process import check_redact_file

        check_redact_file(settings.redact_file)
    if settings.tools_path or settings.mcp_servers:
        from bot.call.tool_sources import mcp_servers, operator_tools

        operator_tools(settings)
        mcp_servers(settings)


def _serve(settings: Settings) -> int:
    from bot.serve import serve

    asyncio.run(serve(settings, announce=_announce))
    return _OK


def _announce(text: str) -> None:
    try:
        _say(text)
    except LaunchError as error:
        # Callers come all the same.
        from loguru import logger

        logger.warning("The addresses are not shown: {}", error.message)


def _worker(settings: Settings, *, fork_server: str | None) -> int:
    from bot.launch import local_parts, local_settings

    if not settings.livekit_url:
        print("A worker needs LIVEKIT_URL: the LiveKit server it works for.", file=sys.stderr)
        return _BAD_USAGE
    if local_parts(settings) or local_settings(settings, None):
        from bot.serve import serve_worker

        asyncio.run(serve_worker(settings))
        return _OK
    from bot.worker.worker import run_worker

    return run_worker(settings, fork_server=fork_server)


def _switch(settings: Settings, *, paused: bool) -> int:
    from bot.store.switch import switch_in

    asyncio.run(switch_in(settings, paused=paused))
    _say("New calls are refused from now on." if paused else "New calls are taken again.")
    return _OK


def _invites(settings: Settings, *, wanted: argparse.Namespace) -> int:
    from bot.access.commands import invite, invites, revoke

    match wanted.command:
        case "invite":
            uses = 1 if wanted.uses is None else wanted.uses
            days = 7 if wanted.days is None else wanted.days
            work = invite(settings, name=wanted.name, uses=uses, days=days)
        case "revoke":
            work = revoke(settings, invite_id=wanted.id)
        case _:
            work = invites(settings)
    _say(asyncio.run(work))
    return _OK


def _sessions(settings: Settings, *, wanted: argparse.Namespace) -> int:
    from bot.store.commands import forget, sessions

    is_list = wanted.command == "sessions"
    _say(asyncio.run(sessions(settings) if is_list else forget(settings, session_id=wanted.id)))
    return _OK


def _plan(settings: Settings, *, wanted: argparse.Namespace) -> int:
    from bot.sizing import describe

    _say(describe(settings, wanted.calls, machine_cores=wanted.cores or 8))
    return _OK


def _doctor(settings: Settings, *, public: str | None) -> int:
    if public is None:
        from bot.doctor.installation import examine

        findings = asyncio.run(examine(settings))
    else:
        from bot.doctor.public import examine_public

        findings = asyncio.run(examine_public(settings, public))
    for finding in findings:
        # A fix for what is well is advice.
        mark = "FAIL" if not finding.is_well else "note" if finding.fix else "ok  "
        _say(f"{mark}  {finding.what}")
        if finding.fix:
            _say(f"      -> {finding.fix}")
    return _OK if all(finding.is_well for finding in findings) else _FAILED


if __name__ == "__main__":
    sys.exit(main())
