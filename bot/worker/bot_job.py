"""A job that a worker has taken, as LiveKit and the dispatch tell it: not as its bot does."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, kw_only=True)
class BotJob:
    """One bot's job.

    Args:
        job_id: LiveKit's.
        room_name: The one room that anything is done in for it.
        session_id: Of the dispatch.
        agent_name: By which others are sent for.
        given_by: The job of the bot that gives this one its call; None: nobody does.
        takeover: So many bots were lost in its call before.
        instead_of: LiveKit's id of a bot that is gone, which it goes on listing.
        attributes: What its bot joins with.
    """

    job_id: str
    room_name: str
    session_id: str
    agent_name: str = ""
    given_by: str | None = None
    takeover: int = 0
    instead_of: str | None = None
    attributes: Mapping[str, str] = field(default_factory=dict[str, str])

    @property
    def identity(self) -> str:
        """Whom the caller sees."""
        return f"bot-{self.session_id}"
