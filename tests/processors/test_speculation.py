from __future__ import annotations

from processors.speculation import MAX_PER_TURN, Speculation


def test_the_same_words_are_asked_once_whatever_their_punctuation() -> None:
    speculation = Speculation()
    assert speculation.may_begin("what time is it")
    speculation.begin("what time is it")
    assert not speculation.may_begin("What time is it?")
    assert speculation.answers("What time is it?")


def test_other_words_are_not_answered() -> None:
    speculation = Speculation()
    speculation.begin("what time is it")
    assert not speculation.answers("what time is it in Rome")
    assert speculation.may_begin("what time is it in Rome")


def test_no_words_are_not_asked() -> None:
    assert not Speculation().may_begin("")


def test_a_turn_has_a_limited_number_of_them() -> None:
    speculation = Speculation()
    for number in range(MAX_PER_TURN):
        assert speculation.may_begin(f"words {number}")
        speculation.begin(f"words {number}")
    assert not speculation.may_begin("more words")
    speculation.reset()
    assert speculation.may_begin("more words")


def test_ending_it_says_whether_there_was_one() -> None:
    speculation = Speculation()
    assert not speculation.end()
    speculation.begin("hello")
    assert speculation.end()
    assert speculation.text is None


def test_words_that_need_a_tool_are_not_asked_again() -> None:
    speculation = Speculation()
    speculation.begin("what time is it")
    speculation.refuse()
    assert speculation.text is None
    assert not speculation.may_begin("What time is it?")
    assert speculation.may_begin("something else")
