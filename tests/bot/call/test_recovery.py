"""How a bot goes on in a call whose bot was lost, at every moment of it."""

from __future__ import annotations

from typing import Any

import pytest

from bot.call.recovery import Recovery, recover
from bot.languages.en import LANGUAGE as ENGLISH
from bot.spent import Spent
from bot.store.kept_session import KeptSession, messages_of
from bot.store.session_rows import CallRow, TurnRow

_SENTENCES = ENGLISH.recovery


def said(place: int, who: str, text: str, *, is_finished: bool = True) -> TurnRow:
    return TurnRow(
        place=place,
        who=who,
        text=text,
        memory=text,
        is_finished=is_finished,
        began_ms=0,
        ended_ms=0,
    )


def called(place: int, name: str, state: str, *, result: str = "", told_place: int = 0) -> CallRow:
    return CallRow(
        place=place,
        call_id=f"call_{place}",
        name=name,
        state=state,
        result=result,
        told_place=told_place,
        began_ms=0,
    )


def kept(*rows: TurnRow | CallRow) -> KeptSession:
    turns = [row for row in rows if isinstance(row, TurnRow)]
    calls = [row for row in rows if isinstance(row, CallRow)]
    return KeptSession(
        session_id="s",
        person="",
        language="en",
        state="live",
        end_reason=None,
        began_at=0.0,
        seen_at=0.0,
        takeovers=1,
        turns=turns,
        tool_calls=calls,
        question=None,
        timers=[],
        usage=Spent(),
        summary="",
        summary_until=0,
        messages=messages_of(turns, calls),
    )


def taken_over(session: KeptSession | None, *, takeover: int = 1) -> Recovery:
    return recover(
        session,
        takeover=takeover,
        sentences=_SENTENCES,
        only_reads=lambda name: name == "weather",
    )


_HELLO = said(1, "assistant", "Hi, I'm Parley.")
_QUESTION = said(2, "user", "How is the weather in Paris?")
_BOOKING = said(2, "user", "Book a table for two.")
_GO_ON = f"{_SENTENCES.back} {_SENTENCES.go_on}"
_UNSURE = f"{_SENTENCES.back} {_SENTENCES.unsure}"
_MOMENTS: dict[str, tuple[tuple[Any, ...], str | None, bool, list[str]]] = {
    # What was kept, what is said, whether an answer is due, and whose the messages are.
    "before anything was heard": ((), None, False, []),
    "in the greeting": (
        (said(1, "assistant", "Hi, I", is_finished=False),),
        None,
        False,
        [],
    ),
    "after the greeting": ((_HELLO,), _GO_ON, False, ["assistant"]),
    "while thinking": ((_HELLO, _QUESTION), _SENTENCES.back, True, ["assistant", "user"]),
    "while the caller spoke": (
        (_HELLO, said(2, "user", "How is the", is_finished=False)),
        _SENTENCES.back,
        True,
        ["assistant", "user"],
    ),
    "while speaking": (
        (_HELLO, _QUESTION, said(3, "assistant", "It is", is_finished=False)),
        _SENTENCES.back,
        True,
        ["assistant", "user", "assistant"],
    ),
    "while speaking, after a tool": (
        (
            _HELLO,
            _QUESTION,
            called(3, "weather", "done", result='"sunny"', told_place=4),
            said(5, "assistant", "It is", is_finished=False),
        ),
        _SENTENCES.back,
        True,
        ["assistant", "user", "assistant", "tool", "assistant"],
    ),
    "while it asked whether somebody is there": (
        (
            _HELLO,
            _QUESTION,
            said(3, "assistant", "It is sunny."),
            said(4, "assistant", "Are you", is_finished=False),
        ),
        _GO_ON,
        False,
        ["assistant", "user", "assistant", "assistant"],
    ),
    "after an answer": (
        (_HELLO, _QUESTION, said(3, "assistant", "It is sunny.")),
        _GO_ON,
        False,
        ["assistant", "user", "assistant"],
    ),
    "while it looked something up": (
        (_HELLO, _QUESTION, called(3, "weather", "running")),
        _SENTENCES.back,
        True,
        ["assistant", "user"],
    ),
    "when a tool had ended and nobody was told": (
        (_HELLO, _BOOKING, called(3, "book", "done", result='"booked"')),
        _SENTENCES.back,
        True,
        ["assistant", "user", "assistant", "tool"],
    ),
    "while it wrote": (
        (_HELLO, _BOOKING, called(3, "book", "running")),
        _UNSURE,
        False,
        ["assistant", "user", "assistant", "tool"],
    ),
    "while an unknown tool ran": (
        (_HELLO, _BOOKING, called(3, "gone", "running")),
        _UNSURE,
        False,
        ["assistant", "user", "assistant", "tool"],
    ),
    "with a question pending": (
        (_HELLO, _BOOKING, called(3, "book", "confirming")),
        _SENTENCES.back,
        True,
        ["assistant", "user"],
    ),
    "with a question heard and pending": (
        (
            _HELLO,
            _BOOKING,
            called(3, "book", "confirming"),
            said(4, "assistant", "Shall I book a table for two?"),
        ),
        _SENTENCES.back,
        True,
        ["assistant", "user"],
    ),
    "with a question asked twice": (
        (
            _HELLO,
            _BOOKING,
            called(3, "book", "confirming"),
            said(4, "assistant", "Shall I book a table for two?"),
            said(5, "user", "Pardon?"),
            said(6, "assistant", "Shall I book a table for two?"),
        ),
        _SENTENCES.back,
        True,
        ["assistant", "user", "assistant", "user"],
    ),
    "after it said that it looks": (
        (
            _HELLO,
            _QUESTION,
            said(3, "assistant", "Let me see."),
            called(4, "weather", "running"),
        ),
        _SENTENCES.back,
        True,
        ["assistant", "user"],
    ),
    "while it looked and talked of other things": (
        (
            _HELLO,
            _QUESTION,
            called(3, "weather", "running"),
            said(4, "user", "Meanwhile, hello."),
            said(5, "assistant", "Hello."),
        ),
        _SENTENCES.back,
        True,
        ["assistant", "user", "user", "assistant", "assistant", "tool"],
    ),
    "while it wrote, after it said so": (
        (
            _HELLO,
            _BOOKING,
            called(3, "book", "running"),
            said(4, "assistant", "I book it."),
        ),
        _UNSURE,
        False,
        ["assistant", "user", "assistant", "assistant", "tool"],
    ),
    "after a call that was given up": (
        (
            _HELLO,
            _BOOKING,
            called(3, "book", "cancelled", told_place=4),
            said(5, "assistant", "Good, I leave it."),
        ),
        _GO_ON,
        False,
        ["assistant", "user", "assistant", "tool", "assistant"],
    ),
    "in the middle of its question": (
        (
            _HELLO,
            _BOOKING,
            called(3, "book", "confirming"),
            said(4, "assistant", "Shall I", is_finished=False),
        ),
        _SENTENCES.back,
        True,
        ["assistant", "user"],
    ),
}


@pytest.mark.promise(
    "Lost bots", "The bot that takes over remembers the call and answers what is still due."
)
@pytest.mark.promise("Lost bots", "What a lost bot was doing is never done twice.")
@pytest.mark.parametrize("moment", _MOMENTS)
def test_what_a_bot_does_first_in_a_call_it_takes_over(moment: str) -> None:
    rows, sentence, is_answer_due, roles = _MOMENTS[moment]
    recovery = taken_over(kept(*rows))
    assert (recovery.sentence, recovery.is_answer_due) == (sentence, is_answer_due)
    assert [message["role"] for message in recovery.messages] == roles
    assert not recovery.is_end


@pytest.mark.promise(
    "Lost bots", "A reply that was cut is remembered as far as it was heard, and its rest is given."
)
@pytest.mark.parametrize(
    ("replies", "is_due", "is_cut"),
    [
        ([], True, False),
        ([("It is", False)], True, True),
        ([("It is", False), ("Sorry, I", False)], True, True),
        ([("It is", False), (_SENTENCES.back, True), ("It is sunny, and", False)], True, True),
        ([("It is", False), (_SENTENCES.back, True), ("It is sunny.", True)], False, False),
        ([(_SENTENCES.back, True)], True, False),
        ([("Sorry, I", False)], True, False),
        ([("It is sunny.", True), ("Are you", False)], False, False),
    ],
)
def test_rest_of_a_reply_is_given(
    replies: list[tuple[str, bool]], *, is_due: bool, is_cut: bool
) -> None:
    rows = [
        said(at, "assistant", text, is_finished=is_finished)
        for at, (text, is_finished) in enumerate(replies, 3)
    ]
    recovery = taken_over(kept(_HELLO, _QUESTION, *rows))
    words = [message["content"] for message in recovery.messages]
    assert words == [_HELLO.text, _QUESTION.text, *[text for text, _ in replies]]
    assert (recovery.is_answer_due, "give the rest" in recovery.instruction) == (is_due, is_cut)


@pytest.mark.promise(
    "Lost bots", "A call in which goodbye was said ends, whichever bot is there then."
)
@pytest.mark.parametrize(
    ("state", "is_end"), [("running", True), ("done", True), ("cancelled", False)]
)
@pytest.mark.parametrize("is_heard", [True, False])
def test_goodbye_that_was_said_is_the_end(state: str, *, is_end: bool, is_heard: bool) -> None:
    bye = said(2, "user", "Goodbye.")
    rows = (_HELLO, bye, called(3, "end_call", state, told_place=3 * (state == "cancelled")))
    heard = said(4, "assistant", "Good", is_finished=False)
    recovery = taken_over(kept(*rows, heard) if is_heard else kept(*rows))
    assert recovery.is_end is is_end
    assert (recovery.sentence is None) is is_end
    # Somebody interrupted it, and went on.
    assert not taken_over(kept(*rows, said(5, "user", "Wait, one more thing."))).is_end


def test_known_result_is_given_and_an_unknown_one_is_called_so() -> None:
    done = taken_over(kept(_BOOKING, called(3, "book", "done", result='"booked"')))
    assert done.messages[-1]["content"] == '"booked"'
    lost = taken_over(kept(_BOOKING, called(3, "book", "running")))
    assert "not known" in lost.messages[-1]["content"]


@pytest.mark.promise("Lost bots", "Without a memory the bot that takes over says so.")
def test_bot_that_knows_nothing_says_so() -> None:
    recovery = taken_over(None)
    assert recovery.sentence == f"{_SENTENCES.back} {_SENTENCES.forgotten}"
    assert not recovery.messages


@pytest.mark.promise(
    "Lost bots", "After three takeovers the next bot says goodbye, and the call has ended."
)
@pytest.mark.parametrize(("takeover", "is_end"), [(1, False), (3, False), (4, True), (5, True)])
def test_fourth_takeover_is_a_goodbye(takeover: int, is_end: bool) -> None:
    recovery = taken_over(kept(_HELLO, _QUESTION), takeover=takeover)
    assert recovery.is_end is is_end
    assert (recovery.sentence == _SENTENCES.goodbye) is is_end
