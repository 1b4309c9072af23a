"""Random lives of calls: whatever happens in whatever order, the promises of the ledger hold."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import cast

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule
from typing_extensions import override

from tests.tools.sample_tools import leave, look_up, put_down, send
from tools.calls.call import Call, CallRequest, CallState
from tools.calls.commands import Ask, Command, Settle, Start, Stop
from tools.calls.ledger import CallLedger
from tools.calls.questions import ANSWER_WITHIN_SECS
from tools.english import ENGLISH
from tools.errors import ToolError
from tools.tool import Effect, Tool

_TOOLS = st.sampled_from([look_up, put_down, send, leave])
_NUMBERS = st.sampled_from([1, 2, "one", None])
_ANSWERS = st.sampled_from(["Yes.", "No.", "Hm, what?", "yes but number five"])
_OUTCOMES = st.sampled_from([{}, False, {"number": 1}, "x" * 9000, ToolError("no", "No."), None])


class LedgerMachine(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.ledger = CallLedger(ENGLISH)
        self.now_secs = 0.0
        self.proposed: list[str] = []
        self.committed: set[str] = set()
        self.started: dict[str, Call] = {}
        self.stopped: set[str] = set()
        self.settled: Counter[str] = Counter()
        self.replies: Counter[int] = Counter()
        self.effects: Counter[str] = Counter()
        self.asked: set[str] = set()
        self.allowed: set[str] = set()
        self.context: list[dict[str, object]] = []

    # What may happen.

    @rule()
    def the_caller_begins_a_turn(self) -> None:
        self.ledger.begin_turn()

    @rule(wishes=st.lists(st.tuples(_TOOLS, _NUMBERS), min_size=1, max_size=3))
    def the_model_proposes(self, wishes: list[tuple[Tool, object]]) -> None:
        requests = [
            CallRequest(
                f"call-{len(self.proposed) + index}",
                tool,
                {} if tool is leave else {"number": number},
            )
            for index, (tool, number) in enumerate(wishes)
        ]
        self.ledger.propose(requests)
        self.proposed += [request.call_id for request in requests]

    @rule(data=st.data())
    def the_turn_is_committed(self, data: st.DataObject) -> None:
        waiting = [call_id for call_id in self.proposed if call_id not in self.committed]
        if waiting:
            self._commit(data.draw(st.sampled_from(waiting)))

    @rule(number=st.sampled_from([1, 2]))
    def the_caller_agrees_to_an_irreversible_call(self, number: int) -> None:
        """The straight way, which the other rules seldom find; repeats must not pass it."""
        self.the_caller_begins_a_turn()
        call_id = f"call-{len(self.proposed)}"
        self.ledger.propose([CallRequest(call_id, send, {"number": number})])
        self.proposed.append(call_id)
        self._commit(call_id)
        self.the_caller_says("Yes.", True)

    @rule(data=st.data())
    def a_call_is_committed_again(self, data: st.DataObject) -> None:
        if self.committed:
            call_id = data.draw(st.sampled_from(sorted(self.committed)))
            self._obey(self.ledger.commit(call_id, self.now_secs))

    @rule()
    def the_caller_interrupts(self) -> None:
        self._obey(self.ledger.interrupt())

    @rule(
        text=st.sampled_from(["Yes.", "No.", "Hm, what?", "yes but number five"]),
        heard=st.booleans(),
    )
    def the_caller_says(self, text: str, heard: bool) -> None:
        call = self.ledger.asked_call
        if call is not None and text == "Yes." and heard and call.state is CallState.CONFIRMING:
            self.allowed.add(call.call_id)
        _, commands = self.ledger.hear(text, now_secs=self.now_secs, was_question_heard=heard)
        self._obey(commands)

    @rule(data=st.data(), is_yes=st.booleans())
    def the_page_answers(self, data: st.DataObject, is_yes: bool) -> None:
        if self.proposed:
            call_id = data.draw(st.sampled_from(self.proposed))
            asked = self.ledger.asked_call
            is_asked = asked is not None and asked.state is CallState.CONFIRMING
            if is_yes and is_asked and asked is not None and asked.call_id == call_id:
                self.allowed.add(call_id)
            self._obey(self.ledger.answer(call_id, is_yes, self.now_secs))

    @rule(data=st.data(), outcome=_OUTCOMES)
    def a_function_ends_perhaps_late(self, data: st.DataObject, outcome: object) -> None:
        if self.started:
            call = data.draw(st.sampled_from(list(self.started.values())))
            was_running = call.state is CallState.RUNNING
            if isinstance(outcome, ToolError):
                if was_running:
                    self.effects[call.key] -= 1
                self._obey(self.ledger.fail(call.call_id, outcome))
            elif outcome is None:
                self._obey(self.ledger.fail(call.call_id, None))
            else:
                self._obey(self.ledger.finish(call.call_id, outcome))

    @rule(secs=st.sampled_from([0.1, 1.0, 6.5, 31.0]), quiet_secs=st.sampled_from([0.0, 1.0]))
    def time_passes(self, secs: float, quiet_secs: float) -> None:
        self.now_secs += secs
        self._obey(self.ledger.tick(self.now_secs, quiet_secs=quiet_secs))

    # What must hold.

    @invariant()
    def nothing_runs_before_it_is_committed(self) -> None:
        assert set(self.started) <= self.committed

    @invariant()
    def no_call_is_settled_twice(self) -> None:
        assert all(count == 1 for count in self.settled.values())

    @invariant()
    def an_irreversible_effect_happens_at_most_once(self) -> None:
        assert all(count <= 1 for count in self.effects.values())

    @invariant()
    def an_irreversible_call_runs_only_after_a_yes_to_its_question(self) -> None:
        for call in self.started.values():
            if call.tool.effect is Effect.IRREVERSIBLE:
                assert call.call_id in self.asked & self.allowed

    @invariant()
    def one_generation_gets_at_most_one_reply(self) -> None:
        assert all(count <= 1 for count in self.replies.values())

    @invariant()
    def the_context_is_what_the_model_api_accepts(self) -> None:
        assert_well_formed(self.context)

    @override
    def teardown(self) -> None:
        for call_id in self.proposed:
            self._commit(call_id)
        # Nobody answers and nothing returns: time alone must end every call.
        for _ in range(3 * len(self.proposed) + 3):
            self.now_secs += ANSWER_WITHIN_SECS
            self._obey(self.ledger.tick(self.now_secs, quiet_secs=1.0))
        assert self.ledger.open_calls == []
        assert set(self.settled) == set(self.proposed)
        assert "IN_PROGRESS" not in str(self.context)
        for check in (
            self.no_call_is_settled_twice,
            self.an_irreversible_effect_happens_at_most_once,
            self.the_context_is_what_the_model_api_accepts,
        ):
            check()

    # How the runtime would carry it out.

    def _commit(self, call_id: str) -> None:
        if call_id in self.committed:
            return
        self.committed.add(call_id)
        self.context.append({"role": "assistant", "tool_calls": [{"id": call_id}]})
        self.context.append({"role": "tool", "tool_call_id": call_id, "content": "IN_PROGRESS"})
        commands = self.ledger.commit(call_id, self.now_secs)
        self._obey(commands)
        self._write_result(call_id)

    def _write_result(self, call_id: str) -> None:
        for message in self.context:
            if message.get("tool_call_id") == call_id and self.settled[call_id]:
                message["content"] = "settled"

    def _obey(self, commands: Sequence[Command]) -> None:
        for command in commands:
            if isinstance(command, Start):
                call = command.call
                assert call.call_id not in self.started
                assert not self.settled[call.call_id]
                self.started[call.call_id] = call
                if call.tool.effect is Effect.IRREVERSIBLE:
                    self.effects[call.key] += 1
            elif isinstance(command, Stop):
                assert command.call.call_id in self.started
                self.stopped.add(command.call.call_id)
            elif isinstance(command, Settle):
                assert command.result
                self.settled[command.call.call_id] += 1
                self.replies[command.call.batch] += command.should_reply
                self._write_result(command.call.call_id)
            elif isinstance(command, Ask):
                self.asked.add(command.call.call_id)


def assert_well_formed(context: Sequence[dict[str, object]]) -> None:
    """Each tool call is answered by exactly one tool message before anybody else speaks."""
    unanswered: list[object] = []
    for message in context:
        if message["role"] == "tool":
            assert message["tool_call_id"] in unanswered
            unanswered.remove(message["tool_call_id"])
        else:
            assert unanswered == []
            calls = cast("list[dict[str, object]]", message.get("tool_calls", []))
            unanswered = [call["id"] for call in calls]
    assert unanswered == []


LedgerMachine.TestCase.settings = settings(
    max_examples=120,
    stateful_step_count=50,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)
test_the_promises_hold_in_every_order = LedgerMachine.TestCase
