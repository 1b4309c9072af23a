"""The bot's and the caller's state, as LiveKit's session protocol names them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from livekit.protocol.agent_pb import agent_session as pb
from typing_extensions import override

from .events import ConversationListener
from .presence import AgentState

# livekit-agents' own default.
AWAY_SECS = 15.0

_AGENT_STATES = {
    AgentState.INITIALIZING: pb.AS_INITIALIZING,
    AgentState.LISTENING: pb.AS_LISTENING,
    AgentState.THINKING: pb.AS_THINKING,
    AgentState.SPEAKING: pb.AS_SPEAKING,
}


class SessionStates(ConversationListener):
    """Follows both states and tells each change.

    Args:
        on_event: Takes the event that tells a change.
        away_secs: After this long with nobody speaking the caller counts as away.
    """

    def __init__(
        self,
        *,
        on_event: Callable[[pb.AgentSessionEvent], None],
        away_secs: float = AWAY_SECS,
    ) -> None:
        self.agent: pb.AgentState = pb.AS_INITIALIZING
        self.user: pb.UserState = pb.US_LISTENING
        self._on_event = on_event
        self._away_secs = away_secs
        self._away: asyncio.TimerHandle | None = None

    def agent_changed(self, state: AgentState) -> None:
        """Take over the state that presence shows."""
        old_state, self.agent = self.agent, _AGENT_STATES[state]
        change = pb.AgentSessionEvent.AgentStateChanged(old_state=old_state, new_state=self.agent)
        self._on_event(pb.AgentSessionEvent(agent_state_changed=change))
        self._watch_silence()

    @override
    def caller_started(self) -> None:
        """Tell that the caller speaks."""
        self._change_user(pb.US_SPEAKING)

    @override
    def caller_stopped(self, *, has_words: bool) -> None:
        """Tell that the caller listens."""
        self._change_user(pb.US_LISTENING)

    def stop_watching(self) -> None:
        """Watch no longer."""
        if self._away is not None:
            self._away.cancel()
        self._away = None

    def _change_user(self, state: pb.UserState) -> None:
        old_state, self.user = self.user, state
        if old_state != state:
            change = pb.AgentSessionEvent.UserStateChanged(old_state=old_state, new_state=state)
            self._on_event(pb.AgentSessionEvent(user_state_changed=change))
        self._watch_silence()

    def _watch_silence(self) -> None:
        self.stop_watching()
        if self.agent == pb.AS_LISTENING and self.user == pb.US_LISTENING:
            loop = asyncio.get_running_loop()
            self._away = loop.call_later(self._away_secs, self._change_user, pb.US_AWAY)
