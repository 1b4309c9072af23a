"""Whole turns through Pipecat's real language model service against a scripted model."""

from __future__ import annotations

import asyncio

import pytest

from tests.log_lines import log_lines
from tests.tools.runtime.talk import calls, id_of, open_talk, words
from tests.tools.sample_tools import leave, look_up, put_down, send
from tools.calls.commands import CallEnded, CallStarted
from tools.errors import ToolError
from tools.tool import Tool, tool

SAMPLES = [look_up, put_down, send, leave]


class Gate:
    """Tools that wait until the test lets them go on, and count what they did."""

    def __init__(self) -> None:
        self.opened = asyncio.Event()
        self.effects: list[str] = []
        self.stopped: list[str] = []

    def slow(self, effect: str, *, timeout_secs: float = 5.0) -> Tool:
        """Make a tool named after its effect."""

        async def wait() -> object:
            """Wait."""
            try:
                await self.opened.wait()
            except asyncio.CancelledError:
                self.stopped.append(effect)
                raise
            self.effects.append(effect)
            return {"waited": effect}

        wait.__name__ = f"slow_{effect}"
        return tool(effect=effect, timeout_secs=timeout_secs, confirm="Shall I wait?")(wait)


def raising(error: BaseException) -> Tool:
    @tool()
    async def broken() -> object:
        """Break."""
        raise error

    return broken


def returning(value: object) -> Tool:
    @tool()
    async def fetch() -> object:
        """Fetch."""
        return value

    return fetch


async def test_a_lookup_is_answered_in_words() -> None:
    async with open_talk(SAMPLES) as talk:
        reply = calls(("look_up", {"number": 3}))
        talk.model_says(reply, words("It is three."))
        await talk.caller_says("Look it up.")
        await talk.until_spoken("It is three.")
        assert talk.result_of(id_of(reply))["data"] == {"number": 3}
        assert [type(event) for event in talk.events] == [CallStarted, CallEnded]


@pytest.mark.promise(
    "Tools", "Several calls at once get one spoken answer, in which a failed one hides no other."
)
async def test_two_calls_at_once_get_one_answer_and_a_failure_hides_nothing() -> None:
    async with open_talk([look_up, raising(ToolError("closed", "The shop is closed."))]) as talk:
        reply = calls(("look_up", {"number": 3}), ("broken", {}))
        talk.model_says(reply, words("Three, and it is closed."))
        await talk.caller_says("Both, please.")
        await talk.until_spoken("Three, and it is closed.")
        assert talk.result_of(id_of(reply, 0))["status"] == "ok"
        assert talk.result_of(id_of(reply, 1)) == {
            "status": "closed",
            "note": "The shop is closed.",
        }
        assert len(talk.fake.requests) == 2


async def test_every_kind_of_result_is_answered() -> None:
    odd = (object(), float("nan"), "caf\udce9", 10**9999)
    for value in ({}, None, False, 0, "", [], "x" * 100_000, {1, 2}, *odd):
        async with open_talk([returning(value)]) as talk:
            reply = calls(("fetch", {}))
            talk.model_says(reply, words("Here you are."))
            await talk.caller_says("Fetch it.")
            await talk.until_spoken("Here you are.")
            assert talk.result_of(id_of(reply))["status"] == "ok"
            assert len(str(talk.messages)) < 6000


@pytest.mark.promise(
    "Tools", "What a tool raises is told as a failure; its text reaches neither model nor log."
)
@pytest.mark.parametrize(
    "kind", [RuntimeError, asyncio.CancelledError, SystemExit, KeyboardInterrupt, TimeoutError]
)
async def test_whatever_a_tool_raises_is_told_without_its_text(kind: type[BaseException]) -> None:
    with log_lines("", line="{message} {exception}") as logged:
        async with open_talk([raising(kind("password=hunter2"))]) as talk:
            reply = calls(("broken", {}))
            talk.model_says(reply, words("That did not work."))
            await talk.caller_says("Try.")
            await talk.until_spoken("That did not work.")
            assert talk.result_of(id_of(reply))["status"] == "failed"
            assert "hunter2" not in str(talk.messages) + str(talk.fake.requests)
    assert any("CallEnded" in line for line in logged)
    assert "hunter2" not in "".join(logged)


@pytest.mark.promise(
    "Tools", "What was given up or dropped by an interruption does not go on in secret."
)
async def test_a_hanging_tool_is_given_up_and_told() -> None:
    gate = Gate()
    async with open_talk([gate.slow("read", timeout_secs=0.2)]) as talk:
        reply = calls(("slow_read", {}))
        talk.model_says(reply, words("It took too long."))
        await talk.caller_says("Wait.")
        await talk.until_spoken("It took too long.")
        assert talk.result_of(id_of(reply))["status"] == "timed_out"
        assert gate.stopped == ["read"]


@pytest.mark.promise(
    "Tools", "What was given up or dropped by an interruption does not go on in secret."
)
async def test_an_interrupted_lookup_is_dropped_and_the_context_is_clean() -> None:
    gate = Gate()
    async with open_talk([gate.slow("read")]) as talk:
        # The words are still spoken while the call runs: Pipecat's issue 5779.
        talk.speech_secs = 0.3
        reply = calls(("slow_read", {}), text="Let me see. ")
        talk.model_says(reply, words("Hello again."))
        await talk.caller_says("Look it up.")
        await talk.until_spoken("Let me see.")
        await talk.caller_says("Never mind, hello.")
        await talk.until_spoken("Hello again.")
        assert talk.result_of(id_of(reply))["status"] == "dropped"
        assert "IN_PROGRESS" not in str(talk.messages)
        assert "running" not in str(talk.messages)
        assert gate.stopped == ["read"]


@pytest.mark.promise(
    "Tools", "A write that the caller speaks over goes on, and is told when there is room."
)
async def test_an_interrupted_write_goes_on_and_reports_later() -> None:
    gate = Gate()
    async with open_talk([gate.slow("write")]) as talk:
        reply = calls(("slow_write", {}))
        talk.model_says(reply, words("Nice weather."), words("By the way, it is written."))
        await talk.caller_says("Write it.")
        await talk.until(lambda: talk.events)
        await talk.caller_says("How is the weather?")
        await talk.until_spoken("Nice weather.")
        gate.opened.set()
        await talk.until_spoken("By the way, it is written.")
        assert gate.effects == ["write"]
        # The words after it may not be in the context yet.
        told = [one for one in talk.messages if one.get("content") != "By the way, it is written."]
        assert told[-1]["tool_call_id"] == id_of(reply)
        assert "running" not in str(talk.messages)


@pytest.mark.promise("Tools", "A call of a thought that is dropped does not run.")
async def test_a_call_of_a_speculation_does_not_run() -> None:
    async with open_talk(SAMPLES) as talk:
        talk.model_says(calls(("put_down", {"number": 1})))
        await talk.caller_says("Put down", is_speculation=True)
        await talk.until(lambda: len(talk.fake.requests) == 1)
        await asyncio.sleep(0.1)
        assert talk.events == []
        # The turn went on, and what it asks for in the end is what is done.
        talk.model_says(calls(("put_down", {"number": 2})), words("Done."))
        await talk.caller_says("Put down number two.")
        await talk.until_spoken("Done.")
        started = [event for event in talk.events if isinstance(event, CallStarted)]
        assert [event.arguments for event in started] == [{"number": 2}]


async def test_an_irreversible_call_runs_after_a_spoken_yes() -> None:
    async with open_talk(SAMPLES) as talk:
        reply = calls(("send", {"number": 7}))
        talk.model_says(reply, words("It is sent."))
        await talk.caller_says("Send number seven.")
        await talk.until_spoken("Shall I send number 7?")
        await talk.until(lambda: talk.runtime.announcer.is_floor_free)
        await asyncio.sleep(0.35)
        assert not any(isinstance(event, CallStarted) for event in talk.events)
        await talk.caller_says("Yes, please.")
        await talk.until_spoken("It is sent.")
        # The yes itself was no turn of the model: one request for the call, one for its result.
        assert len(talk.fake.requests) == 2
        await talk.until(lambda: talk.messages[-1].get("content") == "It is sent.")
        last = [message["role"] for message in talk.messages][-5:]
        assert last == ["assistant", "user", "assistant", "tool", "assistant"]


async def test_a_no_is_told_and_nothing_runs() -> None:
    async with open_talk(SAMPLES) as talk:
        reply = calls(("send", {"number": 7}))
        talk.model_says(reply, words("All right, I will not."))
        await talk.caller_says("Send number seven.")
        await talk.until_spoken("Shall I send number 7?")
        await asyncio.sleep(0.35)
        await talk.caller_says("No, don't.")
        await talk.until_spoken("All right, I will not.")
        assert talk.result_of(id_of(reply))["status"] == "declined"
        assert not any(isinstance(event, CallStarted) for event in talk.events)


@pytest.mark.promise(
    "Tools",
    "An irreversible request happens once in a call, however often it is asked for or allowed.",
)
async def test_the_same_irreversible_request_is_done_once() -> None:
    async with open_talk(SAMPLES) as talk:
        first, second = calls(("send", {"number": 7})), calls(("send", {"number": 7}))
        talk.model_says(first, words("It is sent."), second, words("That is done already."))
        await talk.caller_says("Send number seven.")
        await talk.until(lambda: talk.events)
        await talk.runtime.answer(id_of(first), is_yes=True)
        await talk.until_spoken("It is sent.")
        await talk.caller_says("Send number seven.")
        await talk.until_spoken("That is done already.")
        assert talk.result_of(id_of(second))["status"] == "already_done"
        assert sum(isinstance(event, CallStarted) for event in talk.events) == 1


@pytest.mark.promise(
    "Tools", "Wrong arguments go back to the model twice; then the caller is told."
)
async def test_wrong_arguments_are_corrected_twice_and_then_told() -> None:
    async with open_talk(SAMPLES) as talk:
        talk.model_says(*[calls(("look_up", {"number": "many"})) for _ in range(3)])
        await talk.caller_says("Look it up.")
        await talk.until_spoken("Sorry, I could not work out the details.")
        assert len(talk.fake.requests) == 3


@pytest.mark.promise(
    "Tools", "A model that only calls tools is stopped after five times, and the caller is told."
)
async def test_a_loop_of_calls_ends_in_words() -> None:
    async with open_talk(SAMPLES) as talk:
        talk.model_says(*[calls(("look_up", {"number": step})) for step in range(7)])
        await talk.caller_says("Look it up.")
        await talk.until_spoken("Sorry, I tried several things")
        assert len(talk.fake.requests) == 7
        assert sum(isinstance(event, CallStarted) for event in talk.events) == 5


async def test_an_invented_tool_is_corrected() -> None:
    async with open_talk(SAMPLES) as talk:
        reply = calls(("launch_rocket", {}))
        talk.model_says(reply, words("I cannot do that."))
        await talk.caller_says("Launch it.")
        await talk.until_spoken("I cannot do that.")
        assert "look_up" in talk.result_of(id_of(reply))["note"]


async def test_a_slow_tool_is_bridged_by_one_filler_that_is_not_over_the_result() -> None:
    gate = Gate()
    async with open_talk([gate.slow("read")]) as talk:
        talk.model_says(calls(("slow_read", {})), words("Here it is."))
        await talk.caller_says("Look it up.")
        await talk.until_spoken("One moment.")
        gate.opened.set()
        await talk.until_spoken("Here it is.")
        assert talk.spoken == ["One moment.", "Here it is."]
        # The memory takes a reply when it has been heard whole.
        await talk.until(lambda: talk.messages[-1]["role"] == "assistant")
        assert talk.messages[-1]["content"] == "Here it is."
        assert "One moment." not in str(talk.messages)


@pytest.mark.promise("Tools", "A yes of a turn that may go on does not count yet.")
async def test_an_answer_to_a_question_made_ahead_is_taken_back_itself_and_heard_later() -> None:
    async with open_talk(SAMPLES) as talk:
        talk.model_says(calls(("send", {"number": 1})))
        await talk.caller_says("Send it.")
        await talk.until_spoken("Shall I send number 1?")
        await talk.until(lambda: talk.runtime.announcer.is_floor_free)
        talk.skipped_secs += 0.4
        await talk.caller_says("Yes.", is_speculation=True)
        await talk.until(lambda: talk.ear.refusals)
        # A refusal that named the words before would leave the turn waiting for this answer.
        assert {getattr(one, "text", "Yes.") for one in talk.ear.refusals} == {"Yes."}
        assert talk.runtime.is_asking
        assert not any(isinstance(event, CallStarted) for event in talk.events)
        talk.model_says(words("It is sent."))
        await talk.caller_says("Yes.")
        await talk.until_spoken("It is sent.")


async def test_a_quick_tool_needs_no_filler() -> None:
    async with open_talk(SAMPLES) as talk:
        talk.model_says(calls(("look_up", {"number": 1})), words("One."))
        await talk.caller_says("Look it up.")
        await talk.until_spoken("One.")
        assert talk.spoken == ["One."]


@pytest.mark.promise("Tools", "A result that was lost on its way to the model is told after all.")
async def test_a_result_lost_while_an_empty_turn_went_by_is_answered_after_all() -> None:
    gate = Gate()
    async with open_talk([gate.slow("write")]) as talk:
        talk.model_says(calls(("slow_write", {})), words("It is written."))
        await talk.caller_says("Write it.")
        await talk.until(lambda: talk.events)
        await talk.caller_begins()
        gate.opened.set()
        await asyncio.sleep(0.05)
        # A cough: the turn ends without words, so nobody asks the model.
        await talk.caller_ends()
        await talk.until_spoken("It is written.")
