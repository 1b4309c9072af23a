"""OpenAI's `/v1/chat/completions`, with the scripted brain behind it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import datetime

from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse

from bot.local.brain.answer import answer
from bot.local.brain.conversation import Conversation, Reply
from bot.local.brain.toolbox import Toolbox
from bot.local.chat_wire import ChatRequest, Completion, pieces_of, tool_deltas
from bot.local.faults import FaultBox, LanguageModelFaults
from bot.local.hang_up import DroppedError, wait_for_hang_up
from bot.local.openai_errors import BadRequestError, fault_response
from bot.local.request_log import LoggedRequest, RequestLog

_GARBAGE = b"data: {this is no JSON\n\n"


class ChatCompletions:
    """The brain behind the wire. One object serves every request."""

    def __init__(self, *, faults: FaultBox, log: RequestLog) -> None:
        self._faults = faults
        self._log = log

    def warm_up(self) -> None:
        """Answer once."""
        answer(Conversation([{"role": "user", "content": "Hello."}]), Toolbox([]), now=_local_now())

    def close(self) -> None:
        """Nothing to stop."""

    async def complete(self, body: ChatRequest, request: Request) -> Response:
        """Answer one request.

        Raises:
            BadRequestError: if the tool choice names a tool that is not in the request.
        """
        faults = self._faults.take(
            self._faults.plan.language_model, own=request.headers.get("x-faults")
        )
        reply = _reply(body, faults)
        completion = Completion(body)
        entry = self._log.open(completion.id, "language_model")
        entry.received_bytes = int(request.headers.get("content-length", 0))
        if faults.hang:
            await wait_for_hang_up(request)
        if faults.status is not None:
            entry.status = faults.status
            entry.close()
            return fault_response(faults, faults.status)
        if body.stream:
            stream = self._stream(completion, reply, faults, entry)
            return StreamingResponse(stream, media_type="text/event-stream")
        return await self._whole(completion, reply, faults, entry)

    async def _whole(
        self,
        completion: Completion,
        reply: Reply,
        faults: LanguageModelFaults,
        entry: LoggedRequest,
    ) -> Response:
        tokens = len(pieces_of(reply.text)) + len(tool_deltas(reply.calls))
        first_secs = self._faults.draw_secs(faults.first_token_ms)
        await asyncio.sleep(first_secs + tokens * self._faults.draw_secs(faults.token_ms))
        body = completion.whole(reply.text, reply.calls, tokens=tokens)
        response = Response(_GARBAGE) if faults.garbage else JSONResponse(body)
        entry.sent(len(response.body))
        entry.close()
        return response

    async def _stream(
        self,
        completion: Completion,
        reply: Reply,
        faults: LanguageModelFaults,
        entry: LoggedRequest,
    ) -> AsyncIterator[bytes]:
        try:
            if faults.half_open:
                await asyncio.Event().wait()
            async for event in self._events(completion, reply, faults):
                entry.sent(len(event))
                yield event
        finally:
            entry.close()

    async def _events(
        self, completion: Completion, reply: Reply, faults: LanguageModelFaults
    ) -> AsyncIterator[bytes]:
        """Yield the server-sent events, on the schedule and with the accidents of the plan."""
        await asyncio.sleep(self._faults.draw_secs(faults.first_token_ms))
        if faults.garbage:
            yield _GARBAGE
            return
        yield completion.chunk({"role": "assistant", "content": "", "refusal": None})
        deltas = [{"content": piece} for piece in pieces_of(reply.text)]
        deltas += tool_deltas(reply.calls)
        for sent, delta in enumerate(deltas):
            if sent == faults.drop_after_tokens:
                raise DroppedError
            if sent == faults.stall_after_tokens:
                await asyncio.Event().wait()
            if sent:
                await asyncio.sleep(self._faults.draw_secs(faults.token_ms))
            yield completion.chunk(delta)
        yield completion.chunk({}, finish_reason="tool_calls" if reply.calls else "stop")
        yield completion.usage_chunk(len(deltas)) + b"data: [DONE]\n\n"


def _reply(body: ChatRequest, faults: LanguageModelFaults) -> Reply:
    talk = Conversation([message.model_dump(exclude_none=True) for message in body.messages])
    if faults.empty:
        return Reply()
    if faults.reply is not None:
        return Reply(faults.reply.replace("{turn}", str(len(talk.user_texts))))
    return answer(talk, _toolbox(body), now=_local_now())


def _local_now() -> datetime:
    return datetime.now().astimezone().replace(tzinfo=None)


def _toolbox(body: ChatRequest) -> Toolbox:
    """Return the tools the client lets the model use."""
    tools = Toolbox(body.tools or [])
    if body.tool_choice == "none":
        return Toolbox([])
    if isinstance(body.tool_choice, dict):
        name = str((body.tool_choice.get("function") or {}).get("name"))
        if name not in tools.names:
            raise BadRequestError(
                f"Invalid value for 'tool_choice': there is no tool {name!r} in this request.",
                param="tool_choice",
            )
        return tools.only(name)
    return tools
