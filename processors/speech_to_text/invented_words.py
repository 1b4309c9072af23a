"""Texts that a recogniser makes up: Whisper writes subtitles for silence, noise and music."""

from __future__ import annotations

import re

from ..turns.words_once import WORD_SECS

_ROOM_SECS = 0.5
"""Voice detection may miss that much of an utterance's soft ends."""

_MARKS = re.compile(r"[\[(*♪][^\])*♪]*[\])*♪]")
"""What is not said: "[BLANK_AUDIO]", "(music)", "*sighs*"."""

_SUBTITLES = re.compile(
    r"(thank(s| you)( so much| very much)? for (watching|listening|viewing)"
    r"|(please )?(like and )?subscribe( to (my|our|the) channel)?"
    r"|see you (in the )?next (video|time)"
    r"|.*amara\.org.*"
    r"|.*(subtitles|subtitled|captions|transcri\w+|translat\w+) by .*"
    r"|untertitel.*|sous-titr\w+.*|subt[ií]tulos.*"
    r"|(vielen dank|danke) f(ü|ue)rs? (zuschauen|zusehen|zuhören)"
    r"|merci d'avoir regardé (cette|la) vid[ée]o"
    r"|(muchas )?gracias por ver( el v[ií]deo)?|suscr[ií]bete( al canal)?"
    r"|(最後まで)?ご視聴(いただき)?ありがとうございま(した|す)|チャンネル登録(を)?お願い(いた)?します)",
    re.IGNORECASE,
)
"""Of videos, which the model has learned from. Nobody says them to a bot."""


def without_marks(text: str) -> str:
    """Return what is said in a text, on one line.

    Whisper begins with a space, and whisper.cpp writes a line for each piece.
    """
    return " ".join(_MARKS.sub(" ", text).split())


def is_invented(text: str, *, spoken_secs: float) -> bool:
    """Return True if the caller cannot have said this.

    Args:
        text: Of one utterance.
        spoken_secs: How long voice was heard in it.
    """
    said = without_marks(text).strip(" .!?¡,…。！？")
    if not said or _SUBTITLES.fullmatch(said):
        return True
    # Languages without spaces have one long word here, and pass.
    return len(said.split()) * WORD_SECS > spoken_secs + _ROOM_SECS
