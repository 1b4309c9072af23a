"""The calls of generations that still have an open call."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from tools.calls.admission import Turn
from tools.calls.call import Call, CallRequest, CallState
from tools.calls.commands import CallEnded, Command, Notify, Say, Settle


class OpenCalls:
    """Keeps calls together that the model asked for together: they get one spoken answer."""

    def __init__(self) -> None:
        self._calls: dict[str, Call] = {}
        self._batch = 0

    def __iter__(self) -> Iterator[Call]:
        """Iterate over a copy, ended siblings of open calls included."""
        return iter(list(self._calls.values()))

    @property
    def unfinished(self) -> list[Call]:
        return [call for call in self._calls.values() if not call.state.is_end]

    def get(self, call_id: str, state: CallState) -> Call | None:
        """Return the call if it is in that state."""
        call = self._calls.get(call_id)
        return call if call is not None and call.state is state else None

    def propose(self, requests: Sequence[CallRequest], turn: Turn) -> None:
        """Add the calls of one generation; an id that is still open is not added again."""
        self._batch += 1
        turn.steps += 1
        for request in requests:
            if request.call_id in self._calls:
                continue
            self._calls[request.call_id] = Call(
                request,
                batch=self._batch,
                turn=turn.number,
                step=turn.steps,
                is_after_data=turn.has_read_data,
            )

    def end(
        self, call: Call, state: CallState, result: dict[str, object], *, wants_reply: bool
    ) -> list[Command]:
        """Settle the call; the last one of its generation decides for all whether to reply."""
        has_run = call.state is CallState.RUNNING
        call.advance(state)
        call.wants_reply = wants_reply
        siblings = [other for other in self._calls.values() if other.batch == call.batch]
        is_last = all(other.state.is_end for other in siblings)
        should_reply = is_last and any(other.wants_reply for other in siblings)
        event = CallEnded(call.call_id, call.tool.name, state, result, has_run)
        commands: list[Command] = [Settle(call, result, should_reply), Notify(event)]
        if is_last:
            spoken = [other.sentence for other in siblings if other.sentence]
            if spoken and not should_reply:
                commands.append(Say(spoken[0]))
            for other in siblings:
                del self._calls[other.call_id]
        return commands
