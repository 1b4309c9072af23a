"""Who has the floor: the caller, the bot, or nobody, and for how long."""

from __future__ import annotations

# Words handed to text-to-speech are heard within this; later they were lost on the way.
_PENDING_WORDS_SECS = 3.0
# After the caller's turn the model begins, or a reply made ahead is heard, within this; later there
# will be none.
_PENDING_REPLY_SECS = 1.5


class Floor:
    """Knows who speaks or is about to. Told by the pipeline, asked by whatever wants to speak."""

    def __init__(self) -> None:
        self.is_bot_speaking = False
        self.is_caller_speaking = False
        self.caller_began_secs = float("-inf")
        """When the caller last began to speak."""
        self.caller_ended_secs = float("-inf")
        self.bot_began_secs = float("-inf")
        self.bot_ended_secs = float("-inf")
        self._is_model_writing = False
        self._words_due_secs = float("-inf")
        """Until then words are on their way to the bot's mouth."""
        self._reply_due_secs = float("-inf")
        """Until then the model is expected to answer the caller."""
        self._speech_secs: float | None = None
        """When somebody was last heard; None as long as the pipeline has told nothing."""
        self._busy_secs = float("-inf")
        """When somebody last spoke, wrote or was given words."""

    @property
    def is_told(self) -> bool:
        """Whether the pipeline tells who speaks; without that nothing is said unasked."""
        return self._speech_secs is not None

    def bot_began(self, now_secs: float) -> None:
        self.is_bot_speaking = True
        self.bot_began_secs = now_secs
        self._heard(now_secs)

    def bot_ended(self, now_secs: float) -> None:
        self.is_bot_speaking = False
        self.bot_ended_secs = now_secs
        self._heard(now_secs)

    def caller_began(self, now_secs: float) -> None:
        self.is_caller_speaking = True
        self.caller_began_secs = now_secs
        self._heard(now_secs)

    def caller_ended(self, now_secs: float) -> None:
        self.is_caller_speaking = False
        self.caller_ended_secs = now_secs
        self._heard(now_secs)
        self._reply_due_secs = now_secs + _PENDING_REPLY_SECS

    def model_began(self, now_secs: float) -> None:
        self._is_model_writing = True
        self._busy_secs = now_secs

    def model_ended(self, now_secs: float) -> None:
        """Note that the model finished writing, or that it will not be asked."""
        self._is_model_writing = False
        self._reply_due_secs = float("-inf")
        self._busy_secs = now_secs

    def words_given(self, now_secs: float) -> None:
        """Note that words were handed to text-to-speech."""
        if not self.is_bot_speaking:
            self._words_due_secs = now_secs + _PENDING_WORDS_SECS
        self._busy_secs = now_secs

    def is_free(self, now_secs: float) -> bool:
        """Tell whether nobody speaks, writes or is about to speak."""
        is_busy = self.is_bot_speaking or self.is_caller_speaking or self._is_model_writing
        is_due = now_secs < max(self._words_due_secs, self._reply_due_secs)
        return not is_busy and not is_due and self._speech_secs is not None

    def silence_secs(self, now_secs: float) -> float:
        """Return how long nothing has been heard; 0.0 while the floor is not free."""
        if self._speech_secs is None or not self.is_free(now_secs):
            return 0.0
        return now_secs - self._speech_secs

    def quiet_secs(self, now_secs: float) -> float:
        """Return for how long the floor has been free; 0.0 while it is not."""
        if not self.is_free(now_secs):
            return 0.0
        due_secs = max(self._words_due_secs, self._reply_due_secs)
        return now_secs - max(self._busy_secs, due_secs)

    def _heard(self, now_secs: float) -> None:
        self._speech_secs = self._busy_secs = now_secs
        self._words_due_secs = self._reply_due_secs = float("-inf")
