"""How long the caller has been silent, and what the turn model said about it. Counts audio."""

from __future__ import annotations

from ..floor import Floor
from .patience import likelihood_of, looks_due, with_witness
from .voice_activity import WINDOW_SECS

UNKNOWN_PROBABILITY = 0.5
"""Until the turn model has answered: an overloaded machine must not hold a turn for seconds."""

EARLY_SECS = 0.04
"""Of quiet, after which the turn model is asked although voice detection still hears voice: by the
time it hears none, the answer is there. Seen at the end of a frame, 16 ms later in the mean."""

OFF_SECS = 0.2
"""Of audio since the microphone was switched off, after which nothing more comes from it. The news
overtakes the last sound, which waits in WebRTC's jitter buffer: by 68 to 127 ms in twelve releases
of a key in Chromium, on loopback."""


class CallerPause:
    """The pause the caller is in; a new one begins whenever the caller goes on.

    Args:
        floor: Tells whether voice activity detection hears the caller.
    """

    def __init__(self, floor: Floor) -> None:
        self._floor = floor
        self.number = 0
        """Counts the pauses; an answer about an earlier one is void."""
        self._answers: list[float] = []
        self._hush_number = 0
        self._asked = (self.number, self._hush_number)
        self._is_asked_early = False
        self._early: float | None = None
        self._has_looked_early = False
        self._heard_end = 0.0
        self._looks = 0
        self._silent_run = 0
        self._quiet_secs = 0.0
        self._at_stop_secs = 0.0
        self._since_stop_secs = 0.0
        self._off_secs = 0.0

    @property
    def is_speaking(self) -> bool:
        """True until voice activity detection has reported the end of speech."""
        return self._floor.is_voice

    @property
    def silence_secs(self) -> float:
        """Length of the silence so far.

        After the end of speech it grows with the audio: a click does not start it anew.
        """
        if self.is_speaking:
            return self._silent_run * WINDOW_SECS
        return self._at_stop_secs + self._since_stop_secs

    @property
    def probability(self) -> float | None:
        """What the turn model has said about this pause; None if nothing yet."""
        return likelihood_of(self._answers) if self._answers else None

    @property
    def is_last(self) -> bool:
        """True once the microphone is off and what it had sent is heard: the caller said so."""
        return self._off_secs >= OFF_SECS

    @property
    def likelihood(self) -> float:
        """How probable it is that the turn is over, as far as is known.

        That a recogniser has heard an end counts beside the turn model's answer, never for it.
        """
        if self.is_last:
            return 1.0
        if not self._answers:
            return UNKNOWN_PROBABILITY
        return with_witness(likelihood_of(self._answers), self._heard_end)

    @property
    def is_hush(self) -> bool:
        """True in quiet that voice detection may not have noticed yet; maybe a pause begins."""
        return self._quiet_secs >= EARLY_SECS

    @property
    def is_quiet(self) -> bool:
        """True in any quiet, noticed by voice detection or not."""
        return self.is_hush or self._silent_run > 0

    @property
    def hush_number(self) -> int:
        """Counts the stretches of quiet; what is heard of an earlier one lacks words."""
        return self._hush_number

    @property
    def first_guess(self) -> float | None:
        """What the first to say anything says; good enough to prepare a reply by."""
        answer = self._early if self.probability is None else self.probability
        if answer is None:
            return self._heard_end or None
        return with_witness(answer, self._heard_end)

    @property
    def is_look_due(self) -> bool:
        """True if the turn model should be asked now."""
        return self._looks < looks_due(self.silence_secs)

    @property
    def is_early_look_due(self) -> bool:
        """True if the turn model should be asked before voice detection has heard silence."""
        is_unnoticed = self.is_speaking and self._silent_run == 0
        return is_unnoticed and self.is_hush and not self._has_looked_early

    @property
    def is_answer_void(self) -> bool:
        """True if the caller has gone on since the turn model was last asked."""
        number, hush_number = self._asked
        return hush_number != self._hush_number if self._is_asked_early else number != self.number

    def begin(self) -> None:
        """The caller goes on: the next silence is another pause."""
        self.number += 1
        self._answers.clear()
        self._looks = 0

    def reset(self) -> None:
        """A turn begins or ends."""
        self.begin()
        self._forget_early()
        self._silent_run = 0
        self._quiet_secs = 0.0
        self._at_stop_secs = self._since_stop_secs = self._off_secs = 0.0

    def on_audio(
        self, audio_secs: float, *, silent_run: int, quiet_secs: float = 0.0, is_off: bool = False
    ) -> None:
        """Advance by one frame.

        Args:
            audio_secs: Length of the frame.
            silent_run: Windows without voice since the last one with.
            quiet_secs: Since the last loud sound.
            is_off: The caller has switched the microphone off.
        """
        self._off_secs = self._off_secs + audio_secs if is_off else 0.0
        self._silent_run = silent_run
        self._quiet_secs = quiet_secs
        if not self.is_speaking:
            self._since_stop_secs += audio_secs
        elif silent_run == 0:
            self.begin()
            if not self.is_hush:
                self._forget_early()
        else:
            self._take_early()

    def on_voice_started(self) -> None:
        """Voice activity detection reports speech."""
        self._silent_run = 0
        self._heard_end = 0.0
        self.begin()

    def on_voice_stopped(self, *, hush_secs: float) -> None:
        """Voice activity detection reports the end of speech, that long after the last sound."""
        self._at_stop_secs = hush_secs
        self._since_stop_secs = 0.0

    def on_unheard_words(self) -> None:
        """The caller goes on, too quietly for voice activity detection."""
        self._heard_end = 0.0
        self.begin()
        self._at_stop_secs = self._since_stop_secs = 0.0

    def on_look(self) -> None:
        """The turn model is being asked."""
        self._looks = looks_due(self.silence_secs)
        self._is_asked_early = False
        self._asked = (self.number, self._hush_number)

    def on_early_look(self) -> None:
        """The turn model is being asked early."""
        self._has_looked_early = self._is_asked_early = True
        self._asked = (self.number, self._hush_number)

    def on_answer(self, probability: float) -> None:
        """The turn model has answered; void if the caller has gone on since it was asked."""
        if self.is_answer_void:
            return
        if not self._is_asked_early:
            self._answers.append(probability)
            return
        self._early = probability
        if self._silent_run:
            self._take_early()

    def on_end_heard(self, confidence: float) -> None:
        """A recogniser takes the turn to be over in this pause; 0 withdraws that."""
        self._heard_end = confidence

    def _take_early(self) -> None:
        if self._early is not None and not self._answers and not self._looks:
            self._answers.append(self._early)
            self._early = None
            self._looks = looks_due(self.silence_secs)

    def _forget_early(self) -> None:
        self._hush_number += 1
        self._early = None
        self._heard_end = 0.0
        self._has_looked_early = False
