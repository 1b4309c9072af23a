from __future__ import annotations

import asyncio

import pytest
from livekit.protocol.agent_pb import agent_session as pb

from processors.agent_protocol.presence import AgentState
from processors.agent_protocol.session_states import AWAY_SECS, SessionStates
from tests.virtual_time import run_in_virtual_time


class Told:
    def __init__(self) -> None:
        self.users: list[pb.UserState] = []
        self.states = SessionStates(on_event=self._take)

    def _take(self, event: pb.AgentSessionEvent) -> None:
        if event.HasField("user_state_changed"):
            self.users.append(event.user_state_changed.new_state)


@pytest.mark.promise(
    "Captions and clients", "A caller counts as away only while both sides are silent for 15 s."
)
@pytest.mark.parametrize(
    ("state", "silent_secs", "is_away"),
    [
        (AgentState.LISTENING, 14.5, False),
        (AgentState.LISTENING, 15.5, True),
        (AgentState.SPEAKING, 60.0, False),
        (AgentState.THINKING, 60.0, False),
    ],
)
def test_a_caller_is_away_only_in_silence(
    state: AgentState, silent_secs: float, is_away: bool
) -> None:
    async def be_silent() -> list[pb.UserState]:
        told = Told()
        told.states.agent_changed(AgentState.LISTENING)
        await asyncio.sleep(AWAY_SECS - 1.0)
        told.states.agent_changed(state)
        await asyncio.sleep(silent_secs)
        told.states.stop_watching()
        return told.users

    assert run_in_virtual_time(be_silent()) == ([pb.US_AWAY] if is_away else [])


def test_a_caller_who_speaks_is_not_away_and_told_once() -> None:
    async def speak() -> list[pb.UserState]:
        told = Told()
        told.states.agent_changed(AgentState.LISTENING)
        for _ in range(2):
            told.states.caller_started()
        await asyncio.sleep(60.0)
        for _ in range(2):
            told.states.caller_stopped(has_words=True)
        await asyncio.sleep(16.0)
        told.states.stop_watching()
        return told.users

    assert run_in_virtual_time(speak()) == [pb.US_SPEAKING, pb.US_LISTENING, pb.US_AWAY]


def test_nobody_is_away_after_the_end() -> None:
    async def end() -> list[pb.UserState]:
        told = Told()
        told.states.agent_changed(AgentState.LISTENING)
        told.states.stop_watching()
        await asyncio.sleep(60.0)
        return told.users

    assert run_in_virtual_time(end()) == []
