"""What the ledger wants done, and what it tells those who watch."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from tools.calls.call import Call, CallState


@dataclass(frozen=True)
class Start:
    """Run the tool's function now."""

    call: Call


@dataclass(frozen=True)
class Stop:
    """Stop the running function; its outcome no longer matters."""

    call: Call


@dataclass(frozen=True)
class Settle:
    """Give the model this result. Each call is settled exactly once."""

    call: Call
    result: dict[str, object]
    should_reply: bool
    """Ask the model for a reply; at most once for the calls of one generation."""


@dataclass(frozen=True)
class Ask:
    """Ask the caller for a clear yes, aloud."""

    call: Call
    question: str


@dataclass(frozen=True)
class Say:
    """Speak these words to the caller, as part of the conversation."""

    text: str


@dataclass(frozen=True)
class CallStarted:
    """A call began to run."""

    call_id: str
    name: str
    arguments: dict[str, Any]
    idempotency_key: str = ""
    """What the tool is given to tell whether it has had this effect already."""
    title: str = ""
    """Of the tool, as people read it; so below."""


@dataclass(frozen=True)
class CallProgressed:
    """A running call said how far it is."""

    call_id: str
    name: str
    text: str


@dataclass(frozen=True)
class CallNeedsConfirmation:
    """A call waits for the caller's yes, by voice or by the page's button."""

    call_id: str
    name: str
    question: str
    title: str = ""


@dataclass(frozen=True)
class CallEnded:
    """A call came to an end, also one that never ran."""

    call_id: str
    name: str
    state: CallState
    result: dict[str, object]
    has_run: bool


CallEvent = CallStarted | CallProgressed | CallNeedsConfirmation | CallEnded


@dataclass(frozen=True)
class Notify:
    """Tell those who watch: captions, session channel, page."""

    event: CallEvent


Command = Start | Stop | Settle | Ask | Say | Notify
