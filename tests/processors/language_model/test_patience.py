from __future__ import annotations

import pytest

from processors.language_model.patience import (
    REASONING_SECS,
    TAIL_SECS,
    Patience,
    TooMuchThoughtError,
)


def test_each_sign_of_life_moves_the_deadline() -> None:
    patience = Patience(now_secs=10.0, first_token_secs=4.0, stall_secs=3.0)
    assert patience.deadline_secs == 14.0
    patience.note_thought(13.0)
    assert patience.deadline_secs == 17.0
    patience.note_words(15.0)
    assert patience.deadline_secs == 18.0


def test_thought_is_waited_for_within_reason() -> None:
    patience = Patience(now_secs=10.0, first_token_secs=4.0, stall_secs=3.0)
    patience.note_thought(10.0 + REASONING_SECS)
    with pytest.raises(TooMuchThoughtError):
        patience.note_thought(10.1 + REASONING_SECS)


def test_little_is_waited_for_after_the_end() -> None:
    patience = Patience(now_secs=10.0, first_token_secs=4.0, stall_secs=3.0)
    patience.note_words(11.0)
    patience.note_end(11.0)
    assert patience.deadline_secs == 11.0 + TAIL_SECS
