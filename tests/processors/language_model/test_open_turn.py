from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pipecat.frames.frames import (
    EagerEndOfTurnCancelFrame,
    EndFrame,
    Frame,
    InterruptionFrame,
    LLMFullResponseStartFrame,
    LLMTextFrame,
    UserStartedSpeakingFrame,
    UserStoppedSpeakingFrame,
)
from pipecat.processors.frame_processor import FrameDirection
from pipecat.turns.speculation_gate import SpeculationGate

from processors.language_model.open_turn import OpenTurn

FRAMES: list[type[Frame]] = [
    EagerEndOfTurnCancelFrame,
    EndFrame,
    InterruptionFrame,
    LLMFullResponseStartFrame,
    UserStartedSpeakingFrame,
    UserStoppedSpeakingFrame,
]


@given(st.lists(st.sampled_from(FRAMES) | st.booleans()))
def test_it_is_of_one_mind_with_the_gate_of_pipecat(events: list[type[Frame] | bool]) -> None:
    turn, gate = OpenTurn(), SpeculationGate()
    for event in events:
        if isinstance(event, bool):
            turn.begin_reply(is_speculation=event)
            gate.begin_speculation(event)
        else:
            frame = event()
            turn.note(frame)
            gate.process(frame, FrameDirection.DOWNSTREAM)
        assert turn.is_speculating == gate.is_speculating


@pytest.mark.parametrize("ending", [UserStoppedSpeakingFrame, InterruptionFrame])
def test_a_reply_is_held_back_until_the_turn_has_ended_or_is_another(ending: type[Frame]) -> None:
    turn = OpenTurn()
    turn.note(UserStartedSpeakingFrame())
    turn.begin_reply(is_speculation=True)
    turn.note(LLMTextFrame("Well"))
    assert turn.is_speculating
    turn.note(ending())
    assert not turn.is_speculating
