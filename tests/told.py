"""Tells one listener of a conversation, its floor first, as the observer does."""

from __future__ import annotations

from typing import Any, TypeVar, cast

from processors.agent_protocol.audience import Audience
from processors.agent_protocol.events import ConversationListener
from processors.floor import Floor

_Listener = TypeVar("_Listener", bound=ConversationListener)


def told(listener: _Listener, floor: Floor) -> _Listener:
    """Return the listener as it is, but for its events: they reach the floor it reads first."""
    return cast(_Listener, _Told(listener, floor))


class _Told:
    def __init__(self, listener: ConversationListener, floor: Floor) -> None:
        self._listener = listener
        self._audience = Audience(floor=floor, listeners=[listener])

    def __getattr__(self, name: str) -> Any:
        own = getattr(self._listener, name)
        if name == "close" or not hasattr(ConversationListener, name):
            return own

        def tell(*args: Any, **kwargs: Any) -> None:
            self._audience.tell(lambda to: getattr(to, name)(*args, **kwargs))

        return tell
