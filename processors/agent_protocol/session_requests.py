"""Answers requests of LiveKit's session protocol: each gets an answer, if only an error."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Collection
from dataclasses import dataclass, field

from google.protobuf.json_format import MessageToDict
from livekit import rtc
from livekit.protocol.agent_pb import agent_session as pb
from pipecat import __version__ as pipecat_version

from ..allowance import Act, CallerAllowance
from .session_items import SessionItems, newest, timestamp
from .session_states import SessionStates
from .session_usage import SessionUsage

# An answer with tools and a story; a client gives up after 60 s.
RUN_LIMIT_SECS = 50.0
RTC_STATS_LIMIT_SECS = 5.0
"""Known at once as a rule; the playground asks again after 5 s."""
_OWN_NETWORK = frozenset({"local_candidate", "remote_candidate", "certificate"})
"""What of WebRTC's figures names addresses of the bot's own network."""
MAX_ANSWER_BYTES = 256 * 1024
"""Of one answer: an hour of talk as it is, and of longer items the newest."""


@dataclass
class _Run:
    """A typed input whose answer somebody waits for."""

    request_id: str
    sender: str
    limit: asyncio.TimerHandle
    items: list[pb.ChatContext.ChatItem] = field(default_factory=list[pb.ChatContext.ChatItem])

    @property
    def has_open_call(self) -> bool:
        """True while a tool runs: what was said is not the answer yet."""
        calls = sum(item.HasField("function_call") for item in self.items)
        return calls > sum(item.HasField("function_call_output") for item in self.items)


class SessionRequests:
    """Answers one session's requests, which are the caller's.

    Args:
        items: The conversation so far.
        states: Both sides' states.
        usage: The models' usage.
        allowance: Of the caller.
        submit_text: Has a text answered as if typed; returns whether it was taken.
        agent_id: Name of the bot.
        tools: Names of its tools; more may come.
        rtc_stats: Returns WebRTC's figures of the bot's connection.
        began_at: Returns since when the session has its caller, in Unix seconds; None: not yet.
        respond: Sends a response to one participant.
    """

    def __init__(  # noqa: PLR0913 - each is one thing a request may ask for
        self,
        *,
        items: SessionItems,
        states: SessionStates,
        usage: SessionUsage,
        allowance: CallerAllowance,
        submit_text: Callable[[str], Awaitable[bool]],
        agent_id: str,
        tools: Collection[str],
        rtc_stats: Callable[[], Awaitable[rtc.RtcStats]],
        began_at: Callable[[], float | None],
        respond: Callable[[pb.SessionResponse, str], None],
    ) -> None:
        self._items = items
        self._states = states
        self._usage = usage
        self._allowance = allowance
        self._submit_text = submit_text
        self._agent_id = agent_id
        self._tools = tools
        self._rtc_stats = rtc_stats
        self._began_at = began_at
        self._respond = respond
        self._started_secs = time.time()
        self._run: _Run | None = None
        self._answers: dict[str, Callable[[pb.SessionResponse], None]] = {
            "ping": lambda to: to.pong.SetInParent(),
            "get_chat_history": self._answer_history,
            "get_agent_info": self._answer_info,
            "get_session_state": self._answer_state,
            "get_framework_info": self._answer_framework,
            "get_session_usage": self._answer_usage,
        }

    async def handle(self, request: pb.SessionRequest, sender: str) -> None:
        """Answer `request`; a `run_input` is answered when the bot has."""
        kind = request.WhichOneof("request") or "empty"
        response = pb.SessionResponse(request_id=request.request_id)
        if not self._allowance.takes(Act.REQUEST):
            response.error = "too many requests"
        elif kind == "run_input":
            await self._start_run(request, sender)
            return
        elif kind == "get_rtc_stats":
            await self._answer_rtc_stats(response)
        elif answer := self._answers.get(kind):
            answer(response)
        else:
            response.error = f"unsupported request: {kind}"
        self._respond(response, sender)

    def note_item(self, item: pb.ChatContext.ChatItem) -> None:
        """Take an item into the answer of the input that runs, and send it if it is the last."""
        if self._run is None or (item.HasField("message") and item.message.role == pb.USER):
            return
        self._run.items.append(item)
        if item.HasField("message") and not self._run.has_open_call:
            self._finish_run()

    def close(self) -> None:
        """Answer what is still open."""
        self._finish_run(error="the session ended")

    async def _start_run(self, request: pb.SessionRequest, sender: str) -> None:
        self._finish_run(error="interrupted by another input")
        limit = asyncio.get_running_loop().call_later(RUN_LIMIT_SECS, self._time_out)
        # Before the text is submitted: its answer may come at once.
        self._run = _Run(request.request_id, sender, limit)
        if not await self._submit_text(request.run_input.text):
            self._finish_run(error="the text was empty, too long, or came too fast")

    def _time_out(self) -> None:
        self._finish_run(error="no answer in time")

    def _finish_run(self, *, error: str = "") -> None:
        run, self._run = self._run, None
        if run is None:
            return
        run.limit.cancel()
        response = pb.SessionResponse(request_id=run.request_id, error=error or None)
        response.run_input.SetInParent()
        response.run_input.items.extend(newest(run.items, _left_bytes(response)))
        self._respond(response, run.sender)

    def _answer_history(self, response: pb.SessionResponse) -> None:
        response.get_chat_history.SetInParent()
        response.get_chat_history.items.extend(newest(self._items.all(), _left_bytes(response)))

    def _answer_info(self, response: pb.SessionResponse) -> None:
        # Without the instructions: what the model is told is not the caller's to read.
        response.get_agent_info.id = self._agent_id
        response.get_agent_info.tools.extend(self._tools)
        response.get_agent_info.chat_ctx.extend(newest(self._items.all(), _left_bytes(response)))

    def _answer_state(self, response: pb.SessionResponse) -> None:
        state = response.get_session_state
        state.agent_state = self._states.agent
        state.user_state = self._states.user
        state.agent_id = self._agent_id
        state.created_at.CopyFrom(timestamp(self._began_at() or self._started_secs))

    def _answer_framework(self, response: pb.SessionResponse) -> None:
        response.get_framework_info.sdk = "python"
        response.get_framework_info.sdk_version = f"pipecat-{pipecat_version}"

    async def _answer_rtc_stats(self, response: pb.SessionResponse) -> None:
        response.get_rtc_stats.SetInParent()
        try:
            async with asyncio.timeout(RTC_STATS_LIMIT_SECS):
                stats = await self._rtc_stats()
        except (TimeoutError, RuntimeError):  # the latter without a connection
            response.error = "no figures at present"
            return
        answer = response.get_rtc_stats
        for told, known in (
            (answer.publisher_stats, stats.publisher_stats),
            (answer.subscriber_stats, stats.subscriber_stats),
        ):
            for one in known:
                if one.WhichOneof("stats") not in _OWN_NETWORK:
                    told.add().update(MessageToDict(one))
                if _left_bytes(response) < 0:
                    del told[-1]
                    return

    def _answer_usage(self, response: pb.SessionResponse) -> None:
        response.get_session_usage.usage.CopyFrom(self._usage.report())
        response.get_session_usage.created_at.CopyFrom(timestamp(time.time()))


def _left_bytes(response: pb.SessionResponse) -> int:
    """Return how much an answer may still take."""
    # What wraps the list and the answer on their way: tags and lengths.
    return MAX_ANSWER_BYTES - response.ByteSize() - 32
