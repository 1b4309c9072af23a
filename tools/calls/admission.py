"""Whether a committed call runs, waits for the caller's yes, or is refused."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from enum import Enum

from tools.calls import sentences
from tools.calls.attempts import Attempts
from tools.calls.call import Call
from tools.calls.sentences import CallSentences
from tools.errors import ArgumentsError
from tools.result import refused
from tools.tool import Effect

# A model that calls tools this often without a word has lost its way.
MAX_TOOL_STEPS = 5
_MAX_CORRECTIONS = 2


class Turn:
    """Counts what is limited within one turn of the caller."""

    def __init__(self, number: int, *, max_steps: int, has_read_data: bool = False) -> None:
        self.number = number
        self.has_read_data = has_read_data
        """The model has read text from outside: what it does next may be that text's idea."""
        self.steps = 0
        self._max_steps = max_steps
        self._corrections: Counter[str] = Counter()

    def has_too_many_steps(self, step: int) -> bool:
        return step > self._max_steps

    def is_hopeless(self, step: int) -> bool:
        """Tell whether the model went on although it was told to stop calling tools."""
        return step > self._max_steps + 1

    def may_correct(self, tool_name: str) -> bool:
        """Count one wrong call of the tool; False when the model had its chances."""
        self._corrections[tool_name] += 1
        return self._corrections[tool_name] <= _MAX_CORRECTIONS


class Admission(Enum):
    """A call that is not refused."""

    RUN = "run"
    CONFIRM = "confirm"


@dataclass(frozen=True)
class Refusal:
    """A call that does not run, and what is said about it."""

    result: dict[str, object]
    sentence: str | None = None
    """For the caller; then the model is not asked to go on."""


def admit(
    call: Call, *, turn: Turn, attempts: Attempts, to_caller: CallSentences
) -> Admission | Refusal:
    """Check the call and fill in its checked arguments."""
    if turn.is_hopeless(call.step):
        refusal = refused("too_many_steps", sentences.TOO_MANY_STEPS)
        return Refusal(refusal, to_caller.lost_my_way)
    if turn.has_too_many_steps(call.step):
        return Refusal(refused("too_many_steps", sentences.TOO_MANY_STEPS))
    try:
        call.arguments = call.tool.validate(call.request.arguments)
    except ArgumentsError as error:
        is_last = not turn.may_correct(call.tool.name)
        refusal = refused("wrong_arguments", error.message)
        return Refusal(refusal, to_caller.cannot_understand if is_last else None)
    earlier = attempts.earlier(call)
    if earlier is not None:
        return Refusal(refused(*sentences.EARLIER[earlier]))
    return Admission.CONFIRM if _needs_yes(call) else Admission.RUN


def _needs_yes(call: Call) -> bool:
    """Tell whether only the caller can allow it.

    An effect the model thinks of right after it has read a tool's result may be the idea of
    whoever wrote that result.
    """
    if call.tool.effect is Effect.IRREVERSIBLE or call.tool.is_outside:
        return True
    return call.tool.effect is not Effect.READ and call.is_after_data
