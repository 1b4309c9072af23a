from __future__ import annotations

from processors.floor import Floor
from tools.calls.floor import UntoldFloor
from tools.calls.free_floor import FreeFloor


class Talk:
    """A floor on which things happen at the times the test says."""

    def __init__(self) -> None:
        self._now_secs = 0.0
        self._floor = Floor(clock_secs=lambda: self._now_secs)
        self.free = FreeFloor(self._floor)

    def at(self, now_secs: float) -> Floor:
        self._now_secs = now_secs
        return self._floor


def test_as_long_as_nothing_is_told_nobody_may_speak() -> None:
    for free in (FreeFloor(Floor()), FreeFloor(UntoldFloor())):
        assert not free.is_told
        assert not free.is_free(100.0)
        assert free.silence_secs(100.0) == free.quiet_secs(100.0) == 0.0


def test_silence_counts_from_the_last_word_of_anybody() -> None:
    talk = Talk()
    talk.at(1.0).bot_began()
    assert talk.free.silence_secs(2.0) == 0.0
    talk.at(3.0).bot_ended()
    assert talk.free.silence_secs(3.5) == 0.5
    talk.at(4.0).caller_began()
    assert talk.free.silence_secs(9.0) == 0.0


def test_after_the_callers_turn_the_floor_is_kept_for_the_reply() -> None:
    talk = Talk()
    talk.at(0.0).caller_began()
    talk.at(1.0).caller_ended()
    assert not talk.free.is_free(1.2)
    talk.free.model_began(1.2)
    assert not talk.free.is_free(9.0)
    talk.free.model_ended(9.0)
    assert talk.free.is_free(9.0)
    assert talk.free.silence_secs(9.0) == 8.0
    assert talk.free.quiet_secs(9.5) == 0.5


def test_it_is_not_quiet_when_the_model_was_just_asked_to_go_on() -> None:
    talk = Talk()
    talk.at(0.0).bot_ended()
    talk.free.reply_asked(60.0)
    assert round(talk.free.quiet_secs(60.1), 3) == 0.1


def test_a_reply_that_never_begins_frees_the_floor() -> None:
    talk = Talk()
    talk.at(0.0).caller_began()
    talk.at(1.0).caller_ended()
    assert not talk.free.is_free(2.4)
    assert talk.free.is_free(2.6)
    assert round(talk.free.quiet_secs(2.6), 3) == 0.1


def test_words_on_their_way_keep_the_floor_until_they_are_heard_or_lost() -> None:
    talk = Talk()
    talk.at(0.0).bot_ended()
    talk.free.words_given(1.0)
    assert not talk.free.is_free(3.9)
    assert talk.free.is_free(4.1)
    talk.free.words_given(5.0)
    talk.at(5.5).bot_began()
    talk.at(6.0).bot_ended()
    assert talk.free.is_free(6.0)


def test_words_given_while_the_bot_speaks_are_heard_before_it_ends() -> None:
    talk = Talk()
    talk.at(0.0).bot_began()
    talk.free.words_given(0.5)
    talk.at(1.0).bot_ended()
    assert talk.free.is_free(1.0)
