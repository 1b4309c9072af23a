"""What the bot says while a tool keeps the caller waiting."""

from __future__ import annotations

from collections.abc import Sequence

from tools.calls.call import Call, CallState
from tools.calls.sentences import CallSentences
from tools.tool import Effect

# Longer silence after a question is felt as trouble; notes of users ask for a word after this.
FILLER_AFTER_SECS = 0.7
PROGRESS_EVERY_SECS = 7.0
# A call that has only just begun may be over before the filler is.
_RUNNING_AT_LEAST_SECS = 0.3


class DeadAir:
    """Decides when a waiting caller hears a word, and which. Never the same word twice in a row.

    Args:
        sentences: What may be said.
    """

    def __init__(self, sentences: CallSentences) -> None:
        self._sentences = sentences
        self._fillers_said = 0
        self._progress_said = 0
        self._batch: int | None = None
        """Of the calls the caller was last given a word for; None if they wait for none."""
        self._spoke_secs = 0.0

    def next_words(
        self, running: Sequence[Call], *, now_secs: float, silence_secs: float
    ) -> str | None:
        """Return what to say now, if anything.

        Args:
            running: The calls that run, oldest first.
            now_secs: The time.
            silence_secs: For how long nobody has been heard.
        """
        waited_for = [call for call in running if _is_awaited(call)]
        if not waited_for:
            self._batch = None
            return None
        call = waited_for[0]
        is_fresh = now_secs - call.started_secs < _RUNNING_AT_LEAST_SECS
        if is_fresh or silence_secs < FILLER_AFTER_SECS:
            return None
        # Nobody need have looked between the end of one and the beginning of the next.
        is_first = call.batch != self._batch
        if not is_first and now_secs - self._spoke_secs < PROGRESS_EVERY_SECS:
            return None
        self._batch = call.batch
        self._spoke_secs = now_secs
        return self._filler(call) if is_first else self._progress(call)

    def _filler(self, call: Call) -> str:
        if call.tool.filler:
            return call.tool.filler
        self._fillers_said += 1
        return _nth(self._sentences.fillers, self._fillers_said)

    def _progress(self, call: Call) -> str:
        if call.progress:
            return call.progress
        self._progress_said += 1
        return _nth(self._sentences.progress, self._progress_said)


def _nth(sentences: tuple[str, ...], number: int) -> str:
    return sentences[(number - 1) % len(sentences)]


def _is_awaited(call: Call) -> bool:
    """Tell whether the caller waits for this call: not if they spoke on, nor for a hang-up."""
    is_running = call.state is CallState.RUNNING
    return is_running and not call.has_outlived_turn and call.tool.effect is not Effect.CALL
