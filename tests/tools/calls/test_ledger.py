"""Single lives of calls; `test_ledger_model.py` has all of them at random."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from tests.tools.sample_tools import leave, look_up, put_down, send
from tools.calls.call import CallRequest
from tools.calls.commands import Ask, Command, Say, Settle, Start, Stop
from tools.calls.consent import Consent
from tools.calls.ledger import CallLedger
from tools.calls.questions import ANSWER_WITHIN_SECS
from tools.english import ENGLISH
from tools.errors import ToolError
from tools.result import Quiet
from tools.tool import Effect, Tool


class Life:
    """A ledger and the commands it gave."""

    def __init__(self, **options: Any) -> None:
        self.ledger = CallLedger(ENGLISH, **options)
        self.commands: list[Command] = []
        self._ids = 0

    def call(self, *tools: Tool, number: object = 1, turn: bool = True) -> list[str]:
        """Propose and commit the calls of one generation."""
        if turn:
            self.ledger.begin_turn()
        requests: list[CallRequest] = []
        for tool in tools:
            self._ids += 1
            arguments = {} if tool is leave else {"number": number}
            requests.append(CallRequest(f"call-{self._ids}", tool, arguments))
        self.ledger.propose(requests)
        for request in requests:
            self.commands += self.ledger.commit(request.call_id, 0.0)
        return [request.call_id for request in requests]

    def finish(self, call_id: str, value: object = 1) -> None:
        self.commands += self.ledger.finish(call_id, value)

    def fail(self, call_id: str, error: ToolError | None) -> None:
        self.commands += self.ledger.fail(call_id, error)

    def hear(self, text: str, *, was_heard: bool = True) -> Consent | None:
        answer, commands = self.ledger.hear(text, now_secs=1.0, was_question_heard=was_heard)
        self.commands += commands
        return answer

    def tick(self, now_secs: float, *, quiet_secs: float = 1.0) -> None:
        self.commands += self.ledger.tick(now_secs, quiet_secs=quiet_secs)

    def of(self, kind: type[Any]) -> list[Any]:
        return [command for command in self.commands if isinstance(command, kind)]

    def settled(self, call_id: str) -> Settle:
        (found,) = [settle for settle in self.of(Settle) if settle.call.call_id == call_id]
        return found

    def status(self, call_id: str) -> object:
        return self.settled(call_id).result["status"]


def test_a_proposed_call_waits_for_the_commit() -> None:
    ledger = CallLedger(ENGLISH)
    ledger.propose([CallRequest("a", look_up, {"number": 1})])
    assert ledger.tick(1000.0, quiet_secs=9.0) == []
    assert [type(command) for command in ledger.commit("a", 0.0)][0] is Start


def test_a_call_dropped_before_its_commit_never_runs() -> None:
    ledger = CallLedger(ENGLISH)
    ledger.propose([CallRequest("a", put_down, {"number": 1})])
    dropped = ledger.interrupt()
    assert isinstance(dropped[0], Settle)
    assert not dropped[0].should_reply
    assert ledger.commit("a", 0.0) == []


def test_the_last_of_a_generation_asks_for_one_reply() -> None:
    life = Life()
    first, second = life.call(look_up, put_down)
    life.finish(second)
    life.fail(first, ToolError("closed", "Closed."))
    assert not life.settled(second).should_reply
    assert life.settled(first).should_reply


def test_a_quiet_result_asks_for_no_reply_but_hides_no_other() -> None:
    life = Life()
    (alone,) = life.call(leave)
    life.finish(alone, Quiet({"ended": True}))
    assert not life.settled(alone).should_reply
    other, quiet = life.call(look_up, leave)
    life.finish(other)
    life.finish(quiet, Quiet({"ended": True}))
    assert life.settled(quiet).should_reply


@pytest.mark.promise(
    "Tools", "A caller who speaks up is answered once, not also to what was dropped."
)
def test_what_was_dropped_asks_for_no_reply_of_its_own() -> None:
    life = Life()
    done, dropped = life.call(look_up, look_up)
    life.finish(done)
    life.commands += life.ledger.interrupt()
    assert life.status(dropped) == "dropped"
    assert not any(settle.should_reply for settle in life.of(Settle))


def test_an_interruption_stops_reads_and_hang_ups_and_lets_writes_go_on() -> None:
    life = Life()
    read, write, hang_up = life.call(look_up, put_down, leave)
    life.commands += life.ledger.interrupt()
    assert {command.call.call_id for command in life.of(Stop)} == {read, hang_up}
    assert life.status(read) == life.status(hang_up) == "dropped"
    life.finish(write)
    assert life.settled(write).should_reply


@pytest.mark.promise(
    "Tools", "A write happens once in a turn, and again if it is asked for in the next."
)
def test_a_write_of_one_turn_happens_once_and_again_in_the_next() -> None:
    life = Life()
    (first,) = life.call(put_down)
    (while_running,) = life.call(put_down)
    assert life.status(while_running) == "already_running"
    life.finish(first)
    (again,) = life.call(put_down)
    assert len(life.of(Start)) == 2
    life.finish(again)
    (repeated,) = life.call(put_down, turn=False)
    assert life.status(repeated) == "already_done"


@pytest.mark.promise(
    "Tools", "What broke half-way is not tried again; what changed nothing may be."
)
def test_what_changed_nothing_may_be_tried_again_and_what_broke_may_not() -> None:
    life = Life()
    for error, status in ((ToolError("taken", "Taken."), None), (None, "outcome_unknown")):
        (asked,) = life.call(send)
        assert life.hear("Yes.") is Consent.YES
        life.fail(asked, error)
        assert "may or may not" in str(life.settled(asked).result) if error is None else True
        if status:
            (again,) = life.call(send)
            assert life.status(again) == status
    assert len(life.of(Start)) == 2


def test_a_harmful_tool_error_is_not_tried_again() -> None:
    life = Life()
    (asked,) = life.call(send)
    life.hear("Yes.")
    life.fail(asked, ToolError("half", "Half of it.", is_harmless=False))
    assert life.settled(asked).result == {"status": "half", "note": "Half of it."}
    (again,) = life.call(send)
    assert life.status(again) == "outcome_unknown"


@pytest.mark.promise(
    "Tools", "What broke half-way is not tried again; what changed nothing may be."
)
def test_an_irreversible_call_that_took_too_long_is_not_tried_again() -> None:
    life = Life()
    (asked,) = life.call(send)
    life.hear("Yes.")
    life.tick(1.0 + send.timeout_secs)
    assert life.status(asked) == "timed_out"
    (again,) = life.call(send)
    assert life.status(again) == "outcome_unknown"


def test_questions_are_asked_one_after_the_other() -> None:
    life = Life()
    life.ledger.begin_turn()
    requests = [CallRequest(f"q{number}", send, {"number": number}) for number in (1, 2)]
    life.ledger.propose(requests)
    for request in requests:
        life.commands += life.ledger.commit(request.call_id, 0.0)
    assert [ask.question for ask in life.of(Ask)] == ["Shall I send number 1?"]
    life.hear("No.")
    life.tick(1.0, quiet_secs=0.1)
    assert len(life.of(Ask)) == 1
    life.tick(2.0)
    assert life.of(Ask)[1].question == "Shall I send number 2?"


def test_a_yes_to_a_question_that_was_not_heard_does_not_count() -> None:
    life = Life()
    life.call(send)
    assert life.hear("Yes.", was_heard=False) is Consent.UNCLEAR
    assert life.of(Start) == []
    life.tick(2.0)
    assert len(life.of(Ask)) == 2
    assert life.hear("Yes.") is Consent.YES
    assert len(life.of(Start)) == 1


def test_a_caller_who_stays_unclear_is_asked_twice() -> None:
    life = Life()
    (asked,) = life.call(send)
    assert life.hear("What?") is Consent.UNCLEAR
    life.tick(2.0)
    life.hear("How come?")
    assert life.status(asked) == "not_confirmed"
    assert len(life.of(Ask)) == 2


@pytest.mark.promise("Tools", "Of several questions each has its own time and its own chances.")
def test_each_question_has_its_own_chances_and_its_own_time() -> None:
    life = Life()
    life.ledger.begin_turn()
    requests = [CallRequest(f"q{number}", send, {"number": number}) for number in (1, 2)]
    life.ledger.propose(requests)
    for request in requests:
        life.commands += life.ledger.commit(request.call_id, 0.0)
    assert life.hear("What?") is Consent.UNCLEAR
    life.tick(5.0)
    life.hear("No.")
    # Nobody has asked the second one by then, so nobody has failed to answer it.
    life.tick(ANSWER_WITHIN_SECS + 10.0, quiet_secs=0.0)
    assert "q2" not in {settle.call.call_id for settle in life.of(Settle)}
    life.tick(ANSWER_WITHIN_SECS + 11.0)
    assert life.hear("What?") is Consent.UNCLEAR
    life.tick(ANSWER_WITHIN_SECS + 12.0)
    assert [ask.call.call_id for ask in life.of(Ask)] == ["q1", "q1", "q2", "q2"]
    assert life.hear("Yes.") is Consent.YES
    assert [start.call.call_id for start in life.of(Start)] == ["q2"]


def test_a_question_nobody_answers_ends_in_words() -> None:
    life = Life()
    (asked,) = life.call(send)
    life.tick(ANSWER_WITHIN_SECS - 1.0)
    assert life.of(Settle) == []
    life.tick(ANSWER_WITHIN_SECS)
    assert life.status(asked) == "not_confirmed"
    assert life.settled(asked).should_reply


def test_a_newer_request_takes_the_place_of_a_question() -> None:
    life = Life()
    (old,) = life.call(send, number=1)
    life.call(send, number=2)
    assert life.status(old) == "superseded"
    assert not life.settled(old).should_reply
    assert [ask.question[-2:] for ask in life.of(Ask)] == ["1?", "2?"]


def test_the_same_request_does_not_ask_twice_in_one_breath() -> None:
    life = Life()
    _, second = life.call(send, send)
    assert life.status(second) == "already_asked"
    life.tick(2.0)
    assert len(life.of(Ask)) == 1
    (third,) = life.call(send)
    assert not life.settled(third).should_reply
    life.tick(3.0)
    assert len(life.of(Ask)) == 2


def test_an_effect_thought_of_after_reading_a_result_needs_a_yes() -> None:
    life = Life()
    (read,) = life.call(look_up)
    life.finish(read)
    life.call(put_down, turn=False)
    life.call(look_up, turn=False, number=2)
    assert [start.call.tool.name for start in life.of(Start)] == ["look_up", "look_up"]
    assert life.of(Ask)[0].question == "Shall I really do this: put down, number 1?"


@pytest.mark.promise(
    "Tools", "A question that is too long to be understood aloud is not asked, and nothing is done."
)
@pytest.mark.parametrize("confirm", [None, "Shall I put down {number}?"])
@pytest.mark.parametrize("number", ["9" * 5000, "one pound of apples, " * 9 + "for 9950"])
def test_a_question_that_is_too_long_is_not_asked(number: str, confirm: str | None) -> None:
    asked = replace(put_down, confirm=confirm, effect=Effect.IRREVERSIBLE, validate=dict)
    life = Life()
    (call_id,) = life.call(asked, number=number)
    assert life.of(Ask) == life.of(Start) == []
    assert life.settled(call_id).result["status"] == "too_long"
    assert "shorter" in str(life.settled(call_id).result["note"])
    life.call(asked, number="9950", turn=False)
    assert "9950" in life.of(Ask)[0].question


def test_with_outside_text_every_effect_needs_a_yes() -> None:
    life = Life()
    life.ledger.has_outside_text = True
    (call_id,) = life.call(leave)
    life.commands += life.ledger.answer(call_id, False, 1.0)
    life.call(put_down)
    assert life.of(Start) == []
    assert len(life.of(Ask)) == 2


def test_wrong_arguments_are_corrected_twice_then_told_to_the_caller() -> None:
    life = Life()
    ids = [life.call(look_up, number="x", turn=step == 0)[0] for step in range(3)]
    assert [life.settled(call_id).should_reply for call_id in ids] == [True, True, False]
    assert len(life.of(Say)) == 1
    assert "number" in str(life.settled(ids[0]).result["note"])


def test_too_many_steps_end_in_words() -> None:
    life = Life(max_steps=2)
    ids = [life.call(look_up, number=step, turn=step == 0)[0] for step in range(4)]
    assert len(life.of(Start)) == 2
    assert [life.status(call_id) for call_id in ids[2:]] == ["too_many_steps"] * 2
    assert life.settled(ids[2]).should_reply
    assert not life.settled(ids[3]).should_reply
    assert len(life.of(Say)) == 1


@pytest.mark.parametrize("late", ["finish", "fail"])
def test_a_late_outcome_changes_nothing(late: str) -> None:
    life = Life()
    (call_id,) = life.call(look_up)
    life.tick(look_up.timeout_secs)
    assert life.status(call_id) == "timed_out"
    if late == "finish":
        life.finish(call_id)
    else:
        life.fail(call_id, None)
    assert life.status(call_id) == "timed_out"


def test_closing_ends_everything() -> None:
    life = Life()
    read, question = life.call(look_up, send)
    life.commands += life.ledger.close()
    assert life.status(read) == life.status(question) == "session_ended"
    assert life.ledger.open_calls == []
