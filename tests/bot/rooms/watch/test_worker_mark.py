"""Marks of workers: one to a process, wherever it is, and the same for whoever has started it."""

from __future__ import annotations

import subprocess
import sys

import pytest
from livekit.protocol.models import ParticipantInfo

from bot.rooms.watch.seen import BotState, bot_seen
from bot.rooms.watch.worker_mark import worker_mark
from tests.layout import PROJECT_ROOT

_CONTAINER = ("unshare", "--user", "--map-root-user", "--pid", "--fork")
"""Has the name of this machine and counts its processes from 1, as containers in its network do."""
_TELL = "import os; from bot.rooms.watch.worker_mark import worker_mark as mark; print({})"


def told(what: str, *, within: tuple[str, ...] = ()) -> str:
    """Return what another process has to say."""
    command = [*within, sys.executable, "-c", _TELL.format(what)]
    return subprocess.run(
        command, cwd=PROJECT_ROOT, check=True, capture_output=True, text=True, timeout=60
    ).stdout.strip()


def test_who_starts_a_worker_knows_its_mark() -> None:
    pid, mark = told("os.getpid(), mark(os.getpid())").split()
    assert mark == worker_mark(int(pid))
    assert worker_mark(1) != worker_mark(2)


_AGENT, _PERSON = ParticipantInfo.Kind.AGENT, ParticipantInfo.Kind.STANDARD
_OURS = {"parley.job": "AJ_1", "lk.agent.state": "listening"}
_THEIRS = {"lk.agent.state": "listening"}


@pytest.mark.promise("Lost bots", "An agent of another program is taken for no bot of ours.")
@pytest.mark.parametrize(
    ("there", "state", "has_caller"),
    [
        ([(_AGENT, _OURS)], BotState.READY, False),
        ([(_AGENT, {"parley.job": "AJ_1"})], BotState.STARTING, False),
        ([(_AGENT, _THEIRS)], BotState.ABSENT, False),
        ([(_AGENT, _THEIRS), (_PERSON, {})], BotState.ABSENT, True),
        ([(_AGENT, _THEIRS), (_AGENT, {"parley.job": "AJ_1"})], BotState.STARTING, False),
        ([(_PERSON, _OURS)], BotState.ABSENT, True),
    ],
)
def test_only_a_bot_of_ours_is_the_bot_of_a_room(
    there: list[tuple[ParticipantInfo.Kind, dict[str, str]]],
    state: BotState,
    has_caller: bool,
) -> None:
    listed = [ParticipantInfo(kind=kind, attributes=told) for kind, told in there]
    seen = bot_seen(listed)
    assert (seen.state, seen.has_caller) == (state, has_caller)


@pytest.mark.promise("Limits", "There are as many lines as the workers that live hold together.")
def test_workers_of_two_containers_with_one_name_are_two() -> None:
    try:
        subprocess.run([*_CONTAINER, "true"], check=True, capture_output=True, timeout=60)
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("this machine lets nobody make a namespace")
    pid, mark = told("os.getpid(), mark(1)", within=_CONTAINER).split()
    assert pid == "1"
    assert mark != worker_mark(1)
