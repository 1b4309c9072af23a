"""What the runtime tells the model and the caller when a call does not simply return."""

from __future__ import annotations

from dataclasses import dataclass

from tools.calls.attempts import Attempt

# To the model.
DROPPED = (
    "The caller spoke before this was finished, so it was dropped and nothing was changed. "
    "Call it again only if the caller still wants it."
)
SUPERSEDED = "A newer request of the caller took its place. Nothing was changed."
DECLINED = "The caller said no. Nothing was changed."
NOT_CONFIRMED = (
    "The caller gave no clear yes, so nothing was changed. Say so, and ask what they want."
)
TOO_LONG_TO_ASK = (
    "The caller has to say yes to this first, and it is too long to be asked aloud. Nothing was "
    "changed. Make it shorter, without leaving out what counts, and call it again."
)
ALREADY_ASKED = "The caller is already being asked for a yes to exactly this. Wait."
_TIMED_OUT = "It took too long and was given up. Say so honestly; you may try another way."
_TIMED_OUT_EFFECT = (
    "It took too long and was given up; it may or may not have happened. Tell the caller "
    "honestly and do not try it again."
)
_FAILED = "It failed inside. Say honestly that it did not work; you may try another way."
_FAILED_EFFECT = (
    "It failed inside; it may or may not have happened. Tell the caller honestly and do not "
    "try it again."
)
TOO_MANY_STEPS = (
    "You have called too many tools in a row, so this one was not run. Call no more tools now: "
    "tell the caller in words what you know and what you could not do."
)
SESSION_ENDED = "The call ended before this was finished."
EARLIER = {
    Attempt.DONE: (
        "already_done",
        "Exactly this was already done in this call; it was not done again.",
    ),
    Attempt.RUNNING: ("already_running", "Exactly this is running already; its result follows."),
    Attempt.UNKNOWN: (
        "outcome_unknown",
        "Exactly this was tried once and may have happened; it "
        "was not tried again. Tell the caller honestly.",
    ),
}


@dataclass(frozen=True, kw_only=True)
class CallSentences:
    """What the runtime itself says to the caller, in one language."""

    fillers: tuple[str, ...]
    """Said in turn when a result takes longer than a breath."""
    progress: tuple[str, ...]
    """Said in turn while it takes longer still."""
    cannot_understand: str
    """Said when the model has called a tool wrongly too often, and is not asked again."""
    lost_my_way: str
    """Said when it has called too many tools, and is not asked again."""
    shall_i: str
    """Asks for a yes where a tool has no question of its own; over {wanted}."""


def timed_out(*, has_effect: bool) -> str:
    """Return what the model is told of a call that took too long."""
    return _TIMED_OUT_EFFECT if has_effect else _TIMED_OUT


def failed(*, has_effect: bool) -> str:
    """Return what the model is told of a call that broke."""
    return _FAILED_EFFECT if has_effect else _FAILED
