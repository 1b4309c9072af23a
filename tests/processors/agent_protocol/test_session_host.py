from __future__ import annotations

import asyncio

import pytest
from livekit.protocol.agent_pb import agent_session as pb
from pipecat.metrics.metrics import LLMTokenUsage, LLMUsageMetricsData, TTFBMetricsData

from processors.agent_protocol.events import Side, Stage, ToolCall, ToolOutcome
from processors.agent_protocol.presence import AgentState
from processors.agent_protocol.session_feed import SessionFeed
from processors.agent_protocol.session_host import SessionHost
from processors.agent_protocol.session_states import AWAY_SECS
from processors.allowance import CallerAllowance
from processors.floor import Floor
from tests.fake_room import CALLER, FakeRoom, settle
from tests.fake_stream import FakeReader
from tests.told import told
from tests.virtual_time import run_in_virtual_time


class Channel:
    """A session channel in a room without a network."""

    def __init__(self) -> None:
        self.room = FakeRoom()
        self.now_secs = 1_000.0
        self.submitted: list[str] = []
        self.takes_text = True
        floor = Floor()
        self.feed = SessionFeed(room=self.room.room, clock_secs=lambda: self.now_secs)
        host = SessionHost(
            room=self.room.room,
            feed=self.feed,
            floor=floor,
            caller_identity=lambda: CALLER,
            allowance=CallerAllowance(clock_secs=lambda: self.now_secs),
            submit_text=self._submit,
            agent_id="parley",
            tools=["weather"],
            clock_secs=lambda: self.now_secs,
        )
        self.session = told(host, floor)

    async def _submit(self, text: str) -> bool:
        self.submitted.append(text)
        return self.takes_text

    async def ask(self, request: pb.SessionRequest, *, sender: str = CALLER) -> None:
        data = pb.AgentSessionMessage(request=request).SerializeToString()
        self.room.stream_handlers["lk.agent.session"](FakeReader(data), sender)
        await settle()

    async def answer(
        self, request: pb.SessionRequest, *, sender: str = CALLER
    ) -> pb.SessionResponse:
        await self.ask(request, sender=sender)
        return self.responses()[-1]

    def responses(self) -> list[pb.SessionResponse]:
        return [message.response for message in self._sent() if message.HasField("response")]

    def events(self, kind: str) -> list[pb.AgentSessionEvent]:
        events = [message.event for message in self._sent() if message.HasField("event")]
        return [event for event in events if event.WhichOneof("event") == kind]

    def items(self) -> list[pb.ChatContext.ChatItem]:
        events = self.events("conversation_item_added")
        return [event.conversation_item_added.item for event in events]

    def _sent(self) -> list[pb.AgentSessionMessage]:
        sent = self.room.local_participant.sent_bytes
        assert all(topic == "lk.agent.session" for topic, _, _ in sent)
        return [pb.AgentSessionMessage.FromString(data) for _, data, _ in sent]


async def test_a_turn_is_reported_with_its_figures() -> None:
    channel = Channel()
    session = channel.session
    session.caller_started()
    channel.now_secs += 1.0
    session.caller_fell_silent(0.2)
    channel.now_secs += 0.05
    session.caller_words("What time is it?", is_final=True)
    channel.now_secs += 0.05
    session.caller_stopped(has_words=True)
    session.turn_added(Side.CALLER, "What time is it?")
    session.measured(Stage.LANGUAGE_MODEL, [TTFBMetricsData(processor="x", value=0.25)])
    session.measured(Stage.TEXT_TO_SPEECH, [TTFBMetricsData(processor="y", value=0.1)])
    channel.now_secs += 0.4
    session.playout_started()
    channel.now_secs += 2.0
    session.playout_stopped(is_interrupted=True)
    session.turn_added(Side.BOT, "It is ten")
    await settle()
    caller, bot = (item.message for item in channel.items())
    assert (caller.role, caller.content[0].text) == (pb.USER, "What time is it?")
    assert round(caller.metrics.transcription_delay, 3) == 0.25
    assert round(caller.metrics.end_of_turn_delay, 3) == 0.3
    assert caller.metrics.stopped_speaking_at.ToMilliseconds() == 1_000_800
    assert (bot.role, bot.content[0].text, bot.interrupted) == (pb.ASSISTANT, "It is ten", True)
    assert round(bot.metrics.e2e_latency, 3) == 0.7
    assert (bot.metrics.llm_node_ttft, bot.metrics.tts_node_ttfb) == (0.25, 0.1)
    assert bot.metrics.started_speaking_at.ToMilliseconds() == 1_001_500
    await session.close()


async def test_a_second_reply_has_no_latency_of_its_own() -> None:
    channel = Channel()
    channel.session.turn_added(Side.CALLER, "typed")
    channel.session.playout_started()
    channel.session.playout_stopped(is_interrupted=False)
    channel.session.turn_added(Side.BOT, "Hello")
    await settle()
    caller, bot = (item.message for item in channel.items())
    assert not caller.metrics.HasField("end_of_turn_delay")
    assert not bot.metrics.HasField("e2e_latency")
    assert not bot.interrupted
    await channel.session.close()


async def test_states_are_told_for_both_sides() -> None:
    channel = Channel()
    channel.session.agent_state_changed(AgentState.INITIALIZING, AgentState.LISTENING)
    channel.session.caller_started()
    channel.session.caller_stopped(has_words=True)
    channel.session.agent_state_changed(AgentState.LISTENING, AgentState.THINKING)
    await settle()
    agent = [event.agent_state_changed for event in channel.events("agent_state_changed")]
    user = [event.user_state_changed for event in channel.events("user_state_changed")]
    assert [(change.old_state, change.new_state) for change in agent] == [
        (pb.AS_INITIALIZING, pb.AS_LISTENING),
        (pb.AS_LISTENING, pb.AS_THINKING),
    ]
    assert [change.new_state for change in user] == [pb.US_SPEAKING, pb.US_LISTENING]
    await channel.session.close()


def test_a_caller_who_says_nothing_is_away_after_a_while() -> None:
    async def stay_silent() -> list[int]:
        channel = Channel()
        channel.session.agent_state_changed(AgentState.INITIALIZING, AgentState.LISTENING)
        await asyncio.sleep(AWAY_SECS + 1)
        channel.session.caller_started()
        await asyncio.sleep(0)
        await channel.session.close()
        user = channel.events("user_state_changed")
        return [event.user_state_changed.new_state for event in user]

    assert run_in_virtual_time(stay_silent()) == [pb.US_AWAY, pb.US_SPEAKING]


async def test_tools_are_told_from_start_to_end() -> None:
    channel = Channel()
    channel.session.tools_started([ToolCall("1", "weather", {"place": "Rome"})])
    channel.session.tool_ended(ToolOutcome("1", "weather", {"degrees": 20}, False, False, True))
    channel.session.tool_ended(ToolOutcome("2", "weather", None, True, True, False))
    await settle()
    [started] = channel.events("function_tools_started")
    assert started.function_tools_started.function_calls[0].arguments == '{"place": "Rome"}'
    executed, cancelled = (
        event.function_tools_executed for event in channel.events("function_tools_executed")
    )
    assert executed.function_calls[0].name == "weather"
    assert executed.function_call_outputs[0].output == '{"degrees": 20}'
    [output] = cancelled.function_call_outputs
    assert (output.is_error, output.output) == (True, "cancelled")
    assert [item.WhichOneof("item") for item in channel.items()] == [
        "function_call",
        "function_call_output",
        "function_call_output",
    ]
    await channel.session.close()


async def test_what_a_call_does_is_told_in_the_same_channel() -> None:
    channel = Channel()
    channel.feed.tool_updates.started(ToolCall("1", "weather", {"place": "Rome"}))
    channel.feed.tool_updates.ended("1", pb.TC_DONE, {"degrees": 20})
    await settle()
    started, ended = channel.events("tool_execution_updated")
    assert started.HasField("created_at")
    assert started.tool_execution_updated.started.function_call.name == "weather"
    assert ended.tool_execution_updated.ended.message == '{"degrees": 20}'
    await channel.session.close()


@pytest.mark.promise(
    "Captions and clients",
    "Errors, interruptions, words and usage are told on the session channel.",
)
async def test_errors_interruptions_words_and_usage_are_told() -> None:
    channel = Channel()
    session = channel.session
    session.failed(Stage.LANGUAGE_MODEL)
    # What holds a reply of which nothing is heard yet is said over nothing.
    session.paused()
    session.playout_started()
    session.caller_words(" ", is_final=True)
    session.caller_words("wait", is_final=False)
    session.paused()
    session.caller_started()
    session.resumed()
    session.paused()
    tokens = LLMTokenUsage(prompt_tokens=10, completion_tokens=5, total_tokens=15)
    for _ in range(2):
        usage = LLMUsageMetricsData(processor="x", model="gpt-4.1", value=tokens)
        session.measured(Stage.LANGUAGE_MODEL, [usage])
    session.playout_stopped(is_interrupted=True)
    await settle()
    [error] = channel.events("error")
    assert error.error.message.startswith("language_model_failed: ")
    [words] = channel.events("user_input_transcribed")
    assert words.user_input_transcribed.transcript == "wait"
    overlaps = channel.events("overlapping_speech")
    assert [event.overlapping_speech.is_interruption for event in overlaps] == [True, False, True]
    assert channel.events("agent_false_interruption")[0].agent_false_interruption.resumed
    [used] = channel.events("session_usage_updated")
    assert used.session_usage_updated.usage.model_usage[0].llm.input_tokens == 20
    assert all(event.HasField("created_at") for event in [error, words, used, *overlaps])
    await session.close()


@pytest.mark.promise("Captions and clients", "Only what was cut is told as interrupted.")
async def test_a_reply_after_a_cut_one_is_none_itself() -> None:
    channel = Channel()
    for is_cut in (True, False):
        channel.session.turn_added(Side.CALLER, "And?")
        channel.session.caller_started()
        channel.session.caller_stopped(has_words=True)
        channel.session.playout_started()
        channel.session.playout_stopped(is_interrupted=is_cut)
        channel.session.turn_added(Side.BOT, "So.")
    await settle()
    assert [item.message.interrupted for item in channel.items()] == [False, True, False, False]
    # Nobody spoke over the bot, and there is no usage to tell.
    assert channel.events("overlapping_speech") == channel.events("session_usage_updated") == []
    await channel.session.close()


async def test_every_supported_request_is_answered_to_the_one_who_asked() -> None:
    channel = Channel()
    channel.session.agent_state_changed(AgentState.INITIALIZING, AgentState.LISTENING)
    channel.session.turn_added(Side.BOT, "Hello")
    Request = pb.SessionRequest
    pong = await channel.answer(Request(request_id="1", ping=Request.Ping()))
    assert (pong.request_id, pong.WhichOneof("response"), pong.error) == ("1", "pong", "")
    history = await channel.answer(
        Request(request_id="2", get_chat_history=Request.GetChatHistory())
    )
    assert history.get_chat_history.items[0].message.content[0].text == "Hello"
    info = await channel.answer(Request(get_agent_info=Request.GetAgentInfo()))
    assert (info.get_agent_info.id, list(info.get_agent_info.tools)) == ("parley", ["weather"])
    assert info.get_agent_info.instructions == ""
    state = await channel.answer(Request(get_session_state=Request.GetSessionState()))
    assert state.get_session_state.agent_state == pb.AS_LISTENING
    framework = await channel.answer(Request(get_framework_info=Request.GetFrameworkInfo()))
    assert framework.get_framework_info.sdk == "python"
    usage = await channel.answer(Request(get_session_usage=Request.GetSessionUsage()))
    assert usage.HasField("get_session_usage")
    answered = [to for _, _, to in channel.room.local_participant.sent_bytes if to]
    assert answered == [[CALLER]] * 6
    await channel.session.close()


async def test_other_requests_get_an_error_and_other_people_nothing() -> None:
    channel = Channel()
    Request = pb.SessionRequest
    switch = await channel.answer(Request(request_id="1", update_io=Request.UpdateIO()))
    assert (switch.request_id, switch.error) == ("1", "unsupported request: update_io")
    empty = await channel.answer(Request(request_id="2"))
    assert empty.error == "unsupported request: empty"
    await channel.ask(Request(run_input=Request.RunInput(text="hi")), sender="observer")
    assert (len(channel.responses()), channel.submitted) == (2, [])
    await channel.session.close()


async def test_garbage_is_ignored() -> None:
    channel = Channel()
    handler = channel.room.stream_handlers["lk.agent.session"]
    handler(FakeReader(b"\xff\xff\xff"), CALLER)
    handler(FakeReader(b"\0" * 100_000), CALLER)
    await settle()
    assert channel.responses() == []
    pong = await channel.answer(pb.SessionRequest(ping=pb.SessionRequest.Ping()))
    assert pong.WhichOneof("response") == "pong"
    await channel.session.close()


def run_input(text: str, request_id: str = "1") -> pb.SessionRequest:
    return pb.SessionRequest(request_id=request_id, run_input=pb.SessionRequest.RunInput(text=text))


@pytest.mark.promise(
    "Captions and clients", "An input on the session channel is answered with all that came of it."
)
async def test_an_input_is_answered_with_what_came_of_it() -> None:
    channel = Channel()
    await channel.ask(run_input("weather?"))
    assert channel.submitted == ["weather?"]
    channel.session.turn_added(Side.CALLER, "weather?")
    channel.session.tools_started([ToolCall("1", "weather")])
    channel.session.turn_added(Side.BOT, "Let me see.")
    channel.session.tool_ended(ToolOutcome("1", "weather", {}, False, False, True))
    assert channel.responses() == []
    channel.session.turn_added(Side.BOT, "It rains.")
    await settle()
    [response] = channel.responses()
    kinds = [item.WhichOneof("item") for item in response.run_input.items]
    assert kinds == ["function_call", "message", "function_call_output", "message"]
    assert response.error == ""
    await channel.session.close()


async def test_an_input_that_is_refused_or_overtaken_gets_an_error() -> None:
    channel = Channel()
    await channel.ask(run_input("one", "1"))
    channel.takes_text = False
    await channel.ask(run_input("", "2"))
    await channel.session.close()
    errors = {response.request_id: response.error for response in channel.responses()}
    assert errors == {
        "1": "interrupted by another input",
        "2": "the text was empty, too long, or came too fast",
    }


@pytest.mark.promise(
    "Captions and clients", "Every request is answered, at the latest when the call ends."
)
def test_an_input_without_an_answer_gets_an_error_in_time() -> None:
    async def wait(secs: float) -> list[str]:
        channel = Channel()
        await channel.ask(run_input("hello?"))
        channel.session.turn_added(Side.BOT, "Hello.")
        await asyncio.sleep(30.0)
        await channel.ask(run_input("are you there?"))
        await asyncio.sleep(secs)
        await channel.session.close()
        return [response.error for response in channel.responses()]

    # The time of the first is over then, and a client gives up after a minute.
    assert run_in_virtual_time(wait(25.0)) == ["", "the session ended"]
    assert run_in_virtual_time(wait(59.0)) == ["", "no answer in time"]
