"""The command line: `serve` (the default), `worker`, `doctor`, and what the operator orders."""

from __future__ import annotations

import argparse
import asyncio
import sys
from collections.abc import Callable
from functools import partial

from loguru import logger

from bot.errors import LaunchError, SettingsError
from bot.logs import configure_logs
from bot.processes.own_memory import hide_own_memory
from bot.settings import Settings, load_settings, prepare_environment
from bot.stages.table import check_packages, stages_of

_OK, _FAILED, _BAD_USAGE = 0, 1, 2
_INVITES = ("invite", "invites", "revoke")
_SESSIONS = ("sessions", "forget")
_STARTS = ("serve", "worker")

_EXAMPLES = """\
examples:
  python runner.py                 start everything on this machine and serve the page
  PORT=8080 python runner.py       the same on another port
  python runner.py worker          more bots for the LiveKit server in LIVEKIT_URL
  python runner.py doctor          check the installation
  python runner.py doctor --public voice.example.com    check a server as its callers see it
  python runner.py pause           take no new calls, until `resume`; running ones go on
  python runner.py invite --for Ada --uses 3 --days 7
  python runner.py invites         list them
  python runner.py revoke ID       take one back
  python runner.py sessions        list the newest conversations that are kept
  python runner.py forget ID       delete one
  python runner.py plan --calls 500 --cores 8      what so many calls at once take

Settings come from the environment and from .env; .env.example explains each.
Exit codes: 0 ended as asked, 1 something did not start or is wrong, 2 bad usage or settings.
"""


def main(arguments: list[str] | None = None) -> int:
    """Run one command and return the exit code."""
    wanted = _parse(arguments)
    command = wanted.command
    if command in _STARTS:
        # Bots, and what they start, are of the same user, and hold less.
        hide_own_memory()
    try:
        settings = load_settings()
        stages_of(settings)
        if command in _STARTS:
            check_packages(settings)
        _check_own_files(settings)
    except SettingsError as error:
        problems = "\n".join(f"  {problem}" for problem in error.message.split("; "))
        print(f"These settings cannot be used:\n{problems}", file=sys.stderr)
        return _BAD_USAGE
    configure_logs(level=settings.log_level, log_format=settings.log_format)
    for notice in prepare_environment(settings):
        logger.warning("{}", notice)
    run: dict[str, Callable[[Settings], int]] = {
        "serve": _serve,
        "worker": _worker,
        "doctor": partial(_doctor, public=wanted.public),
        "pause": partial(_switch, paused=True),
        "resume": partial(_switch, paused=False),
    }
    run["plan"] = partial(_plan, wanted=wanted)
    run |= dict.fromkeys(_INVITES, partial(_invites, wanted=wanted))
    run |= dict.fromkeys(_SESSIONS, partial(_sessions, wanted=wanted))
    try:
        return run[command](settings)
    except LaunchError as error:
        verb = "start" if command in _STARTS else "look" if command == "doctor" else command
        print(f"Parley cannot {verb}: {error.message}.", file=sys.stderr)
        return _FAILED


def _check_own_files(settings: Settings) -> None:
    """Name what is wrong with the operator's own files now, not in the first call."""
    if settings.redact_file:
        from bot.store.redaction import load_redactor

        load_redactor(settings.redact_file)
    if settings.tools_path or settings.mcp_servers:
        from bot.call.tool_sources import mcp_servers, operator_tools

        operator_tools(settings)
        mcp_servers(settings)


def _parse(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="runner.py",
        description="Parley, a voice assistant on LiveKit.",
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "command",
        nargs="?",
        default="serve",
        choices=(*_STARTS, "doctor", "pause", "resume", *_INVITES, *_SESSIONS, "plan"),
        help="serve: page, API and bots (default); worker: bots only; doctor: check everything; "
        "pause, resume: refuse new calls, take them again; "
        "invite, invites, revoke: whom ACCESS=invite lets in; "
        "sessions, forget: the conversations that are kept; "
        "plan: machines and money for so many calls",
    )
    invites = parser.add_argument_group("invite, revoke and forget")
    invites.add_argument(
        "id", nargs="?", help="revoke, forget: which, as `invites` or `sessions` lists them"
    )
    invites.add_argument("--for", dest="name", help="invite: who it is for")
    invites.add_argument("--uses", type=int, help="invite: calls it is good for (1)")
    invites.add_argument("--days", type=int, help="invite: days it is good for (7)")
    looks = parser.add_argument_group("doctor")
    looks.add_argument(
        "--public", metavar="NAME", help="look at the server that callers find by this name"
    )
    plan = parser.add_argument_group("plan")
    plan.add_argument("--calls", type=_positive, help="calls at once")
    plan.add_argument("--cores", type=_positive, help="of each machine (8)")
    wanted = parser.parse_args(arguments)
    _refuse_strays(parser, wanted)
    return wanted


def _positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError(f"{text} is less than 1")
    return number


def _refuse_strays(parser: argparse.ArgumentParser, wanted: argparse.Namespace) -> None:
    """Refuse what the command does not take, and the lack of what it needs."""
    all_take = {
        "invite": {"name", "uses", "days"},
        "revoke": {"id"},
        "forget": {"id"},
        "doctor": {"public"},
        "plan": {"calls", "cores"},
    }
    takes = all_take.get(wanted.command, set[str]())
    options = {
        "id": "ID",
        "name": "--for",
        "uses": "--uses",
        "days": "--days",
        "public": "--public",
        "calls": "--calls",
        "cores": "--cores",
    }
    for field, option in options.items():
        is_given = getattr(wanted, field) is not None
        if is_given and field not in takes:
            parser.error(f"{wanted.command} takes no {option}")
        if not is_given and field in takes & {"id", "name", "calls"}:
            parser.error(f"{wanted.command} needs {option}")


def _serve(settings: Settings) -> int:
    from bot.serve import serve

    asyncio.run(serve(settings, announce=lambda text: print(text, flush=True)))
    return _OK


def _worker(settings: Settings) -> int:
    from bot.launch import local_parts, local_settings

    if not settings.livekit_url:
        print("A worker needs LIVEKIT_URL: the LiveKit server it works for.", file=sys.stderr)
        return _BAD_USAGE
    if local_parts(settings) or local_settings(settings, None):
        from bot.serve import serve_worker

        asyncio.run(serve_worker(settings))
        return _OK
    from bot.worker.worker import run_worker

    return run_worker(settings)


def _switch(settings: Settings, *, paused: bool) -> int:
    from bot.store.switch import switch_in

    asyncio.run(switch_in(settings, paused=paused))
    print("New calls are refused from now on." if paused else "New calls are taken again.")
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
    print(asyncio.run(work))
    return _OK


def _sessions(settings: Settings, *, wanted: argparse.Namespace) -> int:
    from bot.store.commands import forget, sessions

    is_list = wanted.command == "sessions"
    print(asyncio.run(sessions(settings) if is_list else forget(settings, session_id=wanted.id)))
    return _OK


def _plan(settings: Settings, *, wanted: argparse.Namespace) -> int:
    from bot.sizing import describe

    print(describe(settings, wanted.calls, machine_cores=wanted.cores or 8))
    return _OK


def _doctor(settings: Settings, *, public: str | None) -> int:
    from bot.doctor.installation import examine
    from bot.doctor.public import examine_public

    look = examine(settings) if public is None else examine_public(settings, public)
    findings = asyncio.run(look)
    for finding in findings:
        # A fix for what is well is advice.
        mark = "FAIL" if not finding.is_well else "note" if finding.fix else "ok  "
        print(f"{mark}  {finding.what}")
        if finding.fix:
            print(f"      -> {finding.fix}")
    return _OK if all(finding.is_well for finding in findings) else _FAILED


if __name__ == "__main__":
    sys.exit(main())
