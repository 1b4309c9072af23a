"""What of a reply is new, where a server says again what it has said."""

from __future__ import annotations


class NewWords:
    """Fed with the text of each event, returns what the events before had not said.

    Some servers send all of the reply so far with each event, or all of it once more at its end.
    """

    def __init__(self) -> None:
        self._all = ""

    def feed(self, text: str, *, is_end: bool) -> str:
        """Return the new part of a text; `is_end`: it comes with the reason of the end."""
        if self._says_all_again(text, is_end):
            text = text[len(self._all) :]
        self._all += text
        return text

    def _says_all_again(self, text: str, is_end: bool) -> bool:
        said = self._all
        if len(said) < 2 or not text.startswith(said) or not any(map(str.isalpha, said)):
            return False
        if len(text) == len(said):
            return is_end and len(said.split()) > 1
        # As in "ha" and "haha", which a reply may begin with.
        return text[len(said) :].strip() != said.strip()
