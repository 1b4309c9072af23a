from __future__ import annotations

from tools.calls.floor import Floor


def test_as_long_as_nothing_is_told_nobody_may_speak() -> None:
    floor = Floor()
    assert not floor.is_told
    assert floor.silence_secs(100.0) == floor.quiet_secs(100.0) == 0.0


def test_silence_counts_from_the_last_word_of_anybody() -> None:
    floor = Floor()
    floor.bot_began(1.0)
    assert floor.silence_secs(2.0) == 0.0
    floor.bot_ended(3.0)
    assert floor.silence_secs(3.5) == 0.5
    floor.caller_began(4.0)
    assert floor.silence_secs(9.0) == 0.0


def test_after_the_callers_turn_the_floor_is_kept_for_the_reply() -> None:
    floor = Floor()
    floor.caller_began(0.0)
    floor.caller_ended(1.0)
    assert not floor.is_free(1.2)
    floor.model_began(1.2)
    assert not floor.is_free(9.0)
    floor.model_ended(9.0)
    assert floor.is_free(9.0)
    assert floor.silence_secs(9.0) == 8.0
    assert floor.quiet_secs(9.5) == 0.5


def test_a_reply_that_never_begins_frees_the_floor() -> None:
    floor = Floor()
    floor.caller_began(0.0)
    floor.caller_ended(1.0)
    assert not floor.is_free(2.4)
    assert floor.is_free(2.6)


def test_words_on_their_way_keep_the_floor_until_they_are_heard_or_lost() -> None:
    floor = Floor()
    floor.bot_ended(0.0)
    floor.words_given(1.0)
    assert not floor.is_free(3.9)
    assert floor.is_free(4.1)
    floor.words_given(5.0)
    floor.bot_began(5.5)
    floor.bot_ended(6.0)
    assert floor.is_free(6.0)


def test_words_given_while_the_bot_speaks_are_heard_before_it_ends() -> None:
    floor = Floor()
    floor.bot_began(0.0)
    floor.words_given(0.5)
    floor.bot_ended(1.0)
    assert floor.is_free(1.0)
