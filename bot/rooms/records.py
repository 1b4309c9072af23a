"""What this process remembers about sessions: whether the caller came, and why each one ended.

LiveKit forgets a room when it ends; a caller may still ask what happened. Bounded: the oldest go.
"""

from __future__ import annotations

import asyncio
import re
from collections import OrderedDict
from dataclasses import dataclass, field

_MOST_RECORDS = 10_000
_REASON = re.compile(r"[a-z_]{1,32}")
UNKNOWN_REASON = "ended"


def _loop_secs() -> float:
    try:
        return asyncio.get_running_loop().time()
    except RuntimeError:
        return 0.0


@dataclass
class SessionRecord:
    """One session."""

    has_joined: bool = False
    noted_at: float = field(default_factory=_loop_secs)
    """When it was first heard of, in seconds of the event loop."""
    was_live: bool = False
    """Its caller and its bot were seen together."""
    end_reason: str | None = None
    """None while it lives, as far as we know."""


class SessionRecords:
    """Records by session id."""

    def __init__(self) -> None:
        self._records: OrderedDict[str, SessionRecord] = OrderedDict()

    def find(self, session_id: str) -> SessionRecord | None:
        """Return what is known of a session."""
        return self._records.get(session_id)

    def has_ended(self, session_id: str) -> bool:
        """Tell whether the session is known to have ended."""
        record = self._records.get(session_id)
        return record is not None and record.end_reason is not None

    def open_for(self, secs: float) -> list[str]:
        """Return the sessions that have not ended and were heard of so long ago."""
        oldest = _loop_secs() - secs
        return [
            session_id
            for session_id, record in self._records.items()
            if record.end_reason is None and record.noted_at <= oldest
        ]

    def note_started(self, session_id: str) -> None:
        """Remember that the session's room exists."""
        self._record(session_id)

    def note_joined(self, session_id: str) -> None:
        """Remember that its caller came."""
        self._record(session_id).has_joined = True

    def note_live(self, session_id: str) -> None:
        """Remember that its caller and its bot were both there."""
        record = self._record(session_id)
        record.has_joined = record.was_live = True

    def note_ended(self, session_id: str, reason: str) -> None:
        """Remember why it ended; the first known reason is the true one, the rest are echoes."""
        record = self._record(session_id)
        if record.end_reason in (None, UNKNOWN_REASON):
            record.end_reason = reason if _REASON.fullmatch(reason) else UNKNOWN_REASON

    def _record(self, session_id: str) -> SessionRecord:
        record = self._records.setdefault(session_id, SessionRecord())
        while len(self._records) > _MOST_RECORDS:
            self._records.popitem(last=False)
        return record
