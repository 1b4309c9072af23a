"""Any other language: none of its words is known, and what must be said is said in English.

Silence is understood everywhere, so what only fills it is left out.
"""

from __future__ import annotations

from dataclasses import replace

from bot.languages import en
from processors.turns.caller_words import CallerWords
from tools.calls.consent import ConsentWords

_ENGLISH = en.LANGUAGE

LANGUAGE = replace(
    _ENGLISH,
    prompt='The caller speaks the language with the BCP 47 tag "{tag}". Speak that language, '
    "whatever language this text and the results of tools are in.",
    excuses=replace(_ENGLISH.excuses, slow=""),
    openers=frozenset(),
    caller_words=CallerWords(),
    numerals={},
    tools=replace(
        _ENGLISH.tools,
        answers=ConsentWords(),
        sentences=replace(_ENGLISH.tools.sentences, fillers=("",), progress=("",)),
    ),
)
