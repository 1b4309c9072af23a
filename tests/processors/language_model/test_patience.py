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


@pytest.mark.parametrize("sign", ["note_thought", "note_call"])
@pytest.mark.parametrize("has_spoken", [False, True])
def test_what_nobody_hears_is_waited_for_within_reason(sign: str, *, has_spoken: bool) -> None:
    patience = Patience(now_secs=10.0, first_token_secs=4.0, stall_secs=3.0)
    since_secs = 10.0
    if has_spoken:
        since_secs = 60.0
        patience.note_words(since_secs)
    getattr(patience, sign)(since_secs + REASONING_SECS)
    with pytest.raises(TooMuchThoughtError):
        getattr(patience, sign)(since_secs + REASONING_SECS + 0.1)


def test_little_is_waited_for_after_the_end() -> None:
    patience = Patience(now_secs=10.0, first_token_secs=4.0, stall_secs=3.0)
    patience.note_words(11.0)
    patience.note_end(11.0)
    assert patience.deadline_secs == 11.0 + TAIL_SECS
