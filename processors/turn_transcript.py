"""The words of the caller's present turn, and whether more of them are on the way."""

from __future__ import annotations


class TurnTranscript:
    """Collects final and interim transcripts; owned by the turn end strategy."""

    def __init__(self) -> None:
        self._finals: list[str] = []
        self._interim = ""
        self._is_covered = False
        self._has_fresh_final = False
        self._is_settled = False

    @property
    def text(self) -> str:
        """The final words so far."""
        return " ".join(self._finals)

    @property
    def interim(self) -> str:
        """Words that are not final yet."""
        return self._interim

    @property
    def candidate(self) -> str:
        """All words so far, final or not."""
        return f"{self.text} {self._interim}".strip()

    @property
    def is_settled(self) -> bool:
        """True if speech-to-text has said that nothing more follows."""
        return self._is_settled

    @property
    def is_complete(self) -> bool:
        """True if the final words cover all that was said."""
        is_covered = self._is_covered or (self._is_settled and self._has_fresh_final)
        return bool(self._finals) and not self._interim and is_covered

    def reset(self) -> None:
        """Begin a new turn."""
        self._finals.clear()
        self._interim = ""
        self.on_voice()

    def on_voice(self) -> None:
        """The caller speaks: whatever was complete no longer is."""
        self._is_covered = self._has_fresh_final = self._is_settled = False

    def on_interim(self, text: str) -> None:
        """Words that may still change; earlier finals do not cover them."""
        self._interim = text.strip()
        self._is_covered = False

    def on_final(self, text: str, *, is_last: bool) -> None:
        """Words that will not change any more.

        Args:
            text: The words.
            is_last: They reach to the end of what was said.
        """
        if text.strip():
            self._finals.append(text.strip())
            self._has_fresh_final = True
            self._interim = ""
        self._is_covered = is_last

    def on_settled(self) -> None:
        """Speech-to-text has nothing to add; finals it sent before cover everything."""
        self._is_settled = True
        if self._finals and not self._interim:
            self._is_covered = True
