from __future__ import annotations

import json
from dataclasses import replace

import pytest

from bot.rooms.job_plan import JobPlan
from bot.rooms.plan import RoomPlan


def test_job_of_somebody_elses_dispatch_takes_whoever_comes() -> None:
    for metadata in ("", "nonsense", '{"session_id": "theirs"}'):
        job = JobPlan.from_job(metadata, room_name="lobby", room_sid="RM_1")
        assert job == JobPlan(session_id="lobby.RM_1")


@pytest.mark.promise(
    "Memory", "Nobody but who held a call continues it, and nobody learns what was said in it."
)
def test_the_next_room_of_a_name_is_another_session() -> None:
    for name in ("lobby", "l" * 256, "\N{GRINNING FACE}" * 64, "a\nERROR\0 \x1b[31m\ud83d"):
        first, second = (
            JobPlan.from_job("", room_name=name, room_sid=f"RM_{'x' * 11}{number}").session_id
            for number in range(2)
        )
        assert first != second
        assert first.isprintable()
        # Of the store's column; the bot's identity, with four letters more, may have 256.
        assert len(first) <= 250


_GIVEN = {"given_by": "AJ_1", "given_caller": "somebody"}


@pytest.mark.promise(
    "Lost bots",
    "A bot whose worker is stopped gives its call, between two turns, to one of another worker.",
)
@pytest.mark.parametrize("name", ["lobby", "l" * 256, "a\nERROR\0 \ud83d"])
def test_a_call_in_somebody_elses_room_is_given_with_its_caller(name: str) -> None:
    first = JobPlan.from_job('{"theirs": 1}', room_name=name, room_sid="RM_1")
    sent = RoomPlan(
        agent_name="", session_id=first.session_id, given_by="AJ_1", given_caller="somebody"
    )
    following = JobPlan.from_job(sent.job_metadata, room_name=name, room_sid="RM_1")
    assert following == replace(first, given_by="AJ_1", given_caller="somebody")
    # Who is in it may call themselves what they like: nobody vouches for them.
    assert following.caller_identity is None


@pytest.mark.parametrize("told", [_GIVEN, {**_GIVEN, "session_id": "lobby.RM_2"}])
def test_what_another_program_says_gives_no_call(told: dict[str, str]) -> None:
    job = JobPlan.from_job(json.dumps(told), room_name="lobby", room_sid="RM_1")
    assert job == JobPlan(session_id="lobby.RM_1")
