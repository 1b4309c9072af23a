"""Whether the bot may speak unasked: nobody speaks or is about to, and for how long."""

from __future__ import annotations

from tools.calls.floor import Floor

# Words handed to text-to-speech are heard within this; later they were lost on the way.
_PENDING_WORDS_SECS = 3.0
# After the caller's turn the model begins, or a reply made ahead is heard, within this; later there
# will be none.
_PENDING_REPLY_SECS = 1.5
_NEVER = float("-inf")


class FreeFloor:
    """Adds to who speaks who is about to: the model that writes, the words on their way.

    Args:
        floor: Who speaks.
    """

    def __init__(self, floor: Floor) -> None:
        self._floor = floor
        self._is_model_writing = False
        self._model_began_secs = _NEVER
        self._model_ended_secs = _NEVER
        self._reply_asked_secs = _NEVER
        self._words_given_secs = _NEVER
        self._words_awaited_secs = _NEVER
        """When words were last given that were not just more of what is being heard."""

    @property
    def is_told(self) -> bool:
        """Whether the pipeline tells who speaks; without that nothing is said unasked."""
        return self._heard_secs > _NEVER

    def model_began(self, now_secs: float) -> None:
        """Note that the model writes."""
        self._is_model_writing = True
        self._model_began_secs = now_secs

    def model_ended(self, now_secs: float) -> None:
        """Note that the model finished writing, or that it will not be asked."""
        self._is_model_writing = False
        self._model_ended_secs = now_secs

    def interrupted(self) -> None:
        """Note that whatever was being written or was on its way is dropped."""
        self._is_model_writing = False
        self._words_awaited_secs = _NEVER

    def reply_asked(self, now_secs: float) -> None:
        """Note that the model was asked to go on, as with the result of a tool."""
        self._reply_asked_secs = now_secs

    def words_given(self, now_secs: float) -> None:
        """Note that words were handed to text-to-speech."""
        self._words_given_secs = now_secs
        if not self._floor.is_bot_speaking:
            self._words_awaited_secs = now_secs

    def is_free(self, now_secs: float) -> bool:
        """Tell whether nobody speaks, writes or is about to speak."""
        floor = self._floor
        is_busy = floor.is_bot_speaking or floor.is_caller_turn or self._is_model_writing
        return not is_busy and now_secs >= self._due_secs and self.is_told

    def silence_secs(self, now_secs: float) -> float:
        """Return how long nothing has been heard; 0.0 while the floor is not free."""
        return now_secs - self._heard_secs if self.is_free(now_secs) else 0.0

    def quiet_secs(self, now_secs: float) -> float:
        """Return for how long the floor has been free; 0.0 while it is not."""
        if not self.is_free(now_secs):
            return 0.0
        wrote_secs = max(self._model_began_secs, self._model_ended_secs, self._words_given_secs)
        last_secs = max(self._heard_secs, self._reply_asked_secs, wrote_secs)
        return now_secs - max(last_secs, self._due_secs)

    @property
    def _heard_secs(self) -> float:
        """When somebody last began or ceased to speak."""
        floor = self._floor
        return max(
            floor.bot_began_secs,
            floor.bot_ended_secs,
            floor.caller_began_secs,
            floor.caller_ended_secs,
        )

    @property
    def _due_secs(self) -> float:
        """Until then somebody is expected to begin to speak."""
        due_secs = _NEVER
        if self._words_awaited_secs >= self._heard_secs:
            due_secs = self._words_awaited_secs + _PENDING_WORDS_SECS
        since_secs = self._floor.answer_due_since_secs
        if since_secs is not None and since_secs > self._model_ended_secs:
            due_secs = max(due_secs, since_secs + _PENDING_REPLY_SECS)
        return due_secs
