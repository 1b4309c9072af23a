"""What can be said to `runner.py`. Loads nothing of the application: help comes at once."""

from __future__ import annotations

import argparse

INVITES = ("invite", "invites", "revoke")
SESSIONS = ("sessions", "forget")
STARTS = ("serve", "worker")

_MOST_DIGITS = 7  # of a plan's numbers

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


def parse(arguments: list[str] | None) -> argparse.Namespace:
    """Return what is wanted: `command`, and what goes with it.

    Args:
        arguments: None: those of this program.

    Raises:
        SystemExit: help was asked for (code 0), or something is wrong with them (code 2).
    """
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
        choices=(*STARTS, "doctor", "pause", "resume", *INVITES, *SESSIONS, "plan"),
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
    # Of a worker whose runner has one.
    parser.add_argument("--fork-server", help=argparse.SUPPRESS)
    wanted = parser.parse_args(arguments)
    _refuse_strays(parser, wanted)
    return wanted


def _positive(text: str) -> int:
    if not (text.isdecimal() and len(text) <= _MOST_DIGITS and int(text)):
        most = "9" * _MOST_DIGITS
        raise argparse.ArgumentTypeError(f"{text[:20]} is no whole number from 1 to {most}")
    return int(text)


def _refuse_strays(parser: argparse.ArgumentParser, wanted: argparse.Namespace) -> None:
    """Refuse what the command does not take, and the lack of what it needs."""
    all_take = {
        "invite": {"name", "uses", "days"},
        "revoke": {"id"},
        "forget": {"id"},
        "doctor": {"public"},
        "plan": {"calls", "cores"},
        "worker": {"fork_server"},
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
        "fork_server": "--fork-server",
    }
    for field, option in options.items():
        is_given = getattr(wanted, field) is not None
        if is_given and field not in takes:
            parser.error(f"{wanted.command} takes no {option}")
        if not is_given and field in takes & {"id", "name", "calls"}:
            parser.error(f"{wanted.command} needs {option}")
